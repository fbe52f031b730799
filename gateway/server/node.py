"""A venue on a port: the core with asyncio's sockets, this machine's clock and its disk."""

from __future__ import annotations

import asyncio
import secrets
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from engine.log.journal import Journal, JournalError, holds_log
from engine.log.records import CommandError
from engine.log.sequencer import Sequencer
from engine.log.starts import starting
from engine.venue.link_news import LinkNews
from engine.venue.venue import Venue
from engine.vocabulary.commands import SetPhase
from engine.vocabulary.enums import Phase
from engine.vocabulary.json_codec import to_object
from gateway.server.access_log import AccessLog, AccessLogError
from gateway.server.accounts import AccountsError
from gateway.server.clock import SteadyClock
from gateway.server.core import WATCH_EVERY, Core
from gateway.server.failure import VenueStoppedError, as_stopped
from gateway.server.followers import Followers
from gateway.server.keys_file import KeysFile
from gateway.server.limits import AT_LEAST, EACH, Limits
from gateway.server.private_file import NotPrivateError, check_private
from gateway.server.reload import read_again
from gateway.server.sockets import Socket, bound_buffers
from gateway.server.spool import Spool
from gateway.server.timetable import Timetable

if TYPE_CHECKING:
    import socket
    import ssl
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from engine.rulebook.model import Rulebook
    from engine.vocabulary.commands import Command
    from engine.vocabulary.events import Event
    from gateway.server.accounts import Directory
    from gateway.server.connection import Connection
    from gateway.server.core import Write
    from gateway.server.outbox import Outboxes
    from gateway.server.timetable import Past

FAREWELL_WITHIN: Final = 2.0  # seconds a closing connection gets to take its last bytes
HANDSHAKE_WITHIN: Final = 5.0  # seconds that a client's handshake of TLS may take


class Tick(NamedTuple):
    """What one tick took: monotonic times in ns, and how many commands it ran."""

    heard: int  # when the first of what it worked on arrived; its start where nothing did
    began: int
    ended: int  # everything was handed to the sockets
    commands: int
    synced: int  # ns of it that the commit took, where commands were run


class Options(Limits, frozen=True, kw_only=True):
    """How to run a node."""

    host: str = "127.0.0.1"
    port: int = 0  # 0: any free port
    durability: str = "sync"
    timetable: bool = False  # follow the rulebook's calendar
    unshared: int = 8_192  # where all flood, throughput counts and nobody waits for it
    linked: bool = False  # one of several venues that are about to be linked
    opens: bool = False  # without a timetable: open all lines at the first start


class Node:
    """One venue on one port."""

    def __init__(
        self,
        directory: Directory,
        sequencer: Sequencer,
        outboxes: Outboxes,
        options: Options,
        past: Past,
    ) -> None:
        """Wire the parts; ``start`` opens the port."""
        self.keys: KeysFile | None = None
        self.access: AccessLog | None = None
        self.asking: tuple[str, ...] = ()  # accounts that have a grace, by what the log says
        self.directory = directory
        directory.draw = directory.draw or secrets.token_bytes
        timetable = None
        if options.timetable:
            timetable = Timetable(sequencer.venue, secrets.randbelow, past)
        self.core = Core(directory, sequencer, outboxes, options, timetable)
        self.first_start = past.untouched  # no day was ever begun here, no phase ever set
        self.opens = options.opens and not options.timetable and self.first_start
        self.core.commit = self._commit
        self.sequencer = sequencer
        self.outboxes = outboxes
        self.options = options
        self.clock: Callable[[], int] = SteadyClock()
        self.durability = self.core.durability
        self.observers = self.core.running.observers
        self.links = LinkNews()  # what its log says of links, for a venue that will be linked
        self.failed: asyncio.Future[None] | None = None
        self.address = ("", 0)
        self.tls: ssl.SSLContext | None = None  # without one it speaks plain TCP
        self.sockets: dict[Connection, Socket] = {}
        self.full: list[Socket] = []  # that read no more until a tick has worked on what came
        self.meter: Callable[[Tick], None] | None = None  # hears what each tick took
        # ns that the last commit took, and of processor that a message took in the last tick of
        # many; and the smaller of the last two of each, since one may be a hiccup
        self._synced = self._sync = 0
        self._took = self._each = EACH
        self._heard = 0  # monotonic ns, when the next tick was asked for
        self._scheduled = False
        self.stopping = False
        self._servers: list[asyncio.Server] = []
        self._timer: asyncio.TimerHandle | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    @classmethod
    def open(
        cls,
        folder: Path,
        rulebook: Rulebook,
        directory: Directory,
        options: Options,
        clock: Callable[[], int] | None = None,
    ) -> Node:
        """Recover the venue in ``folder``, or start a new one; open the accounts it lacks.

        ``clock`` gives the time in ns UTC; it is a ``SteadyClock`` unless another is given.

        Only a first start opens lines: whatever phases the log has stay, whoever brought them
        about, but for what a timetable makes due.
        Nothing is written where the accounts are refused.

        Raises ``JournalError``, ``LogError`` and ``AccountsError``; ``JournalError`` also where
        the folder holds a venue under other rules, ``StartError`` where the disk fails.
        """
        clock = clock or SteadyClock()
        followers = Followers(Spool(folder))
        with starting(folder):
            if holds_log(folder):
                sequencer = _found(folder, rulebook, options, followers)
            else:
                directory.openings(Venue(rulebook))
                journal = Journal.create(folder, rulebook, clock(), options.durability)
                sequencer = Sequencer(Venue(rulebook), journal)
        node = cls(directory, sequencer, followers.outboxes, options, followers.past)
        node.clock = clock
        node.asking = tuple(followers.asking.accounts)
        node.links = followers.links
        node.observers.append(lambda _time, events: node.links.take(events))
        try:
            with starting(folder):
                node.keys = KeysFile(folder, directory)
                node.access = AccessLog(folder)
            node.core.sessions.door.judged = node.access.judged
            node.core.sessions.note = node.access.ended
            node.access.note("started", durability=options.durability, throttle=options.throttle,
                             max_live=options.max_live, timetable=options.timetable)  # fmt: skip
            for command in directory.openings(sequencer.venue):
                node.core.operate(command)
            if node.opens:
                node.core.operate(SetPhase(Phase.CONTINUOUS, reason="opened at the first start"))
        except BaseException as error:
            sequencer.close()
            followers.outboxes.close()
            if isinstance(error, CommandError | AccessLogError):
                raise AccountsError(str(error)) from error
            raise
        node.tick()
        node.observers.pop()  # from here on a federation sees to it, if there is one
        return node

    @property
    def peak_batch(self) -> int:
        """Commands in the largest tick so far."""
        return self.core.peak_batch

    # -- life -----------------------------------------------------------------------------------

    async def start(self, sockets: Sequence[socket.socket] = ()) -> None:
        """Open the port, or take over sockets that listen. Raises ``OSError`` where it is taken."""
        self._loop = loop = asyncio.get_running_loop()
        self.failed = loop.create_future()
        within = HANDSHAKE_WITHIN if self.tls is not None else None
        where: list[dict[str, Any]] = [{"sock": each} for each in sockets]
        for place in where or [{"host": self.options.host, "port": self.options.port}]:
            server = await loop.create_server(
                lambda: Socket(self),
                ssl=self.tls,
                ssl_handshake_timeout=within,
                start_serving=False,
                **place,
            )
            self._servers.append(server)
            bound_buffers(server.sockets, self.options)
            await server.start_serving()
        self.address = self._servers[0].sockets[0].getsockname()[:2]
        self.core.opened(self.clock(), self.asking)
        self._watch()

    async def stop(self) -> None:
        """Say farewell to all, close the port and the log."""
        if self.stopping:
            return
        self._close_port()
        self.core.farewell()
        self.tick()
        self.stopping = True
        if self._timer is not None:
            self._timer.cancel()
        deadline = time.monotonic() + FAREWELL_WITHIN
        while self.sockets and time.monotonic() < deadline:  # noqa: ASYNC110 - they just go
            await asyncio.sleep(0.01)
        self._abort_all()
        self._record("stopped")
        self.sequencer.close()
        self.outboxes.close()

    def fail(self, error: VenueStoppedError) -> None:
        """Stop at once: nothing may leave a venue that cannot keep its promises."""
        self.stopping = True
        self._abort_all()
        if self._timer is not None:
            self._timer.cancel()
        self._close_port()
        if self.failed is not None and not self.failed.done():
            self.failed.set_exception(error)
        self.core.running.abandon()
        self.outboxes.close()

    def _close_port(self) -> None:
        for server in self._servers:
            server.close()

    def _abort_all(self) -> None:
        for socket in list(self.sockets.values()):
            if socket.transport is not None:
                socket.transport.abort()

    # -- the tick -------------------------------------------------------------------------------

    def operate(self, command: Command, *, timed: bool = False) -> list[Event]:
        """Run an operator's command; it is durable when this returns.

        With ``timed`` the venue's time is brought up to the clock's before it. Raises
        ``CommandError`` on one that cannot be run, ``VenueStoppedError`` where the venue does not
        run any more.
        """
        operation = self.core.operate(command, timed=timed)
        self.tick()
        if not operation.durable:
            problem = "the venue has stopped"
            raise VenueStoppedError(problem)
        return operation.events

    def reload_accounts(self, by: str = "operator") -> list[dict[str, Any]]:
        """Read the accounts file again and do what it says otherwise; return what happened.

        All of it is durable when this returns. Raises ``AccountsError``, and nothing has changed,
        and ``VenueStoppedError``.
        """
        path = self.directory.path
        try:
            if path is not None and not self.directory.public_keys:
                with suppress(OSError):  # ``read_again`` says what is wrong
                    check_private(path)
            found = read_again(self.directory, self.sequencer.venue)
        except (AccountsError, NotPrivateError) as error:
            self._record("accounts_refused", by=by, why=str(error))
            raise AccountsError(str(error)) from error
        operations = [self.core.operate(each, timed=True) for each in found.commands]
        self.tick()
        if not all(operation.durable for operation in operations):
            problem = "the venue has stopped"
            raise VenueStoppedError(problem)
        self.directory.accounts = found.accounts
        named = [each.account for each in found.commands if hasattr(each, "account")]
        self._record("accounts_reloaded", by=by, file=found.file, accounts=named,
                     keys_set=found.keys_set, keys_dropped=found.keys_dropped)  # fmt: skip
        events = [event for operation in operations for event in operation.events]
        return [*map(to_object, events), *found.told()]

    def _record(self, what: str, **said: object) -> None:
        """Keep something in the access log, at once."""
        if self.access is not None:
            self.access.note(what, **said)
            self.access.commit(self.clock(), self.sequencer.seq)

    def schedule(self) -> None:
        """Have a tick follow when this turn of the loop has read what there is."""
        if not self._scheduled and not self.stopping and self._loop is not None:
            self._scheduled = True
            if self.meter is not None:
                self._heard = time.monotonic_ns()
            self._loop.call_soon(self._turn)

    def _turn(self) -> None:
        self._scheduled = False
        with suppress(VenueStoppedError):  # ``failed`` has it
            self.tick()

    def tick(self) -> None:
        """Run one tick of the core and write what comes of it. Raises ``VenueStoppedError``."""
        if self.stopping:
            return
        meter = self.meter
        began = time.monotonic_ns() if meter is not None else 0
        before = time.thread_time_ns()
        try:
            writes = self.core.tick(self.clock())
        except BaseException as error:
            stopped = as_stopped(error)
            self.fail(stopped)
            if isinstance(error, Exception):
                raise stopped from error
            raise
        self._pace(time.thread_time_ns() - before)
        if self.access is not None:
            self.access.commit(self.clock(), self.sequencer.seq)
        for write in writes:
            self._write(write)
        if self.full:
            self.full = [socket for socket in self.full if not socket.resumed()]
        if meter is not None:
            ended, commands = time.monotonic_ns(), self.core.batch
            meter(Tick(self._heard or began, began, ended, commands, self._synced))
            self._heard = 0
        if self.core.busy:
            self.schedule()

    def _commit(self) -> None:
        """Make the tick durable, and time that."""
        began = time.monotonic_ns()
        self.sequencer.commit()
        took, self._synced = self._synced, time.monotonic_ns() - began
        self._sync = min(took, self._synced)

    def _pace(self, spent: int) -> None:
        """Say how much the next tick works on, from what this one took of a processor (ns)."""
        options, handled = self.options, self.core.handled
        # fewer say little: a tick takes its time without any
        if handled >= min(AT_LEAST, options.most):
            took, self._took = self._took, spent // handled + 1
            self._each = min(took, self._took)
        self.core.most = options.most_beside(self._sync, self._each)
        self.core.unshared = options.most_alone(self._each)

    def _write(self, write: Write) -> None:
        """Write to one socket; where that fails it is the end of that connection alone."""
        socket = self.sockets.get(write.connection)
        if socket is None or socket.transport is None:
            return
        transport = socket.transport
        try:
            if write.data:
                transport.write(write.data)
                self.core.sessions.traffic.bytes_out += len(write.data)
            if write.close:
                socket.close()
                if self._loop is not None:
                    self._loop.call_later(FAREWELL_WITHIN, transport.abort)
        except Exception as error:  # noqa: BLE001 - whatever a transport raises
            transport.abort()
            if self._loop is not None:
                text = "a connection could not be written to and was cut"
                self._loop.call_exception_handler({"message": text, "exception": error})

    def _watch(self) -> None:
        """Have ticks follow while nothing comes: silence and the calendar need them.

        Who reads slowly, but does, is no reader that takes nothing.
        """
        assert self._loop is not None
        for connection in self.core.sessions.stuck:
            socket = self.sockets.get(connection)
            if socket is not None and socket.reads_on():
                connection.stuck_since = self.clock()
        self.schedule()
        self._timer = self._loop.call_later(WATCH_EVERY / 1e9, self._watch)


def _found(folder: Path, rulebook: Rulebook, options: Options, followers: Followers) -> Sequencer:
    """Recover the venue in a folder, which must be one of these rules. As ``Node.open`` raises."""
    sequencer = followers.recover(folder, options.durability)
    if sequencer.venue.genesis != rulebook:
        sequencer.close()
        followers.outboxes.close()
        name = sequencer.venue.rulebook.name
        problem = f"{folder} holds a venue under other rules ({name}): use another --dir"
        raise JournalError(problem)
    return sequencer

"""A whole venue on a network, without the network: calls go in, what is to be written comes out.

Whoever has sockets, a clock and a disk calls ``connected``, ``received``, ``paused``, ``resumed``,
``lost`` and ``operate`` as things happen, and then ``tick(now)``. They only take note; every
command runs inside a tick, whoever gives it: the operator's first, then the clock's, then those of
the sessions in the order in which they were heard, a session's loss included. A session that has
sent more than a turn's messages waits for its next turn, in another tick where others have used up
what a tick takes. The tick makes all of it durable at once and only then says what to write, to
everybody concerned.

An exception out of ``tick`` is the end: nothing of that tick may be written, and no other tick
follows. The decoding of a client's bytes raises none; it ends that client's session.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from engine.log.records import check_command
from engine.log.sequencer import OPERATOR, TIMER
from engine.vocabulary.commands import AdvanceTime, CancelOnDisconnect
from gateway.protocol.wire import LogoutReason
from gateway.server.connection import FEW, SECOND
from gateway.server.report_store import StoreError
from gateway.server.running_venue import RunningVenue
from gateway.server.sessions import Sessions
from gateway.server.storage import Storage
from gateway.server.timetable import passing

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import TypeAlias

    from engine.log.sequencer import Sequencer
    from engine.vocabulary.commands import Command
    from engine.vocabulary.events import Event
    from gateway.server.accounts import Directory
    from gateway.server.connection import Connection
    from gateway.server.limits import Limits
    from gateway.server.outbox import Outboxes
    from gateway.server.timetable import Timetable

    Operated: TypeAlias = Callable[[int, Command, list[Event]], None]

WATCH_EVERY: Final = 50_000_000  # ns between looks at silence and at what the clock makes due
LITTLE: Final = 4  # messages at a time, of those who wait for each answer
SHARED_FOR: Final = 60_000_000_000  # ns for which one that sent little is taken for present
TIME_EVERY: Final = 1_000_000_000  # ns between times given to calls and to bidding windows


class Write(NamedTuple):
    """What to write to a connection, and whether to close it then."""

    connection: Connection
    data: bytes
    close: bool


class Operation:
    """An operator's command on its way."""

    __slots__ = ("command", "durable", "events", "timed")

    def __init__(self, command: Command, *, timed: bool) -> None:
        """Wait for the next tick."""
        self.command = command
        self.timed = timed
        self.events: list[Event] = []
        self.durable = False  # once it is, ``events`` may be shown


class Core:
    """One venue and its sessions."""

    def __init__(
        self,
        directory: Directory,
        sequencer: Sequencer,
        outboxes: Outboxes,
        limits: Limits,
        timetable: Timetable | None = None,
    ) -> None:
        """Go on behind the sequencer's last record; with a timetable the venue follows it."""
        self.running = RunningVenue(sequencer, outboxes)
        self.storage = Storage(sequencer.journal, limits.sync_every)
        self.durability = self.storage.durability
        self.sessions = Sessions(self.running, directory, limits, self.durability, self.storage)
        self.commit = sequencer.commit  # a shell may time it
        self.operated: Operated | None = None  # hears the operator's commands and the clock's
        self.batch = 0  # commands in the last tick
        self.handled = 0  # messages that the last tick worked on, as turns count them
        self.most = limits.most  # of the backlog in a tick; a shell may say another
        self.unshared = limits.unshared  # the same where nobody sent little lately
        self.peak_batch = 0  # commands in the largest tick so far
        self.stopped = False
        self._limits = limits
        self._timetable = timetable
        # who send little, with the ns when they last did; whoever did last is last
        self._patient: dict[Connection, int] = {}
        self._awake: dict[Connection, None] = {}
        self._unread: dict[Connection, StoreError] = {}  # to be ended by the next tick
        self._backlog: dict[Connection, None] = {}  # have more than a turn's; who is next is first
        self._operations: list[Operation] = []
        self._disconnecting: dict[str, str] = {}  # by account, what its sessions are to be said
        self._began = 0  # ns, the last tick
        self._watch_at = 0  # ns
        self._said = sequencer.seq  # the last record of the last tick
        self._leaving = False
        self._ticking = False

    # -- what happens outside -----------------------------------------------------------------

    def connected(self, now: int, host: str = "") -> Connection:
        """Take a new connection in; ``host`` is where it comes from."""
        return self.sessions.connected(now, host)

    def watcher(self, now: int) -> Connection:
        """Take in the one connection that sees public data without an account."""
        return self.sessions.watcher(now)

    def received(self, connection: Connection, data: bytes) -> None:
        """Keep what came for the tick."""
        if not connection.ended:
            connection.data.append(data)
            self.sessions.traffic.bytes_in += len(data)
            self._awake[connection] = None

    def paused(self, connection: Connection, now: int) -> None:
        """Note that the reader does not keep up: nothing is written to it until it does."""
        self.sessions.stick(connection, now)

    def resumed(self, connection: Connection) -> None:
        """Go on writing what has waited."""
        connection.stuck_since = 0
        self.sessions.stuck.pop(connection, None)
        self._awake[connection] = None

    def lost(self, connection: Connection) -> None:
        """Forget a connection; what it said before still counts."""
        connection.lost = True
        self._patient.pop(connection, None)
        self.sessions.connections.pop(connection, None)
        self.sessions.stuck.pop(connection, None)
        self._awake[connection] = None

    def operate(self, command: Command, *, timed: bool = False) -> Operation:
        """Have the next tick run an operator's command. Raises ``CommandError``.

        With ``timed`` the venue's time is brought up to the tick's before it.
        """
        operation = Operation(check_command(command), timed=timed)
        self._operations.append(operation)
        return operation

    def disconnect(self, account: str, text: str) -> None:
        """Have the next tick end all sessions of an account, as an operator asks."""
        self._disconnecting[account] = text

    def wake(self, connection: Connection) -> None:
        """Have the next tick write what waits for a connection."""
        self._awake[connection] = None

    def limit(self, limits: Limits) -> None:
        """Have other limits hold from the next tick on; not while one runs."""
        self._limits = limits
        self.sessions.limit(limits)

    def opened(self, now: int, asking: Iterable[str]) -> None:
        """Give accounts whose sessions a crash ended their grace: clients can connect from now on.

        They asked for cancel-on-disconnect, and it is due when they do not come back.
        """
        self.sessions.opened(now, asking)

    def farewell(self) -> None:
        """Have the next tick end all sessions; it is the last."""
        self._leaving = True

    @property
    def busy(self) -> bool:
        """Whether a tick would have something to do now, whatever the time."""
        sessions = self.sessions
        said = self._awake or self._backlog or self._operations or self._unread
        ending = self._disconnecting or sessions.closing
        return bool(said or ending or sessions.unwatched or sessions.subscriptions.behind)

    @property
    def backlog(self) -> int:
        """How many sessions have sent more than has been worked on."""
        return len(self._backlog)

    # -- the tick -----------------------------------------------------------------------------

    def tick(self, now: int) -> list[Write]:
        """Run all that came, make it durable, return what to write. ``now`` is in ns UTC."""
        if self.stopped:
            return []
        if self._ticking:
            problem = "a tick within a tick"
            raise RuntimeError(problem)
        self._ticking = True
        try:
            writes = self._tick(now)
        except BaseException:
            self.stopped = True
            raise
        finally:
            self._ticking = False
        self.stopped = self._leaving
        return writes

    def _tick(self, now: int) -> list[Write]:
        running, sessions = self.running, self.sessions
        running.begin(now)
        self.storage.look(now)
        operations = self._run_operations(now)
        for account, text in self._disconnecting.items():
            sessions.disconnect(account, text)
        self._disconnecting.clear()
        watching = not self._watch_at - WATCH_EVERY <= now < self._watch_at  # or set back
        if watching:
            self._watch_at = now + WATCH_EVERY
            self._run_clock(now)
        touched = self._take_turns(now)
        for connection, error in self._unread.items():
            sessions.end_unread(connection, error)
        self._unread.clear()
        if sessions.stuck:
            sessions.cut_slow_readers(now)
        if watching:
            sessions.begin_round(now)
            for account in sessions.grace.over(now):
                self._run(TIMER, CancelOnDisconnect(account))
        touched |= dict.fromkeys(sessions.watch(now))
        if self._leaving:
            text = "the venue stops; come back later and resume"
            sessions.end_all(LogoutReason.SHUTDOWN, text)
        self.commit()
        self.storage.settle(now)
        for operation in operations:
            operation.durable = True
        concerned = sessions.readers.concerned()  # a trade also reports to those who said nothing
        sessions.subscriptions.tell_balances(concerned)
        told = sessions.subscriptions.publish(sessions.by_account.values())
        if self.storage.short is not self.storage.announced:
            members = [each for account, each in sessions.by_account.items() if account]
            self.storage.announce(members)
            self.storage.announced = self.storage.short
            told += members
        # what linked venues have given this one since the last tick is in it
        self.batch = running.sequencer.seq - self._said
        self._said = running.sequencer.seq
        self.peak_batch = max(self.peak_batch, self.batch)
        return self._writes(now, concerned | touched | dict.fromkeys(told))

    def _run_operations(self, now: int) -> list[Operation]:
        """Run the operator's commands; return them."""
        running = self.running
        operations, self._operations = self._operations, []
        for operation in operations:
            if operation.timed and now > running.sequencer.venue.time:
                running.run(OPERATOR, AdvanceTime(now))
            operation.events = self._run(OPERATOR, operation.command)
        return operations

    def _take_turns(self, now: int) -> dict[Connection, None]:
        """Give each session that was heard a turn, then those that have more; return all."""
        work, backlog = self.sessions.work, self._backlog
        touched, self._awake = self._awake, {}
        heard = [connection for connection in touched if connection not in backlog]
        limits, left = self._limits, self.most
        turn = min(limits.turn, limits.shared_turn)
        if not self._shared(now):
            turn, left = limits.turn, max(left, self.unshared)
        # who sends little may have sent more than that while the last tick was a long one
        worked = max(now - self._began, 0) if self.handled > limits.most else 0
        little = LITTLE + FEW * worked // SECOND
        self._began, self.handled = now, 0
        for connection in heard:
            handled = work(connection, now, turn)
            self.handled += handled
            self._patient.pop(connection, None)
            few = connection.spoke(handled, now)
            if connection.more:
                backlog[connection] = None
                left -= handled
            elif few and handled <= little and not connection.ended:
                self._patient[connection] = now
        while left > 0 and backlog:
            connection = next(iter(backlog))
            del backlog[connection]
            handled = work(connection, now, min(turn, left))
            self.handled += handled
            connection.spoke(handled, now)
            left -= handled
            touched[connection] = None
            if connection.more:
                backlog[connection] = None
        return touched

    def _shared(self, now: int) -> bool:
        """Whether somebody who sends little may wait for an answer."""
        patient = self._patient
        while patient:
            connection = next(reversed(patient))
            at = patient[connection]
            if at <= now < at + SHARED_FOR:
                return True
            del patient[connection]
        return False

    def _writes(self, now: int, concerned: Iterable[Connection]) -> list[Write]:
        """Return one write for each connection that has something due, then the farewells."""
        most, writes = self._limits.chunk, []
        for connection in concerned:
            if connection.ended:
                continue
            try:
                data = connection.flush(now, most)
            except StoreError as error:
                self._unread[connection] = error
                continue
            if data:
                writes.append(Write(connection, data, close=False))
            if connection.behind:
                self._awake[connection] = None
        closing = self.sessions.closing
        writes += [
            Write(each, each.flush(now, most), close=True) for each in closing if not each.lost
        ]
        closing.clear()
        return writes

    def _run_clock(self, now: int) -> None:
        """Run what is due by the clock."""
        venue = self.running.sequencer.venue
        timetable = self._timetable
        if timetable is not None:
            for step in timetable.due(now):
                self._run(TIMER, step)
        for command in passing(venue, now) if timetable is None else timetable.passing(now):
            self._run(TIMER, command)
        waiting, due = venue.due()
        if now > venue.time and (0 < due <= now or (waiting and now - venue.time >= TIME_EVERY)):
            self._run(TIMER, AdvanceTime(now))
        if timetable is not None:
            for clearing in timetable.clearings():
                self._run(TIMER, clearing)

    def _run(self, source: int, command: Command) -> list[Event]:
        """Run a command of the operator or of the clock."""
        events = self.running.run(source, command)
        if self._timetable is not None:
            self._timetable.absorb(source, self.running.time, command, events)
        if self.operated is not None:
            self.operated(source, command, events)
        return events

"""A running venue: rulebook, recovery, sequencer, sessions, timer and shutdown wired together."""

from __future__ import annotations

import asyncio
import secrets
import time
from typing import TYPE_CHECKING, Final

import msgspec

from engine.log.journal import FILE_NAME, Journal, JournalError
from engine.log.sequencer import OPERATOR, TIMER, Sequencer, recover
from engine.venue.venue import Venue
from engine.vocabulary.commands import AdvanceTime, CancelOnDisconnect, Command
from gateway.protocol import wire
from gateway.server.connection import Connection
from gateway.server.market_data import Streams
from gateway.server.outbox import Outboxes
from gateway.server.timetable import Timetable, leads_on

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from engine.log.records import Record
    from engine.rulebook.model import Rulebook
    from engine.venue.views import BalanceView
    from engine.vocabulary.events import Event
    from gateway.server.accounts import Directory

WATCH_EVERY: Final = 0.05  # seconds between looks at silence, stuck readers and expiries
TELL_EVERY: Final = 1_000_000_000  # ns between times told to calls and to bidding windows
FAREWELL_WITHIN: Final = 2.0  # seconds a closing connection gets to take its last bytes
FIRST_SESSION: Final = 100  # sources below it are the venue's own


class Options(msgspec.Struct, frozen=True):
    """How to run a node."""

    host: str = "127.0.0.1"
    port: int = 0  # 0: any free port
    durability: str = "fdatasync"
    throttle: int = 0  # messages a second and session, 0 for no limit
    max_sessions: int = 1_024
    timetable: bool = False  # follow the rulebook's calendar


class Node:
    """One venue on one port."""

    def __init__(
        self,
        directory: Directory,
        sequencer: Sequencer,
        outboxes: Outboxes,
        options: Options,
        clock: Callable[[], int] = time.time_ns,
    ) -> None:
        """Wire the parts; ``start`` opens the port."""
        self.directory = directory
        self.sequencer = sequencer
        self.outboxes = outboxes
        self.options = options
        self.clock = clock
        self.streams = Streams(sequencer.venue)
        self._digest = (sequencer.venue.rulebook, sequencer.venue.rulebook.digest())
        self.durability = sequencer.journal.durability if sequencer.journal else "none"
        self.observers: list[Callable[[int, list[Event]], None]] = []
        self.timetable = (
            Timetable(sequencer.venue, secrets.randbelow) if options.timetable else None
        )
        self.failed: asyncio.Future[None] | None = None
        self.address = ("", 0)
        self.peak_batch = 0  # commands in the largest tick so far
        self.now = 0  # ns UTC, of the records of this tick
        self._refresh()
        self._links: dict[Connection, None] = {}
        self._by_account: dict[str, Connection] = {}
        self._next_number = FIRST_SESSION
        self._awake: dict[Connection, None] = {}
        self._closing: list[Connection] = []
        self._fresh: list[tuple[Connection, str]] = []  # subscriptions waiting for their snapshot
        self._scheduled = False
        self._stopping = False
        self._server: asyncio.Server | None = None
        self._watcher: asyncio.TimerHandle | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    @classmethod
    def open(cls, folder: Path, rulebook: Rulebook, directory: Directory, options: Options) -> Node:
        """Recover the venue in ``folder``, or start a new one; open the accounts it lacks.

        Raises ``JournalError`` and ``LogError``; ``JournalError`` also where the folder holds a
        venue under other rules.
        """
        outboxes = Outboxes()
        if (folder / FILE_NAME).exists():

            def told(record: Record, events: list[Event]) -> None:
                outboxes.absorb(record.time, events)

            sequencer = recover(folder, told, options.durability)
            if sequencer.venue.genesis != rulebook:
                sequencer.close()
                name = sequencer.venue.rulebook.name
                problem = f"{folder} holds a venue under other rules ({name}): use another --dir"
                raise JournalError(problem)
        else:
            journal = Journal.create(folder, rulebook, time.time_ns(), options.durability)
            sequencer = Sequencer(Venue(rulebook), journal)
        node = cls(directory, sequencer, outboxes, options)
        for command in directory.openings(sequencer.venue):
            node.run(OPERATOR, command)
        sequencer.commit()
        return node

    # -- life -----------------------------------------------------------------------------------

    async def start(self) -> None:
        """Open the port. Raises ``OSError`` where it is taken."""
        self._loop = loop = asyncio.get_running_loop()
        self.failed = loop.create_future()
        self._server = await loop.create_server(
            lambda: Connection(self), self.options.host, self.options.port
        )
        self.address = self._server.sockets[0].getsockname()[:2]
        self._watcher = loop.call_later(WATCH_EVERY, self._watch)

    async def stop(self) -> None:
        """Say farewell to all, close the port and the log."""
        if self._stopping:
            return
        if self._server is not None:
            self._server.close()
        for link in list(self._links):
            link.end(wire.LogoutReason.SHUTDOWN, "the venue stops; come back later and resume")
        self._tick()
        self._stopping = True
        if self._watcher is not None:
            self._watcher.cancel()
        deadline = time.monotonic() + FAREWELL_WITHIN
        while self._links and time.monotonic() < deadline:  # noqa: ASYNC110 - they just go
            await asyncio.sleep(0.01)
        for link in list(self._links):
            if link.transport is not None:
                link.transport.abort()
        self.sequencer.close()

    def _fail(self, error: Exception) -> None:
        """Stop at once: nothing may leave a venue that cannot make its promises durable."""
        self._stopping = True
        for link in list(self._links):
            if link.transport is not None:
                link.transport.abort()
        if self._server is not None:
            self._server.close()
        if self.failed is not None and not self.failed.done():
            self.failed.set_exception(error)

    # -- the tick -------------------------------------------------------------------------------

    def wake(self, link: Connection) -> None:
        """Have the tick look at a connection."""
        self._awake[link] = None
        self._schedule()

    def _schedule(self) -> None:
        if not self._scheduled and self._loop is not None:
            self._scheduled = True
            self._loop.call_soon(self._tick)

    def run(self, source: int, command: Command) -> list[Event]:
        """Sequence a command; what comes of it leaves after the tick's sync."""
        now = self.now
        events = self.sequencer.submit(now, source, command)
        project = self.outboxes.project
        for event in events:
            project[event.__class__](now, event)
        if self.watched:
            self.tell(now, events)
        return events

    @property
    def watched(self) -> bool:
        """Say whether anybody looks at everything that happens."""
        return bool(self.observers) or self.streams.active

    def tell(self, now: int, events: list[Event]) -> None:
        """Tell those who look at everything that happens."""
        if self.streams.active:
            self.streams.absorb(events)
        for observer in self.observers:
            observer(now, events)

    def _refresh(self) -> int:
        """Look at the clock; return what it says.

        ``now``, which all records of a tick carry, is never before the last record. A clock that
        was set back must not stop the sessions' own time, which is the clock's.
        """
        time = self.clock()
        self.now = max(time, self.sequencer.time)
        return time

    def operate(self, command: Command) -> list[Event]:
        """Run an operator's command; it is durable when this returns. Raises ``JournalError``."""
        self._refresh()
        events = self.run(OPERATOR, command)
        self.sequencer.commit()
        for link in self._links:
            self._awake[link] = None
        self._schedule()
        return events

    def _tick(self) -> None:
        """Apply all that came, make it durable once, then write to each session once."""
        self._scheduled = False
        if self._stopping:
            return
        now = self._refresh()
        awake = self._awake
        self._awake = {}
        before = self.sequencer.seq
        for link in awake:
            link.work(now)
        try:
            self.sequencer.commit()
        except JournalError as error:
            self._fail(error)
            return
        batch = self.sequencer.seq - before
        self.peak_batch = max(self.peak_batch, batch)
        if self.streams.active or self._fresh:
            self._publish()
        # A trade also reports to accounts that said nothing in this tick.
        for link in self._by_account.values() if batch else awake:
            if link.flush(now):
                self.wake(link)
        for link in self._closing:
            self._close(link, now)
        self._closing.clear()

    def _publish(self) -> None:
        told = self.streams.drain(self.now) if self.streams.active else {}
        if told:
            for link in self._by_account.values():
                for symbol in link.symbols:
                    if symbol in told:
                        link.tell(told[symbol])
        for link, symbol in self._fresh:
            if not self.streams.active:
                self.streams.start()
            link.symbols[symbol] = None
            for message in self.streams.snapshot(symbol, link.seq(), self.now):
                link.say(message)
        self._fresh.clear()

    def _close(self, link: Connection, now: int) -> None:
        link.flush(now)
        transport = link.transport
        if transport is None:
            return
        if link.stuck_since:
            transport.write(b"".join(link.out))
        transport.close()
        assert self._loop is not None
        self._loop.call_later(FAREWELL_WITHIN, transport.abort)

    def _watch(self) -> None:
        """Look at silence, stuck readers and due expiries; the only clock in the gateway."""
        if self._stopping:
            return
        now = self._refresh()
        for link in list(self._links):
            link.watch(now)
        if self._run_clock(now):
            for link in self._links:
                self._awake[link] = None
            self._schedule()
        if self._closing:
            self._schedule()
        assert self._loop is not None
        self._watcher = self._loop.call_later(WATCH_EVERY, self._watch)

    def _run_clock(self, now: int) -> bool:
        """Run what is due by the clock; say whether there was anything."""
        venue = self.sequencer.venue
        watched, due = venue.due()
        steps = self.timetable.due(now) if self.timetable is not None else []
        told = 0 < due <= now or (watched and now - venue.time >= TELL_EVERY) or bool(steps)
        if told and now > venue.time:
            self.run(TIMER, AdvanceTime(now))
        for step in steps:
            if leads_on(venue, step):
                self.run(TIMER, step)
        return told

    # -- sessions -------------------------------------------------------------------------------

    def joined(self, link: Connection) -> None:
        """Take a new connection in."""
        self._links[link] = None
        link.number = self._next_number
        self._next_number += 1
        if len(self._links) > self.options.max_sessions:
            link.end(wire.LogoutReason.FULL, f"{self.options.max_sessions} sessions are the limit")
            self._schedule()

    def admit(self, link: Connection, account: str) -> None:
        """Give an account to a connection; an older one has to go."""
        older = self._by_account.get(account)
        if older is not None:
            older.cancel_on_disconnect = False
            older.end(wire.LogoutReason.TAKEN_OVER, "the account logged on from elsewhere")
        self._by_account[account] = link

    def closing(self, link: Connection) -> None:
        """Close a connection at the end of the tick."""
        if self._by_account.get(link.account) is link:
            del self._by_account[link.account]
        self._closing.append(link)
        self._schedule()

    def left(self, link: Connection) -> None:
        """Forget a connection; cancel its orders if that was asked for."""
        self._links.pop(link, None)
        self._awake.pop(link, None)
        if self._by_account.get(link.account) is link:
            del self._by_account[link.account]
        if link.cancel_on_disconnect and not self._stopping:
            link.cancel_on_disconnect = False
            self._refresh()
            self.run(link.number, CancelOnDisconnect(link.account))
            self._schedule()

    def subscribe(self, link: Connection, symbol: str) -> None:
        """Let a connection's subscription begin at the end of the tick."""
        known = self.sequencer.venue.markets
        for symbol in [symbol] if symbol else known:
            if symbol in known:
                self._fresh.append((link, symbol))

    def unsubscribe(self, link: Connection, symbol: str) -> None:
        """End a subscription."""
        for symbol in [symbol] if symbol else list(link.symbols):
            link.symbols.pop(symbol, None)

    # -- what sessions ask ------------------------------------------------------------------------

    @property
    def digest(self) -> str:
        """The digest of the rulebook that is in force."""
        rulebook = self.sequencer.venue.rulebook
        if rulebook is not self._digest[0]:
            self._digest = (rulebook, rulebook.digest())
        return self._digest[1]

    def lines(self) -> tuple[wire.LineInfo, ...]:
        """Return what a client must know of every line."""
        venue = self.sequencer.venue
        digits = venue.rulebook.minor_digits
        return tuple(
            wire.LineInfo(
                line,
                market.product.title,
                market.product.currency,
                digits,
                market.product.tick,
                market.gate.lot,
                venue.phase(line),
                venue.reference(line),
                *venue.limits(line),
                market.product.symbol,
                market.mode.name,
                market.mode.mechanism,
            )
            for line, market in venue.markets.items()
        )

    def status(self, account: str) -> wire.AccountStatus:
        """Return an account's balances and live orders."""
        venue = self.sequencer.venue
        found = venue.account(account)
        return wire.AccountStatus(
            self.outboxes.boxes[account].seq,
            found.last_ref,
            found.killed,
            _balances(found.cash),
            _balances(found.holdings),
            tuple(
                wire.OrderStatus(
                    o.ref, o.symbol, o.side, o.price, o.quantity, o.leaves, o.state, o.tif
                )
                for o in venue.open_orders(account)
            ),
        )


def _balances(table: tuple[BalanceView, ...]) -> tuple[wire.BalanceStatus, ...]:
    return tuple(
        wire.BalanceStatus(each.name, each.total, each.reserved) for each in table if each.total
    )

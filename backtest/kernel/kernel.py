"""The laboratory's clock: who acts when, and in which order where times are equal.

Everything that happens is an event of the queue, and the queue has a total order:

1. its time, in ns;
2. its class: what the operator, the calendar and the clock do (``OPERATOR``), then commands that
   reach the venue (``COMMAND``), then reports that reach an agent (``REPORT``), then wake-ups
   (``WAKE``);
3. the agent's place in the population;
4. a counter, so that what was asked for first comes first.

Agents act through a ``Seat``. What they send takes their latency to the venue; what they hear takes
it back. Messages of one agent never overtake each other, as on a connection. While an agent
computes it is busy: what comes for it meanwhile waits, and is handled in the order of its coming.

The venue learns the time with the operator's commands, when something is due by the clock (an
expiry, the end of a batch, the edge of a bidding window), and, where the rules measure from the
time of an order, before each command.
"""

from __future__ import annotations

import heapq
from collections import deque
from operator import index
from typing import TYPE_CHECKING, Any, Final, Protocol, TypeAlias

from msgspec import structs

from backtest.agents.visibility import Visibility
from backtest.kernel.clock import INDICATE_EVERY, clock_needs
from engine.log.records import CommandError, check_command
from engine.vocabulary.commands import AdvanceTime, AmendRulebook, CancelOrder, NewOrder
from engine.vocabulary.enums import OrderType, Side, TimeInForce
from engine.vocabulary.units import MAX_PRICE, MAX_QUANTITY

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from backtest.agents.port import ClientCommand
    from backtest.kernel.latency import Delay
    from engine.log.sequencer import Sequencer
    from engine.vocabulary.commands import Command
    from engine.vocabulary.events import Event

    Queued: TypeAlias = tuple[int, int, int, int, Any, Any]
    Watcher: TypeAlias = Callable[[int, Command, list[Event]], None]

# A command and what came of it, at a time in ns.
Entry: TypeAlias = "tuple[int, Command, list[Event]]"

OPERATOR: Final = 0
COMMAND: Final = 1
REPORT: Final = 2
WAKE: Final = 3
AT_ONE_INSTANT: Final = 100_000  # times that one agent may act before the run is stopped
_TIMER: Final = 1  # the log's source of the passing of time
_FREE: Final = object()  # instead of what happened: the agent has finished computing
_LIMIT: Final = OrderType.LIMIT
_DAY: Final = TimeInForce.DAY
_BUY: Final = Side.BUY
_SELL: Final = Side.SELL


class AgentError(Exception):
    """An agent failed or did what it may not; the run of its session ends."""

    def __init__(self, agent: str, time: int, why: str) -> None:
        """Name the agent, the time (ns) and what happened."""
        super().__init__(f"{agent} at {time} ns: {why}")
        self.agent, self.time, self.why = agent, time, why

    def __reduce__(self) -> tuple[type, tuple[str, int, str]]:
        """Pickle by what it was made of."""
        return type(self), (self.agent, self.time, self.why)


class Resident(Protocol):
    """What the kernel needs of an agent."""

    hears_own: bool  # reports of its own orders and trades
    hears_public: bool  # public market data

    def on_start(self, seat: Seat) -> None:
        """Prepare: most often ask to be woken."""
        ...  # pragma: no cover

    def on_event(self, seat: Seat, event: Event) -> None:
        """Receive something that happened to its own orders, or in public."""
        ...  # pragma: no cover

    def on_wake(self, seat: Seat) -> None:
        """Act; called when it asked for it with ``wake_at``."""
        ...  # pragma: no cover


class Seat:
    """One agent's way to the venue: its account, its latency, its references. A ``Port``."""

    __slots__ = ("_acted", "_acted_at", "_arrival", "_here", "_kernel", "_last_ref", "_to_venue",
                 "account", "agent", "back", "busy_until", "compute", "heard_at", "place",
                 "waiting", "who")  # fmt: skip

    def __init__(
        self, kernel: Kernel, agent: Resident, place: int, account: str, who: str,
        to_venue: Delay | None, back: Delay | None, compute: int,
    ) -> None:  # fmt: skip
        """Join a kernel. ``compute`` is the ns that the agent needs for each of its turns."""
        self._kernel = kernel
        self.agent = agent
        self.place = place
        self.account = account
        self.who = who
        self.back = back
        self.compute = compute
        self.busy_until = 0
        self.waiting: deque[Event | None] = deque()  # what came while it was busy; None: a wake-up
        self.heard_at = 0  # when the last report arrives
        self._arrival = 0  # when the last command arrives at the venue
        self._acted_at, self._acted = -1, 0  # the last instant at which it acted at once, how often
        self._to_venue = to_venue
        self._here = to_venue is None and not compute
        self._last_ref = kernel.venue.last_ref(account)

    def start(self) -> None:
        """Let the agent prepare. Raises ``AgentError``."""
        try:
            self.agent.on_start(self)
        except AgentError:
            raise
        except Exception as error:
            raise self.failed("on_start", error) from error
        self._kernel.queue_sent()

    def failed(self, where: str, error: Exception) -> AgentError:
        """Return what to raise for an exception of the agent's."""
        why = f"{where}: {type(error).__name__}: {error}"
        return AgentError(self.who, self._kernel.now, why)

    def now(self) -> int:
        """Return the time in ns."""
        return self._kernel.now

    def wake_at(self, time: int) -> None:
        """Wake the agent once at a time (ns), or at once where that is over.

        Raises ``AgentError`` where it asks for that without end at one instant.
        """
        kernel = self._kernel
        if type(time) is not int:
            time = self._whole("wake_at", time)
        if time <= kernel.now:
            time = kernel.now
            self.acts()
        kernel.counter = counter = kernel.counter + 1
        entry = (time, WAKE, self.place, counter, self, None)
        if kernel.spent:
            kernel.spent = False
            heapq.heapreplace(kernel.queue, entry)
        else:
            heapq.heappush(kernel.queue, entry)

    def acts(self) -> None:
        """Count what may go on without end at one instant. Raises ``AgentError``."""
        now = self._kernel.now
        if self._acted_at != now:
            self._acted_at, self._acted = now, 0
        self._acted += 1
        if self._acted > AT_ONE_INSTANT:
            why = f"acted {AT_ONE_INSTANT} times at one instant: wake_at needs a later time"
            raise AgentError(self.who, now, why)

    def submit(self, command: ClientCommand) -> int:
        """Send a command, which leaves account and reference "" and 0; return its reference.

        Raises ``AgentError`` where it is no command of a client, or is not for this account.
        """
        kernel = self._kernel
        if getattr(command, "account", None) != "" or getattr(command, "ref", None) != 0:
            why = f"submit: {command!r}: account and ref are filled in here: leave them out"
            raise AgentError(self.who, kernel.now, why)
        full = structs.replace(command, account=self.account, ref=self._last_ref + 1)
        try:
            check_command(full)
        except CommandError as error:
            raise AgentError(self.who, kernel.now, f"submit: {error}") from error
        if getattr(full, "expire_at", 0):
            kernel.tell_time()
        self._last_ref += 1
        self._send(full)
        return self._last_ref

    def buy(self, symbol: str, tonnes: int, price: int, tif: TimeInForce = _DAY) -> int:
        """Enter a limit order to buy; price in minor units. Return its reference."""
        kernel = self._kernel
        if (
            type(tonnes) is int and type(price) is int and type(tif) is TimeInForce
            and 0 < tonnes <= MAX_QUANTITY and 0 < price <= MAX_PRICE and symbol in kernel.symbols
        ):  # fmt: skip
            self._last_ref = ref = self._last_ref + 1
            order = NewOrder(self.account, ref, symbol, _BUY, tonnes, price, _LIMIT, tif)
            if self._here:
                kernel.sent.append((self, order))
            else:
                self._send(order)
            return ref
        return self._unusual(symbol, _BUY, tonnes, price, tif)

    def sell(self, symbol: str, tonnes: int, price: int, tif: TimeInForce = _DAY) -> int:
        """Enter a limit order to sell; price in minor units. Return its reference."""
        kernel = self._kernel
        if (
            type(tonnes) is int and type(price) is int and type(tif) is TimeInForce
            and 0 < tonnes <= MAX_QUANTITY and 0 < price <= MAX_PRICE and symbol in kernel.symbols
        ):  # fmt: skip
            self._last_ref = ref = self._last_ref + 1
            order = NewOrder(self.account, ref, symbol, _SELL, tonnes, price, _LIMIT, tif)
            if self._here:
                kernel.sent.append((self, order))
            else:
                self._send(order)
            return ref
        return self._unusual(symbol, _SELL, tonnes, price, tif)

    def cancel(self, target: int) -> int:
        """Cancel the order with a reference. Return the cancel's own."""
        if type(target) is not int or not 0 < target <= self._last_ref:
            return self.submit(CancelOrder("", 0, self._whole("cancel", target)))
        self._last_ref = ref = self._last_ref + 1
        self._send(CancelOrder(self.account, ref, target))
        return ref

    def _unusual(self, symbol: str, side: Side, tonnes: int, price: int, tif: TimeInForce) -> int:
        """Send an order that the venue may refuse, or in numbers of another type."""
        tonnes, price = self._whole("tonnes", tonnes), self._whole("price", price)
        return self.submit(NewOrder("", 0, symbol, side, tonnes, price, _LIMIT, tif))

    def _whole(self, what: str, value: Any) -> int:
        """Return a whole number of any type, numpy's among them. Raises ``AgentError``."""
        try:
            return index(value)
        except TypeError as error:
            why = f"{what}: {value!r} is a {type(value).__name__}: a whole number is needed"
            raise AgentError(self.who, self._kernel.now, why) from error

    def _send(self, command: ClientCommand) -> None:
        kernel = self._kernel
        if self._here:
            kernel.sent.append((self, command))
            return
        sent = kernel.now + self.compute
        self._arrival = max(self._arrival, self.delayed(sent, self._to_venue))
        kernel.push(self._arrival, COMMAND, self, command)

    def delayed(self, time: int, delay: Delay | None) -> int:
        """Return a time with a latency. Raises ``AgentError`` where that is no delay."""
        if delay is None:
            return time
        taken = delay()
        if type(taken) is not int or taken < 0:
            why = f"a latency of {taken!r}: whole ns are needed, 0 or more"
            raise AgentError(self.who, self._kernel.now, why)
        return time + taken


class Kernel:
    """Drives one venue and its agents through virtual time."""

    def __init__(self, sequencer: Sequencer, tape: list[Entry] | None = None) -> None:
        """Start at the venue's time, ns UTC. ``tape`` receives every command and its events."""
        self.sequencer = sequencer
        self._submit = sequencer.submit_checked
        self.venue = sequencer.venue
        self._venue_apply = sequencer.venue.apply
        self.symbols = dict.fromkeys(sequencer.venue.symbols)
        self.now = sequencer.venue.time
        self.counter = 0
        self.commands = 0  # of agents, that reached the venue
        self.queue: list[Queued] = []  # a heap, in the order above
        self.spent = False  # whether the queue's first event is over, and makes room for a new one
        self.sent: list[tuple[Seat, ClientCommand]] = []  # commands that are at the venue already
        self.watchers: list[Watcher] = []
        self.tape = tape
        self._keep: Callable[[Entry], object] = (lambda _: None) if tape is None else tape.append
        self.seats: dict[str, Seat] = {}  # by account
        self.anybody = False  # whether reports are delivered at all
        self._places = _TIMER + 1  # the next agent's, which is also its source in the log
        self._hearing: list[Seat] = []  # those that receive public data
        self._visibility = Visibility()
        self._timer = 0  # when the clock is looked at next; 0: no time is known
        self._timed, self._exact = clock_needs(sequencer.venue.rulebook)
        self.plain = False  # whether nothing comes of a command but its entry on the tape

    def join(
        self, agent: Resident, account: str, who: str = "", *, to_venue: Delay | None = None,
        back: Delay | None = None, compute: int = 0,
    ) -> Seat:  # fmt: skip
        """Let an agent act for an account. Raises ``ValueError`` where the account has one.

        ``who`` names it in errors and keys. Delays are ns a message, ``compute`` ns a turn.
        """
        place = self.take_places([account])
        seat = Seat(self, agent, place, account, who or account, to_venue, back, compute)
        self.enter(seat, [account])
        return seat

    def take_places(self, accounts: list[str]) -> int:
        """Keep places for accounts; return the first. Raises ``ValueError`` where one has one."""
        for account in accounts:
            if account in self.seats:
                message = f"the account {account!r} has an agent already"
                raise ValueError(message)
        self._places += len(accounts)
        return self._places - len(accounts)

    def enter(self, seat: Seat, accounts: list[str]) -> None:
        """Deliver the reports of accounts to a seat from now on."""
        self.seats.update(dict.fromkeys(accounts, seat))
        if seat.agent.hears_public:
            self._hearing.append(seat)
        self.anybody |= seat.agent.hears_own or seat.agent.hears_public

    def at(self, time: int, command: Command) -> None:
        """Have the operator give a command at a time (ns)."""
        self.push(time, OPERATOR, None, command)

    def push(self, time: int, kind: int, seat: Seat | None, what: object) -> None:
        """Put an event into the queue."""
        place = seat.place if seat is not None else 0
        self.counter = counter = self.counter + 1
        self.insert((max(time, self.now), kind, place, counter, seat, what))

    def insert(self, entry: Queued) -> None:
        """Put an event into the queue, at its place in the total order."""
        if self.spent:
            self.spent = False
            heapq.heapreplace(self.queue, entry)
        else:
            heapq.heappush(self.queue, entry)

    def queue_sent(self) -> None:
        """Let what was sent outside a turn reach the venue when its place in the order comes."""
        for sender, command in self.sent:
            self.push(self.now, COMMAND, sender, command)
        self.sent.clear()

    def give(self, command: Command) -> None:
        """Give the venue an operator's command now."""
        self._operate(command)

    def run(self, until: int) -> None:
        """Go through the queue up to a time (ns), which is the time afterwards.

        Raises ``AgentError``.
        """
        self._look()
        queue, sent = self.queue, self.sent
        pop = heapq.heappop
        while queue and queue[0][0] <= until:
            time, kind, _, _, seat, what = queue[0]
            self.now = time
            if kind == WAKE and not seat.compute:
                self.spent = True
                try:
                    seat.agent.on_wake(seat)
                except AgentError:
                    raise
                except Exception as error:
                    raise seat.failed("on_wake", error) from error
                if self.spent:
                    self.spent = False
                    pop(queue)
                if sent:
                    self._apply_sent()
                continue
            pop(queue)
            if kind >= REPORT:
                self._turn(seat, what)
                if sent:
                    self._apply_sent()
            elif kind == OPERATOR:
                self._operate(what)
            elif type(seat) is Seat:
                self.apply(seat.place, what)
            else:
                what(until)  # a crowd's orders, up to whatever comes before the next of them
        self.now = max(self.now, until)
        self._advance()

    def _look(self) -> None:
        """See whether there is anything to do for a command beside applying it."""
        self.plain = not (self.anybody or self._timed or self.watchers or self.sequencer.journal)

    def tell_time(self) -> None:
        """From now on see to what becomes due by the clock."""
        self._timed = True
        self._look()

    def _turn(self, seat: Seat, what: Event | None) -> None:
        """Let an agent act; while it is busy, what comes waits."""
        if what is _FREE:
            what = seat.waiting.popleft()
        elif seat.waiting or self.now < seat.busy_until:
            seat.waiting.append(what)
            if len(seat.waiting) == 1:
                self.push(seat.busy_until, WAKE, seat, _FREE)
            return
        seat.busy_until = self.now + seat.compute
        before = self.counter + len(self.sent)
        try:
            if what is None:
                seat.agent.on_wake(seat)
            else:
                seat.agent.on_event(seat, what)
        except AgentError:
            raise
        except Exception as error:
            where = "on_wake" if what is None else f"on_event, {type(what).__name__}"
            raise seat.failed(where, error) from error
        if self.counter + len(self.sent) > before:
            seat.acts()
        if seat.waiting:
            self.push(seat.busy_until, WAKE, seat, _FREE)

    def _apply_sent(self) -> None:
        """Give the venue what an agent without delay has just sent.

        Nothing else of this instant comes before it: the operator's commands and those that
        arrived are through, and these are one agent's, in order.
        """
        sent = self.sent
        if self.plain:  # as in ``apply``, where nothing is logged, heard or due; without the calls
            now, sequencer = self.now, self.sequencer
            sequencer.time = now
            for _, command in sent:
                sequencer.seq += 1
                self.commands += 1
                self._keep((now, command, self._venue_apply(command)))
        else:
            for sender, command in sent:
                self.apply(sender.place, command)
        sent.clear()

    def apply(self, place: int, command: ClientCommand) -> None:
        """Give the venue an agent's command; deliver what came of it."""
        self.commands += 1
        if self._exact:
            self._advance()
        now = self.now
        events = self._submit(now, place, command)
        self._keep((now, command, events))
        if self.watchers:
            for watcher in self.watchers:
                watcher(now, command, events)
        if self.anybody:
            self._report(events)
        if self._timed:
            self._watch_clock()

    def apply_all(self, times: list[int], commands: Sequence[ClientCommand]) -> None:
        """Give the venue agents' commands of several times, while the kernel is ``plain``."""
        self.commands += len(commands)
        happened = self.sequencer.submit_all(times[-1], _TIMER + 1, commands)
        if self.tape is not None:
            self.tape += zip(times, commands, happened, strict=True)

    def _operate(self, command: Command | None) -> None:
        """Give the venue an operator's command, and the time before it; or the time alone."""
        if command is None:
            self._timer = 0
            waits, due = self.venue.due()
            if (waits and self._hearing) or 0 < due <= self.now:
                self._advance()
        else:
            self._advance()
            self._say(OPERATOR, command)
            if isinstance(command, AmendRulebook):
                self._exact = True
                self.tell_time()
        self._watch_clock()

    def _watch_clock(self) -> None:
        """See that the venue is told the time when something is due."""
        waits, due = self.venue.due()
        if waits and self._hearing:  # they hear what a call would give
            soon = max(self.now, self.venue.time) + INDICATE_EVERY
            due = min(due, soon) if due else soon
        if due and not 0 < self._timer <= due:
            self._timer = max(due, self.now)
            self.tell_time()
            self.push(self._timer, OPERATOR, None, None)

    def _advance(self) -> None:
        """Tell the venue the time, where it does not know it yet."""
        if self.now > self.venue.time:
            self._say(_TIMER, AdvanceTime(self.now))

    def _say(self, source: int, command: Command) -> None:
        events = self.sequencer.submit(self.now, source, command)
        self._keep((self.now, command, events))
        for watcher in self.watchers:
            watcher(self.now, command, events)
        if self.anybody:
            self._report(events)

    def _report(self, events: list[Event]) -> None:
        """Send what happened to those whom it concerns."""
        now = self.now
        for account, event in self._visibility.parts(events):
            if account:
                seat = self.seats.get(account)
                hearers = [seat] if seat is not None and seat.agent.hears_own else []
            else:
                hearers = self._hearing
            for seat in hearers:
                seat.heard_at = max(seat.heard_at, seat.delayed(now, seat.back))
                self.push(seat.heard_at, REPORT, seat, event)

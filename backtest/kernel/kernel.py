"""The laboratory's clock: who acts when, and in which order where times are equal.

Everything that happens is an event of the queue, and the queue has a total order:

1. its time, in ns;
2. its class: what the operator and the calendar do (``OPERATOR``), then commands that reach the
   venue (``COMMAND``), then reports that reach an agent (``REPORT``), then wake-ups (``WAKE``);
3. the agent's place in the population;
4. a counter, so that what was asked for first comes first.

Agents act through a ``Seat``. What they send takes their latency to the venue; what they hear takes
it back; no message of an agent overtakes another. While an agent computes it is busy: what comes
for it meanwhile waits.
"""

from __future__ import annotations

import heapq
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from msgspec import structs

from backtest.agents.market import Market
from backtest.agents.present import lines_of, present_of
from backtest.agents.visibility import Visibility
from engine.log.records import check_command
from engine.vocabulary.commands import AdvanceTime, AmendRulebook, NewOrder
from engine.vocabulary.enums import Mechanism, OrderType, Side, TimeInForce

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.random import Generator

    from backtest.agents.market import Participant
    from backtest.agents.market_picture import LinePicture
    from backtest.kernel.latency import Delay
    from backtest.kernel.streams import Streams
    from engine.log.sequencer import Sequencer
    from engine.rulebook.model import Rulebook
    from engine.vocabulary.commands import ClientCommand, Command
    from engine.vocabulary.events import Event

    Watcher: TypeAlias = Callable[[int, Command, list[Event]], None]

OPERATOR: Final = 0
COMMAND: Final = 1
REPORT: Final = 2
WAKE: Final = 3
AT_ONE_INSTANT: Final = 10_000  # wake-ups and reports of one agent before the run is stopped
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


class Seat(Market):
    """One agent's way to the venue: its account, its latency, its references."""

    __slots__ = (
        "_arrived",
        "_here",
        "_kernel",
        "_last_ref",
        "_to_venue",
        "account",
        "agent",
        "back",
        "busy_until",
        "compute",
        "place",
        "told_until",
        "turn_at",
        "turns",
        "who",
    )  # fmt: skip

    def __init__(
        self, kernel: Kernel, agent: Participant, place: int, account: str, who: str,
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
        self.told_until = 0  # when the last report arrives
        self._arrived = 0  # when the last command does
        self.turn_at, self.turns = -1, 0  # the last instant at which it acted, how often then
        self._to_venue = to_venue
        self._here = to_venue is None and not compute
        self._last_ref = kernel.venue.last_ref(account)

    def start(self) -> None:
        """Let the agent prepare, and tell it what its account has. Raises ``AgentError``."""
        kernel, agent = self._kernel, self.agent
        try:
            agent.on_start(self)
            if agent.hears_own:
                for event in present_of(kernel.venue, self.account):
                    agent.on_event(self, event)
        except AgentError:
            raise
        except Exception as error:
            why = f"on_start: {type(error).__name__}: {error}"
            raise AgentError(self.who, kernel.now, why) from error
        kernel.post()

    def lines(self) -> list[LinePicture]:
        """Return the lines as anybody may see them now."""
        return lines_of(self._kernel.venue)

    def stream(self, purpose: str) -> Generator:
        """Return this agent's random numbers for a purpose; raises ``AgentError`` without any."""
        streams = self._kernel.streams
        if streams is None:
            raise AgentError(self.who, self._kernel.now, "stream: this run has no seed")
        return streams.stream(self.who, purpose)

    def now(self) -> int:
        """Return the time in ns."""
        return self._kernel.now

    def wake_at(self, time: int) -> None:
        """Wake the agent once at a time (ns), or at once where that is over."""
        kernel = self._kernel
        kernel.counter = counter = kernel.counter + 1
        now = kernel.now
        heapq.heappush(kernel.queue, (max(now, time), WAKE, self.place, counter, self,
                                      None))  # fmt: skip

    def submit(self, command: ClientCommand) -> int:
        """Send a command, which leaves account and reference "" and 0; return its reference.

        Raises ``AgentError`` where it is no command of a client, or is not for this account.
        """
        kernel = self._kernel
        if getattr(command, "account", None) != "" or getattr(command, "ref", None) != 0:
            why = f"submit: {command!r}: account and ref are filled in here: leave them out"
            raise AgentError(self.who, kernel.now, why)
        self._last_ref = ref = self._last_ref + 1
        full = structs.replace(command, account=self.account, ref=ref)
        try:
            check_command(full)
        except ValueError as error:
            raise AgentError(self.who, kernel.now, f"submit: {error}") from error
        if getattr(full, "expire_at", 0):
            kernel.tell_time()
        self._send(full)
        return ref

    def buy(self, symbol: str, tonnes: int, price: int, tif: TimeInForce = _DAY) -> int:
        """Enter a limit order to buy; price in minor units. Return its reference."""
        return self._order(symbol, _BUY, tonnes, price, tif)

    def sell(self, symbol: str, tonnes: int, price: int, tif: TimeInForce = _DAY) -> int:
        """Enter a limit order to sell; price in minor units. Return its reference."""
        return self._order(symbol, _SELL, tonnes, price, tif)

    def _order(self, symbol: str, side: Side, tonnes: int, price: int, tif: TimeInForce) -> int:
        if type(tonnes) is not int or type(price) is not int or type(symbol) is not str:
            why = f"{symbol!r}, {tonnes!r}, {price!r}: a text and two whole numbers are needed"
            raise AgentError(self.who, self._kernel.now, why)
        self._last_ref = ref = self._last_ref + 1
        self._send(NewOrder(self.account, ref, symbol, side, tonnes, price, _LIMIT, tif))
        return ref

    def _send(self, command: ClientCommand) -> None:
        kernel = self._kernel
        if self._here:
            kernel.sent.append((self, command))
            return
        arrives = kernel.now + self.compute + (self._to_venue() if self._to_venue else 0)
        # One session's messages arrive in the order in which they were sent.
        self._arrived = arrives = max(arrives, self._arrived)
        kernel.counter = counter = kernel.counter + 1
        heapq.heappush(kernel.queue, (arrives, COMMAND, self.place, counter, self, command))


class Kernel:
    """Drives one venue and its agents through virtual time."""

    def __init__(self, sequencer: Sequencer, streams: Streams | None = None) -> None:
        """Start at the venue's time, ns UTC; agents draw from ``streams``."""
        self.sequencer = sequencer
        self.streams = streams
        self.venue = sequencer.venue
        self.now = sequencer.venue.time
        self.counter = 0
        self.commands = 0  # of agents, that reached the venue
        self.queue: list[tuple[int, int, int, int, Any, Any]] = []  # a heap, in the order above
        self.sent: list[tuple[Seat, ClientCommand]] = []  # commands that are at the venue already
        self.watchers: list[Watcher] = []
        self.seats: dict[str, Seat] = {}  # by account
        self._hearing: list[Seat] = []  # those that receive public data
        self._anybody = False  # whether reports are delivered at all
        self._visibility = Visibility()
        self._plain = _needs_no_clock(sequencer.venue.rulebook)

    def join(
        self, agent: Participant, account: str, who: str = "", *, to_venue: Delay | None = None,
        back: Delay | None = None, compute: int = 0,
    ) -> Seat:  # fmt: skip
        """Let an agent act for an account. Raises ``ValueError`` where the account has one.

        ``who`` names it in errors and keys. Delays are ns a message, ``compute`` ns a turn.
        """
        if account in self.seats:
            message = f"the account {account!r} has an agent already"
            raise ValueError(message)
        place = len(self.seats) + 1
        seat = Seat(self, agent, place, account, who or account, to_venue, back, compute)
        self.seats[account] = seat
        if agent.hears_public:
            self._hearing.append(seat)
        self._anybody |= agent.hears_own or agent.hears_public
        return seat

    def at(self, time: int, command: Command) -> None:
        """Have the operator give a command at a time (ns)."""
        self.counter += 1
        heapq.heappush(self.queue, (time, OPERATOR, 0, self.counter, None, command))

    def give(self, command: Command) -> None:
        """Give the venue an operator's command now."""
        self._operate(command)

    def tell_time(self) -> None:
        """From now on tell the venue the time before each command: something expires."""
        self._plain = False

    def run(self, until: int) -> None:
        """Go through the queue up to a time (ns), which is the time afterwards.

        Raises ``AgentError``.
        """
        queue, sent = self.queue, self.sent
        pop = heapq.heappop
        while queue and queue[0][0] <= until:
            time, kind, _, _, seat, what = pop(queue)
            self.now = max(self.now, time)
            if kind == OPERATOR:
                self._operate(what)
            elif kind == COMMAND:
                self._apply(seat, what)
            else:
                self._turn(seat, kind, what)
                if sent:
                    # Nothing else of this instant comes before them: its operator's commands and
                    # those that arrived are through, and these are one agent's, in order.
                    for sender, command in sent:
                        self._apply(sender, command)
                    sent.clear()
        self.now = max(self.now, until)
        self._advance()

    def _turn(self, seat: Seat, kind: int, what: Event | None) -> None:
        """Let an agent act, unless it is still busy."""
        now = self.now
        if now < seat.busy_until:
            self.counter += 1
            again = (seat.busy_until, kind, seat.place, self.counter, seat, what)
            heapq.heappush(self.queue, again)
            return
        if seat.turn_at != now:
            seat.turn_at = now
            seat.turns = 0
        seat.turns += 1
        if seat.turns > AT_ONE_INSTANT:
            why = f"{AT_ONE_INSTANT} turns at one instant: wake_at needs a later time"
            raise AgentError(seat.who, now, why)
        seat.busy_until = now + seat.compute
        try:
            if what is None:
                seat.agent.on_wake(seat)
            else:
                seat.agent.on_event(seat, what)
        except AgentError:
            raise
        except Exception as error:
            raise AgentError(seat.who, now, f"{type(error).__name__}: {error}") from error

    def _apply(self, seat: Seat, command: ClientCommand) -> None:
        """Give the venue an agent's command; deliver what came of it."""
        self.commands += 1
        if not self._plain:
            self._advance()
        events = self.sequencer.submit_all(self.now, seat.place, (command,))[0]
        for watcher in self.watchers:
            watcher(self.now, command, events)
        if self._anybody:
            self._report(events)

    def _operate(self, command: Command) -> None:
        """Give the venue an operator's command, and the time before it."""
        self._advance()
        if isinstance(command, AmendRulebook):
            self.tell_time()
        self._say(command)

    def _advance(self) -> None:
        """Tell the venue the time, where it does not know it yet."""
        if self.now > self.venue.time:
            self._say(AdvanceTime(self.now))

    def _say(self, command: Command) -> None:
        events = self.sequencer.submit(self.now, OPERATOR, command)
        for watcher in self.watchers:
            watcher(self.now, command, events)
        if self._anybody:
            self._report(events)

    def _report(self, events: list[Event]) -> None:
        """Send what happened to those whom it concerns."""
        now, queue = self.now, self.queue
        for account, event in self._visibility.parts(events):
            if account:
                seat = self.seats.get(account)
                hearers = [seat] if seat is not None and seat.agent.hears_own else []
            else:
                hearers = self._hearing
            for seat in hearers:
                arrives = now
                if seat.back:
                    seat.told_until = arrives = max(now + seat.back(), seat.told_until)
                self.counter = counter = self.counter + 1
                heapq.heappush(queue, (arrives, REPORT, seat.place, counter, seat, event))

    def post(self) -> None:
        """Put what was sent outside a turn behind what the operator does at this instant."""
        for seat, command in self.sent:
            self.counter += 1
            heapq.heappush(self.queue, (self.now, COMMAND, seat.place, self.counter, seat, command))
        self.sent.clear()


def _needs_no_clock(rulebook: Rulebook) -> bool:
    """Say whether passing time alone does nothing to continuous trading under these rules.

    Then the venue is told the time with the operator's commands only, as orders good till a date
    are the only ones that watch it.
    """
    return all(
        mode.mechanism in {Mechanism.ORDER_BOOK, Mechanism.LISTING}
        and not mode.volatility_seconds
        and not mode.batch_seconds
        for mode in rulebook.modes
    )

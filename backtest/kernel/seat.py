"""An agent's seat: its way to the venue, with its account, latencies and references."""

from __future__ import annotations

from abc import ABC
from collections import deque
from operator import index
from typing import TYPE_CHECKING, Final, SupportsIndex

from msgspec import structs

from backtest.agents.market import Market
from backtest.agents.present import lines_of, present_of
from backtest.kernel.queue import (
    BELOW_TIME,
    COMMAND,
    NEVER,
    TIME_BITS,
    WAKE,
    AgentError,
    Queued,
    key_of,
)
from engine.log.records import CommandError, check_command
from engine.vocabulary.commands import CancelOrder, NewOrder
from engine.vocabulary.enums import OrderType, Side, TimeInForce
from engine.vocabulary.units import MAX_PRICE, MAX_QUANTITY

if TYPE_CHECKING:
    from numpy.random import Generator

    from backtest.agents.market import Participant
    from backtest.agents.market_picture import LinePicture
    from backtest.kernel.latency import Delay
    from backtest.kernel.queue import EventQueue
    from engine.vocabulary.commands import ClientCommand
    from engine.vocabulary.events import Event

AT_ONE_INSTANT: Final = 100_000  # times that one agent may act before the run is stopped
_ON_START: Final = "on_start"
# Shared where nothing waits: an empty deque takes four times the memory of the rest of a seat.
NOTHING: Final[deque[Event | None]] = deque(maxlen=0)
_LIMIT: Final = OrderType.LIMIT
_DAY: Final = TimeInForce.DAY
_BUY: Final = Side.BUY
_SELL: Final = Side.SELL


class AtHand(Queued, Market, ABC):
    """What every order needs of a seat, in front and so in few cache lines."""

    __slots__ = ("_here", "_kernel", "_last_ref", "account", "agent")


class Seat(AtHand):
    """One agent's way to the venue: its account, its latency, its references.

    It stands in the queue itself for the next of its wake-ups, where it needs no time to compute.
    While it does not, its ``due`` is what a key is beside the time: its class and place.
    """

    __slots__ = ("_acted", "_acted_at", "_arrival", "_to_venue", "back", "busy_until", "compute",
                 "heard_at", "place", "waiting", "who")  # fmt: skip

    def __init__(
        self,
        kernel: EventQueue,
        agent: Participant,
        place: int,
        account: str,
        who: str,
        to_venue: Delay | None,
        back: Delay | None,
        compute: int,
    ) -> None:
        """Join a kernel. ``compute`` is the ns that the agent needs for each of its turns."""
        self.due = NEVER if compute else key_of(0, WAKE, place, 0)
        self._kernel = kernel
        self.agent = agent
        self.place = place
        self.account = account
        self.who = who
        self.back = back
        self.compute = compute
        self.busy_until = 0
        self.waiting = NOTHING  # what came while it was busy; None: a wake-up
        self.heard_at = 0  # when the last report arrives
        self._arrival = 0  # when the last command arrives at the venue
        self._acted_at, self._acted = -1, 0  # the last instant at which it acted at once, how often
        self._to_venue = to_venue
        self._here = to_venue is None and not compute
        self._last_ref = kernel.venue.last_ref(account)

    def start(self) -> None:
        """Let the agent prepare, and tell it what its account has. Raises ``AgentError``."""
        agent, where = self.agent, _ON_START
        try:
            agent.on_start(self)
            if agent.hears_own:
                for event in present_of(self._kernel.venue, self.account):
                    where = f"on_event, {type(event).__name__}"
                    agent.on_event(self, event)
        except AgentError:
            raise
        except Exception as error:
            raise self.failed(where, error) from error
        self._kernel.queue_sent()

    def failed(self, where: str, error: Exception) -> AgentError:
        """Return what to raise for an exception of the agent's."""
        why = f"{where}: {type(error).__name__}: {error}"
        return AgentError(self.who, self._kernel.now, why)

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
        """Wake the agent once at a time (ns), or at once where that is over.

        Raises ``AgentError`` where it asks for that without end at one instant.
        """
        kernel = self._kernel
        if type(time) is not int:
            time = self._whole("wake_at", time)
        if time <= kernel.now:
            time = kernel.now
            self.acts()
        if self.due > BELOW_TIME or not time:  # it stands there already, or could not be told to
            kernel.push(time, WAKE, self.place, self, None)
        else:
            self.due |= time << TIME_BITS
            kernel.insert(self)

    def wake_in(self, ns: int) -> None:
        """Wake the agent once after so many ns."""
        kernel = self._kernel
        due = self.due
        if type(ns) is not int or ns <= 0 or due > BELOW_TIME:
            self.wake_at(kernel.now + ns)
            return
        # From here as ``wake_at`` and ``insert`` do, without the calls.
        self.due = due = due | (kernel.now + ns) << TIME_BITS
        if due >= kernel.horizon and (bucket := kernel.buckets.get(due >> kernel.shift)):
            bucket.append(self)
        else:
            kernel.insert(self)

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
        return self._enter(symbol, _BUY, tonnes, price, tif)

    def sell(self, symbol: str, tonnes: int, price: int, tif: TimeInForce = _DAY) -> int:
        """Enter a limit order to sell; price in minor units. Return its reference."""
        return self._enter(symbol, _SELL, tonnes, price, tif)

    def _enter(self, symbol: str, side: Side, tonnes: int, price: int, tif: TimeInForce) -> int:
        """Send an order: nearly all are such that a log can hold them, and need no closer look."""
        kernel = self._kernel
        if (
            type(tonnes) is int
            and type(price) is int
            and (tif is _DAY or type(tif) is TimeInForce)
            and 0 < tonnes <= MAX_QUANTITY
            and 0 < price <= MAX_PRICE
            and symbol in kernel.symbols
        ):
            self._last_ref = ref = self._last_ref + 1
            order = NewOrder(self.account, ref, symbol, side, tonnes, price, _LIMIT, tif)
            if self._here:
                kernel.sent.append((self, order))
            else:
                self._send(order)
            return ref
        tonnes, price = self._whole("tonnes", tonnes), self._whole("price", price)
        return self.submit(NewOrder("", 0, symbol, side, tonnes, price, _LIMIT, tif))

    def cancel(self, ref: int) -> int:
        """Cancel the order with a reference. Return the cancel's own."""
        if type(ref) is not int or not 0 < ref <= self._last_ref:
            return self.submit(CancelOrder("", 0, self._whole("cancel", ref)))
        self._last_ref += 1
        self._send(CancelOrder(self.account, self._last_ref, ref))
        return self._last_ref

    def _whole(self, what: str, value: SupportsIndex) -> int:
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
        kernel.push(self._arrival, COMMAND, self.place, self, command)

    def delayed(self, time: int, delay: Delay | None) -> int:
        """Return a time with a latency. Raises ``AgentError`` where that is no delay."""
        if delay is None:
            return time
        taken = delay()
        if type(taken) is not int or taken < 0:
            why = f"a latency of {taken!r}: whole ns are needed, 0 or more"
            raise AgentError(self.who, self._kernel.now, why)
        return time + taken

"""What an agent may do to a venue.

The same agent trades wherever somebody says how the time is read, a command sent and a wake-up
asked for: on a venue in the laboratory (``backtest.kernel``, ``direct``), or on a live one
(``carbonx.live``). What an agent receives are the engine's events, less what a client of a real
venue could not see (``visibility``).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Final, Protocol

from engine.vocabulary.commands import (
    AmendOrder,
    Announce,
    Bid,
    CancelOrder,
    ClientCommand,
    Decline,
    MassCancel,
    NewOrder,
    Pick,
    Quote,
)
from engine.vocabulary.enums import OrderType, Side, TimeInForce

if TYPE_CHECKING:
    from numpy.random import Generator

    from backtest.agents.market_picture import LinePicture
    from engine.vocabulary.events import Event

_DAY: Final = TimeInForce.DAY
_LIMIT: Final = OrderType.LIMIT


class Market(ABC):
    """One account's way to a venue.

    Prices are whole minor units per tonne, quantities whole tonnes, times ns UTC. Each request
    returns its reference at once; the answer comes later, as an event that names the reference.
    """

    __slots__ = ()

    account: str  # the one that it trades for, which events about its own orders name

    @abstractmethod
    def now(self) -> int:
        """Return the time in ns UTC."""

    @abstractmethod
    def wake_at(self, time: int) -> None:
        """Have the agent woken once at a time (ns UTC), or at once where that is over."""

    @abstractmethod
    def submit(self, command: ClientCommand) -> int:
        """Send any command of a client; return its reference.

        Account and reference are filled in here, so the command leaves them ``""`` and 0. The
        answer never comes before ``submit`` returns.
        """

    @abstractmethod
    def lines(self) -> list[LinePicture]:
        """Return the lines as anybody may see them now; on a live venue the books follow."""

    @abstractmethod
    def stream(self, purpose: str) -> Generator:
        """Return this agent's random numbers for a purpose, from their beginning.

        They depend on the seed of the run, on who the agent is and on the purpose alone.
        """

    def wake_in(self, ns: int) -> None:
        """Have the agent woken once after so many ns."""
        self.wake_at(self.now() + ns)

    # -- orders, and listings: what is entered in a line of listings is one -----------------------

    def buy(self, symbol: str, tonnes: int, price: int, tif: TimeInForce = _DAY) -> int:
        """Enter a limit order, or a listing, to buy."""
        return self.submit(NewOrder("", 0, symbol, Side.BUY, tonnes, price, _LIMIT, tif))

    def sell(self, symbol: str, tonnes: int, price: int, tif: TimeInForce = _DAY) -> int:
        """Enter a limit order, or a listing, to sell."""
        return self.submit(NewOrder("", 0, symbol, Side.SELL, tonnes, price, _LIMIT, tif))

    def cancel(self, ref: int) -> int:
        """Cancel the order, listing, quote or announcement with a reference."""
        return self.submit(CancelOrder("", 0, ref))

    def cancel_all(self, symbol: str = "") -> int:
        """Cancel all of the account's orders, in one line or in all."""
        return self.submit(MassCancel("", 0, symbol))

    def amend(self, ref: int, tonnes: int = 0, price: int = 0) -> int:
        """Change an order's total tonnes, its price, or both; 0 keeps what there is."""
        return self.submit(AmendOrder("", 0, ref, tonnes, price))

    # -- what others offer under a number ---------------------------------------------------------

    def pick(self, symbol: str, number: int, tonnes: int = 0, price: int = 0) -> int:
        """Take a listing, or confirm a quote; 0 tonnes is all of it.

        With a price it is refused where the listing says another by then.
        """
        return self.submit(Pick("", 0, symbol, number, tonnes, price))

    def quote(
        self,
        symbol: str,
        side: Side,
        tonnes: int,
        price: int,
        to: tuple[str, ...] = (),
        *,
        answers: int = 0,
    ) -> int:
        """Offer a block to some accounts, or to all; it may answer the enquiry with a number."""
        return self.submit(Quote("", 0, symbol, side, tonnes, price, to, answers))

    def enquire(self, symbol: str, side: Side, tonnes: int, to: tuple[str, ...] = ()) -> int:
        """Ask some accounts, or all, for their quotes for a block."""
        return self.submit(Quote("", 0, symbol, side, tonnes, 0, to))

    def decline(self, symbol: str, number: int) -> int:
        """Turn down a quote that was made to this account."""
        return self.submit(Decline("", 0, symbol, number))

    # -- one-way auctions -------------------------------------------------------------------------

    def announce(
        self, symbol: str, side: Side, tonnes: int, price: int, opens_at: int, closes_at: int
    ) -> int:
        """Announce an auction of tonnes with a reserve price and a window for bids.

        For its other terms ``submit`` an ``Announce``.
        """
        return self.submit(Announce("", 0, symbol, side, tonnes, price, opens_at, closes_at))

    def bid(self, symbol: str, number: int, tonnes: int, price: int) -> int:
        """Bid in the auction that was announced under a number."""
        return self.submit(Bid("", 0, symbol, number, tonnes, price))


class Participant(Protocol):
    """What a venue needs of an agent."""

    @property
    def hears_own(self) -> bool:
        """Whether it receives what happens to its own orders."""
        ...  # pragma: no cover

    @property
    def hears_public(self) -> bool:
        """Whether it receives public market data."""
        ...  # pragma: no cover

    def on_start(self, market: Market, /) -> None:
        """Prepare: most often ask to be woken. Nothing was received yet."""
        ...  # pragma: no cover

    def on_event(self, market: Market, event: Event, /) -> None:
        """Receive something that happened to its own orders, or in public.

        What its account has comes first, in events (``present``).
        """
        ...  # pragma: no cover

    def on_wake(self, market: Market, /) -> None:
        """Act; called when ``wake_at`` or ``wake_in`` asked for it."""
        ...  # pragma: no cover


class Trader:
    """An agent to begin with: it hears nothing and does nothing.

    A class with an ``on_event`` of its own hears everything, unless it sets ``hears_own`` or
    ``hears_public`` to False.
    """

    __slots__ = ()  # so that a class with slots has no more than those

    hears_own: bool = False  # reports of its own orders and trades
    hears_public: bool = False  # public market data

    def __init_subclass__(cls, **more: object) -> None:
        """Let a class that defines ``on_event`` hear, where it does not say otherwise."""
        super().__init_subclass__(**more)
        if "on_event" in cls.__dict__:
            for name in ("hears_own", "hears_public"):
                if name not in cls.__dict__:
                    setattr(cls, name, True)

    def on_start(self, market: Market) -> None:
        """Prepare; called once before the agent trades."""

    def on_wake(self, market: Market) -> None:
        """Act; called when it asked for it with ``wake_at`` or ``wake_in``."""

    def on_event(self, market: Market, event: Event) -> None:
        """Receive something that happened to its own orders, or in public."""

"""What an agent knows of a market: each line's book, phase, limits, last price and volume.

Fed with public events only (see ``visibility``), so it shows what any subscriber can know.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from sortedcontainers import SortedDict

from engine.rulebook.ticks import Ticks, ceil_to_tick, floor_to_tick, tick_at
from engine.vocabulary.enums import CALL_PHASES, Mechanism, OfferKind, Phase, Side
from engine.vocabulary.events import (
    Announced,
    AuctionCleared,
    AuctionUncrossed,
    BestBid,
    DayClosed,
    DepthChanged,
    Event,
    Offered,
    PhaseChanged,
    Trade,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

PICKED: Final = (Mechanism.LISTING, Mechanism.FIXED_PRICE)  # where listings stand on a board
_GATHERS: Final = (*(phase for phase in CALL_PHASES if phase is not Phase.FREEZE), Phase.PRE_OPEN)


@dataclass
class LinePicture:
    """One line. Prices in minor units per tonne, quantities in tonnes."""

    symbol: str
    tick: int
    lot: int
    reference: int  # the price that the day's limits start from
    low_limit: int = 0  # 0 where there is none
    high_limit: int = 0
    phase: Phase = Phase.CLOSED
    mechanism: Mechanism = Mechanism.ORDER_BOOK
    bids: SortedDict[int, int] = field(default_factory=SortedDict)  # price -> tonnes shown
    asks: SortedDict[int, int] = field(default_factory=SortedDict)
    last_trade: int = 0  # price, 0 before the first
    volume: int = 0  # traded since the picture began
    value: int = 0  # of it, in minor units
    trades: int = 0  # a call that traded counts as one
    bar: DayClosed | None = None  # the last day that closed
    ticks: Ticks = ()  # the tick table: (from this price on, tick), rising; () means ``tick``
    product: str = ""
    currency: str = ""
    min_quantity: int = 1
    max_quantity: int = 0  # 0 where nobody said so
    offers: dict[int, Offered] = field(default_factory=dict)  # listings and quotes, by number
    auctions: dict[int, Announced] = field(default_factory=dict)  # those announced, by number
    best_bids: dict[int, int] = field(default_factory=dict)  # prices, where bidding is open

    @property
    def is_open(self) -> bool:
        """Say whether it trades now, in the way of its mechanism."""
        return self.phase is Phase.CONTINUOUS

    @property
    def gathers(self) -> bool:
        """Say whether orders gather for a call, or for the open."""
        return self.mechanism is Mechanism.ORDER_BOOK and self.phase in _GATHERS

    def step(self, price: int) -> int:
        """Return the tick that holds at a price."""
        return tick_at(price, self.tick, self.ticks)

    def on_tick(self, price: int) -> int:
        """Return the highest valid price that is not above a price, or the lowest there is."""
        return floor_to_tick(price, self.tick, self.ticks) or ceil_to_tick(1, self.tick, self.ticks)

    @property
    def last(self) -> int:
        """Price of the last trade, else the reference."""
        return self.last_trade or self.reference

    def best(self) -> tuple[int, int]:
        """Return the best bid and offer, 0 where a side is empty."""
        bid = self.bids.keys()[-1] if self.bids else 0
        return bid, self.asks.keys()[0] if self.asks else 0

    def best_offer(self, side: Side) -> Offered | None:
        """Return the listing or quote of a side that is to be answered first, the earliest best."""
        offers = [offer for offer in self.offers.values() if offer.side is side]
        sign = 1 if side is Side.SELL else -1
        return min(offers, key=lambda offer: (sign * offer.price, offer.number), default=None)

    def best_price(self, side: Side) -> int:
        """Return the price at which one may trade with a side now, 0 where there is none."""
        if self.mechanism is Mechanism.ORDER_BOOK:
            return self.best()[side is Side.SELL]
        offer = self.best_offer(side)
        return 0 if offer is None else offer.price

    def depth(self, side: Side, levels: int = 0) -> list[tuple[int, int]]:
        """Return (price, tonnes shown), best first; ``levels`` 0 means all."""
        rows = list(self.bids.items())[::-1] if side is Side.BUY else list(self.asks.items())
        return rows[:levels] if levels else rows

    def show(self, side: Side, price: int, quantity: int) -> None:
        """Take over what is shown at a price."""
        rows = self.bids if side is Side.BUY else self.asks
        if quantity:
            rows[price] = quantity
        else:
            rows.pop(price, None)

    def stands(self, offer: Offered | Announced) -> None:
        """Take over what is offered or announced to everybody, as long as there is some of it."""
        if isinstance(offer, Announced):
            self.auctions[offer.number] = offer
        elif offer.quantity:
            self.offers[offer.number] = offer
        else:
            self.offers.pop(offer.number, None)

    def traded(self, price: int, quantity: int) -> None:
        """Take in a public trade."""
        self.last_trade = price
        self.volume += quantity
        self.value += quantity * price
        self.trades += 1


class MarketPicture:
    """The lines of a venue, or those of them that its agents are to trade on.

    Several agents may share one picture. Then only one of them may receive public events, or
    each trade would count several times.
    """

    def __init__(self, lines: Iterable[LinePicture]) -> None:
        """Start from a venue's lines; what comes of others is passed over."""
        self.lines = {line.symbol: line for line in lines}

    def absorb(self, event: Event) -> None:
        """Take a public event in; events of an account's own are passed over."""
        take = _TAKE.get(event.__class__)
        if take is not None:
            line = self.lines.get(getattr(event, "symbol", ""))
            if line is not None:
                take(line, event)


def _depth(line: LinePicture, event: DepthChanged) -> None:
    line.show(event.side, event.price, event.depth)


def _trade(line: LinePicture, event: Trade) -> None:
    if not event.maker and not event.taker:
        line.traded(event.price, event.quantity)


def _phase(line: LinePicture, event: PhaseChanged) -> None:
    line.phase, line.reference = event.phase, event.reference
    line.low_limit, line.high_limit = event.low_limit, event.high_limit


def _day(line: LinePicture, event: DayClosed) -> None:
    line.bar = event


def _uncrossed(line: LinePicture, event: AuctionUncrossed) -> None:
    if event.volume:
        line.traded(event.price, event.volume)


def _stands(line: LinePicture, event: Offered | Announced) -> None:
    if isinstance(event, Offered) and (event.to or event.kind is OfferKind.ENQUIRY):
        return
    if not event.account:
        line.stands(event)


def _best_bid(line: LinePicture, event: BestBid) -> None:
    line.best_bids[event.number] = event.price


def _cleared(line: LinePicture, event: AuctionCleared) -> None:
    line.auctions.pop(event.number, None)
    line.best_bids.pop(event.number, None)


_TAKE: Final[dict[type, Callable[[LinePicture, Any], None]]] = {
    DepthChanged: _depth,
    Trade: _trade,
    PhaseChanged: _phase,
    DayClosed: _day,
    AuctionUncrossed: _uncrossed,
    Offered: _stands,
    Announced: _stands,
    BestBid: _best_bid,
    AuctionCleared: _cleared,
}

"""What an agent knows of a market: each line's book, phase, limits, last price and volume.

Fed with public events only (see ``visibility``), so it shows what any subscriber can know.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sortedcontainers import SortedDict

from engine.rulebook.ticks import Ticks, ceil_to_tick, floor_to_tick, tick_at
from engine.vocabulary.enums import Mechanism, Phase, Side
from engine.vocabulary.events import (
    AuctionUncrossed,
    DayClosed,
    DepthChanged,
    Event,
    PhaseChanged,
    Trade,
)

if TYPE_CHECKING:
    from collections.abc import Iterable


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

    def traded(self, price: int, quantity: int) -> None:
        """Take in a public trade."""
        self.last_trade = price
        self.volume += quantity
        self.value += quantity * price
        self.trades += 1


class MarketPicture:
    """The order-book lines of a venue: those that the agents here know how to trade on.

    Several agents may share one picture. Then only one of them may receive public events, or
    each trade would count several times.
    """

    def __init__(self, lines: Iterable[LinePicture]) -> None:
        """Start from a venue's lines; what comes of those without an order book is passed over."""
        self.lines = {line.symbol: line for line in lines if line.mechanism is Mechanism.ORDER_BOOK}

    def absorb(self, event: Event) -> None:
        """Take a public event in; events of an account's own are passed over."""
        if not isinstance(
            event, DepthChanged | Trade | PhaseChanged | DayClosed | AuctionUncrossed
        ):
            return
        line = self.lines.get(event.symbol)
        if line is None:
            return
        if isinstance(event, DepthChanged):
            line.show(event.side, event.price, event.depth)
        elif isinstance(event, Trade):
            if not event.maker and not event.taker:
                line.traded(event.price, event.quantity)
        elif isinstance(event, PhaseChanged):
            line.phase, line.reference = event.phase, event.reference
            line.low_limit, line.high_limit = event.low_limit, event.high_limit
        elif isinstance(event, DayClosed):
            line.bar = event
        elif event.volume:
            line.traded(event.price, event.volume)

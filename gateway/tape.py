"""What the public feed adds up to: each product's book, last price, trades and day so far.

Fed with market data messages, it never sees the venue itself: what it shows is what any
subscriber can know.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from engine.types import Phase, Side
from gateway import wire

if TYPE_CHECKING:
    from collections.abc import Iterable


class Print(NamedTuple):
    """A public trade. Price in minor units, quantity in tonnes, time in ns UTC."""

    time: int
    price: int
    quantity: int
    side: Side


@dataclass
class Line:
    """One product as its subscribers see it."""

    info: wire.ProductInfo
    phase: Phase
    bids: dict[int, int] = field(default_factory=dict)
    asks: dict[int, int] = field(default_factory=dict)
    prints: list[Print] = field(default_factory=list)
    number: int = -1
    gaps: int = 0  # increments that did not follow on the one before
    low_limit: int = 0
    high_limit: int = 0
    bar: wire.DayBar | None = None

    @property
    def last(self) -> int:
        """Price of the last trade, else the reference."""
        return self.prints[-1].price if self.prints else self.info.reference

    @property
    def volume(self) -> int:
        """Tonnes traded."""
        return sum(each.quantity for each in self.prints)

    @property
    def value(self) -> int:
        """Minor units traded."""
        return sum(each.quantity * each.price for each in self.prints)

    def best(self) -> tuple[int, int]:
        """Return the best bid and offer, 0 where a side is empty."""
        return max(self.bids, default=0), min(self.asks, default=0)

    def depth(self, side: Side, levels: int) -> list[tuple[int, int]]:
        """Return (price, tonnes), best first."""
        rows = self.bids if side is Side.BUY else self.asks
        return sorted(rows.items(), reverse=side is Side.BUY)[:levels]


class Tape:
    """All products of one feed."""

    def __init__(self, products: Iterable[wire.ProductInfo]) -> None:
        """Start from what the logon told."""
        self.lines = {
            info.symbol: Line(
                info, info.phase, low_limit=info.low_limit, high_limit=info.high_limit
            )
            for info in products
        }
        self.recent: list[tuple[str, Print]] = []  # the last trades of all products

    def absorb(self, message: Any) -> None:
        """Take a market data message in; others are passed over."""
        kind = message.__class__
        if kind is wire.BookSnapshot:
            line = self.lines[message.product]
            line.bids.clear()
            line.asks.clear()
            line.phase = message.phase
            line.number = message.number
            _set(line, message.levels)
        elif kind in _INCREMENTS:
            line = self.lines[message.product]
            if line.number >= 0 and message.number != line.number + 1:
                line.gaps += 1
            line.number = message.number
            self._increment(line, message)

    def _increment(self, line: Line, message: Any) -> None:
        if isinstance(message, wire.BookUpdate):
            _set(line, message.levels)
        elif isinstance(message, wire.PublicTrade):
            each = Print(message.time, message.price, message.quantity, message.side)
            line.prints.append(each)
            self.recent.append((message.product, each))
            del self.recent[:-20]
        elif isinstance(message, wire.PhaseNotice):
            line.phase = message.phase
            line.low_limit, line.high_limit = message.low_limit, message.high_limit
        else:
            line.bar = message


_INCREMENTS = (wire.BookUpdate, wire.PublicTrade, wire.PhaseNotice, wire.DayBar)


def _set(line: Line, levels: Iterable[wire.BookLevel]) -> None:
    for level in levels:
        rows = line.bids if level.side is Side.BUY else line.asks
        if level.quantity:
            rows[level.price] = level.quantity
        else:
            rows.pop(level.price, None)

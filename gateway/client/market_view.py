"""What the public feed adds up to: each product's book, last price, trades and day so far.

Fed with market data messages, it never sees the venue itself: what it shows is what any
subscriber can know.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from engine.vocabulary.enums import Mechanism, Phase, Side
from gateway.protocol import wire, wire_market

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

    info: wire.LineInfo
    phase: Phase
    bids: dict[int, int] = field(default_factory=dict)
    asks: dict[int, int] = field(default_factory=dict)
    prints: list[Print] = field(default_factory=list)
    update: int = -1
    gaps: int = 0  # increments that did not follow on the one before
    low_limit: int = 0
    high_limit: int = 0
    bar: wire_market.DayClosed | None = None

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


class MarketView:
    """The lines of one feed that it was given; what comes of others is passed over."""

    def __init__(self, lines: Iterable[wire.LineInfo]) -> None:
        """Start from the lines of the logon."""
        self.lines = {
            info.symbol: Line(
                info, info.phase, low_limit=info.low_limit, high_limit=info.high_limit
            )
            for info in lines
        }
        self.recent: list[tuple[str, Print]] = []  # the last trades of all lines

    def absorb(self, message: Any) -> None:
        """Take a market data message in; others are passed over."""
        kind = message.__class__
        line = self.lines.get(getattr(message, "symbol", ""))
        if line is None:
            return
        if kind is wire_market.BookSnapshot:
            line.bids.clear()
            line.asks.clear()
            line.phase = message.phase
            line.update = message.update
            _set(line, message.levels)
        elif kind in _INCREMENTS:
            # What stands at a snapshot carries the snapshot's number.
            if line.update >= 0 and message.update not in (line.update, line.update + 1):
                line.gaps += 1
            line.update = message.update
            self._increment(line, message)

    def _increment(self, line: Line, message: Any) -> None:
        if isinstance(message, wire_market.BookUpdate):
            _set(line, message.levels)
        elif isinstance(message, wire_market.Trade):
            each = Print(message.time, message.price, message.quantity, message.side)
            line.prints.append(each)
            self.recent.append((message.symbol, each))
            del self.recent[:-20]
        elif isinstance(message, wire_market.PhaseChanged):
            line.phase = message.phase
            line.low_limit, line.high_limit = message.low_limit, message.high_limit
        elif isinstance(message, wire_market.DayClosed):
            line.bar = message


_INCREMENTS = tuple(
    kind for kind in wire.MarketData.__args__ if kind is not wire_market.BookSnapshot
)


def _set(line: Line, levels: Iterable[wire_market.BookLevel]) -> None:
    for level in levels:
        rows = line.bids if level.side is Side.BUY else line.asks
        if level.quantity:
            rows[level.price] = level.quantity
        else:
            rows.pop(level.price, None)


def continuous(lines: Iterable[wire.LineInfo]) -> list[wire.LineInfo]:
    """Return the lines that match by themselves: those that agents know how to trade on."""
    return [info for info in lines if info.mechanism is Mechanism.ORDER_BOOK]

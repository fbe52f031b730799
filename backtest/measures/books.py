"""The public book, made again from events alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple, Protocol

from sortedcontainers import SortedDict

from backtest.measures.tape import Reader
from engine.vocabulary.enums import Phase, Side
from engine.vocabulary.events import (
    DepthChanged,
    OrderAccepted,
    OrderAmended,
    OrderCancelled,
    OrderReduced,
    OrderResting,
    PhaseChanged,
    Trade,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.vocabulary.commands import Command

    class Depth(Protocol):
        """An event that says what is shown at a price now; -1 where that did not change."""

        @property
        def symbol(self) -> str:
            """The line."""

        @property
        def side(self) -> Side:
            """The side of the book."""

        @property
        def price(self) -> int:
            """Minor units per tonne."""

        @property
        def depth(self) -> int:
            """Tonnes."""


_BUY: Final = Side.BUY


class Quote(NamedTuple):
    """The best of a book: prices in minor units per tonne, tonnes shown; 0s for an empty side."""

    bid: int
    bid_tonnes: int
    ask: int
    ask_tonnes: int

    @property
    def whole(self) -> bool:
        """Whether both sides have somebody."""
        return bool(self.bid_tonnes and self.ask_tonnes)

    @property
    def twice_mid(self) -> int:
        """Twice the middle, which is whole where the middle may not be."""
        return self.bid + self.ask


class Book:
    """What a line's book shows."""

    __slots__ = ("asks", "best", "bids", "open", "shown", "stale")

    def __init__(self) -> None:
        """Start empty and closed."""
        self.bids: SortedDict[int, int] = SortedDict()  # price -> tonnes shown
        self.asks: SortedDict[int, int] = SortedDict()
        self.open = False  # whether it trades continuously now
        self.best = Quote(0, 0, 0, 0)
        self.shown = False  # whether it ever showed anything
        self.stale = False  # whether the best may have changed since it was looked at

    def set(self, side: Side, price: int, tonnes: int) -> None:
        """Take over what is shown at a price."""
        best = self.best
        if side is _BUY:
            rows = self.bids
            if price >= best.bid:
                self.stale = True
        else:
            rows = self.asks
            if price <= best.ask or not best.ask:
                self.stale = True
        if tonnes:
            self.shown = True
            rows[price] = tonnes
        else:
            rows.pop(price, None)

    def quote(self) -> Quote:
        """Return the best of both sides."""
        if self.stale:
            bid = self.bids.peekitem(-1) if self.bids else (0, 0)
            ask = self.asks.peekitem(0) if self.asks else (0, 0)
            self.best = Quote(*bid, *ask)
            self.stale = False
        return self.best

    def depth(self, side: Side) -> list[tuple[int, int]]:
        """Return price and tonnes of each level, best first."""
        return list(self.bids.items())[::-1] if side is _BUY else list(self.asks.items())


def cost(levels: Sequence[tuple[int, int]], tonnes: int) -> int | None:
    """Return what taking so many tonnes from one side's levels costs, None where it has fewer."""
    left, paid = tonnes, 0
    for price, shown in levels:
        taken = min(left, shown)
        paid += price * taken
        left -= taken
        if not left:
            return paid
    return None


class Books(Reader):
    """Follows the books of all lines."""

    def __init__(self) -> None:
        """Start with empty books."""
        self.lines: dict[str, Book] = {}
        self.touched: dict[str, Book] = {}  # since the last command
        self.takes = {
            OrderAccepted: self._moved,
            OrderResting: self._moved,
            OrderCancelled: self._moved,
            OrderReduced: self._moved,
            DepthChanged: self._moved,
            Trade: self._moved,
            OrderAmended: self._amended,
            PhaseChanged: self._phase,
        }

    def book(self, symbol: str) -> Book:
        """Return a line's book."""
        found = self.lines.get(symbol)
        if found is None:
            found = self.lines[symbol] = Book()
        return found

    def _moved(self, _time: int, _: Command, e: Depth) -> None:
        if e.depth >= 0:
            book = self.touched[e.symbol] = self.book(e.symbol)
            book.set(e.side, e.price, e.depth)

    def _amended(self, _time: int, _: Command, e: OrderAmended) -> None:
        book = self.touched[e.symbol] = self.book(e.symbol)
        if e.old_depth >= 0:
            book.set(e.side, e.old_price, e.old_depth)
        if e.depth >= 0:
            book.set(e.side, e.price, e.depth)

    def _phase(self, _time: int, _: Command, e: PhaseChanged) -> None:
        book = self.touched[e.symbol] = self.book(e.symbol)
        book.open = e.phase is Phase.CONTINUOUS

    def done(self, time: int) -> None:  # noqa: ARG002 - what inherits from it needs the time
        """Forget what the last command touched."""
        self.touched.clear()

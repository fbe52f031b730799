"""The book at regular times: what a round trip costs, and the depth around the middle."""

from __future__ import annotations

from typing import NamedTuple

from backtest.measures.books import Books, Quote, cost
from engine.vocabulary.enums import Side


class Sample(NamedTuple):
    """A book at a time, where it traded continuously and both sides had somebody."""

    time: int
    symbol: str
    quote: Quote
    round_trip: int | None  # to buy and sell again, minor units; None where there is not enough
    depth: int  # tonnes of both sides near the middle


class Samples(Books):
    """Looks at all books at each point of a grid, which begins with the tape."""

    def __init__(self, step: int, tonnes: int, near_bp: int) -> None:
        """``step`` in ns; ``tonnes`` of a round trip; the depth within basis points of the mid."""
        super().__init__()
        self.step, self.tonnes, self.near_bp = step, tonnes, near_bp
        self.found: list[Sample] = []
        self._one_sided: dict[str, int] = {}  # points at which a side, or both, had nobody
        self._next = -1

    def begin(self, time: int) -> None:
        """Look at the books at the points before a command."""
        if self._next < 0:
            self._next = time
        while self._next < time:
            if not any(book.open for book in self.lines.values()):
                self._next += -((self._next - time) // self.step) * self.step
                return
            self._look(self._next)
            self._next += self.step

    def _look(self, time: int) -> None:
        for symbol, book in self.lines.items():
            if not book.open:
                continue
            quote = book.quote()
            if not quote.whole:
                self._one_sided[symbol] = self._one_sided.get(symbol, 0) + 1
                continue
            bids, asks = book.depth(Side.BUY), book.depth(Side.SELL)
            bought, sold = cost(asks, self.tonnes), cost(bids, self.tonnes)
            trip = None if bought is None or sold is None else bought - sold
            reach = quote.twice_mid * self.near_bp  # against 20,000 times the distance
            depth = sum(
                tonnes
                for price, tonnes in (*bids, *asks)
                if abs(2 * price - quote.twice_mid) * 10_000 <= reach
            )
            self.found.append(Sample(time, symbol, quote, trip, depth))

    @property
    def one_sided(self) -> int:
        """Looks at a book without two sides, of lines whose book ever showed something."""
        return sum(n for symbol, n in self._one_sided.items() if self.lines[symbol].shown)

    def round_trip(self) -> float | None:
        """Return the mean cost of a round trip over the middle's value, in basis points.

        Over the points at which the book had enough.
        """
        rows = [
            2e4 * each.round_trip / (each.quote.twice_mid * self.tonnes)
            for each in self.found
            if each.round_trip is not None
        ]
        return sum(rows) / len(rows) if rows else None

    def too_thin(self) -> float | None:
        """Return the share of points at which the book did not have enough for a round trip."""
        points = len(self.found) + self.one_sided
        enough = sum(each.round_trip is not None for each in self.found)
        return 1 - enough / points if points else None

    def depth(self) -> float | None:
        """Return the mean tonnes of a side near the middle; a book without one counts as none."""
        points = len(self.found) + self.one_sided
        return sum(each.depth for each in self.found) / points / 2 if points else None

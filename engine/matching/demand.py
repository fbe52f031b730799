"""What sealed bids ask for at each price."""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from itertools import accumulate

from engine.matching.bid_limits import Piece


class Demand:
    """Pieces of bids, the best first, in columns with running totals; it does not change."""

    __slots__ = ("bids", "cumulated", "orders", "ranks", "wants")

    def __init__(self, pieces: Sequence[Piece]) -> None:
        """Add up pieces that are sorted."""
        self.ranks = [rank for rank, _, _, _ in pieces]
        self.orders = [order for _, order, _, _ in pieces]
        self.bids = [bid for _, _, bid, _ in pieces]
        self.wants = [quantity for _, _, _, quantity in pieces]
        self.cumulated = [0, *accumulate(self.wants)]  # tonnes of the first so many pieces

    @property
    def total(self) -> int:
        """All of it."""
        return self.cumulated[-1]

    def count(self, price: int) -> int:
        """Return how many pieces bid a price or more."""
        return bisect_right(self.ranks, -price)

    def at_least(self, price: int) -> int:
        """Return the tonnes bid for at a price or more."""
        return self.cumulated[self.count(price)]

    def price_of(self, tonne: int) -> int:
        """Return what is bid for a tonne, the best being the first; 0 for one beyond all bids."""
        if not 0 < tonne <= self.total:
            return 0
        return -self.ranks[bisect_left(self.cumulated, tonne) - 1]

    def lowest(self, price: int) -> int:
        """Return the lowest bid at a price or more, 0 for none."""
        count = self.count(price)
        return -self.ranks[count - 1] if count else 0

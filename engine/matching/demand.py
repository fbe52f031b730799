"""What sealed bids ask for at each price."""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence

from engine.matching.bid_limits import Piece


class Demand:
    """Pieces of bids, the best first, with running totals; it does not change."""

    __slots__ = ("cumulated", "pieces", "ranks")

    def __init__(self, pieces: Sequence[Piece]) -> None:
        """Add up pieces that are sorted."""
        self.pieces = pieces
        self.ranks = [piece.rank for piece in pieces]
        self.cumulated = [0]  # tonnes of the first so many pieces
        for piece in pieces:
            self.cumulated.append(self.cumulated[-1] + piece.quantity)

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
        return self.pieces[bisect_left(self.cumulated, tonne) - 1].price

    def lowest(self, price: int) -> int:
        """Return the lowest bid at a price or more, 0 for none."""
        count = self.count(price)
        return self.pieces[count - 1].price if count else 0

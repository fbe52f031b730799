"""What an account owes for a compliance year, and what it has surrendered for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.vocabulary.units import BASIS_POINTS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from engine.rulebook.model import Product


class Obligation:
    """One account's compliance year, in tonnes."""

    __slots__ = ("carried", "short", "surrendered", "verified")

    def __init__(self) -> None:
        """Owe nothing."""
        self.verified = 0  # emissions
        self.carried = 0  # what earlier years left short and is to be made good
        self.surrendered: dict[str, int] = {}  # by product
        self.short = 0  # found when the year was settled

    @property
    def owed(self) -> int:
        """The whole obligation."""
        return self.verified + self.carried

    @property
    def outstanding(self) -> int:
        """What is not surrendered yet."""
        return self.owed - sum(self.surrendered.values())

    def room(self, product: Product, products: Mapping[str, Product]) -> int:
        """Return how many more tonnes of a product this obligation takes.

        Products with a quota share it by their kind: all offsets of a programme count together,
        and what one of them may cover is also limited by its own share.
        """
        if product.compliance_bp >= BASIS_POINTS:
            return self.outstanding
        used = sum(
            tonnes
            for symbol, tonnes in self.surrendered.items()
            if symbol in products and products[symbol].compliance_bp < BASIS_POINTS
        )
        return min(self.outstanding, self.owed * product.compliance_bp // BASIS_POINTS - used)

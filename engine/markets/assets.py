"""A product's own state, which all of its lines share."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.markets.daily_trades import DailyTrades

if TYPE_CHECKING:
    from engine.rulebook.model import Product


class Asset:
    """What a product's next price limits start from, and its close where the operator fixes it."""

    __slots__ = ("daily", "fixing", "proposals", "reference", "symbol")

    def __init__(self, product: Product) -> None:
        """Start from the rulebook's reference."""
        self.symbol = product.symbol
        self.reference = product.reference  # previous close, minor units per tonne
        self.fixing = 0  # of the day that is on, minor units per tonne; 0: none yet
        self.daily = DailyTrades()
        self.proposals: dict[str, int] = {}  # triggers that are met, and since which day

    def dump(self) -> list[object]:
        """Return what is kept of the days before, nothing where that is nothing."""
        met = [["met", *map(list, self.proposals.items())]] if self.proposals else []
        return [*self.daily.dump(), *met]

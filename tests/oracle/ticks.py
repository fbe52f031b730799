"""The oracle's valid prices: looked for one by one, from the tick table alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.vocabulary.units import MAX_PRICE

if TYPE_CHECKING:
    from engine.rulebook.model import Product


class TickTable:
    """A product's valid prices, within a day's limits (0: none)."""

    def __init__(self, product: Product, low: int = 0, high: int = 0) -> None:
        self.rows = product.ticks or ((0, product.tick),)
        self.low, self.high = low or 1, high or MAX_PRICE

    def valid(self, price: int) -> bool:
        return price % [tick for start, tick in self.rows if start <= price][-1] == 0

    def step(self, price: int, by: int) -> int:
        """Return the next valid price from one on, itself included; it may be 0."""
        while price > 0 and not self.valid(price):
            price += by
        return price

    def above(self, price: int) -> int:
        """Return the next one, or the same where the day's limits have none."""
        found = self.step(price + 1, 1)
        return found if found <= self.high else price

    def below(self, price: int) -> int:
        found = self.step(price - 1, -1)
        return found if found >= self.low else price

    def between(self, low: int, high: int) -> list[int]:
        return [price for price in range(low, high + 1) if self.valid(price)]

    def nearest(self, numerator: int, denominator: int) -> int:
        """Return the nearest valid price to a fraction, the higher of two, whatever the limits."""
        below = self.step(numerator // denominator, -1)
        above = self.step(-(-numerator // denominator), 1)
        return above if 2 * numerator >= denominator * (below + above) else below

    def rounded(self, numerator: int, denominator: int) -> int:
        """Return the same inside the day's limits."""
        low, high = self.step(self.low, 1), self.step(self.high, -1)
        return min(max(self.nearest(numerator, denominator), low), high)

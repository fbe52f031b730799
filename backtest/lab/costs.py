"""What abating emissions costs, and the cheapest way of sharing a cut out.

Prices are in minor units per tonne, quantities in tonnes, costs in minor units.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Sequence


class LinearCosts(Struct, frozen=True, tag="linear"):
    """The next tonne costs ``slope`` times what is abated already."""

    slope: float  # minor units per tonne, per tonne

    def abated(self, price: float) -> float:
        """Return the tonnes that cost no more than a price each."""
        return max(price, 0.0) / self.slope

    def cost(self, tonnes: float) -> float:
        """Return what abating so much costs."""
        return self.slope * tonnes * tonnes / 2

    def marginal(self, tonnes: float) -> float:
        """Return what the next tonne costs."""
        return self.slope * tonnes


class StepCosts(Struct, frozen=True, tag="steps"):
    """A list of measures: (tonnes, price of each), the cheapest first. There is no more."""

    steps: tuple[tuple[int, int], ...]

    def abated(self, price: float) -> float:
        """Return the tonnes that cost no more than a price each."""
        return float(sum(tonnes for tonnes, each in self.steps if each <= price))

    def cost(self, tonnes: float) -> float:
        """Return what abating so much costs; infinite where there is not so much."""
        total = 0.0
        for most, price in self.steps:
            part = min(tonnes, most)
            total += part * price
            tonnes -= part
        return total if tonnes <= 0 else float("inf")

    def marginal(self, tonnes: float) -> float:
        """Return what the next tonne costs; infinite where there is none."""
        for most, price in self.steps:
            if tonnes < most:
                return float(price)
            tonnes -= most
        return float("inf")


Costs: TypeAlias = LinearCosts | StepCosts


class LeastCost(NamedTuple):
    """The cheapest way to abate what all have to abate together."""

    price: float  # the marginal cost that all have then
    abated: tuple[float, ...]  # tonnes of each
    volume: float  # tonnes that have to change hands for it
    alone: float  # what it costs where everybody abates the own part
    cost: float  # what it costs at the least

    @property
    def saved(self) -> float:
        """The share of the cost that trade can save."""
        return 1 - self.cost / self.alone if self.alone else 0.0


def least_cost(costs: Sequence[LinearCosts], required: Sequence[float]) -> LeastCost:
    """Return the least-cost abatement of linear marginal costs, in closed form."""
    price = sum(required) / sum(1 / each.slope for each in costs)
    abated = tuple(each.abated(price) for each in costs)
    volume = sum(max(cut - need, 0.0) for cut, need in zip(abated, required, strict=True))
    alone = sum(each.cost(need) for each, need in zip(costs, required, strict=True))
    cost = sum(each.cost(cut) for each, cut in zip(costs, abated, strict=True))
    return LeastCost(price, abated, volume, alone, cost)

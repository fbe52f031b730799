"""What abating emissions costs, what that makes of a tonne, and the cheapest way of sharing a cut.

Prices are in minor units per tonne, quantities in tonnes, costs in minor units.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Final, NamedTuple, TypeAlias

from msgspec import Struct

from backtest.measures.ladder import Ladder

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

RUNGS: Final = 50  # parts into which a line is cut: the error of a part's mean is at its ends
WITHOUT_END: Final = 10**12  # tonnes: more than there are


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

    def rungs(self, low: int, high: int) -> Iterator[tuple[int, int]]:
        """Yield (price, tonnes) from so many tonnes abated up to so many: the mean of each part."""
        parts = min(RUNGS, high - low)
        edges = [low + (high - low) * part // parts for part in range(parts + 1)] if parts else []
        for start, end in pairwise(edges):
            yield round(self.slope * (start + end) / 2), end - start


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

    def rungs(self, low: int, high: int) -> Iterator[tuple[int, int]]:
        """Yield (price, tonnes) from so many tonnes abated up to so many, or as many as can be."""
        end = 0
        for most, price in self.steps:
            start, end = end, end + most
            if min(end, high) > max(start, low):
                yield price, min(end, high) - max(start, low)


Costs: TypeAlias = LinearCosts | StepCosts


class Outside(NamedTuple):
    """What a tonne is worth to a firm beside its own cuts. Minor units per tonne."""

    spare: int  # one that it does not need: what it brings later
    penalty: int  # one that it lacks in the end


def interest(costs: Costs, need: int, most: int, outside: Outside) -> tuple[Ladder, Ladder]:
    """Return what further tonnes are worth to a firm, and what selling them costs it.

    It must cut ``need`` tonnes or buy allowances for them, below 0 it has as many to spare; it
    cannot sell more than leaves ``most`` to cut. With x tonnes left to cut a tonne is worth what
    the dearest cut costs, but no less than a spare one brings and no more than the penalty.
    """
    worth = list(_rising(costs, 0, max(need, 0), outside))[::-1]
    sold = _rising(costs, max(need, 0), max(most, 0), outside)
    return (
        Ladder([*worth, (outside.spare, WITHOUT_END)]),
        Ladder([(outside.spare, max(-need, 0)), *sold]),
    )


def _rising(costs: Costs, low: int, high: int, outside: Outside) -> Iterator[tuple[int, int]]:
    """Yield (worth, tonnes) as the tonnes left to cut rise."""
    left = high - low
    cheap = min(max(int(costs.abated(outside.spare)) - low, 0), left)
    yield outside.spare, cheap
    left -= cheap
    dear = min(max(int(costs.abated(outside.penalty)) - low - cheap, 0), left)
    for price, tonnes in costs.rungs(low + cheap, low + cheap + dear):
        yield min(max(price, outside.spare), outside.penalty), tonnes
    yield outside.penalty, left - dear


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

"""What it costs firms to keep within their allowances, against the least that it could cost.

A firm has to cut ``required`` tonnes, or buy allowances for them; below 0 it has tonnes to sell.
Its marginal cost of the q-th tonne cut is ``slope * q``, so q tonnes cost slope * q² / 2. Costs are
in the unit of ``slope`` times tonnes².
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


class Firm(NamedTuple):
    """What a firm must cut, and the slope of its marginal cost."""

    required: float
    slope: float


class LeastCost(NamedTuple):
    """The cheapest way for all together to cut what they must."""

    price: float  # the marginal cost, alike for all
    cuts: dict[str, float]
    traded: float  # tonnes of allowances that change hands
    alone: float  # cost where each cuts its own
    cost: float


def cost(firm: Firm, bought: float = 0) -> float:
    """Return a firm's cost of cutting what its net purchase leaves; cutting less than 0 is free."""
    return firm.slope * max(firm.required - bought, 0.0) ** 2 / 2


def least_cost(firms: Mapping[str, Firm]) -> LeastCost:
    """Return the least cost: p = Σ required / Σ (1 / slope), and each cuts p / slope."""
    ease = sum(1 / firm.slope for firm in firms.values())
    price = max(sum(firm.required for firm in firms.values()), 0.0) / ease if firms else 0.0
    cuts = {name: price / firm.slope for name, firm in firms.items()}
    return LeastCost(
        price,
        cuts,
        sum(max(firm.required - cuts[name], 0.0) for name, firm in firms.items()),
        sum(cost(firm) for firm in firms.values()),
        sum(firm.slope * cuts[name] ** 2 / 2 for name, firm in firms.items()),
    )


def least_cost_of_steps(required: float, steps: Sequence[tuple[float, float]]) -> float | None:
    """Return the least cost of cutting so many tonnes; ``steps`` are (cost per tonne, tonnes).

    The cheapest come first, whosever they are; None where all steps together do not suffice.
    """
    left, paid = required, 0.0
    for each, tonnes in sorted(steps):
        taken = min(max(left, 0.0), tonnes)
        paid += each * taken
        left -= taken
    return paid if left <= 0 else None


def excess(firms: Mapping[str, Firm], net: Mapping[str, float]) -> float | None:
    """Return cost after trading over the least cost, less 1; None where nothing must be cut.

    ``net`` are the tonnes that each bought less those that it sold.
    """
    least = least_cost(firms).cost
    paid = sum(cost(firm, net.get(name, 0)) for name, firm in firms.items())
    return paid / least - 1 if least else None


def saving_share(firms: Mapping[str, Firm], net: Mapping[str, float]) -> float | None:
    """Return the part of the possible saving that trade realised; None where there is none."""
    best = least_cost(firms)
    paid = sum(cost(firm, net.get(name, 0)) for name, firm in firms.items())
    possible = best.alone - best.cost
    return (best.alone - paid) / possible if possible > 0 else None

"""What it costs firms to be in compliance, against the least that it could cost.

A firm that has to cut tonnes, or to buy allowances for them, says what each is worth to it: what
its dearest cut costs, or its penalty, and no less than what a spare tonne brings (``Valuation``).
Without trade it pays that for all of its need; what trade gains, all together pay less. Costs are
in minor units.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from backtest.measures.welfare import Gains, Schedules, Valuation


def alone(interests: Mapping[str, Valuation]) -> int | None:
    """Return the cost where each firm cuts its own; None where nobody has to cut anything."""
    return sum(each.alone for each in interests.values()) or None


def cost(gains: Gains, interests: Mapping[str, Valuation]) -> int | None:
    """Return the cost after trading, each firm cutting what its net purchase leaves.

    Tonnes from those who need none count as what they cost these. None as in ``alone``.
    """
    whole = alone(interests)
    return None if whole is None else whole - gains.total


def least(interests: Mapping[str, Valuation], schedules: Schedules) -> int | None:
    """Return the least cost: the marginal costs of all are alike. None as in ``alone``."""
    whole = alone(interests)
    return None if whole is None else whole - schedules.maximum


def excess(gains: Gains, interests: Mapping[str, Valuation], schedules: Schedules) -> float | None:
    """Return the cost after trading over the least cost, less 1; None where that is not above 0."""
    paid, lowest = cost(gains, interests), least(interests, schedules)
    return None if paid is None or not lowest or lowest < 0 else paid / lowest - 1

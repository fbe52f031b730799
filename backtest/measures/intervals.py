"""Means with their uncertainty over independent replications."""

from __future__ import annotations

from math import sqrt
from typing import TYPE_CHECKING, NamedTuple

from scipy.special import stdtrit

if TYPE_CHECKING:
    from collections.abc import Sequence


class Estimate(NamedTuple):
    """A mean with its standard error and a confidence interval; over replications."""

    mean: float
    error: float
    low: float
    high: float
    replications: int


def estimate(values: Sequence[float], confidence: float = 0.95) -> Estimate:
    """Return mean, standard error and t interval. Raises ``ValueError`` without a value."""
    count = len(values)
    if not count:
        message = "an estimate needs at least one value"
        raise ValueError(message)
    mean = sum(values) / count
    if count == 1:
        return Estimate(mean, float("inf"), float("-inf"), float("inf"), 1)
    error = sqrt(sum((each - mean) ** 2 for each in values) / (count - 1) / count)
    width = float(stdtrit(count - 1, (1 + confidence) / 2)) * error
    return Estimate(mean, error, mean - width, mean + width, count)

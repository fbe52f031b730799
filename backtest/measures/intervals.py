"""Means with their uncertainty over independent replications, and ratios of means.

One replication is one value: what happens inside a session hangs together, so trades or days of a
session are never counted as replications.
"""

from __future__ import annotations

from math import inf, sqrt
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
from numpy.random import Generator, Philox
from scipy.special import stdtr, stdtrit

if TYPE_CHECKING:
    from collections.abc import Sequence

_RESAMPLES: Final = 2_000


class Estimate(NamedTuple):
    """A mean with its standard error and a confidence interval; over replications."""

    mean: float
    error: float
    low: float
    high: float
    replications: int

    @property
    def p(self) -> float:
        """The two-sided p of Student's t test that the mean is 0."""
        return p_value(self.mean, self.error, self.replications)


def p_value(mean: float, error: float, replications: int) -> float:
    """Return the two-sided p of Student's t test that a mean is 0."""
    if not error:
        return 1.0 if mean == 0 else 0.0
    if error == inf:
        return 1.0
    return float(2 * stdtr(replications - 1, -abs(mean) / error))


def estimate(values: Sequence[float], confidence: float = 0.95) -> Estimate:
    """Return mean, standard error and t interval. Raises ``ValueError`` without a value."""
    mean, error, count = _moments(values, confidence)
    if error == inf:
        return Estimate(mean, inf, -inf, inf, count)
    width = float(stdtrit(count - 1, (1 + confidence) / 2)) * error
    return Estimate(mean, error, mean - width, mean + width, count)


def bootstrap(
    values: Sequence[float],
    confidence: float = 0.95,
    seed: int = 1,
    resamples: int = _RESAMPLES,
) -> Estimate:
    """Return mean and bootstrap-t interval (Efron 1981): better than t where values are skewed.

    Each resample gives a t of its own, (its mean - mean) / its error; their quantiles take the
    place of Student's. The same seed gives the same interval. A resample whose values are all alike
    has no t and is left out; if all are, the t interval is returned. Raises ``ValueError`` without
    a value.
    """
    plain = estimate(values, confidence)
    if plain.error in (0.0, inf):
        return plain
    rows = np.asarray(values, float)
    count = len(rows)
    draws = Generator(Philox(key=seed)).integers(count, size=(resamples, count))
    drawn = rows[draws]
    means = drawn.mean(axis=1)
    errors = drawn.std(axis=1, ddof=1) / sqrt(count)
    varied = errors > plain.error * 1e-9
    if not varied.any():
        return plain
    ts = (means[varied] - plain.mean) / errors[varied]
    tail = (1 - confidence) / 2
    low, high = (float(each) for each in np.quantile(ts, (tail, 1 - tail)))
    return plain._replace(low=plain.mean - high * plain.error, high=plain.mean - low * plain.error)


def ratio_of_means(
    upper: Sequence[float], lower: Sequence[float], confidence: float = 0.95
) -> Estimate:
    """Return mean(upper) / mean(lower) of paired values, its error by the delta method.

    It is not the mean of the ratios: E[gains] / E[possible] and E[gains / possible] differ. Raises
    ``ValueError`` where the numbers of values differ, there is none or the lower mean is 0.
    """
    if len(upper) != len(lower):
        message = f"{len(upper)} values over {len(lower)}: a ratio needs as many of each"
        raise ValueError(message)
    below = estimate(lower, confidence).mean
    if not below:
        message = "a ratio of means needs a mean that is not 0 below"
        raise ValueError(message)
    ratio = estimate(upper, confidence).mean / below
    rest = estimate(
        [(u - ratio * v) / below for u, v in zip(upper, lower, strict=True)], confidence
    )
    return Estimate(ratio, rest.error, ratio + rest.low, ratio + rest.high, rest.replications)


def needed(values: Sequence[float], width: float, confidence: float = 0.95) -> int:
    """Return how many replications an interval of ``width`` either side of the mean needs.

    After those there are, whose variance stands for all: (z · sd / width)², and at least as many as
    there are where these suffice. Raises ``ValueError`` with fewer than two values.
    """
    if width <= 0:
        message = f"width {width}: it must be above 0"
        raise ValueError(message)
    found = estimate(values, confidence)
    if found.error == inf:
        message = "a width needs at least two values to judge by"
        raise ValueError(message)
    half = found.high - found.mean
    return max(2, int(np.ceil(len(values) * (half / width) ** 2)))


def _moments(values: Sequence[float], confidence: float) -> tuple[float, float, int]:
    count = len(values)
    if not count:
        message = "an estimate needs at least one value"
        raise ValueError(message)
    if not 0 < confidence < 1:
        message = f"confidence {confidence}: it must lie between 0 and 1"
        raise ValueError(message)
    mean = sum(values) / count
    if count == 1:
        return mean, inf, 1
    return mean, sqrt(sum((each - mean) ** 2 for each in values) / (count - 1) / count), count

"""Prices: how far from what a tonne is worth, how they move, and what that says of the market."""

from __future__ import annotations

from itertools import pairwise
from math import erfc, log, sqrt
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from engine.vocabulary.events import DayClosed


class PriceError(NamedTuple):
    """How far prices were from what a tonne was worth; in the prices' unit."""

    rmse: float
    mad: float  # mean absolute difference
    bias: float  # mean difference: above 0 where prices were too high


class VarianceRatio(NamedTuple):
    """A variance ratio, its z under heteroscedasticity and the two-sided p."""

    ratio: float
    z: float
    p: float


def price_error(prices: Sequence[float], worth: float | Sequence[float]) -> PriceError | None:
    """Compare prices with what a tonne was worth, always or at each; None without a price."""
    if not prices:
        return None
    gaps = np.asarray(prices, float) - np.asarray(worth, float)
    return PriceError(
        float(np.sqrt(np.mean(gaps**2))), float(np.mean(np.abs(gaps))), float(np.mean(gaps))
    )


def smiths_alpha(prices: Sequence[float], equilibrium: float) -> float | None:
    """Return 100 / p* times the root mean square of p - p* (Smith 1962); None without a price."""
    found = price_error(prices, equilibrium)
    return None if found is None or not equilibrium else 100 * found.rmse / equilibrium


def returns(prices: Sequence[float]) -> list[float]:
    """Return the differences of the logs of prices, which must be above 0."""
    return [log(after / before) for before, after in pairwise(prices)]


def sampled(prices: Iterable[tuple[int, int]], start: int, end: int, step: int) -> list[int]:
    """Return the last price at each point of a grid from ``start`` to ``end``, from the first on.

    ``prices`` are (time, price) in order; times in ns. Points before the first price are left out.
    """
    if step <= 0:
        message = f"step {step}: a grid's step must be above 0"
        raise ValueError(message)
    found: list[int] = []
    rows = iter(prices)
    ahead = next(rows, None)
    last: int | None = None
    for point in range(start, end + 1, step):
        while ahead is not None and ahead[0] <= point:
            last = ahead[1]
            ahead = next(rows, None)
        if last is not None:
            found.append(last)
    return found


def realised_volatility(moves: Sequence[float]) -> float | None:
    """Return the root of the sum of squared returns; None without a return."""
    return sqrt(sum(move * move for move in moves)) if len(moves) else None


def variance_ratio(moves: Sequence[float], q: int) -> VarianceRatio | None:
    """Return VR(q) of returns or price changes, after Lo and MacKinlay (1988).

    Overlapping sums of q, both variances unbiased; z robust to heteroscedasticity. None where there
    are not at least 2q moves, or they do not vary.
    """
    if q < 2:  # noqa: PLR2004 - at one step the ratio is 1 by definition
        message = f"q {q}: a variance ratio compares one step with at least 2"
        raise ValueError(message)
    count = len(moves)
    if count < 2 * q:
        return None
    gaps = np.asarray(moves, float)
    gaps = gaps - gaps.mean()
    squares = gaps**2
    total = float(squares.sum())
    if total <= np.finfo(float).tiny or np.ptp(moves) == 0:
        return None
    sums = np.concatenate([[0.0], np.cumsum(gaps)])
    over = sums[q:] - sums[:-q]
    scale = q * (count - q + 1) * (1 - q / count)
    ratio = float((over**2).sum()) / scale / (total / (count - 1))
    theta = sum(
        (2 * (q - lag) / q) ** 2 * float((squares[lag:] * squares[:-lag]).sum()) / total**2
        for lag in range(1, q)
    )
    if theta <= 0:
        return None
    z = (ratio - 1) / sqrt(theta)
    return VarianceRatio(ratio, z, erfc(abs(z) / sqrt(2)))


def roll(prices: Sequence[float]) -> float | None:
    """Return Roll's (1984) spread, 2 sqrt(-cov(Δp, Δp before)); in the prices' unit.

    None where the covariance is not below 0, as then the model does not hold, and with fewer than
    three price changes.
    """
    moves = np.diff(np.asarray(prices, float))
    if len(moves) < 3:  # noqa: PLR2004 - two pairs of neighbours are the fewest that covary
        return None
    now, before = moves[1:], moves[:-1]
    covariance = float(((now - now.mean()) * (before - before.mean())).sum()) / (len(now) - 1)
    return 2 * sqrt(-covariance) if covariance < 0 else None


def autocorrelation(moves: Sequence[float], lag: int = 1) -> float | None:
    """Return the autocorrelation at a lag; None where moves are too few or do not vary."""
    gaps = np.asarray(moves, float)
    if len(gaps) <= lag + 1 or np.ptp(gaps) == 0:
        return None
    gaps = gaps - gaps.mean()
    return float((gaps[lag:] * gaps[:-lag]).sum() / (gaps**2).sum())


def amihud(days: Iterable[tuple[float, float]], per: float = 1e6) -> float | None:
    """Return the mean of |return| per ``per`` of money traded (Amihud 2002).

    ``days`` are (return, money); only those with money traded count. None without one.
    """
    found = [abs(move) / money * per for move, money in days if money > 0]
    return sum(found) / len(found) if found else None


def slope(x: Sequence[float], y: Sequence[float]) -> float | None:
    """Return the slope of the least squares line; None where x does not vary.

    Kyle's lambda is the slope of the change of the mid over an interval on signed tonnes in it.
    """
    if len(x) < 2 or np.ptp(np.asarray(x, float)) == 0:  # noqa: PLR2004 - a line needs two points
        return None
    gaps = np.asarray(x, float) - np.mean(x)
    return float((gaps * (np.asarray(y, float) - np.mean(y))).sum() / (gaps**2).sum())


def corwin_schultz(bars: Sequence[DayClosed]) -> float | None:
    """Return the relative spread from daily highs and lows (Corwin, Schultz 2012).

    The mean over pairs of neighbouring days that both traded, a pair's estimate below 0 counted as
    0 as its authors do; None without such a pair.
    """
    root = 3 - 2 * sqrt(2)
    found = []
    for one, two in pairwise(bars):
        if not one.trades or not two.trades:
            continue
        beta = log(one.high / one.low) ** 2 + log(two.high / two.low) ** 2
        gamma = log(max(one.high, two.high) / min(one.low, two.low)) ** 2
        alpha = (sqrt(2 * beta) - sqrt(beta)) / root - sqrt(gamma / root)
        odds = np.exp(alpha)
        found.append(max(float(2 * (odds - 1) / (1 + odds)), 0.0))
    return sum(found) / len(found) if found else None


def abdi_ranaldo(bars: Sequence[DayClosed]) -> float | None:
    """Return the relative spread from closes and mid-ranges (Abdi, Ranaldo 2017).

    Twice the root of the mean of (c - η)(c - η of the next day), c the log of the close and η the
    middle of the logs of high and low; None where that is below 0, or without a pair of days.
    """
    found = []
    for one, two in pairwise(bars):
        if one.trades and two.trades:
            close = log(one.close)
            found.append(
                (close - log(one.high * one.low) / 2) * (close - log(two.high * two.low) / 2)
            )
    mean = sum(found) / len(found) if found else -1.0
    return 2 * sqrt(mean) if mean >= 0 else None

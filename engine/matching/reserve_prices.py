"""Reserve prices that are computed: averages of daily trading, and growth of a rounded value.

An average weighs prices by volume. Every rounding is half-up, computed exactly.
"""

from collections.abc import Sequence
from typing import NamedTuple

from engine.vocabulary.units import BASIS_POINTS


class DayTraded(NamedTuple):
    """A day's trading."""

    date: int  # YYYYMMDD
    value: int  # minor units
    volume: int  # tonnes


def half_up(value: int, parts: int, tick: int = 1) -> int:
    """Return the multiple of ``tick`` nearest to ``value / parts``, the higher of two."""
    return (2 * value + parts * tick) // (2 * parts * tick) * tick


def between(days: Sequence[DayTraded], begin: int, end: int) -> list[DayTraded]:
    """Return the days from ``begin`` to before ``end``."""
    return [day for day in days if begin <= day.date < end]


def months_before(date: int, count: int) -> tuple[int, int]:
    """Return the first days of the ``count`` calendar months before a date's month, and of that.

    They are the bounds of ``between``.
    """
    months = date // 10_000 * 12 + date // 100 % 100 - 1
    year, month = divmod(months - count, 12)
    return year * 10_000 + month * 100 + 101, date // 100 * 100 + 1


def totals(days: Sequence[DayTraded]) -> tuple[int, int]:
    """Return the value and the volume of some days together."""
    return sum(day.value for day in days), sum(day.volume for day in days)


def vwap(days: Sequence[DayTraded], tick: int = 1) -> int:
    """Return the volume-weighted average price, half-up to the tick; 0 without volume."""
    value, volume = totals(days)
    return half_up(value, volume, tick) if volume else 0


def mean_of_averages(windows: Sequence[Sequence[DayTraded]], tick: int = 1) -> int:
    """Return the mean of several windows' averages, rounded half-up once.

    0 where one of them has no volume.
    """
    total, parts = 0, 1
    for days in windows:
        value, volume = totals(days)
        if not volume:
            return 0
        total, parts = total * volume + value * parts, parts * volume
    return half_up(total, parts * len(windows), tick) if windows else 0


def grown(value: int, rates_bp: Sequence[int], tick: int = 1) -> int:
    """Return a value after years of growth, each year's result rounded half-up before the next."""
    for rate in rates_bp:
        value = half_up(value * (BASIS_POINTS + rate), BASIS_POINTS, tick)
    return value

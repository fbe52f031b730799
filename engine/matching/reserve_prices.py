"""Reserve prices that are computed: averages of daily trading, and growth of a rounded value."""

from collections.abc import Sequence
from typing import NamedTuple


class DayTraded(NamedTuple):
    """A day's trading."""

    date: int  # YYYYMMDD
    value: int  # minor units
    volume: int  # tonnes


def between(days: Sequence[DayTraded], begin: int, end: int) -> list[DayTraded]:
    """Return the days from ``begin`` to before ``end``."""
    raise NotImplementedError


def months_before(date: int, count: int) -> tuple[int, int]:
    """Return the first day of the ``count`` calendar months before a date's, and of the date's."""
    raise NotImplementedError


def vwap(days: Sequence[DayTraded], tick: int = 1) -> int:
    """Return the volume-weighted average price, half-up to the tick; 0 without volume."""
    raise NotImplementedError


def share_of_vwap(days: Sequence[DayTraded], share_bp: int, tick: int = 1) -> int:
    """Return a share of the rounded average, itself rounded half-up: 1.2 x 61.91 = 74.29."""
    raise NotImplementedError


def mean_of_averages(windows: Sequence[Sequence[DayTraded]], tick: int = 1) -> int:
    """Return the mean of several windows' averages, rounded half-up once; 0 without volume."""
    raise NotImplementedError


def grown(value: int, rates_bp: Sequence[int], tick: int = 1) -> int:
    """Return a value after years of growth, each year's result rounded half-up before the next."""
    raise NotImplementedError

"""What a product traded each day, kept for what is computed from it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from engine.matching.reserve_prices import (
    DayTraded,
    between,
    half_up,
    mean_of_averages,
    months_before,
)
from engine.vocabulary.units import BASIS_POINTS

if TYPE_CHECKING:
    from engine.rulebook.reserves import ReserveFormula


class _Bar(NamedTuple):
    date: int
    mode: str
    value: int
    volume: int


class DailyTrades:
    """The days of a product that had trades, by mode, the oldest first."""

    __slots__ = ("bars", "date")

    def __init__(self) -> None:
        """Start without any."""
        self.date = 0  # the trading day that is on
        self.bars: list[_Bar] = []

    def begin(self, date: int, months: int = 13) -> None:
        """Begin a day, and forget what is further back than so many months: no average has it."""
        self.date = date
        first, _ = months_before(date, months)
        self.bars = [bar for bar in self.bars if bar.date >= first]

    def add(self, mode: str, value: int, volume: int) -> None:
        """Keep what a mode traded; what trades before the first day has no date and is not kept."""
        if volume and self.date:
            self.bars.append(_Bar(self.date, mode, value, volume))

    def traded(self, begin: int, end: int, modes: tuple[str, ...]) -> tuple[int, int]:
        """Return value and volume from a date to before another, of some modes or of all."""
        days = [day for day in self.days(end, modes) if day.date >= begin]
        return sum(day.value for day in days), sum(day.volume for day in days)

    def days(self, date: int, modes: tuple[str, ...] = ()) -> list[DayTraded]:
        """Return the days before a date as some modes traded on them, all where none is named."""
        return [
            DayTraded(bar.date, bar.value, bar.volume)
            for bar in self.bars
            if bar.date < date and (not modes or bar.mode in modes)
        ]

    def reserve(self, formula: ReserveFormula, date: int, tick: int) -> int:
        """Return what a formula gives on a date; 0 where one of its averages has no trades."""
        days = self.days(date, formula.modes)
        dates = list(dict.fromkeys(day.date for day in days))
        windows = [between(days, *months_before(date, count)) for count in formula.months]
        windows += [
            between(days, dates[-count], date)
            for count in formula.days
            if dates[-count:] and len(dates) >= count
        ]
        if len(windows) < len(formula.months) + len(formula.days):
            return 0
        return half_up(mean_of_averages(windows, tick) * formula.share_bp, BASIS_POINTS, tick)

    def dump(self) -> list[object]:
        """Return what is kept, nothing where that is nothing."""
        bars = [[bar.date, bar.mode, str(bar.value), str(bar.volume)] for bar in self.bars]
        return [bars] if bars else []

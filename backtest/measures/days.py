"""Days of lines: their bars, prices and limits; what the limits did to prices."""

from __future__ import annotations

from itertools import pairwise
from math import log
from typing import TYPE_CHECKING, NamedTuple

from backtest.measures.tape import Reader
from engine.vocabulary.enums import Phase
from engine.vocabulary.events import AuctionTrade, DayBegan, DayClosed, PhaseChanged, Trade

if TYPE_CHECKING:
    from collections.abc import Iterable

    from engine.vocabulary.commands import Command

_CLOSER, _NEAR = 0.25, 0.75  # of the way from the reference to a limit


class Day(NamedTuple):
    """A line's day. Limits are 0 where there is none; prices in minor units per tonne."""

    number: int  # of the venue's day, from 1; 0 where the tape begins behind its beginning
    symbol: str
    bar: DayClosed
    reference: int
    low: int
    high: int
    prices: tuple[int, ...]  # of its trades, in order

    def hit(self, price: int) -> int:
        """Return 1 for a price at the upper limit, -1 at the lower, 0 elsewhere."""
        if self.high and price >= self.high:
            return 1
        return -1 if self.low and price <= self.low else 0


class Days(Reader):
    """Collects the days of all lines."""

    def __init__(self) -> None:
        """Start with none."""
        self.all: list[Day] = []
        self._limits: dict[str, tuple[int, int, int]] = {}  # those of the day that is on
        self._prices: dict[str, list[int]] = {}
        self._number = 0
        self.takes = {
            DayBegan: self._began,
            PhaseChanged: self._phase,
            Trade: self._trade,
            AuctionTrade: self._trade,
            DayClosed: self._closed,
        }

    def _began(self, _time: int, _: Command, e: DayBegan) -> None:
        self._number = e.number

    def _phase(self, _time: int, _: Command, e: PhaseChanged) -> None:
        if e.phase is not Phase.CLOSED:
            self._limits[e.symbol] = (e.reference, e.low_limit, e.high_limit)

    def _trade(self, _time: int, _: Command, e: Trade | AuctionTrade) -> None:
        self._prices.setdefault(e.symbol, []).append(e.price)

    def _closed(self, _time: int, _: Command, e: DayClosed) -> None:
        reference, low, high = self._limits.pop(e.symbol, (0, 0, 0))
        prices = tuple(self._prices.pop(e.symbol, ()))
        self.all.append(Day(self._number, e.symbol, e, reference, low, high, prices))

    def volumes(self) -> list[int]:
        """Return the tonnes of each of the venue's days, all lines together."""
        found: dict[int, int] = {}
        for day in self.all:
            found[day.number] = found.get(day.number, 0) + day.bar.volume
        return list(found.values())

    def by_line(self) -> dict[str, list[Day]]:
        """Return each line's days, in order."""
        found: dict[str, list[Day]] = {}
        for day in self.all:
            found.setdefault(day.symbol, []).append(day)
        return found


def _traded_with_limits(days: Iterable[Day]) -> list[Day]:
    return [day for day in days if day.bar.trades and (day.low or day.high)]


def closes_at_limit(days: Iterable[Day]) -> float | None:
    """Return the share of days with trades and limits that closed at one."""
    rows = _traded_with_limits(days)
    return sum(abs(day.hit(day.bar.close)) for day in rows) / len(rows) if rows else None


def touches(days: Iterable[Day]) -> float | None:
    """Return the share of days with trades and limits on which some trade was at one."""
    rows = _traded_with_limits(days)
    found = sum(bool(day.hit(day.bar.high) or day.hit(day.bar.low)) for day in rows)
    return found / len(rows) if rows else None


def continuation(lines: Iterable[Iterable[Day]]) -> float | None:
    """Return the mean log return, in the limit's direction, of the day after a close at it.

    From that close to the next day's average price, over pairs of days that both traded. Above 0
    the limit had only delayed the price; None where no day closed at a limit.
    """
    found = []
    for days in lines:
        traded = [day for day in days if day.bar.trades]
        for day, after in pairwise(traded):
            way = day.hit(day.bar.close)
            if way:
                average = after.bar.value / after.bar.volume
                found.append(way * log(average / day.bar.close))
    return sum(found) / len(found) if found else None


def magnet(days: Iterable[Day]) -> float | None:
    """Return how much faster prices run to a limit when near it, as a share of the way to it.

    The mean of the next trade's move towards the nearer limit, where at least three quarters of
    the way from the reference are done and some is left, less that where a quarter to three
    quarters are. Moves are shares of the whole way. 0 for a martingale far from the limit; above 0
    the limit attracts. None where either part has no trade that another follows.
    """
    near, far = [], []
    for day in days:
        if not day.reference:
            continue
        for price, after in pairwise(day.prices):
            limit = day.high if price > day.reference else day.low
            way = limit - day.reference
            if not limit or not way or price == day.reference:
                continue
            done, move = (price - day.reference) / way, (after - price) / way
            if _NEAR <= done < 1:
                near.append(move)
            elif _CLOSER <= done < _NEAR:
                far.append(move)
    if not near or not far:
        return None
    return sum(near) / len(near) - sum(far) / len(far)


def spill_over(lines: Iterable[Iterable[Day]]) -> float | None:
    """Return the mean |log return| of the days after closes at a limit over that after others.

    Close to close, over pairs of days that both traded; above 1 the limit only put volatility off.
    None where either kind is missing or the others did not move.
    """
    after_limit: list[float] = []
    after_other: list[float] = []
    for days in lines:
        traded = [day for day in days if day.bar.trades]
        for day, after in pairwise(traded):
            move = abs(log(after.bar.close / day.bar.close))
            (after_limit if day.hit(day.bar.close) else after_other).append(move)
    if not after_limit or not sum(after_other):
        return None
    return sum(after_limit) / len(after_limit) / (sum(after_other) / len(after_other))


def moves(lines: Iterable[Iterable[Day]]) -> list[tuple[float, float]]:
    """Return (log return, money traded in minor units) of days whose line traded before too."""
    found = []
    for days in lines:
        traded = [day for day in days if day.bar.trades]
        found += [
            (log(after.bar.close / day.bar.close), float(after.bar.value))
            for day, after in pairwise(traded)
        ]
    return found

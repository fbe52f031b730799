"""What a market's days look like, in the figures by which real and simulated years are compared."""

from __future__ import annotations

import csv
import hashlib
import math
from itertools import pairwise
from statistics import fmean, median
from typing import TYPE_CHECKING, Final, NamedTuple

import msgspec

from engine.vocabulary.commands import SetPhase
from engine.vocabulary.events import DayBegan, DayClosed

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from engine.rulebook.model import Rulebook
    from engine.vocabulary.commands import Command
    from engine.vocabulary.events import Event

SMALL: Final = 10  # tonnes: a day with no more hardly traded
AT_THE_LIMIT: Final = 0.095  # a change of the close that only a limit of 10 percent explains
_TENTH: Final = 10


class Bar(NamedTuple):
    """A product's day, blocks included. Money in currency units per tonne and in all."""

    date: int
    product: str
    close: float
    volume: int  # tonnes
    value: float
    listed: bool  # whether its main line traded, so that the close may have moved
    blocks: int = 0  # tonnes traded outside the main line


class Bars:
    """Collects the bars of a session as it runs, as the sink of ``session.run``."""

    def __init__(self, rulebook: Rulebook) -> None:
        """Know which line makes a product's close."""
        self.bars: list[Bar] = []
        self.days = 0
        self._scale = 10**rulebook.minor_digits
        self._date = 0
        self._lines: dict[str, tuple[str, bool]] = {}
        for product in rulebook.products:
            modes = rulebook.modes_of(product)
            for mode in modes:
                name = product.symbol if mode is modes[0] else f"{product.symbol}@{mode.name}"
                self._lines[name] = product.symbol, mode.moves_close or len(modes) == 1
        self._open: dict[str, Bar] = {}

    def __call__(self, _time: int, command: Command, events: list[Event]) -> None:
        """Take in what a command did."""
        if type(command) is not SetPhase and not (events and type(events[0]) is DayBegan):
            return
        for event in events:
            if type(event) is DayClosed:
                self._close(event)
            elif type(event) is DayBegan:
                self.flush()
                self._date = event.date
                self.days += 1

    def _close(self, event: DayClosed) -> None:
        product, main = self._lines[event.symbol]
        if not event.volume and not main:
            return
        before = self._open.get(product) or Bar(self._date, product, 0.0, 0, 0.0, listed=False)
        self._open[product] = before._replace(
            close=event.close / self._scale if main else before.close,
            volume=before.volume + event.volume,
            value=before.value + event.value / self._scale,
            listed=before.listed or (main and event.volume > 0),
            blocks=before.blocks + (0 if main else event.volume),
        )

    def digest(self) -> str:
        """Return the hash of all bars: what a market's days came to, whatever made them."""
        return hashlib.sha256(msgspec.msgpack.encode(self.flush())).hexdigest()

    def flush(self) -> list[Bar]:
        """Finish the day; return all bars with a trade."""
        self.bars += [bar for bar in self._open.values() if bar.volume]
        self._open = {}
        return self.bars


def read_bars(path: Path) -> list[Bar]:
    """Return the bars of a CSV file of daily data, as ``docs/backtesting.md`` describes them."""
    with path.open(newline="", encoding="utf-8") as file:
        return [
            Bar(
                int(row["date"].replace("-", "")),
                row["product"],
                float(row["close"]),
                int(float(row["volume_t"])),
                float(row["value_cny"]),
                listed=bool(row["high"]),
            )
            for row in csv.DictReader(file)
            if float(row["volume_t"] or 0) > 0
        ]


def facts(bars: Sequence[Bar], days: int, month: int) -> dict[str, float]:
    """Return the facts of bars over so many trading days; ``month`` is that of the deadline.

    A share that cannot be computed is NaN. Changes of the close are those between two days on
    which a product's main line traded, and pooled over products.
    """
    volumes: dict[int, int] = {}
    for bar in bars:
        volumes[bar.date] = volumes.get(bar.date, 0) + bar.volume
    ordered = sorted(volumes.values(), reverse=True)
    tonnes = sum(ordered)
    if not tonnes:
        return {}
    value = sum(bar.value for bar in bars)
    products = {bar.product: None for bar in bars}
    changes = [_changes(bar for bar in bars if bar.product == product) for product in products]
    pooled = [each for part in changes for each in part]
    in_month = sum(bar.volume for bar in bars if bar.date // 100 % 100 == month)
    lines = len(products) * days
    return {
        "volume, Mt": tonnes / 1e6,
        "average price": value / tonnes,
        "median daily volume, t": float(median(ordered)),
        "mean daily volume, t": fmean(ordered),
        "days of at most 10 t": sum(each <= SMALL for each in ordered) / len(ordered),
        "top tenth of days": sum(ordered[: max(1, len(ordered) // _TENTH)]) / tonnes,
        "month of the deadline": in_month / tonnes,
        "last 13 days": sum(volumes[date] for date in sorted(volumes)[-13:]) / tonnes,
        "last 37 days": sum(volumes[date] for date in sorted(volumes)[-37:]) / tonnes,
        "blocks": sum(bar.blocks for bar in bars) / tonnes,
        "days without a trade": 1 - len(ordered) / days,
        "product days without a trade": 1 - len(bars) / lines,
        "volatility": _deviation(pooled),
        "autocorrelation": _autocorrelation(changes),
        "days at the limit": _share(pooled),
    }


def _changes(bars: Iterable[Bar]) -> list[float]:
    closes = [bar.close for bar in sorted(bars) if bar.listed and bar.close]
    return [math.log(after / before) for before, after in pairwise(closes)]


def _share(changes: Sequence[float]) -> float:
    if not changes:
        return math.nan
    return sum(abs(math.expm1(each)) >= AT_THE_LIMIT for each in changes) / len(changes)


def _deviation(values: Sequence[float]) -> float:
    if not values:
        return math.nan
    mean = fmean(values)
    return math.sqrt(fmean((each - mean) ** 2 for each in values))


def _autocorrelation(changes: Iterable[Sequence[float]]) -> float:
    """Return the correlation of a change with the next one of the same product."""
    pairs = [pair for part in changes for pair in pairwise(part)]
    if not pairs:
        return math.nan
    first, second = (fmean(each) for each in zip(*pairs, strict=True))
    both = fmean((a - first) * (b - second) for a, b in pairs)
    spread = _deviation([a for a, _ in pairs]) * _deviation([b for _, b in pairs])
    return both / spread if spread else math.nan

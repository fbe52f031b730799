"""Saturday 26 June 2021 in Shenzhen, the last weekend before the surrender deadline.

Figures of that day, all eight vintages that traded, carried over from the daily data of Sheng
Dong (2023, github.com/shengdong00/SZ-carbon-price-2020-2021 at 8bdcdad, MIT): previous close,
open, high, low, average and close of listed trading, and the volume, in which block deals are
included. The day is replayed with all of that volume on screen, at listed prices.
"""

from __future__ import annotations

import random
from datetime import datetime
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from backtest.agents.market_picture import LinePicture

DATE: Final = 20210626
DAY: Final = datetime.strptime(str(DATE), "%Y%m%d").date().isoformat()  # noqa: DTZ007 - a date


class Bar(NamedTuple):
    """A vintage's real day. Prices in fen per tonne, volume in tonnes."""

    previous: int
    open: int
    high: int
    low: int
    average: int
    close: int
    volume: int


BARS: Final = {
    "SZA-2013": Bar(1310, 1441, 1441, 1179, 1441, 1179, 18_345),
    "SZA-2014": Bar(1085, 978, 1194, 977, 978, 977, 3_372),
    "SZA-2015": Bar(1015, 1117, 1117, 914, 1116, 1117, 316),
    "SZA-2016": Bar(1255, 1133, 1381, 1130, 1237, 1381, 85_013),
    "SZA-2017": Bar(1112, 1001, 1223, 1001, 1176, 1223, 9_201),
    "SZA-2018": Bar(733, 806, 806, 660, 771, 806, 67_435),
    "SZA-2019": Bar(3510, 3159, 3861, 3159, 3159, 3861, 11_940),
    "SZA-2020": Bar(1184, 1066, 1302, 1066, 1109, 1066, 287_357),
}

_OPENING: Final = 0.06  # share of the day before the bulk of trading
_CLOSING: Final = 0.94  # share of the day after which only the closing print is due


class Calibrated:
    """A guide whose prices and volumes are those of the real day."""

    def __init__(self, seed: int) -> None:
        """Draw the hour of each vintage's extremes."""
        rng = random.Random(f"{seed}:day")  # noqa: S311 - repeatable, not secret
        self.progress = 0.0  # of the day, 0 to 1
        self._noise = random.Random(f"{seed}:noise")  # noqa: S311
        self._turns = {
            name: sorted((rng.uniform(0.15, 0.5), rng.uniform(0.5, 0.85))) for name in BARS
        }
        self._high_first = {name: rng.random() < 0.5 for name in BARS}  # noqa: PLR2004

    def prints(self, name: str) -> list[tuple[float, int]]:
        """Return (share of the day, price) of the one-tonne prints that make the day's bar."""
        bar = BARS[name]
        extremes = (bar.high, bar.low) if self._high_first[name] else (bar.low, bar.high)
        middle = list(zip(self._turns[name], extremes, strict=True))
        return [(0.01, bar.open), *middle, (_CLOSING + 0.02, bar.close)]

    def fair(self, line: LinePicture) -> int:
        """Return a price around the day's average, within its range; at first the open."""
        if self.progress < _OPENING:
            return BARS[line.symbol].open
        low, high = self.bounds(line)
        average = BARS[line.symbol].average
        wide = max(1, (high - low) // 12)
        return min(max(average + self._noise.randint(-wide, wide), low), high)

    def wanted(self, line: LinePicture) -> int:
        """Return the volume due by now and not traded; nothing around the open and the close."""
        if not _OPENING < self.progress < _CLOSING:
            return 0
        due = (self.progress - _OPENING) / (_CLOSING - 0.1 - _OPENING)
        return int(BARS[line.symbol].volume * min(due, 1.0)) - line.volume

    def size(self, line: LinePicture) -> int:
        """Return a fortieth of the day's volume, so that makers do not drown a thin vintage."""
        return max(1, BARS[line.symbol].volume // 40)

    def bounds(self, line: LinePicture) -> tuple[int, int]:
        """Return the day's real low and high."""
        bar = BARS[line.symbol]
        return bar.low, bar.high

"""What a tonne is worth: one path of prices that everybody in a year-long market knows of."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping

    from backtest.kernel.streams import Streams
    from backtest.lab.people import Window
    from backtest.lab.screen import Screen


class Moves(NamedTuple):
    """How prices move from day to day."""

    daily: float  # standard deviation of a day's log change that all products share
    own: float  # and of each product's own
    reverting: float  # the share of the distance to its level that a day takes back


class Belief:
    """Fair prices by day, in minor units: a mean-reverting path around each product's level."""

    def __init__(
        self, streams: Streams, window: Window, levels: Mapping[str, int], moves: Moves
    ) -> None:
        """Draw a path that all products share, and one of each product's own."""
        self._opens = [day.opens for day in window.days]
        count = len(window.days)
        shared = _path(streams, "shared", count, moves.daily, moves.reverting)
        self.products = {
            product: level
            * np.exp(shared + _path(streams, product, count, moves.own, moves.reverting))
            for product, level in levels.items()
        }

    def day(self, time: int) -> int:
        """Return the number of the trading day at a time (ns), from 0."""
        return max(int(np.searchsorted(self._opens, time, side="right")) - 1, 0)

    def fair(self, product: str, day: int) -> float:
        """Return what a tonne is worth on a day."""
        return float(self.products[product][day])


class World(NamedTuple):
    """What all people of a year have in common."""

    belief: Belief
    screen: Screen
    window: Window
    verified: int  # ns: from then on emissions are known
    lag: int  # trading days before what was bought may be sold


def _path(
    streams: Streams, what: str, days: int, daily: float, reverting: float
) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    shocks = streams.stream("belief", what).normal(0.0, daily, days)
    found = np.empty(days)
    last = 0.0
    for number, shock in enumerate(shocks):
        last = last * (1 - reverting) + shock
        found[number] = last
    return found

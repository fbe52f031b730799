"""What the agents of a market believe an allowance is worth, and how much of it is wanted."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Final, Protocol

if TYPE_CHECKING:
    from backtest.agents.market_picture import LinePicture

_FIRST_PRICE: Final = 1_000  # ticks


class Guide(Protocol):
    """What the agents of a market believe and want. Prices in minor units, quantities in tonnes."""

    def fair(self, line: LinePicture) -> int:
        """Return what a tonne is worth now."""
        ...  # pragma: no cover

    def wanted(self, line: LinePicture) -> int:
        """Return the tonnes that should have traded by now and have not."""
        ...  # pragma: no cover

    def size(self, line: LinePicture) -> int:
        """Return the tonnes of a usual quote."""
        ...  # pragma: no cover

    def bounds(self, line: LinePicture) -> tuple[int, int]:
        """Return the lowest and highest price that anybody should quote."""
        ...  # pragma: no cover


class RandomWalk:
    """A guide for venues about which nothing is known: it believes the last price, roughly."""

    def __init__(self, seed: int, per_step: int = 500) -> None:
        """Want up to ``per_step`` tonnes more at every look."""
        self._rng = random.Random(f"{seed}:guide")  # noqa: S311 - repeatable, not secret
        self._per_step = per_step

    def fair(self, line: LinePicture) -> int:
        """Return a price within three ticks of the last."""
        low, high = self.bounds(line)
        last = line.last or _unknown(line)
        price = line.on_tick(last + self._rng.randint(-3, 3) * line.step(last))
        return min(max(price, low), high)

    def wanted(self, _line: LinePicture) -> int:
        """Return a little more than nothing."""
        return self._rng.randint(0, self._per_step)

    def size(self, _line: LinePicture) -> int:
        """Return the same for every line."""
        return 2 * self._per_step

    def bounds(self, line: LinePicture) -> tuple[int, int]:
        """Return the day's limits, or a wide band where there are none."""
        start = line.reference or line.last or _unknown(line)
        low = line.low_limit or line.on_tick(start // 2)
        return low, line.high_limit or line.on_tick(start * 2)


def _unknown(line: LinePicture) -> int:
    """Return a price for a line that has neither traded nor a reference."""
    return line.on_tick(_FIRST_PRICE * line.tick)

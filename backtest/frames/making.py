"""Makes the tables' rows of a log's stretches, one after the other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from backtest.frames.arrow import batch, batch_of
from backtest.frames.event_columns import Names
from backtest.frames.happened import Happened
from backtest.frames.lives import Lives
from backtest.frames.market import depth, trades
from backtest.frames.tables import TABLES

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from backtest.frames.stretch import Stretch

    Give = Callable[[str, Any], None]


class Maker:
    """Makes the rows of the wanted tables and gives them on as Arrow batches."""

    def __init__(self, wanted: Collection[str], give: Give, digits: int | None) -> None:
        """Begin with a log's first stretch; ``digits`` are the money's, None for minor units."""
        self._wanted = wanted
        self._give = give
        self._digits = digits
        self._names = Names()
        self._lives = Lives(self._names)

    def take(self, stretch: Stretch) -> None:
        """Give the rows of a stretch."""
        happened = Happened(stretch, self._names)
        columns = {"trades": trades, "orders": self._lives.take, "depth": depth}
        for name in self._wanted:
            found = columns[name](happened) if name in columns else None
            if found is not None:
                self._give(name, batch_of(TABLES[name], found, self._digits))
            elif stretch.cells.get(name):
                self._give(name, batch(TABLES[name], stretch.cells[name], self._digits))

    def end(self) -> None:
        """Give the rows that come last."""
        if "orders" in self._wanted:
            self._give("orders", batch_of(TABLES["orders"], self._lives.rest(), self._digits))

"""A walk through a log that hands out the tables' rows in batches, so that memory stays bounded.

One thread replays; another makes rows of what came of a stretch of the log, nearly all of it in
libraries that need no lock, while the next stretch is replayed.
"""

from __future__ import annotations

import gc
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, BinaryIO, Final

from backtest.frames.arrow import batch, batch_of
from backtest.frames.event_columns import Names
from backtest.frames.lives import Lives
from backtest.frames.market import depth, trades
from backtest.frames.replay import Replay
from backtest.frames.stretch import Happened
from backtest.frames.tables import TABLES
from engine.log.blocks import MAX_GENESIS, Kind, Reader
from engine.log.records import decode_genesis, no_genesis, runs
from engine.venue.venue import Venue

if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from concurrent.futures import Future

    from backtest.frames.stretch import Stretch
    from engine.rulebook.model import Rulebook

    Give = Callable[[str, Any], None]

STRETCH: Final = 1 << 16  # records that are made into rows at a time


def rulebook_of(log: BinaryIO) -> Rulebook:
    """Return the rulebook that a log began under. Raises ``LogError``."""
    for block in Reader(log).blocks():
        return decode_genesis(block.body)[1]
    log.seek(0)
    raise no_genesis(log.read(MAX_GENESIS))


def walk(
    log: BinaryIO,
    wanted: Collection[str],
    give: Give,
    *,
    decimals: bool = False,
    reached: Callable[[int], None] = lambda _offset: None,
) -> int:
    """Replay a log, ``give`` the wanted tables' rows as Arrow batches; return how many records.

    ``give`` is called in a thread. ``reached`` is called now and then with the offset in the log.

    Raises ``LogError`` where the log is damaged.
    """
    rulebook = rulebook_of(log)
    makes = _Tables(wanted, give, rulebook.minor_digits if decimals else None)
    collecting = gc.isenabled()
    gc.disable()  # nothing here needs it, and it would walk all events that wait again and again
    try:
        venue = Venue(rulebook)
        try:
            with ThreadPoolExecutor(1) as thread:
                return _walk(log, Replay(venue, wanted), makes, thread, reached)
        finally:
            venue.close()
    finally:
        if collecting:
            gc.enable()


def _walk(
    log: BinaryIO,
    replay: Replay,
    makes: _Tables,
    thread: ThreadPoolExecutor,
    reached: Callable[[int], None],
) -> int:
    making: Future[None] | None = None
    for block in Reader(log).blocks():
        if block.kind == Kind.RUNS:
            replay.take(runs(block, replay.seq + 1))
        if replay.records >= STRETCH:
            stretch = replay.stretch()
            if making is not None:
                making.result()
            making = thread.submit(makes.take, stretch)
            reached(block.end)
    replay.end()
    if making is not None:
        making.result()
    makes.take(replay.stretch())
    makes.end()
    return replay.seq


class _Tables:
    """Makes the rows of the wanted tables."""

    def __init__(self, wanted: Collection[str], give: Give, digits: int | None) -> None:
        self._wanted = wanted
        self._give = give
        self._digits = digits
        self._names = Names()
        self._lives = Lives(self._names)

    def take(self, stretch: Stretch) -> None:
        happened = Happened(stretch, self._names)
        columns = {"trades": trades, "orders": self._lives.take, "depth": depth}
        for name in self._wanted:
            found = columns[name](happened) if name in columns else None
            if found is not None:
                self._give(name, batch_of(TABLES[name], found, self._digits))
            elif stretch.cells.get(name):
                self._give(name, batch(TABLES[name], stretch.cells[name], self._digits))

    def end(self) -> None:
        if "orders" in self._wanted:
            self._give("orders", batch_of(TABLES["orders"], self._lives.rest(), self._digits))

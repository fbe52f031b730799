"""A walk through a log that hands out what happened stretch by stretch: memory stays bounded."""

from __future__ import annotations

import gc
from typing import TYPE_CHECKING, BinaryIO, Final

from backtest.frames.replay import Replay
from engine.log.blocks import MAX_GENESIS, Kind, Reader
from engine.log.records import decode_genesis, no_genesis, runs
from engine.venue.venue import Venue

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from backtest.frames.stretch import Stretch
    from engine.rulebook.model import Rulebook

STRETCH: Final = 1 << 15  # records that are made into rows at a time


def rulebook_of(log: BinaryIO) -> Rulebook:
    """Return the rulebook that a log began under. Raises ``LogError``."""
    for block in Reader(log).blocks():
        return decode_genesis(block.body)[1]
    log.seek(0)
    raise no_genesis(log.read(MAX_GENESIS))


def walk(
    log: BinaryIO,
    wanted: Collection[str],
    take: Callable[[Stretch], None],
    reached: Callable[[int], None] = lambda _offset: None,
) -> int:
    """Replay a log; let ``take`` have what the wanted tables need. Return how many records.

    ``reached`` is called now and then with the offset in the log.

    Raises ``LogError`` where the log is damaged.
    """
    venue = Venue(rulebook_of(log))
    collecting = gc.isenabled()
    gc.disable()  # nothing here needs it, and it would walk all that lives again and again
    try:
        replay = Replay(venue, wanted)
        for block in Reader(log).blocks():
            if block.kind == Kind.RUNS:
                replay.take(list(runs(block, replay.seq + 1)))
            if replay.records >= STRETCH:
                take(replay.stretch())
                reached(block.end)
        replay.end()
        take(replay.stretch())
        return replay.seq
    finally:
        venue.close()
        if collecting:
            gc.enable()

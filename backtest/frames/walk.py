"""A walk through a log that hands out the tables' rows in chunks, so that memory stays bounded."""

from __future__ import annotations

import gc
from typing import TYPE_CHECKING, Any, BinaryIO, Final

from backtest.frames.rows import Rows
from backtest.frames.tables import TABLES
from engine.log.blocks import MAX_GENESIS, Kind, Reader
from engine.log.records import decode_genesis, no_genesis, runs
from engine.venue.venue import Venue
from engine.vocabulary.commands import BeginDay
from engine.vocabulary.events import DayBegan

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from engine.rulebook.model import Rulebook

CHUNK: Final = 1 << 12  # rows of a table
_LOOK: Final = 1 << 10  # records between looks at how many rows there are


def rulebook_of(log: BinaryIO) -> Rulebook:
    """Return the rulebook that a log began under. Raises ``LogError``."""
    for block in Reader(log).blocks():
        return decode_genesis(block.body)[1]
    log.seek(0)
    raise no_genesis(log.read(MAX_GENESIS))


def walk(
    log: BinaryIO,
    wanted: Collection[str],
    give: Callable[[str, list[Any]], None],
    reached: Callable[[int], None] = lambda _offset: None,
) -> int:
    """Replay a log, ``give`` the wanted tables' cells; return how many records there were.

    A table's cells come row behind row, in chunks of whole rows; the list is used again after.
    ``reached`` is called now and then with the offset in the log.

    Raises ``LogError`` where the log is damaged.
    """
    collecting = gc.isenabled()
    gc.disable()  # nothing here needs it, and it would walk all rows that wait again and again
    try:
        venue = Venue(rulebook_of(log))
        try:
            return _walk(log, Rows(venue, wanted), give, reached)
        finally:
            venue.close()
    finally:
        if collecting:
            gc.enable()


def _walk(
    log: BinaryIO,
    rows: Rows,
    give: Callable[[str, list[Any]], None],
    reached: Callable[[int], None],
) -> int:
    apply, take = rows.venue.apply, rows.take
    seq = time = 0
    looked = 0
    for block in Reader(log).blocks():
        for run in runs(block, seq + 1) if block.kind == Kind.RUNS else ():
            for number, command in enumerate(run.commands, run.seq):
                if type(command) is BeginDay and rows.day is not None:
                    evening = rows.balances(seq, time)
                    events = apply(command)
                    if any(type(event) is DayBegan for event in events):
                        rows.add(evening)
                else:
                    events = apply(command)
                seq, time = number, run.time
                take(seq, time, command, events)
            if seq - looked >= _LOOK:
                looked = seq
                _give(rows, give, CHUNK)
                reached(block.end)
    rows.end(seq, time)
    _give(rows, give, 1)
    return seq


def _give(rows: Rows, give: Callable[[str, list[Any]], None], least: int) -> None:
    for name, found in rows.cells.items():
        if len(found) >= least * len(TABLES[name].columns):
            give(name, found)
            found.clear()

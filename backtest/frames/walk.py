"""A walk through a log that hands out the tables' rows in chunks, so that memory stays bounded."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, BinaryIO, Final

from backtest.frames.rows import Rows
from engine.log.blocks import MAX_GENESIS, Kind, Reader
from engine.log.records import decode_genesis, no_genesis, records
from engine.venue.venue import Venue
from engine.vocabulary.commands import BeginDay
from engine.vocabulary.events import DayBegan

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from engine.rulebook.model import Rulebook

CHUNK: Final = 1 << 16  # rows of a table
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
    give: Callable[[str, list[tuple[Any, ...]]], None],
    reached: Callable[[int], None] = lambda _offset: None,
) -> int:
    """Replay a log, ``give`` the wanted tables' rows; return how many records there were.

    ``reached`` is called now and then with the offset in the log.

    Raises ``LogError`` where the log is damaged.
    """
    venue = Venue(rulebook_of(log))
    rows = Rows(venue, wanted)
    apply, take = venue.apply, rows.take
    seq = time = 0
    for block in Reader(log).blocks():
        for record in records(block, seq + 1) if block.kind == Kind.RUNS else ():
            command = record.command
            ends = type(command) is BeginDay and rows.day is not None
            evening = rows.balances(seq, time) if ends else {}
            seq, time = record.seq, record.time
            events = apply(command)
            if evening and any(type(event) is DayBegan for event in events):
                rows.add(evening)
            take(seq, time, command, events)
            if not seq % _LOOK:
                _give(rows, give, CHUNK)
                reached(block.end)
    rows.end(seq, time)
    _give(rows, give, 1)
    return seq


def _give(rows: Rows, give: Callable[[str, list[tuple[Any, ...]]], None], least: int) -> None:
    for name, found in rows.rows.items():
        if len(found) >= least:
            give(name, found)
            found.clear()

"""A walk through a log that hands out the tables' rows in chunks, so that memory stays bounded."""

from __future__ import annotations

import mmap
from typing import TYPE_CHECKING, Any, Final

from backtest.frames.rows import Rows
from engine.log.journal import FILE_NAME, read_log
from engine.log.records import decode_genesis, decode_record, frames, no_genesis
from engine.venue.venue import Venue
from engine.vocabulary.commands import BeginDay
from engine.vocabulary.events import DayBegan

if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from pathlib import Path

    from engine.rulebook.model import Rulebook

CHUNK: Final = 1 << 16  # rows of a table
_LOOK: Final = 1 << 10  # records between looks at how many rows there are


def log_bytes(folder: Path) -> memoryview:
    """Return the bytes of a folder's log, which stay on the disk. Raises ``JournalError``."""
    path = folder / FILE_NAME
    if not path.exists() or not path.stat().st_size:
        return memoryview(read_log(folder))  # an empty file cannot be mapped
    with path.open("rb") as file:
        return memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))


def rulebook_of(data: memoryview) -> Rulebook:
    """Return the rulebook that a log began under. Raises ``LogError``."""
    for payload, _ in frames(data):
        return decode_genesis(payload)[1]
    raise no_genesis(bytes(data))


def walk(
    data: memoryview,
    wanted: Collection[str],
    give: Callable[[str, list[tuple[Any, ...]]], None],
    reached: Callable[[int], None] = lambda _offset: None,
) -> int:
    """Replay a log, ``give`` the wanted tables' rows; return how many records there were.

    ``reached`` is called now and then with the offset in the log.

    Raises ``LogError`` where the log is damaged.
    """
    venue = Venue(rulebook_of(data))
    rows = Rows(venue, wanted)
    apply, take = venue.apply, rows.take
    seq = time = end = 0
    for payload, behind in frames(data):
        if end:
            record = decode_record(payload, seq + 1, end)
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
                reached(behind)
        end = behind
    rows.end(seq, time)
    _give(rows, give, 1)
    return seq


def _give(rows: Rows, give: Callable[[str, list[tuple[Any, ...]]], None], least: int) -> None:
    for name, found in rows.rows.items():
        if len(found) >= least:
            give(name, found)
            found.clear()

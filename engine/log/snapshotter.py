"""Takes a snapshot from the log alone, in whatever process: a venue that runs never stops for it.

What the log has is replayed, from the newest snapshot on, and what it comes to is kept, with the
number of the last block that is known to be durable. The log's end may be a commit whose sync
failed, and be gone when the power goes, whoever syncs the file once more: then a start sets the
snapshot aside. So a snapshot is the recovery that it stands for, tried out beforehand; and it gets
its name only when it was read back and came to the same state.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, NamedTuple

from engine.log import snapshot as snapshots
from engine.log.graph import GraphError
from engine.log.head import read_head
from engine.log.journal import open_log
from engine.log.places import Place, SnapshotError
from engine.log.segments import put_away
from engine.log.sequencer import Replay, replay_behind, replay_file

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from engine.log.segments import LogFile
    from engine.log.sequencer import OnRecord


class Taken(NamedTuple):
    """A snapshot that was taken."""

    path: Path
    seq: int  # of the last command in it
    replayed: int  # commands that were run for it
    state: str
    size: int


def take(
    directory: Path,
    on_record: OnRecord | None = None,
    parts: snapshots.Parts | None = None,
    settle: Callable[[], None] = lambda: None,
) -> Taken:
    """Keep a venue's state at its log's end, and ``parts``, which ``on_record`` feeds.

    ``settle`` is called when all was heard, before anything is kept. A venue may be writing the
    log. Raises ``JournalError`` and ``LogError`` where the log is damaged, ``SnapshotError`` where
    the state cannot be kept.
    """
    parts = parts if parts is not None else {}
    for found in snapshots.usable(directory, parts):
        place = found.covered.place
        with suppress(SnapshotError), open_log(directory, place.segment) as file:
            replayed = replay_behind(file, found, on_record, parts)
            settle()
            return _keep(directory, replayed, file, found.covered.seq, parts)
    with open_log(directory) as file:
        replayed = replay_file(file, on_record)
        settle()
        return _keep(directory, replayed, file, 0, parts)


def _keep(
    directory: Path, replayed: Replay, file: LogFile, before: int, parts: snapshots.Parts
) -> Taken:
    assert replayed.reader is not None
    head = read_head(directory)
    place = Place.behind(replayed.reader, file, head.number if head is not None else 0)
    covered = snapshots.Covered(replayed.records, replayed.time, place)
    state = replayed.venue.state_hash()
    try:
        path = snapshots.write(directory, covered, replayed.venue, parts)
        snapshots.prune(directory)
        put_away(directory, snapshots.first_needed(directory))
        size = path.stat().st_size
    except (OSError, GraphError) as error:
        problem = f"no snapshot was kept ({error}); the log has all"
        raise SnapshotError(problem) from error
    finally:
        replayed.venue.close()
    return Taken(path, replayed.records, replayed.records - before, state, size)

"""Takes a snapshot from the log alone, in whatever process: a venue that runs never stops for it.

What is durable of the log is replayed, from the newest snapshot on, and what it comes to is kept.
So a snapshot is the recovery that it stands for, tried out beforehand; and it gets its name only
when it was read back and came to the same state.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from engine.log import snapshot as snapshots
from engine.log.files import sync_data
from engine.log.graph import GraphError
from engine.log.journal import open_log
from engine.log.places import SnapshotError
from engine.log.sequencer import Replay, replay_behind, replay_file

if TYPE_CHECKING:
    from pathlib import Path

    from engine.log.sequencer import OnRecord


class Taken(NamedTuple):
    """A snapshot that was taken."""

    path: Path
    seq: int  # of the last command in it
    replayed: int  # commands that were run for it
    state: str
    size: int


def take(
    directory: Path, on_record: OnRecord | None = None, parts: dict[str, Any] | None = None
) -> Taken:
    """Keep a venue's state at its log's end, and ``parts``, which ``on_record`` feeds.

    A venue may be writing the log. Raises ``JournalError`` and ``LogError`` where the log is
    damaged, ``SnapshotError`` where the state cannot be kept.
    """
    parts = parts if parts is not None else {}
    with open_log(directory) as file:
        replayed, before = None, 0
        for found in snapshots.usable(directory, parts):
            try:
                found.covered.place.reader(file)
            except SnapshotError:
                continue
            parts.update(found.parts)
            before = found.covered.seq
            replayed = replay_behind(file, found, on_record)
            break
        replayed = replayed or replay_file(file, on_record)
        sync_data(file.fileno())  # what was read is durable from here on, whatever its venue does
    return _keep(directory, replayed, replayed.records - before, parts)


def _keep(directory: Path, replayed: Replay, ran: int, parts: dict[str, Any]) -> Taken:
    assert replayed.place is not None
    covered = snapshots.Covered(replayed.records, replayed.time, replayed.place)
    state = replayed.venue.state_hash()
    try:
        path = snapshots.write(directory, covered, replayed.venue, parts)
        snapshots.prune(directory)
        size = path.stat().st_size
    except (OSError, GraphError) as error:
        problem = f"no snapshot was kept ({error}); the log has all"
        raise SnapshotError(problem) from error
    return Taken(path, replayed.records, ran, state, size)

"""What an operator does with a log that no venue has open: check, repair, convert."""

import os
import shutil
from contextlib import suppress
from pathlib import Path
from typing import Final, NamedTuple

from engine.log import format5
from engine.log.blocks import MAX_GENESIS, Chain, Kind, Reader
from engine.log.errors import EngineDisagreesError, LogError, LogFormatError
from engine.log.files import copy_bytes, made_aside, sync_data, sync_folder
from engine.log.head import HEAD_NAME, Head, read_head, write_head
from engine.log.journal import (
    Journal,
    JournalError,
    open_log,
    opened_alone,
    whole,
)
from engine.log.places import SnapshotError
from engine.log.records import Record, decode_genesis, no_genesis, runs
from engine.log.segments import LOG_NAME, LogFile, all_numbered, keep_aside, segment_name
from engine.log.sequencer import Replay, Sequencer, replay, replay_behind, replay_file
from engine.log.snapshot import Snapshot, ahead, place_of, remove, usable
from engine.log.snapshot import paths as snapshot_paths
from engine.rulebook.model import Rulebook
from engine.venue.venue import Venue

_MANY: Final = 1 << 16  # records of a converted log that one block takes


class Checked(NamedTuple):
    """What a log is."""

    replayed: Replay
    blocks: int
    head: Head | None


class Repaired(NamedTuple):
    """What a repair left, and where it put the rest."""

    blocks: int
    cut: int  # bytes
    kept: Path | None


def check(directory: Path) -> Checked:
    """Replay a log and hold it against its head. Raises ``LogError`` and ``JournalError``.

    Where its first segments are not there, it is replayed from the newest snapshot on.
    """
    snapshot = _instead(directory)
    place = snapshot.covered.place if snapshot is not None else None
    with open_log(directory, 0) as file:
        replayed = replay_file(file) if snapshot is None else replay_behind(file, snapshot)
        replayed.venue.check()
        reader = whole(file, directory, place)
    ahead(directory, replayed.records, reader.chain.number, reader.end)
    return Checked(replayed, reader.chain.number + 1, read_head(directory))


def _instead(directory: Path) -> Snapshot | None:
    """Return the snapshot that stands for segments that are not there; ``None`` if all are.

    Raises ``JournalError`` where there is neither.
    """
    with open_log(directory, 0) as file:
        return standing_for(file, directory)


def standing_for(file: LogFile, directory: Path) -> Snapshot | None:
    """Return the snapshot that stands for segments that an opened log lacks; ``None`` if none.

    Raises ``JournalError`` where there is no such snapshot.
    """
    if file.segments.first == 1:
        return None
    for found in usable(directory, None):
        if found.covered.place.segment >= file.segments.first:
            with suppress(SnapshotError):
                found.covered.place.reader(file)
                return found
    name = segment_name(file.segments.first - 1)
    problem = f"{directory / name} does not exist, and no snapshot stands for it: put it back"
    raise JournalError(problem)


def repair(directory: Path) -> Repaired:
    """Cut a log behind its last whole block, keep the rest aside, and write its head again.

    Raises ``LogError`` where there is not even a first block, ``JournalError`` where it is in use.
    """
    path = directory / LOG_NAME
    descriptor = opened_alone(path)
    try:
        snapshot = _instead(directory)
        with open_log(directory, 0) as file:
            reader = snapshot.covered.place.reader(file) if snapshot else Reader(file)
            try:
                for block in reader.blocks():
                    if block.number == 0:
                        decode_genesis(block.body)
            except LogFormatError:
                raise
            except LogError:
                reader.torn = reader.size - reader.end
            if reader.end == 0:
                file.seek(0)
                raise no_genesis(file.read(MAX_GENESIS))
            kept = keep_aside(file, path, reader) if reader.torn else None
            end_at(directory, file, descriptor, reader.end, reader.chain)
    finally:
        os.close(descriptor)
    return Repaired(reader.chain.number + 1, reader.torn, kept)


def end_at(directory: Path, file: LogFile, descriptor: int, end: int, chain: Chain) -> None:
    """End a log, opened twice, behind a chain's last block, and forget snapshots of more."""
    segment, offset = file.segments.locate(end)
    if segment == file.segments.last:
        os.ftruncate(descriptor, offset)
        sync_data(descriptor)
    else:
        _end_with(file, segment, offset, directory / LOG_NAME)
    write_head(directory, chain)
    for each in snapshot_paths(directory):
        place = place_of(each)
        if place is None or place.number > chain.number:
            remove(each)


def _end_with(file: LogFile, segment: int, end: int, path: Path) -> None:
    """Make an earlier segment the last one, up to an offset; what is behind it was kept aside."""
    new = path.with_name(f"{path.name}.new")
    with os.fdopen(made_aside(new), "wb") as copy:
        copy_bytes(file, file.segments.start_of(segment), end, copy)
        copy.flush()
        sync_data(copy.fileno())
    new.replace(path)
    sync_folder(path.parent)
    for number, each in all_numbered(path.parent):
        if number >= segment:
            each.unlink()


def migrate(directory: Path) -> Path | None:
    """Write a log again as this version has it; return where the old one is now.

    ``None`` where it is as this version has it already. Raises ``LogError`` and ``JournalError``.
    """
    path = directory / LOG_NAME
    descriptor = opened_alone(path)
    try:
        try:
            replay(directory).venue.close()
        except EngineDisagreesError:
            rulebook, time, records = _of_today(directory)
        except LogFormatError as error:
            if error.args[1] != format5.FORMAT:
                raise
            data = path.read_bytes()
            genesis, rulebook = format5.genesis_of(data)
            time, records = genesis.time, list(format5.records_of(data))
        else:
            return None
        aside = directory / f"{LOG_NAME}.converted"
        shutil.rmtree(aside, ignore_errors=True)
        _write(aside, rulebook, time, records)
        old = _free_name(path, "before")
        os.link(path, old)
        _set_aside(directory, old)
        (aside / LOG_NAME).replace(path)
        (aside / HEAD_NAME).replace(directory / HEAD_NAME)
        aside.rmdir()
        sync_folder(directory)
    finally:
        os.close(descriptor)
    return old


def _set_aside(directory: Path, old: Path) -> None:
    """Put what belongs to an old log beside it; its snapshots stand behind other blocks."""
    for number, each in all_numbered(directory):
        each.replace(old.with_name(f"{old.name}.{number:06}"))
    for each in snapshot_paths(directory):
        remove(each)


def _of_today(directory: Path) -> tuple[Rulebook, int, list[Record]]:
    """Read a log of today's format without comparing states."""
    records: list[Record] = []
    with open_log(directory) as file:
        for block in Reader(file).blocks():
            if block.kind == Kind.GENESIS:
                genesis, rulebook = decode_genesis(block.body)
            elif block.kind == Kind.RUNS:
                for run in runs(block, len(records) + 1):
                    for seq, command in enumerate(run.commands, run.seq):
                        records.append(Record(seq, run.time, run.source, command))
    return rulebook, genesis.time, records


def _write(directory: Path, rulebook: Rulebook, time: int, records: list[Record]) -> None:
    journal = Journal.create(directory, rulebook, time)
    journal.segment_size = 1 << 62  # one file, which then takes the old one's name
    sequencer = Sequencer(Venue(rulebook), journal)
    for record in records:
        sequencer.submit(record.time, record.source, record.command)
        if record.seq % _MANY == 0:
            sequencer.commit()
    sequencer.close()
    sequencer.venue.close()


def _free_name(path: Path, what: str) -> Path:
    number = 1
    while (found := path.with_name(f"{path.name}.{what}.{number}")).exists():
        number += 1
    return found

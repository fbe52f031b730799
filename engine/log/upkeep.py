"""What an operator does with a log that no venue has open: check, repair, convert, copy."""

import os
import shutil
from pathlib import Path
from typing import Final, NamedTuple

from engine.log import format5
from engine.log.blocks import MAX_GENESIS, Kind, Reader
from engine.log.errors import EngineDisagreesError, LogError, LogFormatError
from engine.log.files import sync_data, sync_folder
from engine.log.head import HEAD_NAME, Head, compare, read_head, write_head
from engine.log.journal import (
    FILE_NAME,
    Journal,
    JournalError,
    keep_aside,
    open_log,
    opened_alone,
)
from engine.log.records import Record, decode_genesis, no_genesis, runs
from engine.log.sequencer import Replay, Sequencer, replay
from engine.rulebook.model import Rulebook
from engine.venue.venue import Venue

_MANY: Final = 1 << 16  # records of a converted log that one block takes
_BESIDE: Final = ("keys.toml",)  # what a venue's directory has beside its log, and a backup takes


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
    """Replay a log and hold it against its head. Raises ``LogError`` and ``JournalError``."""
    replayed = replay(directory)
    replayed.venue.check()
    head = read_head(directory)
    with open_log(directory) as file:
        reader = Reader(file)
        for block in reader.blocks():
            compare(head, block, directory)
    if head is not None and head.number > reader.chain.number:
        raise head.missing(reader.end, reader.chain.number)
    return Checked(replayed, reader.chain.number + 1, head)


def repair(directory: Path) -> Repaired:
    """Cut a log behind its last whole block, keep the rest aside, and write its head again.

    Raises ``LogError`` where there is not even a first block, ``JournalError`` where it is in use.
    """
    path = directory / FILE_NAME
    descriptor = opened_alone(path)
    try:
        with os.fdopen(descriptor, "rb", closefd=False) as file:
            reader = Reader(file)
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
        os.ftruncate(descriptor, reader.end)
        sync_data(descriptor)
        write_head(directory, reader.chain)
    finally:
        os.close(descriptor)
    return Repaired(reader.chain.number + 1, reader.torn, kept)


def migrate(directory: Path) -> Path | None:
    """Write a log again as this version has it; return where the old one is now.

    ``None`` where it is as this version has it already. Raises ``LogError`` and ``JournalError``.
    """
    path = directory / FILE_NAME
    descriptor = opened_alone(path)
    try:
        try:
            replay(directory)
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
        aside = directory / f"{FILE_NAME}.converted"
        shutil.rmtree(aside, ignore_errors=True)
        _write(aside, rulebook, time, records)
        old = _free_name(path, "before")
        os.link(path, old)
        (aside / FILE_NAME).replace(path)
        (aside / HEAD_NAME).replace(directory / HEAD_NAME)
        aside.rmdir()
        sync_folder(directory)
    finally:
        os.close(descriptor)
    return old


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
    sequencer = Sequencer(Venue(rulebook), Journal.create(directory, rulebook, time))
    for record in records:
        sequencer.submit(record.time, record.source, record.command)
        if record.seq % _MANY == 0:
            sequencer.commit()
    sequencer.close()


def backup(directory: Path, target: Path) -> Checked:
    """Copy a venue's directory, which may be running, and check the copy.

    The copy holds all that was durable when it was begun. It appears under its name when it is
    whole. Raises ``JournalError`` where the target exists, and ``LogError``.
    """
    if target.exists():
        problem = f"{target} exists already: name a directory that does not"
        raise JournalError(problem)
    aside = target.with_name(f"{target.name}.new")
    shutil.rmtree(aside, ignore_errors=True)
    aside.mkdir(parents=True)
    for name in _BESIDE:
        if (directory / name).exists():
            shutil.copy2(directory / name, aside / name)
    with open_log(directory) as file, (aside / FILE_NAME).open("xb") as copy:
        reader = Reader(file)
        for block in reader.blocks():
            del block
        file.seek(0)
        left = reader.end
        while left:
            piece = file.read(min(left, 1 << 20))
            copy.write(piece)
            left -= len(piece)
        copy.flush()
        sync_data(copy.fileno())
    (aside / FILE_NAME).chmod(0o640)
    write_head(aside, reader.chain)
    checked = check(aside)
    sync_folder(aside)
    aside.replace(target)
    sync_folder(target.parent)
    return checked


def _free_name(path: Path, what: str) -> Path:
    number = 1
    while (found := path.with_name(f"{path.name}.{what}.{number}")).exists():
        number += 1
    return found

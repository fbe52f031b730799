"""Copies of venues that may be running, each proved by a replay; of linked venues, ones that fit.

A copy holds all that was durable when it was begun. Linked venues' logs are read one after the
other, and a later one may have taken messages that an earlier copy does not have sent. Such a copy
ends before the first of them: that was written after all logs had been opened, as a sender's part
is in its log before a receiver is given its own. So the copies are of one moment, which is not
before the backup was begun.
"""

from __future__ import annotations

import os
import shutil
from contextlib import ExitStack, contextmanager, suppress
from typing import TYPE_CHECKING, Final

from engine.log.blocks import Chain, Kind, Reader
from engine.log.errors import LogError
from engine.log.federation_log import Follower
from engine.log.files import copy_bytes, sync_data, sync_folder
from engine.log.head import write_head
from engine.log.journal import JournalError, open_log, opened_alone, whole
from engine.log.records import runs
from engine.log.segments import LOG_NAME, LogFile, segment_name
from engine.log.sequencer import recover
from engine.log.snapshot import files_of, place_of, remove
from engine.log.snapshot import paths as snapshot_paths
from engine.log.upkeep import Checked, check, end_at, standing_for
from engine.venue.federation import Federation, FederationError
from engine.vocabulary.link_commands import LinkMessage

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from engine.venue.venue import Venue
    from engine.vocabulary.commands import Command

_KEYS: Final = "keys.toml"
_ACCESS: Final = "access.log*"  # who was let in: a file that only grows, and earlier ones
_TRIES: Final = 5  # to copy the access log while no file of it is given its number


def backup(directory: Path, target: Path) -> Checked:
    """Copy a venue's directory, which may be running, and check the copy.

    It appears under its name when it is whole. Raises ``JournalError`` where the target exists,
    and ``LogError``.
    """
    with _made(target) as aside:
        _copy_beside(directory, aside)
        with open_log(directory, 0) as file:
            _copy_log(directory, file, aside)
        return check(aside)


def backup_linked(directories: Mapping[str, Path], target: Path) -> dict[str, Checked]:
    """Copy linked venues, which may be running, each into a directory of its name in the target.

    The copies start together. All appear when all are whole. Raises ``JournalError``.
    """
    for name in directories:
        if name in (".", "..") or "/" in name or "\\" in name:
            problem = f"{name!r} is no name for the directory of a copy: name the venue otherwise"
            raise JournalError(problem)
    with _made(target) as aside, ExitStack() as opened:
        copies = {name: aside / name for name in directories}
        for name, directory in directories.items():
            _copy_beside(directory, copies[name])  # before any log's end is fixed
        files = {}
        for name, directory in directories.items():
            files[name] = opened.enter_context(open_log(directory, 0))
        for name, file in files.items():
            with _naming(directories[name]):
                _copy_log(directories[name], file, copies[name])
        found = _fitted(copies, directories)
        _start(copies)
    return found


@contextmanager
def _made(target: Path) -> Iterator[Path]:
    """Give a new directory its name when all that belongs there was done. For ``JournalError``."""
    if target.exists():
        problem = f"{target} exists already: name a directory that does not"
        raise JournalError(problem)
    aside = target.with_name(f"{target.name}.new")
    shutil.rmtree(aside, ignore_errors=True)
    aside.mkdir(parents=True)
    try:
        yield aside
        sync_folder(aside)
        aside.replace(target)
    except BaseException:
        shutil.rmtree(aside, ignore_errors=True)
        raise
    sync_folder(target.parent)


@contextmanager
def _naming(directory: Path) -> Iterator[None]:
    """Say which venue's log is damaged. Raises ``JournalError``."""
    try:
        yield
    except LogError as error:
        problem = f"{directory / LOG_NAME}: {error}"
        raise JournalError(problem) from error


def _copy_beside(directory: Path, copy: Path) -> None:
    """Copy keys, access log and snapshots. The log, copied later, has what they refer to."""
    copy.mkdir(parents=True, exist_ok=True)
    if (directory / _KEYS).exists():
        _copy_file(directory / _KEYS, copy)
    _copy_access(directory, copy)
    for path in snapshot_paths(directory):
        try:
            for each in (*files_of(path), path):
                _copy_file(each, copy)
        except FileNotFoundError:  # newer ones have taken its place
            remove(copy / path.name)


def _copy_access(directory: Path, copy: Path) -> None:
    """Copy the access log as it was at one moment, up to a part of its last line.

    Raises ``JournalError`` where its files change their names all the time.
    """
    for _ in range(_TRIES):
        names = sorted(each.name for each in directory.glob(_ACCESS))
        with suppress(FileNotFoundError):
            for name in names:
                _copy_file(directory / name, copy)
            if sorted(each.name for each in directory.glob(_ACCESS)) == names:
                return
        for each in copy.glob(_ACCESS):
            each.unlink()
    problem = f"{directory}: files of the access log change their names all the time: try again"
    raise JournalError(problem)


def _copy_file(path: Path, folder: Path) -> None:
    shutil.copy2(path, folder / path.name)
    with (folder / path.name).open("r+b") as file:
        sync_data(file.fileno())


def _copy_log(directory: Path, file: LogFile, copy: Path) -> None:
    """Copy what is whole of an opened log, with its head. Raises ``LogError``, ``JournalError``."""
    snapshot = standing_for(file, directory)
    reader = whole(file, None, snapshot.covered.place if snapshot is not None else None)
    if snapshot is not None:
        snapshot.venue.close()
    file.segments.hold_whole(reader.end)
    starts = [*file.segments.starts, reader.end]
    for number, start in enumerate(file.segments.starts, file.segments.first):
        name = LOG_NAME if number == file.segments.last else segment_name(number)
        length = starts[number - file.segments.first + 1] - start
        with (copy / name).open("xb") as to:
            copy_bytes(file, start, length, to)
            to.flush()
            sync_data(to.fileno())
        (copy / name).chmod(0o640)
    for path in snapshot_paths(copy):
        place = place_of(path)
        if place is None or place.number > reader.chain.number:
            remove(path)
    write_head(copy, reader.chain)
    sync_folder(copy)


def _fitted(copies: Mapping[str, Path], directories: Mapping[str, Path]) -> dict[str, Checked]:
    """Check copies, and end those earlier that have taken what no copy has sent."""

    def checked(name: str) -> Checked:
        with _naming(directories[name]):
            return check(copies[name])

    found = {name: checked(name) for name in copies}
    while ahead := next(_ahead(found), None):
        name, link, sent = ahead
        found[name].replayed.venue.close()
        _end_before(copies[name], link, sent + 1)
        found[name] = checked(name)
    return found


def _ahead(found: Mapping[str, Checked]) -> Iterator[tuple[str, str, int]]:
    """Yield who has taken more over a link than was sent, with the last number that was."""
    for name, each in found.items():
        for link, end in each.replayed.venue.links.ends.items():
            if end.rules.peer in found:
                there = found[end.rules.peer].replayed.venue.links.ends.get(link)
                sent = there.sent if there is not None else 0
                if end.received > sent:
                    yield name, link, sent


def _end_before(copy: Path, link: str, number: int) -> None:
    """End a copied log before the block in which this message is taken."""
    descriptor = opened_alone(copy / LOG_NAME)
    try:
        with open_log(copy, 0) as file:
            snapshot = standing_for(file, copy)
            reader, seq = Reader(file), 0
            if snapshot is not None:
                reader, seq = snapshot.covered.place.reader(file), snapshot.covered.seq
                snapshot.venue.close()
            before = Chain()
            for block in reader.blocks():
                if block.kind == Kind.RUNS:
                    commands = [each for run in runs(block, seq + 1) for each in run.commands]
                    if any(_takes(each, link, number) for each in commands):
                        end_at(copy, file, descriptor, block.start, before)
                        return
                    seq += len(commands)
                before.follow(block.number, block.hash)
    finally:
        os.close(descriptor)
    problem = f"{copy.name} has taken message {number} of {link}, and its copy has not: try again"
    raise JournalError(problem)


def _takes(command: Command, link: str, number: int) -> bool:
    return isinstance(command, LinkMessage) and command.link == link and command.number >= number


def _start(copies: Mapping[str, Path]) -> None:
    """See that copies start together. Raises ``JournalError`` and ``LogError``."""
    followers = {name: Follower() for name in copies}
    venues: dict[str, Venue] = {}
    try:
        for name, each in followers.items():
            sequencer = recover(copies[name], each.absorb, parts=each.parts)
            venues[name] = sequencer.venue
            if sequencer.journal is not None:
                sequencer.journal.close()
        Federation(venues, news={name: each.news for name, each in followers.items()}).hold()
    except FederationError as error:
        raise JournalError(str(error)) from error
    finally:
        for venue in venues.values():
            venue.close()

"""Snapshots: a venue's whole state in a file beside its log, in blocks like the log's own.

The first block is the log's genesis, the second says which block of the log the state stands
behind, then come the tables of ``engine.log.graph``, the venue's and those of whatever else follows
the log, and last the hash of the state. A snapshot is never needed: what is damaged, of another
version or of another log is passed over, for the one before it or for the log itself.
"""

from __future__ import annotations

import os
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeAlias

import msgspec

from engine.log.blocks import Chain, Kind, Reader
from engine.log.errors import LogError
from engine.log.files import BINARY, lock, sync_data, sync_folder
from engine.log.graph import GraphError, freeze, thaw
from engine.log.places import Place, SnapshotError
from engine.log.records import (
    ENGINE,
    LENGTH,
    decode_genesis,
    decode_state,
    encode_genesis,
    encode_state,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from engine.log.blocks import Block
    from engine.venue.venue import Venue

Parts: TypeAlias = dict[str, Any]  # what follows a venue's records, by name
SNAPSHOT_NAME: Final = "venue.snapshot."  # and the number of the last command in it
ASIDE_NAME: Final = "venue.ahead."  # of one that has commands which the log has lost
KEPT: Final = 2  # snapshots; an older one is removed
VENUE: Final = "venue"
PACKAGES: Final = ("engine", "gateway")  # whose classes a snapshot may name


class Covered(msgspec.Struct, frozen=True, array_like=True):
    """What a snapshot stands behind."""

    seq: int  # of the last command
    time: int
    place: Place


class Snapshot(NamedTuple):
    """A state as it was read."""

    path: Path
    covered: Covered
    venue: Venue
    hash: str  # of the venue's state when it was written
    parts: Parts


class Part:
    """What follows a log and has files of its own: each snapshot gets what it needs of them."""

    __slots__ = ()

    def keep(self, snapshot: Path) -> None:
        """Write files beside a snapshot that will be taken, durably. Raises ``OSError``."""

    def find(self, snapshot: Path) -> None:
        """Take up the files beside the snapshot. Raises ``OSError``, ``ValueError``."""

    def close(self) -> None:
        """Let go of all files."""


def beside(snapshot: Path, name: str) -> Path:
    """Return the path of a part's file beside a snapshot."""
    return snapshot.with_name(f"{snapshot.name}.{name}")


def write(directory: Path, covered: Covered, venue: Venue, parts: Mapping[str, object]) -> Path:
    """Write a venue's state, and that of ``parts``, durably. Raises ``OSError``, ``GraphError``."""
    path = directory / f"{SNAPSHOT_NAME}{covered.seq}"
    aside = path.with_name(f"{path.name}.new")
    chain = Chain()
    genesis = encode_genesis(venue.genesis, covered.time, chain)
    descriptor = os.open(aside, os.O_CREAT | os.O_WRONLY | BINARY, 0o640)
    try:
        lock(descriptor)  # or another process takes one just now
        os.ftruncate(descriptor, 0)
        for part in parts.values():
            if isinstance(part, Part):
                part.keep(path)
        with os.fdopen(descriptor, "wb", closefd=False) as file:
            file.write(genesis)
            for body in _bodies(covered, {VENUE: venue, **parts}):
                file.write(chain.add(Kind.SNAPSHOT, body) + body)
            state = encode_state(covered.seq, venue.state_hash())
            file.write(chain.add(Kind.STATE, state) + state)
        sync_data(descriptor)
        _try(aside, parts)
        aside.replace(path)
    finally:
        os.close(descriptor)
    sync_folder(directory)
    return path


def _try(path: Path, parts: Mapping[str, object]) -> None:
    """See that a snapshot comes to the state that was kept. Raises ``GraphError``."""
    try:
        found = read(path, parts)
    except SnapshotError as error:
        raise GraphError(str(error)) from error
    state = found.venue.state_hash()
    found.venue.close()
    close(found.parts)
    if state != found.hash:
        problem = "it reads back as another state"
        raise GraphError(problem)


def _bodies(covered: Covered, roots: dict[str, object]) -> Iterator[bytes]:
    encode = msgspec.msgpack.encode
    yield _framed([encode(covered)])
    for name, root in roots.items():
        tables = freeze(root)
        yield _framed([encode([name, len(tables)])])
        for table in tables:
            yield _framed([encode(table)])


def _framed(payloads: list[bytes]) -> bytes:
    return b"".join(LENGTH.pack(len(payload)) + payload for payload in payloads)


def read(path: Path, names: Mapping[str, object] | None = None) -> Snapshot:
    """Read a snapshot with the parts that ``names`` has. Raises ``SnapshotError``."""
    try:
        return _read(path, names or {})
    except (LogError, GraphError, msgspec.MsgspecError, ValueError, OSError) as error:
        problem = f"{path.name} cannot be used ({error})"
        raise SnapshotError(problem) from error


def _read(path: Path, names: Mapping[str, object]) -> Snapshot:
    decode = msgspec.msgpack.decode
    with path.open("rb") as file:
        reader = Reader(file)
        bodies: list[memoryview] = []
        last: Block | None = None
        for last in reader.blocks():
            if last.number == 0:
                decode_genesis(last.body)
            elif last.kind == Kind.SNAPSHOT:
                bodies.append(last.body)
        if last is None or last.kind != Kind.STATE or reader.torn:
            problem = "it is not whole"
            raise ValueError(problem)
        state = decode_state(last)
    if state.engine != ENGINE:
        problem = f"it is of carbonx {state.engine}, and this is {ENGINE}"
        raise ValueError(problem)
    covered = _covered(bodies[0])
    bodies = [body[LENGTH.size :] for body in bodies]
    roots: dict[str, Any] = {}
    at = 1
    while at < len(bodies):
        name, count = decode(bodies[at])
        if name == VENUE or name in names:
            roots[name] = thaw([decode(each) for each in bodies[at + 1 : at + 1 + count]], PACKAGES)
        at += 1 + count
    lacking = [name for name in (VENUE, *names) if name not in roots]
    if lacking:
        problem = f"it has no {', '.join(lacking)}"
        raise ValueError(problem)
    venue = roots.pop(VENUE)
    try:
        _find(path.with_name(f"{SNAPSHOT_NAME}{covered.seq}"), roots)
    except BaseException:
        venue.close()
        raise
    return Snapshot(path, covered, venue, state.hash, roots)


def _find(path: Path, parts: Parts) -> None:
    for part in parts.values():
        if isinstance(part, Part):
            part.find(path)


def close(parts: Mapping[str, object]) -> None:
    """Let go of the files of parts."""
    for part in parts.values():
        if isinstance(part, Part):
            part.close()


def paths(directory: Path) -> list[Path]:
    """Return the snapshots in a directory, the newest first."""
    found = [
        each
        for each in directory.glob(f"{SNAPSHOT_NAME}*")
        if each.name.removeprefix(SNAPSHOT_NAME).isdecimal()
    ]
    return sorted(found, key=_seq, reverse=True)


def _seq(path: Path) -> int:
    return int(path.name.removeprefix(SNAPSHOT_NAME))


def ahead(directory: Path, seq: int, number: int, offset: int) -> list[Path]:
    """Return the snapshots that have more than a log, which ends with this record and block.

    None of what they have more was known to be durable. Raises ``LogError`` where some of it was.
    """
    found = [path for path in paths(directory) if _seq(path) > seq]
    for path in found:
        place = place_of(path)
        if place is None or place.known > number:
            problem = (
                f"it ends with record {seq}, and by {path.name} more than that was durable: "
                "restore the newest copy, or accept this one with carbonx log repair"
            )
            raise LogError(offset, problem)
    return found


def set_aside(path: Path) -> Path:
    """Give a snapshot and what lies beside it names that no start looks at. Raises ``OSError``."""
    for each in (*files_of(path), path):
        each.replace(_aside(each))
    return _aside(path)


def _aside(path: Path) -> Path:
    return path.with_name(path.name.replace(SNAPSHOT_NAME, ASIDE_NAME, 1))


def usable(directory: Path, names: Mapping[str, object] | None) -> Iterator[Snapshot]:
    """Yield what can be read, the newest first."""
    for path in paths(directory):
        with suppress(SnapshotError):
            found = read(path, names)
            yield found
            found.venue.close()  # it was of no use
            close(found.parts)


def place_of(path: Path) -> Place | None:
    """Return the block that a snapshot stands behind, ``None`` where it cannot be read."""
    with path.open("rb") as file, suppress(LogError, msgspec.MsgspecError):
        for block in Reader(file).blocks():
            if block.kind == Kind.SNAPSHOT:
                return _covered(block.body).place
    return None


def first_needed(directory: Path) -> int:
    """Return the first segment that a start from any of the kept snapshots reads, 1 without."""
    places = [place_of(path) for path in paths(directory)[:KEPT]]
    if len(places) < KEPT:
        return 1
    return min(place.segment if place is not None else 1 for place in places)


def _covered(body: memoryview) -> Covered:
    return msgspec.msgpack.decode(body[LENGTH.size :], type=Covered)


def files_of(path: Path) -> list[Path]:
    """Return the files of parts beside a snapshot."""
    return [each for each in path.parent.glob(f"{path.name}.*") if each.suffix != ".new"]


def remove(path: Path) -> None:
    """Remove a snapshot, and what lies beside it. Raises ``OSError``."""
    for each in (path, *files_of(path)):
        each.unlink(missing_ok=True)


def prune(directory: Path) -> None:
    """Remove all but the newest snapshots, and what lay beside them. Raises ``OSError``.

    What is newer than they are may belong to one that another process takes just now.
    """
    kept = paths(directory)
    for path in kept[KEPT:]:
        path.unlink(missing_ok=True)
    for path in directory.glob(f"{SNAPSHOT_NAME}*.*") if len(kept) >= KEPT else ():
        number = path.name.removeprefix(SNAPSHOT_NAME).partition(".")[0]
        if number.isdecimal() and int(number) < _seq(kept[KEPT - 1]):
            with suppress(PermissionError):  # Windows: a venue reads it
                path.unlink(missing_ok=True)

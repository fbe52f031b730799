"""A log in several files: one that is written, and numbered ones before it that never change.

``venue.log`` is the last segment. The ones before it are ``venue.log.000001`` and so on, beside it
or, once snapshots make them unnecessary for a start, in ``archive``. One chain of blocks runs
through all of them: the first block of each says its number, and has the hash of the block before
it, as all blocks have. Read together they are one file.
"""

from __future__ import annotations

import os
from contextlib import suppress
from io import BufferedReader, RawIOBase
from typing import TYPE_CHECKING, Any, BinaryIO, Final

import msgspec

from engine.log.blocks import HEADER, Kind
from engine.log.errors import FORMAT, LogError
from engine.log.files import (
    copy_bytes,
    lock,
    made_aside,
    naming,
    sync_data,
    sync_folder,
    write_data,
)

if TYPE_CHECKING:
    from pathlib import Path

    from engine.log.blocks import Chain, Reader

LOG_NAME: Final = "venue.log"
ARCHIVE: Final = "archive"
SEGMENT_SIZE: Final = 1 << 26  # bytes, from which on the next block begins another
_MAGIC: Final = "carbonx-segment"
_MOST: Final = 1 << 10  # bytes of a segment's first block
_BUFFER: Final = 1 << 18


class Segment(msgspec.Struct, frozen=True, array_like=True):
    """The first block of every segment but the first."""

    magic: str
    format: int
    number: int  # 2, 3 ...


class Joined(RawIOBase):
    """Segments that follow on one another, read as one file."""

    def __init__(self, first: int, files: list[BinaryIO]) -> None:
        """Join opened files, of which the first is segment ``first``."""
        self.first = first
        self._files = files
        self._place = 0
        self.starts: list[int] = []
        self._end = 0
        for file in files:
            self.starts.append(self._end)
            self._end += os.fstat(file.fileno()).st_size

    def locate(self, offset: int) -> tuple[int, int]:
        """Return the segment in which a byte is, and its offset there."""
        index = max(n for n, start in enumerate(self.starts) if start <= offset)
        return self.first + index, offset - self.starts[index]

    def hold_whole(self, end: int) -> None:
        """See that what is whole ends in the last segment. Raises ``LogError``."""
        last = self.starts[-1]
        if last and end <= last:
            name = segment_name(self.locate(end)[0])
            problem = f"{name} or the segment behind it is not whole: restore a copy"
            raise LogError(end, problem)

    def start_of(self, segment: int) -> int:
        """Return where a segment begins."""
        return self.starts[segment - self.first]

    @property
    def last(self) -> int:
        """The number of the last segment."""
        return self.first + len(self.starts) - 1

    def readable(self) -> bool:
        """Say that it can be read."""
        return True

    def seekable(self) -> bool:
        """Say that it can be read from anywhere."""
        return True

    def fileno(self) -> int:
        """Return the last file's."""
        return self._files[-1].fileno()

    def tell(self) -> int:
        """Return the place."""
        return self._place

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Go to a place."""
        base = {os.SEEK_SET: 0, os.SEEK_CUR: self._place, os.SEEK_END: self._end}[whence]
        self._place = base + offset
        return self._place

    def readinto(self, buffer: Any) -> int:  # noqa: ANN401 - what a reader gives it
        """Read what the file at this place has, up to its end."""
        index = max(n for n, start in enumerate(self.starts) if start <= self._place)
        last = index + 1 == len(self.starts)
        file, view = self._files[index], memoryview(buffer)
        if not last:
            view = view[: self.starts[index + 1] - self._place]
        file.seek(self._place - self.starts[index])
        read = file.readinto(view)  # type: ignore[attr-defined]
        self._place += read
        return int(read)

    def close(self) -> None:
        """Close all files."""
        if not self.closed:
            for file in self._files:
                file.close()
        super().close()


class LogFile(BufferedReader):
    """A log that was opened to be read."""

    raw: Joined

    def __init__(self, joined: Joined) -> None:
        """Read joined segments."""
        super().__init__(joined, _BUFFER)
        self.segments = joined


def open_segments(directory: Path, since: int = 1) -> LogFile:
    """Open a log from a segment on, 0 for all that is there.

    Raises ``FileNotFoundError`` with the file that is not there.
    """
    files: list[BinaryIO] = [(directory / LOG_NAME).open("rb", 0)]
    try:
        last = number_of(files[0], directory)
        first = since or _first(directory, last)
        for number in range(last - 1, first - 1, -1):
            files.insert(0, _opened(directory, number))
    except BaseException:
        for file in files:
            file.close()
        raise
    return LogFile(Joined(min(first, last), files))


def _first(directory: Path, last: int) -> int:
    while last > 1 and any(path.exists() for path in _paths(directory, last - 1)):
        last -= 1
    return last


def _opened(directory: Path, number: int) -> BinaryIO:
    beside, archived = _paths(directory, number)
    for path in (beside, archived, beside):  # it may be put away meanwhile
        with suppress(FileNotFoundError):
            return path.open("rb", 0)
    raise FileNotFoundError(archived)


def _paths(directory: Path, number: int) -> tuple[Path, Path]:
    name = segment_name(number)
    return directory / name, directory / ARCHIVE / name


def all_numbered(directory: Path) -> list[tuple[int, Path]]:
    """Return the segments before the last, beside it and in the archive, in order."""
    return sorted(numbered(directory) + numbered(directory / ARCHIVE))


def segment_name(number: int) -> str:
    """Return the name of a segment that is not the last."""
    return f"{LOG_NAME}.{number:06}"


def numbered(directory: Path) -> list[tuple[int, Path]]:
    """Return the segments before the last that lie beside it, in order."""
    found = directory.glob(f"{LOG_NAME}.[0-9][0-9][0-9][0-9][0-9][0-9]")
    return sorted((int(path.name[-6:]), path) for path in found)


def number_of(file: BinaryIO, directory: Path) -> int:
    """Return the number that an opened segment has, by its first block."""
    file.seek(0)
    start = file.read(_MOST)
    file.seek(0)
    if len(start) > HEADER.size:
        _, length, kind, *_ = HEADER.unpack_from(start)
        if kind == Kind.GENESIS:
            return 1
        with suppress(msgspec.MsgspecError):
            body = start[HEADER.size : HEADER.size + length]
            return msgspec.msgpack.decode(body, type=Segment).number
    return max((number for number, _ in numbered(directory)), default=0) + 1


def next_segment(path: Path, new: Path, chain: Chain, number: int) -> int:
    """Give the log's last segment its number and begin another; return that one's descriptor.

    The old one must be durable. Where a new one cannot be made all is as before, and -1 returned.
    """
    before, digest = chain.number, chain.hash
    body = msgspec.msgpack.encode(Segment(_MAGIC, FORMAT, number + 1))
    block = chain.add(Kind.SEGMENT, body) + body
    try:
        descriptor = made_aside(new)
        try:
            lock(descriptor)
            _write(descriptor, block)
            sync_data(descriptor)
            _also_named(path, path.with_name(segment_name(number)))
            sync_folder(path.parent)
            new.replace(path)
        except BaseException:
            os.close(descriptor)
            raise
    except OSError:
        chain.number, chain.hash = before, digest
        with suppress(OSError):
            new.unlink(missing_ok=True)
        return -1
    return descriptor


def _write(descriptor: int, block: bytes) -> None:
    if write_data(descriptor, block) != len(block):
        problem = "a write that was cut short"
        raise OSError(problem)


def _also_named(path: Path, name: Path) -> None:
    """Give a file a second name, unless it has it already. Raises ``OSError``."""
    if not (name.exists() and name.samefile(path)):
        os.link(path, name)


def keep_aside(file: BinaryIO, path: Path, found: Reader) -> Path:
    """Copy the torn commit beside the log, durably."""
    number = 1
    while (aside := path.with_name(f"{path.name}.torn.{number}")).exists():
        number += 1
    try:
        with naming(aside), aside.open("xb") as copy:
            copy_bytes(file, found.end, found.torn, copy)
            copy.flush()
            sync_data(copy.fileno())
        sync_folder(path.parent)
    except OSError:
        aside.unlink(missing_ok=True)  # the next start makes another
        raise
    return aside


def put_away(directory: Path, before: int) -> list[Path]:
    """Move the segments before this one into the archive; return where they are. For ``OSError``.

    Nothing is removed, and whoever reads the whole log finds them there.
    """
    found = [(number, path) for number, path in numbered(directory) if number < before]
    if not found:
        return []
    archive = directory / ARCHIVE
    archive.mkdir(exist_ok=True)
    moved = [path.replace(archive / path.name) for _, path in found]
    sync_folder(archive)
    sync_folder(directory)
    return moved

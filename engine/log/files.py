"""What systems do differently about files: making them durable, and keeping a second process out.

Linux has ``fdatasync``. macOS has not, and its ``fsync`` stops at the disk's own cache, so there
``F_FULLFSYNC`` is asked for. Windows has ``fsync``, locks of another kind, and no way to sync a
folder: NTFS keeps its own log of names.
"""

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, Final

try:
    import fcntl
except ImportError:  # Windows
    _posix: Any = None
else:
    _posix = fcntl
try:
    import msvcrt
except ImportError:
    _windows: Any = None
else:
    _windows = msvcrt

BINARY: Final[int] = getattr(os, "O_BINARY", 0)  # Windows would turn some bytes into others
RENAMES_OPEN: Final = _posix is not None  # whether an open file can get another name
FULL_SYNC: Final[int | None] = getattr(_posix, "F_FULLFSYNC", None)
# A quota and a limit on a file's size are no space either.
NO_SPACE: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
# What a lock that another process has is answered with, on Windows too.
HELD: Final = (BlockingIOError, PermissionError)
# Windows locks bytes, which nobody else can read then: the last one that it can lock.
_LOCK_AT: Final = (1 << 31) - 2


class Disk:
    """What the log asks of a disk, as the system does it; a simulation puts another there."""

    def write(self, descriptor: int, data: bytes | memoryview) -> int:
        """Write at a file's place; return how many bytes were. Raises ``OSError``."""
        return os.write(descriptor, data)

    def read(self, descriptor: int, size: int) -> bytes:
        """Read at a file's place, at most so many bytes. Raises ``OSError``."""
        return os.read(descriptor, size)

    def sync(self, descriptor: int) -> None:
        """Return when a file's bytes are on the disk. Raises ``OSError``."""
        if FULL_SYNC is not None:
            _posix.fcntl(descriptor, FULL_SYNC)
        elif hasattr(os, "fdatasync"):
            os.fdatasync(descriptor)
        else:
            os.fsync(descriptor)

    def sync_folder(self, folder: Path) -> None:
        """Return when the names in a folder are on the disk, where the system has that."""
        if not hasattr(os, "O_DIRECTORY"):
            return
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

    def reserve(self, descriptor: int, start: int, length: int) -> bool:
        """Keep space for these bytes of a file; say whether there is that much.

        Where the system or the file system cannot do that, it is taken to have. Raises ``OSError``.
        """
        if not hasattr(os, "posix_fallocate"):  # macOS, Windows
            return True
        try:
            os.posix_fallocate(descriptor, start, length)
        except OSError as error:
            if error.errno in NO_SPACE:
                return False
            if error.errno not in (errno.EINVAL, errno.EOPNOTSUPP, errno.ENOSYS):
                raise
        return True


_used: Final = [Disk()]  # the last


@contextmanager
def using(disk: Disk) -> Iterator[None]:
    """Have another disk in the place of the system's for a while."""
    _used.append(disk)
    try:
        yield
    finally:
        _used.remove(disk)


@contextmanager
def naming(path: Path) -> Iterator[None]:
    """Have an error of the system say which file it is about, where it does not."""
    try:
        yield
    except OSError as error:
        if error.filename is None:
            error.filename = str(path)
        raise


def write_data(descriptor: int, data: bytes | memoryview) -> int:
    """Write at a file's place; return how many bytes were. Raises ``OSError``."""
    return _used[-1].write(descriptor, data)


def read_data(descriptor: int, size: int) -> bytes:
    """Read at a file's place, at most so many bytes. Raises ``OSError``."""
    return _used[-1].read(descriptor, size)


def sync_data(descriptor: int) -> None:
    """Return when a file's bytes are on the disk. Raises ``OSError``."""
    _used[-1].sync(descriptor)


def sync_folder(folder: Path) -> None:
    """Return when the names in a folder are on the disk. Raises ``OSError``."""
    with naming(folder):
        _used[-1].sync_folder(folder)


def made_aside(path: Path, mode: int = 0o640) -> int:
    """Make a file that is written aside and renamed later; return its descriptor.

    It is a new one: after a power cut the name may be another one of the file that an earlier one
    was renamed to, which must not be emptied. Raises ``OSError``.
    """
    path.unlink(missing_ok=True)
    return os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR | BINARY, mode)


def reserve(descriptor: int, start: int, length: int) -> bool:
    """Keep space for these bytes of a file; say whether there is. Raises ``OSError``."""
    return _used[-1].reserve(descriptor, start, length)


def write_again(descriptor: int, start: int, end: int) -> None:
    """Write what is in a file once more, so that the next sync has it to do.

    After a sync that failed the system may hold pages for written that never were, and another
    sync would promise them.
    """
    while start < end:
        os.lseek(descriptor, start, os.SEEK_SET)
        piece = os.read(descriptor, min(end - start, 1 << 20))
        os.lseek(descriptor, start, os.SEEK_SET)
        start += write_data(descriptor, piece)


def copy_bytes(file: BinaryIO, start: int, length: int, to: BinaryIO) -> None:
    """Copy a stretch of a file a piece at a time."""
    file.seek(start)
    while length and (piece := file.read(min(length, 1 << 20))):
        to.write(piece)
        length -= len(piece)


def lock(descriptor: int) -> None:
    """Keep others out until the file is closed. Raises ``OSError`` where one is in already."""
    if _posix is not None:
        _posix.flock(descriptor, _posix.LOCK_EX | _posix.LOCK_NB)
        return
    before = os.lseek(descriptor, 0, os.SEEK_CUR)
    os.lseek(descriptor, _LOCK_AT, os.SEEK_SET)
    try:
        _windows.locking(descriptor, _windows.LK_NBLCK, 1)
    finally:
        os.lseek(descriptor, before, os.SEEK_SET)

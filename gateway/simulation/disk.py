"""A disk that forgets, tears, rots, fails and fills up, under the files of a real folder.

What a process sees is in the folder. What is durable of it is known here: of a file what it had at
its last sync, of a folder the names that it had at its own. When the power goes, any of the pages
written since then may be on the disk, whatever their order, and any of the names; where a page is
missing there are zeros, and a file that was renamed has its old name, its new one, or both.
"""

from __future__ import annotations

import errno
import os
from copy import copy
from enum import Enum
from random import Random
from typing import TYPE_CHECKING, Final

from engine.log.files import BINARY, Disk
from engine.log.segments import ARCHIVE, LOG_NAME
from gateway.simulation.violation import require

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

PAGE: Final = 64  # small, so that a small commit has several
HOW_OFTEN: Final = (0, 0, 2, 20)  # percent of what is done with older reports fails


class PowerCut(BaseException):
    """The machine goes off now. It is no error of the venue's, and nothing catches it there."""


class Trouble(Enum):
    """What happens to a disk while the venue uses it."""

    OFF_BEFORE = "the power goes before the write"
    OFF_WRITTEN = "the power goes between write and sync"
    OFF_SYNCED = "the power goes behind the sync"
    WRITE_FAILS = "the write fails half way"
    SYNC_FAILS = "the sync fails"
    SLOW = "the sync takes long"


class File:
    """What is durable of a file, whatever its names."""

    __slots__ = ("durable", "held", "lost")

    def __init__(self, durable: bytes = b"") -> None:
        """Begin with what is durable."""
        self.durable = durable
        self.lost: dict[int, None] = {}  # pages that the system takes for durable, and are not
        self.held = 0  # bytes that there is space for, whatever is written elsewhere

    def write(self, at: int, size: int) -> None:
        """Have pages written to: the next sync has them to do."""
        for page in range(at // PAGE, (at + size - 1) // PAGE + 1):
            self.lost.pop(page, None)

    def lose(self, data: bytes) -> None:
        """Keep what is in the file though it is not durable: no sync does it again."""
        for start in range(0, len(data), PAGE):
            if data[start : start + PAGE] != self.durable[start : start + PAGE]:
                self.lost[start // PAGE] = None

    def reached(self, data: bytes) -> bytes:
        """Return what a sync makes durable of what is in the file."""
        found = bytearray(data)
        for page in self.lost:
            start = page * PAGE
            size = len(found[start : start + PAGE])
            found[start : start + size] = self.durable[start : start + size].ljust(size, b"\0")
        return bytes(found)


class SimulatedDisk(Disk):
    """The disk under a venue's folder and its archive."""

    def __init__(self, folder: Path, rng: Random, others: Callable[[], bool]) -> None:
        """Begin with an empty folder.

        ``others`` is called at each sync: other processes may go on meanwhile. It says whether it
        is one of them that syncs.
        """
        self.rng = rng
        self.trouble: Trouble | None = None
        self.after = 0  # how often the disk is used before the trouble comes
        self.free: int | None = None  # bytes that files may still grow by; none: without end
        self.slow = 0  # syncs that took long since it was last looked at
        self.blocks = bytearray()  # the log as it would be had nothing ever failed
        self.ends: list[int] = []  # of its blocks
        self.begun = b""  # the first block of the last segment that was begun
        self._folder = folder
        self._others = others
        # Of older reports, which have draws of their own: a history is the same without them.
        self._reports = Random(copy(rng).getrandbits(64))
        self.failing = self._reports.choice(HOW_OFTEN)
        self.calm = True  # whether nothing happens to them just now
        self.unread = 0  # reads that failed, and ended no session yet
        self.unwritten = 0
        self._files: dict[int, File] = {}  # by inode
        self._names: dict[str, File] = {}  # that are durable
        self._segment = 0  # the inode of the log's last segment

    # -- what the log asks for ----------------------------------------------------------------

    def write(self, descriptor: int, data: bytes | memoryview) -> int:
        """Write, not durably; of the log's blocks keep what should be there. For ``OSError``."""
        inode = os.fstat(descriptor).st_ino
        if not os.fstat(descriptor).st_nlink:
            return self._write_reports(descriptor, data)
        log = inode == self._inode(LOG_NAME)
        size, at = os.fstat(descriptor).st_size, os.lseek(descriptor, 0, os.SEEK_CUR)
        self._files.setdefault(inode, File()).write(at, len(data))
        if at < size:
            return os.write(descriptor, data)  # what is there already, once more
        begins = inode == self._inode(f"{LOG_NAME}.new")
        if log:
            self._note(inode, bytes(data))
        elif begins:
            self.let_go()
        fits = self._take(inode, size, size + len(data))
        seen = f"{len(data)} bytes, and {self.free} are free"
        require(fits or not log, "no block is begun without space for it", seen)
        if not fits:
            raise _full()
        if begins:
            self.begun = bytes(data)
        trouble = self._due(Trouble.OFF_BEFORE, Trouble.WRITE_FAILS) if log else None
        if trouble is Trouble.OFF_BEFORE:
            raise PowerCut
        if trouble is Trouble.WRITE_FAILS:
            os.write(descriptor, data[: len(data) // 2])
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        return os.write(descriptor, data)

    def _write_reports(self, descriptor: int, data: bytes | memoryview) -> int:
        """Write to the file without a name, which is never durable and ends with its process.

        It takes the space that is there, and none away, as it is given back so soon.
        """
        fits = len(data) if self.free is None else min(len(data), self.free)
        fails = self._report_fails()
        if fits == len(data) and not fails:
            return os.write(descriptor, data)
        os.write(descriptor, data[: fits // 2 if fails else fits])
        self.unwritten += 1
        raise OSError(errno.EIO, os.strerror(errno.EIO)) if fails else _full()

    def read(self, descriptor: int, size: int) -> bytes:
        """Read older reports: with another bit where that fails, or not at all. For ``OSError``."""
        found = bytearray(os.read(descriptor, size))
        if not self._report_fails():
            return bytes(found)
        self.unread += 1
        if not found or self._reports.random() < 1 / 2:
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        found[self._reports.randrange(len(found))] ^= 1 << self._reports.randrange(8)
        return bytes(found)

    def _report_fails(self) -> bool:
        return not self.calm and self._reports.randrange(100) < self.failing

    def sync(self, descriptor: int) -> None:
        """Make a file's bytes durable. Raises ``OSError``; what is on the disk is then open."""
        other = self._others()
        trouble = None if other else self._trouble()
        inode = os.fstat(descriptor).st_ino
        visible = self._visible()
        path = next((self._folder / name for name, each in visible.items() if each == inode), None)
        if path is None:
            return  # it has no name any more
        file = self._files.setdefault(inode, File())
        if not self._take(inode, len(file.durable), path.stat().st_size):
            raise _full()  # it was written where nobody asked for space before
        if trouble is Trouble.SYNC_FAILS:
            data = path.read_bytes()
            file.durable = self._some(file.durable, file.reached(data), self._chance())
            if self.rng.random() < 1 / 2:
                _overwrite(path, file.durable)  # what could not be written is read anew
            else:
                file.lose(data)
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        file.durable = file.reached(path.read_bytes())
        self._behind(trouble)

    def sync_folder(self, folder: Path) -> None:
        """Make the names in a folder durable. Raises ``OSError``."""
        trouble = None if self._others() else self._trouble()
        if trouble is Trouble.SYNC_FAILS:
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        now = self._named_files()
        gone = [name for name in self._names if name not in now and self._in(name, folder)]
        moved = [self._names.pop(name) for name in gone]
        for name, file in now.items():
            if self._in(name, folder) or file in moved:  # a file is moved whole or not at all
                self._names[name] = file
        self._behind(trouble)

    def reserve(self, descriptor: int, start: int, length: int) -> bool:
        """Keep space for these bytes of a file; say whether there is."""
        found = os.fstat(descriptor)
        return self._take(found.st_ino, found.st_size, start + length)

    def let_go(self) -> None:
        """Give back what is reserved behind the log's end."""
        file = self._files.get(self._inode(LOG_NAME))
        if file is not None:
            unused = max(file.held - (self._folder / LOG_NAME).stat().st_size, 0)
            file.held -= unused
            if self.free is not None:
                self.free += unused

    def _take(self, inode: int, there: int, end: int) -> bool:
        """Have space for a file, of which some is there, up to an offset; say whether there is."""
        file = self._files.setdefault(inode, File())
        more = end - max(file.held, there)
        if more <= 0:
            return True
        if self.free is not None:
            if more > self.free:
                return False
            self.free -= more
        file.held = end
        return True

    def _trouble(self) -> Trouble | None:
        """Return the trouble that a sync of the venue's has. Raises ``PowerCut``."""
        kinds = Trouble.OFF_WRITTEN, Trouble.OFF_SYNCED, Trouble.SYNC_FAILS, Trouble.SLOW
        trouble = self._due(*kinds)
        if trouble is Trouble.OFF_WRITTEN:
            raise PowerCut
        return trouble

    def _behind(self, trouble: Trouble | None) -> None:
        if trouble is Trouble.OFF_SYNCED:
            raise PowerCut
        if trouble is Trouble.SLOW:
            self.slow += 1

    def _due(self, *kinds: Trouble) -> Trouble | None:
        """Return the trouble if it is one of these and comes now; it is over then."""
        if self.trouble not in kinds:
            return None
        if self.after:
            self.after -= 1
            return None
        trouble, self.trouble = self.trouble, None
        return trouble

    def _note(self, inode: int, block: bytes) -> None:
        """Keep a block that was to be written."""
        if inode != self._segment:
            self.take_segment()
            self._segment = inode
        self.blocks += block
        self.ends.append(len(self.blocks))

    def take_segment(self) -> None:
        """Keep the first block of a segment that is there."""
        if self.begun:
            self.blocks += self.begun
            self.ends.append(len(self.blocks))
            self.begun = b""

    # -- what becomes of it -------------------------------------------------------------------

    def lose(self) -> None:
        """Keep of what was not durable some pages and some names only."""
        self.trouble = None
        rng, chance = self.rng, self._chance()
        now = self._named_files()
        paths = {file: self._folder / name for name, file in now.items()}
        for file, path in paths.items():
            file.durable = self._some(file.durable, file.reached(path.read_bytes()), chance)
        kept: dict[str, File] = {}
        for name in sorted({**self._names, **now}):
            new = name in now if self._names.get(name) is now.get(name) else rng.random() < 1 / 2
            found = (now if new else self._names).get(name)
            if found is not None:
                kept[name] = found
        known, there = list(self._names.values()), list(kept.values())
        # a name may be lost, but no file by its renaming
        kept |= {name: file for name, file in now.items() if file in known and file not in there}
        self._restore(kept)

    def _restore(self, kept: dict[str, File]) -> None:
        """Have exactly these names in the folder."""
        for name in self._visible():
            (self._folder / name).unlink()
        self._files, self._names = {}, kept
        first: dict[File, Path] = {}
        for name, file in kept.items():
            path = self._folder / name
            path.parent.mkdir(exist_ok=True)
            if file in first:
                os.link(first[file], path)
                continue
            first[file] = path
            file.held = 0
            file.lost.clear()
            path.write_bytes(file.durable)
            self._files[path.stat().st_ino] = file
        self._segment = self._inode(LOG_NAME)

    def rot(self, path: Path) -> None:
        """Change a bit of a file on the disk."""
        data = bytearray(path.read_bytes())
        if not data:
            return
        at, bit = self.rng.randrange(len(data)), 1 << self.rng.randrange(8)
        data[at] ^= bit
        file = self._files.setdefault(path.stat().st_ino, File())
        durable = bytearray(file.durable)
        if at < len(durable):
            durable[at] ^= bit
        file.durable = bytes(durable)
        _overwrite(path, bytes(data))

    def _chance(self) -> int:
        return self.rng.choice((0, 50, 90, 100))

    def _some(self, durable: bytes, written: bytes, chance: int) -> bytes:
        """Return what is on the disk of a file of which not all is durable."""
        rng, kept = self.rng, bytearray(durable)
        if durable == written:
            return durable
        for start in range(0, len(written), PAGE):
            page = written[start : start + PAGE]
            if page != durable[start : start + PAGE] and rng.randrange(100) < chance:
                kept += bytes(max(start - len(kept), 0))
                kept[start : start + len(page)] = page
        if len(kept) < len(written) and rng.random() < 1 / 4:
            kept += bytes(len(written) - len(kept))  # its length was durable, its pages not
        if len(kept) > len(written) and rng.randrange(100) < chance:
            del kept[len(written) :]  # it had been cut off
        return bytes(kept)

    def _in(self, name: str, folder: Path) -> bool:
        return (self._folder / name).parent == folder

    def _named_files(self) -> dict[str, File]:
        """Return the file under each name."""
        seen = self._visible()
        return {name: self._files.setdefault(inode, File()) for name, inode in seen.items()}

    def _visible(self) -> dict[str, int]:
        """Return the inode under each name, and forget the files that have none any more."""
        found = {}
        for folder, prefix in ((self._folder, ""), (self._folder / ARCHIVE, f"{ARCHIVE}/")):
            if prefix and not folder.exists():
                continue
            with os.scandir(folder) as entries:
                for entry in entries:
                    if entry.is_file():
                        found[prefix + entry.name] = entry.inode()
        there = dict.fromkeys(found.values())
        self._files = {inode: file for inode, file in self._files.items() if inode in there}
        return dict(sorted(found.items()))

    def _inode(self, name: str) -> int:
        try:
            return (self._folder / name).stat().st_ino
        except FileNotFoundError:
            return 0


def _full() -> OSError:
    return OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def _overwrite(path: Path, data: bytes) -> None:
    """Have other bytes in a file; it stays the same one."""
    descriptor = os.open(path, os.O_WRONLY | os.O_TRUNC | BINARY)
    try:
        os.write(descriptor, data)
    finally:
        os.close(descriptor)

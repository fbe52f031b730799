"""A disk in memory that forgets, tears and fails, and the journal on it.

A write lies in pages until a sync makes it durable. When the power goes, any of the pages written
since then may be on the disk, whatever their order; where one is missing there are zeros.
"""

from __future__ import annotations

from enum import Enum
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Final

from engine.log.head import Head
from engine.log.journal import Journal, JournalError, whole

if TYPE_CHECKING:
    from random import Random

    from engine.log.blocks import Chain

PAGE: Final = 64  # small, so that a small commit has several
NAME: Final = Path("the simulated disk")


class PowerCut(BaseException):
    """The machine goes off now. It is no error of the venue's, and nothing catches it there."""


class Trouble(Enum):
    """What happens to a disk at its next write."""

    OFF_BEFORE = "the power goes before the write"
    OFF_WRITTEN = "the power goes between write and sync"
    OFF_SYNCED = "the power goes behind the sync"
    WRITE_FAILS = "the write fails half way"
    SYNC_FAILS = "the sync fails"
    SLOW = "the sync takes long"


class Disk:
    """One file: what a reader sees, and what is durable of it."""

    def __init__(self, start: bytes) -> None:
        """Begin with a file that is durable."""
        self.data = bytearray(start)
        self.durable = bytes(start)
        self.head: Head | None = None
        self.trouble: Trouble | None = None
        self.slow = 0  # syncs that took long since it was last looked at
        self._since = len(start)  # all from here on was written since the last sync

    def write(self, block: bytes) -> None:
        """Append, not durably. Raises ``OSError``."""
        if self.trouble is Trouble.OFF_BEFORE:
            raise PowerCut
        if self.trouble is Trouble.WRITE_FAILS:
            self.trouble = None
            self.data += block[: len(block) // 2]
            problem = "no space left"
            raise OSError(problem)
        self.data += block

    def sync(self, rng: Random) -> None:
        """Make durable what was written. Raises ``OSError``; what is on the disk is then open."""
        trouble, self.trouble = self.trouble, None
        if trouble is Trouble.OFF_WRITTEN:
            raise PowerCut
        if trouble is Trouble.SYNC_FAILS:
            self.lose(rng)
            problem = "the device does not answer"
            raise OSError(problem)
        self.durable = bytes(self.data)
        self._since = len(self.data)
        if trouble is Trouble.OFF_SYNCED:
            raise PowerCut
        if trouble is Trouble.SLOW:
            self.slow += 1

    def cut(self, end: int) -> None:
        """Cut the file off, durably."""
        del self.data[end:]
        self.durable = bytes(self.data)
        self._since = end

    def lose(self, rng: Random) -> None:
        """Keep of what was not durable some pages only."""
        kept = bytearray(self.durable)
        chance = rng.choice((0, 50, 90, 100))
        for start in range(len(kept) - len(kept) % PAGE, len(self.data), PAGE):
            page = self.data[max(start, len(self.durable)) : start + PAGE]
            if page and rng.randrange(100) < chance:
                kept += bytes(max(start, len(self.durable)) - len(kept)) + page
        if len(kept) < len(self.data) and rng.random() < 1 / 4:
            kept += bytes(len(self.data) - len(kept))  # its length was durable, its pages not
        self.data = kept
        self.trouble = None


class DiskJournal(Journal):
    """The journal, with that disk in the place of the machine's."""

    def __init__(self, disk: Disk, chain: Chain, rng: Random) -> None:
        """Go on behind a chain."""
        super().__init__(NAME, 0, "sync", chain)
        self.size = len(disk.data)
        self.disk = disk
        self.rng = rng
        self.blocks = bytearray(disk.data)  # all that ever was to be written, whole
        self.ends = [len(disk.data)]  # of those blocks

    @classmethod
    def opened(cls, disk: Disk, rng: Random) -> DiskJournal:
        """Open what is on a disk behind its last whole block. Raises ``LogError``."""
        found = whole(BytesIO(disk.data))
        if disk.head is not None and found.chain.number < disk.head.number:
            raise disk.head.missing(found.end, found.chain.number)
        disk.cut(found.end)
        journal = cls(disk, found.chain, rng)
        journal.name_head()
        return journal

    def name_head(self) -> None:
        """Keep the chain's end beside the log."""
        self.disk.head = Head(self.chain.number, self.chain.hash.hex())

    def _name_head(self) -> None:
        if self.chain.durable == self.chain.number:
            self.name_head()

    def _keep_space(self, end: int) -> bool:
        """Have as much space as is asked for."""
        self._reserved = end
        return True

    def _append(self, block: bytes) -> None:
        """Write a block and make it durable."""
        self.disk.write(block)
        self.disk.sync(self.rng)
        self.chain.durable = self.chain.number

    def _write(self, block: bytes) -> None:
        self.blocks += block
        self.ends.append(len(self.blocks))
        self.size += len(block)
        try:
            self._append(block)
        except OSError as error:
            self._broken = True
            problem = f"{self.path} cannot be written ({error})"
            raise JournalError(problem) from error

    def close(self) -> None:
        """Sync what is left and let the disk go."""
        if self._descriptor < 0:
            return
        self._descriptor = -1
        if self.buffer and not self._broken:
            self.sync()

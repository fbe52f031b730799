"""Where a block of a log is, so that a log can be read from there on."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from engine.log.blocks import Chain, Reader
from engine.log.segments import LogFile

if TYPE_CHECKING:
    from typing import BinaryIO


class SnapshotError(Exception):
    """A snapshot that is of no use; the text says why."""


class Place(msgspec.Struct, frozen=True, array_like=True):
    """A block of a log: which, and where it is."""

    segment: int  # 1, 2, 3 ...
    start: int  # of the block in its segment
    end: int
    number: int
    hash: bytes
    marker: bytes  # of the log's blocks
    known: int  # the last block that was known to be durable then, this one or one before it

    @classmethod
    def behind(cls, reader: Reader, file: LogFile, head: int) -> Place:
        """Return the place of the last block that was read; ``head`` is known to be durable."""
        chain = reader.chain
        segment, start = file.segments.locate(reader.last)
        end = start + reader.end - reader.last
        known = min(max(reader.known, head), chain.number)
        return cls(segment, start, end, chain.number, chain.hash, chain.marker, known)

    def reader(self, file: BinaryIO) -> Reader:
        """Return what reads a log, opened from this segment or an earlier one, behind this block.

        Raises ``SnapshotError`` where the log has another block there.
        """
        chain = Chain()
        chain.marker = self.marker
        chain.follow(self.number, self.hash)
        chain.durable = self.number
        base = file.segments.start_of(self.segment) if isinstance(file, LogFile) else 0
        reader = Reader(file, chain, base + self.end)
        reader.last = base + self.start
        reader.known = self.known
        if not reader.has(reader.last, self.number, self.hash, self.marker):
            problem = f"the log has another block {self.number}, or none"
            raise SnapshotError(problem)
        return reader

"""The log's file: append to a buffer, make it durable with one sync, read it back.

A journal is one file, ``venue.log``, in a venue's directory; a lock keeps a second process out. It
is made whole or not at all: its first block is written aside and renamed once it is durable. What
is cut off its end, because the commit it belonged to was never durable, is kept beside it.

A server has space reserved ahead of what is written, so that a full disk is known before a byte of
a block is on it: with less than half of it left, new orders are to be refused; with less than a
quarter, cancels too; the rest is for the clock and the operator.
"""

import os
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO, Final

from engine.log.blocks import HEADER, MAX_GENESIS, Chain, Kind, Reader, is_cut_genesis
from engine.log.files import (
    BINARY,
    HELD,
    NO_SPACE,
    RENAMES_OPEN,
    lock,
    reserve,
    sync_data,
    sync_folder,
    write_again,
    write_data,
)
from engine.log.head import HEAD_NAME, Head, compare, read_head, write_head
from engine.log.places import Place
from engine.log.records import decode_genesis, encode_genesis, encode_state, no_genesis
from engine.log.segments import (
    LOG_NAME,
    SEGMENT_SIZE,
    LogFile,
    keep_aside,
    next_segment,
    open_segments,
)
from engine.rulebook.model import Rulebook

FILE_NAME: Final = LOG_NAME
_ASIDE: Final = "venue.log.new"
_LOOK: Final = 128  # bytes of a log's start that tell what it is
DURABILITY: Final = ("sync", "interval", "none")
AHEAD: Final = 1 << 24  # bytes that are reserved ahead
_LEAST: Final = 1 << 12  # bytes that it is worth to ask for
_UNBOUNDED: Final = 1 << 62  # nothing was reserved: what a write says counts


class JournalError(Exception):
    """The journal cannot be used; the text says what to do about it."""


class Journal:
    """A log file opened for appending.

    ``durability`` is ``sync`` (each block is durable once it is written), ``interval`` (blocks are
    when ``make_durable`` has returned, which is the caller's to call) or ``none``.
    """

    def __init__(self, path: Path, descriptor: int, durability: str, chain: Chain) -> None:
        """Wrap an open, locked file, positioned behind ``chain``; use ``create`` or ``open``."""
        self.path = path
        self.durability = durability
        self.buffer = bytearray()  # whole runs of commands, waiting for the next sync
        self.syncs = 0
        self.cut = 0  # bytes of a commit that was not whole, and never acknowledged, when opened
        self.kept: Path | None = None  # where those bytes are now
        self.chain = chain
        self.segment = 1  # the number of this file
        self.segment_size = SEGMENT_SIZE
        self.before = 0  # bytes of the segments before it
        self.ahead = AHEAD
        self.size = 0  # bytes written
        self._reserved = _UNBOUNDED  # the offset up to which the disk has space for certain
        self._descriptor = descriptor
        self._broken = False

    @classmethod
    def create(
        cls, directory: Path, rulebook: Rulebook, time: int, durability: str = "sync"
    ) -> "Journal":
        """Start a log whose genesis is durable on return.

        Raises ``JournalError``, and ``RulebookError`` where the rulebook is too large for a log.
        """
        chain = Chain()
        genesis = encode_genesis(rulebook, time, chain)
        made = [each for each in (directory, *directory.parents) if not each.exists()]
        directory.mkdir(parents=True, exist_ok=True)
        path, aside = directory / FILE_NAME, directory / _ASIDE
        descriptor = os.open(aside, os.O_CREAT | os.O_RDWR | BINARY, 0o640)
        _lock(descriptor, path)
        journal = cls(path, descriptor, durability, chain)
        try:
            _refuse_another(directory)  # under the lock: nobody else makes one now
            os.ftruncate(descriptor, 0)
            journal._write(genesis)
            if durability == "interval":
                journal.make_durable()
            journal._take_name(aside)
            for each in (directory, *(folder.parent for folder in made)):
                sync_folder(each)
        except BaseException:
            journal.buffer = bytearray()  # a failed write may still hold the old one
            journal.close()
            aside.unlink(missing_ok=True)
            raise
        return journal

    def _take_name(self, aside: Path) -> None:
        """Rename the file to what it is for, once it is durable.

        Where an open file keeps its name, it is closed meanwhile; whoever comes first then has it.
        """
        if RENAMES_OPEN:
            aside.replace(self.path)
            return
        os.close(self._descriptor)
        self._descriptor = -1
        aside.replace(self.path)
        descriptor = os.open(self.path, os.O_RDWR | BINARY)
        _lock(descriptor, self.path)
        os.lseek(descriptor, 0, os.SEEK_END)
        self._descriptor = descriptor

    @classmethod
    def open(
        cls, directory: Path, durability: str = "sync", behind: Place | None = None
    ) -> "Journal":
        """Open a log to append to it, behind its last whole block; a torn commit is cut off.

        It is read from behind a block that is known to be right, if there is one. Raises
        ``JournalError`` when it is missing or in use, ``LogError`` when it is damaged.
        """
        path = directory / FILE_NAME
        descriptor = opened_alone(path)
        kept = None
        try:
            with open_log(directory, behind.segment if behind is not None else 1) as file:
                found = whole(file, directory, behind)
                file.segments.hold_whole(found.end)
                if found.torn:
                    kept = keep_aside(file, path, found)
                number, end = file.segments.locate(found.end)
            os.ftruncate(descriptor, end)
            write_again(descriptor, end - _unsure(found, end, read_head(directory)), end)
            os.lseek(descriptor, end, os.SEEK_SET)
            sync_data(descriptor)
            _write_head(directory, found.chain)
        except BaseException:
            os.close(descriptor)
            raise
        journal = cls(path, descriptor, durability, found.chain)
        journal.size = end
        journal.segment = number
        journal.before = found.end - end
        journal.cut = found.torn
        journal.kept = kept
        return journal

    @property
    def room(self) -> int:
        """Return how many reserved bytes are left behind what was appended."""
        return self._reserved - self.size - len(self.buffer)

    def reserve(self) -> bool:
        """Reserve space ahead, or what there is of it; say whether that is plenty.

        Raises ``JournalError`` where the disk fails.
        """
        end = self.size + len(self.buffer)
        if self._reserved == _UNBOUNDED:
            self._reserved = end
        ask = self.ahead
        while ask >= _LEAST and ask > self.room:
            if self._keep_space(end + ask):
                break
            ask //= 2
        return self.room >= self.ahead // 4 * 3

    def _keep_space(self, end: int) -> bool:
        """Reserve space up to an offset; say whether there is so much. Raises ``JournalError``."""
        try:
            found = reserve(self._descriptor, self.size, end - self.size)
        except OSError as error:
            self._broken = True
            raise self._failed(error) from error
        if found:
            self._reserved = end
        return found

    def _fits(self, length: int) -> bool:
        """Say whether a block of this length can be written without asking the disk."""
        end = self.size + HEADER.size + length
        return end <= self._reserved or self._keep_space(end)

    def sync(self) -> None:
        """Write what was appended as one block, in ``sync`` durable. Raises ``JournalError``.

        After a failed write or sync there is no knowing what is on the disk, so the journal takes
        nothing more: the venue must be restarted from what the log holds. Where space is reserved
        and the block does not fit, nothing of it is written, and that is the end too.
        """
        if self._broken:
            problem = f"{self.path} failed before: restart from the log"
            raise JournalError(problem)
        if not self._fits(len(self.buffer)):
            self._broken = True
            problem = f"{self.path} has no space left: free the disk, then restart"
            raise JournalError(problem)
        self._write(self.chain.add(Kind.RUNS, self.buffer) + self.buffer)
        self.syncs += 1
        self.buffer.clear()
        if self.size >= self.segment_size:
            self.roll()

    def mark(self, seq: int, state: str) -> None:
        """Say in a block what state the commands so far have come to. Raises ``JournalError``.

        Where there is no space for it, it is not said: a log need not have it.
        """
        body = encode_state(seq, state)
        if not self._broken and self._fits(len(body)):
            self._write(self.chain.add(Kind.STATE, body) + body)
            if self.durability == "interval":
                self.make_durable()
            self._name_head()

    @property
    def total(self) -> int:
        """How many bytes were written, those of earlier segments included that were read."""
        return self.before + self.size

    def roll(self) -> None:
        """Begin a new segment; all that was written is durable then. Raises ``JournalError``.

        Where the new file cannot be made, the old one is gone on with, and it is tried again later.
        """
        scarce = self.room < self.ahead // 2  # what is reserved is given back first
        if scarce or self._broken or not RENAMES_OPEN:
            return
        self._end_segment()
        descriptor = next_segment(self.path, self.path.with_name(_ASIDE), self.chain, self.segment)
        if descriptor < 0:
            self.segment_size = self.size + SEGMENT_SIZE
            return
        os.close(self._descriptor)
        self._descriptor = descriptor
        self.segment += 1
        self.before += self.size
        self.size = os.lseek(descriptor, 0, os.SEEK_END)
        self.chain.durable = self.chain.number
        self.segment_size = SEGMENT_SIZE
        if self._reserved != _UNBOUNDED:
            self._reserved = self.size
        try:
            sync_folder(self.path.parent)
        except OSError as error:
            self._broken = True
            raise self._failed(error) from error

    def _end_segment(self) -> None:
        """Make durable what was written, and give back what was reserved behind it."""
        try:
            os.ftruncate(self._descriptor, self.size)
            sync_data(self._descriptor)
        except OSError as error:
            self._broken = True
            raise self._failed(error) from error
        self.chain.durable = self.chain.number
        if self._reserved != _UNBOUNDED:
            self._reserved = self.size

    def _name_head(self) -> None:
        """Keep the chain's end beside the log, if it is durable. Raises ``JournalError``."""
        if self.chain.durable != self.chain.number:
            return
        try:
            _write_head(self.path.parent, self.chain)
        except OSError as error:
            self._broken = True
            problem = f"{self.path.parent} cannot be written to ({error}): free it, then restart"
            raise JournalError(problem) from error

    def _write(self, block: bytes) -> None:
        try:
            done = write_data(self._descriptor, block)
            while done < len(block):
                done += write_data(self._descriptor, block[done:])
            self.size += done
        except OSError as error:
            self._broken = True
            raise self._failed(error) from error
        if self.durability == "sync":
            self.make_durable()

    def make_durable(self) -> None:
        """Make durable what was written, if it is not. Raises ``JournalError``."""
        if self.chain.durable == self.chain.number or self._broken:
            return
        try:
            sync_data(self._descriptor)
        except OSError as error:
            self._broken = True
            raise self._failed(error) from error
        self.chain.durable = self.chain.number

    def _failed(self, error: OSError) -> JournalError:
        problem = f"{self.path} cannot be written ({error}): free the disk, then restart"
        return JournalError(problem)

    @property
    def closed(self) -> bool:
        """Whether the file was let go."""
        return self._descriptor < 0

    def close(self) -> None:
        """Sync what is left and let the file go; closing twice is harmless."""
        if self._descriptor < 0:
            return
        try:
            if self.buffer and not self._broken:
                self.sync()
            if self.durability == "interval":
                self.make_durable()
            if self._reserved != _UNBOUNDED and not self._broken:
                with suppress(OSError):  # a reader takes zeros for what they are
                    os.ftruncate(self._descriptor, self.size)
        finally:
            os.close(self._descriptor)
            self._descriptor = -1


def _unsure(found: Reader, size: int, head: Head | None) -> int:
    """Return how many bytes at a file's end nothing knows to be durable."""
    known = max(found.known, head.number if head is not None else -1)
    if known >= found.chain.number:
        return 0
    return found.end - found.last if known == found.chain.number - 1 else size


def _write_head(directory: Path, chain: Chain) -> None:
    """Name the chain's end beside the log. Without space the one before stays, and is right."""
    try:
        write_head(directory, chain)
    except OSError as error:
        if error.errno not in NO_SPACE:
            raise


def open_log(directory: Path, since: int = 1) -> LogFile:
    """Open a directory's log to read it from a segment on, 0 for all that is there.

    Raises ``JournalError`` when there is none, or a segment is missing.
    """
    try:
        return open_segments(directory, since)
    except FileNotFoundError as error:
        path = Path(error.filename or error.args[0])
        if path.name == FILE_NAME:
            problem = f"{path} does not exist: name a directory that holds a log"
        else:
            problem = f"{path} does not exist: put that part of the log back"
        raise JournalError(problem) from None


def holds_log(directory: Path) -> bool:
    """Say whether a directory has a log that anything was promised in.

    One that a full disk, or power that went, cut in its first block is none: nothing came of it.
    """
    path = directory / FILE_NAME
    try:
        with path.open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            start = file.read(_LOOK)
            if not any(start) and size <= MAX_GENESIS:
                start += file.read()
    except FileNotFoundError:
        return False
    return not is_cut_genesis(start, size)


def _refuse_another(directory: Path) -> None:
    path = directory / FILE_NAME
    head = directory / HEAD_NAME
    if head.exists() and not holds_log(directory):
        problem = f"{head} is here, and its log is not: restore that, or choose another directory"
        raise JournalError(problem)
    if holds_log(directory):
        problem = f"{path} exists already: open it to go on, or choose another directory"
        raise JournalError(problem)


def opened_alone(path: Path) -> int:
    """Open a log and keep others out of it. Raises ``JournalError``."""
    try:
        descriptor = os.open(path, os.O_RDWR | BINARY)
    except FileNotFoundError:
        problem = f"{path} does not exist: name a directory that holds a log"
        raise JournalError(problem) from None
    _lock(descriptor, path)
    return descriptor


def whole(file: BinaryIO, directory: Path | None = None, behind: Place | None = None) -> Reader:
    """Read all blocks; return the reader behind the last whole one. Raises ``LogError``.

    Where a directory is given, its head must be in the log.
    """
    head = read_head(directory) if directory is not None else None
    reader = Reader(file) if behind is None else behind.reader(file)
    for block in reader.blocks():
        if block.number == 0:
            decode_genesis(block.body)
        if directory is not None:
            compare(head, block, directory)
    if reader.end == 0:
        file.seek(0)
        raise no_genesis(file.read(MAX_GENESIS))
    if head is not None and reader.chain.number < head.number:
        raise head.missing(reader.end, reader.chain.number)
    return reader


def _lock(descriptor: int, path: Path) -> None:
    try:
        lock(descriptor)
    except OSError as error:
        os.close(descriptor)
        if not isinstance(error, HELD):
            raise
        problem = f"{path} is in use by another process: stop it, or choose another directory"
        raise JournalError(problem) from None

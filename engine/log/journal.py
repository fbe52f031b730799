"""The log's file: append to a buffer, make it durable with one sync, read it back.

A journal is one file, ``venue.log``, in a directory that holds nothing else; a lock keeps a second
process out.
"""

import os
from pathlib import Path
from typing import Final

from engine.log.files import BINARY, lock, sync_data, sync_folder
from engine.log.records import LogError, decode_genesis, encode_genesis, frames
from engine.rulebook.model import Rulebook

FILE_NAME: Final = "venue.log"
DURABILITY: Final = ("fdatasync", "none")


class JournalError(Exception):
    """The journal cannot be used; the text says what to do about it."""


class Journal:
    """A log file opened for appending. ``durability`` is ``fdatasync`` or ``none``."""

    def __init__(self, path: Path, descriptor: int, durability: str) -> None:
        """Wrap an open, locked, positioned file; use ``create`` or ``open``."""
        self.path = path
        self.durability = durability
        self.buffer = bytearray()  # whole frames, waiting for the next sync
        self.syncs = 0
        self._descriptor = descriptor
        self._broken = False

    @classmethod
    def create(
        cls, directory: Path, rulebook: Rulebook, time: int, durability: str = "fdatasync"
    ) -> "Journal":
        """Start a log whose genesis is durable on return. Raises ``JournalError``."""
        directory.mkdir(parents=True, exist_ok=True)
        path = directory / FILE_NAME
        flags = os.O_CREAT | os.O_EXCL | os.O_RDWR | BINARY
        try:
            descriptor = os.open(path, flags, 0o640)
        except FileExistsError:
            problem = f"{path} exists already: open it to go on, or choose another directory"
            raise JournalError(problem) from None
        _lock(descriptor, path)
        journal = cls(path, descriptor, durability)
        journal.buffer += encode_genesis(rulebook, time)
        journal.sync()
        sync_folder(directory)
        return journal

    @classmethod
    def open(cls, directory: Path, durability: str = "fdatasync") -> "Journal":
        """Open a log to append to it, behind its last whole record; a torn tail is cut off.

        Raises ``JournalError`` when it is missing or in use, ``LogError`` when it is damaged.
        """
        path = directory / FILE_NAME
        try:
            descriptor = os.open(path, os.O_RDWR | BINARY)
        except FileNotFoundError:
            problem = f"{path} does not exist: name a directory that holds a log"
            raise JournalError(problem) from None
        _lock(descriptor, path)
        try:
            end = whole_end(path.read_bytes())
            os.ftruncate(descriptor, end)
            os.lseek(descriptor, end, os.SEEK_SET)
            os.fsync(descriptor)
        except BaseException:
            os.close(descriptor)
            raise
        return cls(path, descriptor, durability)

    def sync(self) -> None:
        """Write what was appended and make it durable. Raises ``JournalError``, then for good.

        After a failed write or sync there is no knowing what is on the disk, so the journal takes
        nothing more: the venue must be restarted from what the log holds.
        """
        if self._broken:
            problem = f"{self.path} failed before: restart from the log"
            raise JournalError(problem)
        try:
            view = memoryview(self.buffer)
            done = 0
            while done < len(view):
                done += os.write(self._descriptor, view[done:])
            view.release()
            if self.durability == "fdatasync":
                sync_data(self._descriptor)
        except OSError as error:
            self._broken = True
            problem = f"{self.path} cannot be written ({error}): free the disk, then restart"
            raise JournalError(problem) from error
        self.syncs += 1
        self.buffer.clear()

    def close(self) -> None:
        """Sync what is left and let the file go; closing twice is harmless."""
        if self._descriptor < 0:
            return
        try:
            if self.buffer and not self._broken:
                self.sync()
        finally:
            os.close(self._descriptor)
            self._descriptor = -1


def read_log(directory: Path) -> bytes:
    """Return the bytes of a directory's log. Raises ``JournalError`` when there is none."""
    path = directory / FILE_NAME
    try:
        return path.read_bytes()
    except FileNotFoundError:
        problem = f"{path} does not exist: name a directory that holds a log"
        raise JournalError(problem) from None


def whole_end(data: bytes) -> int:
    """Return the offset behind the last whole frame. Raises ``LogError``."""
    end = 0
    for payload, behind in frames(data):
        if end == 0:
            decode_genesis(payload)
        end = behind
    if end == 0:
        raise LogError(0, "no genesis record; this is not a log, or it was cut at its very start")
    return end


def _lock(descriptor: int, path: Path) -> None:
    try:
        lock(descriptor)
    except OSError:
        os.close(descriptor)
        problem = f"{path} is in use by another process: stop it, or choose another directory"
        raise JournalError(problem) from None

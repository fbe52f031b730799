"""What is said where a start needs something of the disk that it does not get."""

from __future__ import annotations

import errno
import os
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

from engine.log.files import NO_SPACE
from engine.log.head import HEAD_NAME
from engine.log.journal import JournalError
from engine.log.segments import ARCHIVE, LOG_NAME
from engine.log.snapshot import ASIDE_NAME, SNAPSHOT_NAME

if TYPE_CHECKING:
    from collections.abc import Iterator

# What a start does with a file of a venue's folder, by how its name begins.
_WHAT_FOR: Final = {
    f"{LOG_NAME}.torn.": "a start keeps there what it cuts off the log",
    LOG_NAME: "a start reads the log, cuts off what is not whole and makes the rest durable",
    HEAD_NAME: "a start reads there how far the log was durable, and writes it",
    SNAPSHOT_NAME: "a start reads a snapshot, or sets it aside where the log has lost its end",
    ASIDE_NAME: "a start sets a snapshot aside there whose end the log has lost",
    ARCHIVE: "a start may need the log's earlier segments",
}
_FOLDER: Final = "a start reads and writes the venue's folder"
_PERMIT: Final = "let the venue's user read and write it"
_MORE_OPEN: Final = "let the process open more files"
_OTHERWISE: Final = "see to the disk, or restore a copy on another"
_REMEDIES: Final = {
    **dict.fromkeys(NO_SPACE, "free the disk"),
    errno.EACCES: _PERMIT,
    errno.EPERM: _PERMIT,
    errno.EROFS: "make the disk one that can be written",
    errno.EMFILE: _MORE_OPEN,
    errno.ENFILE: _MORE_OPEN,
    errno.ENOTDIR: "one of the folders on the way is a file, so name another",
    errno.EEXIST: "a file is where a folder should be, so name another",
    errno.EISDIR: "a folder is where a file should be, so move it away",
    errno.ENAMETOOLONG: "choose a shorter name",
}


class StartError(JournalError):
    """A disk that keeps a venue from starting. What was acknowledged is in the log still."""

    def __init__(self, path: Path, number: int, said: str) -> None:
        """Name the file, and the system's number and text of what is wrong with it."""
        super().__init__(path, number, said)
        self.path = path
        self.errno = number
        self.said = said

    def __str__(self) -> str:
        """Return where it is, what is wrong, what a start does there and what to do."""
        name = self.path.name
        what = next((text for begin, text in _WHAT_FOR.items() if name.startswith(begin)), _FOLDER)
        said = self.said[:1].lower() + self.said[1:]
        remedy = _REMEDIES.get(self.errno, _OTHERWISE)
        return f"{self.path}: {said}; {what}: {remedy}, then start again"


@contextmanager
def starting(directory: Path) -> Iterator[None]:
    """Say of a disk that fails which file it was and what to do. Raises ``StartError``."""
    try:
        yield
    except OSError as error:
        path = Path(os.fsdecode(error.filename)) if error.filename else directory / LOG_NAME
        said = error.strerror or str(error) or "the disk failed"
        raise StartError(path, error.errno or errno.EIO, said) from error

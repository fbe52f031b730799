"""Where the older reports of all accounts lie: a file that is never synced, and made anew.

It is a cache. A venue that starts makes all reports again from its log, and the spool with them; so
the file has no name, and ends with its process, however that ends. With a snapshot, which has what
was spooled until then in a file beside it, the spool goes on behind that file, which it only reads.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from engine.log.files import made_aside, read_data, sync_data, write_data
from engine.log.snapshot import beside
from gateway.server.report_store import ReportStore, StoreError

if TYPE_CHECKING:
    from io import FileIO
    from pathlib import Path
    from typing import BinaryIO

NAME: Final = "reports"
_PIECE: Final = 1 << 20


class Spool(ReportStore):
    """A store in a file.

    A place counts from the first byte ever spooled. What lies before ``_kept`` is in the
    snapshot's file, the rest in the one without a name.
    """

    WIRING = ("_file", "_folder", "_found", "_kept", "_snapshot", "_written")
    __slots__ = ("_file", "_folder", "_found", "_kept", "_snapshot", "_written", "digest", "size")

    def __init__(self, folder: Path) -> None:
        """Begin without any; the file is made in the folder once there is something for it."""
        self.size = 0
        self.digest = b""  # of all, as a snapshot has it
        self._folder: Path | None = folder
        self._kept = 0
        self._found = b""  # the digest of what is before it
        self._written = _digest()  # of what is behind it
        self._snapshot: FileIO | None = None
        self._file: FileIO | None = None

    def wire(self) -> None:
        """Come out of a snapshot; ``find`` says where that is."""
        self._folder = self._snapshot = self._file = None
        self._kept, self._found, self._written = self.size, b"", _digest()

    def put(self, data: bytes) -> int | None:
        """Keep bytes and return their place; ``None`` where the disk does not take them."""
        if self._folder is None:
            return None
        try:
            if self._file is None:
                file = tempfile.TemporaryFile(dir=self._folder, buffering=0)  # noqa: SIM115 - kept
                self._file = file
            _write(self._file, self.size - self._kept, data)
        except OSError:
            return None
        self._written.update(data)
        place = self.size
        self.size += len(data)
        return place

    def get(self, place: int, size: int) -> bytes:
        """Return bytes that were put there. Raises ``StoreError``."""
        before = place < self._kept
        file = self._snapshot if before else self._file
        try:
            data = _read(file, place if before else place - self._kept, size) if file else b""
        except OSError as error:
            raise StoreError(str(error)) from error
        if len(data) != size:
            problem = f"{len(data)} of {size} bytes are there"
            raise StoreError(problem)
        return data

    # -- snapshots --------------------------------------------------------------------------------

    def keep(self, snapshot: Path) -> None:
        """Put a durable copy of all beside a snapshot. Raises ``OSError``.

        What is copied must still be what it was when it was written, or when the last snapshot's
        file was found.
        """
        self.digest = b""
        if not self.size:
            return
        path = beside(snapshot, NAME)
        aside = path.with_name(f"{path.name}.new")
        digest, since = _digest(), _digest()
        with os.fdopen(made_aside(aside), "wb") as copy:
            self._copy(0, self._kept, copy, digest)
            before = digest.digest()
            self._copy(self._kept, self.size, copy, digest, since)
            if since.digest() != self._written.digest() or (self._kept and before != self._found):
                problem = "the reports on the disk have changed"
                raise OSError(problem)
            copy.flush()
            sync_data(copy.fileno())
        aside.replace(path)
        self.digest = digest.digest()

    def _copy(self, place: int, end: int, copy: BinaryIO, *digests: hashlib.blake2b) -> None:
        while place < end:
            stop = min(end, place + _PIECE)
            try:
                piece = self.get(place, stop - place)
            except StoreError as error:
                raise OSError(str(error)) from error
            copy.write(piece)
            for digest in digests:
                digest.update(piece)
            place = stop

    def find(self, snapshot: Path) -> None:
        """Go on behind what lies beside a snapshot. Raises ``OSError``, and ``ValueError``."""
        self._folder = snapshot.parent
        if not self.size:
            return
        path = beside(snapshot, NAME)
        file = path.open("rb", buffering=0)
        digest, left = _digest(), self.size
        while left and (piece := file.read(min(left, _PIECE))):
            digest.update(piece)
            left -= len(piece)
        if digest.digest() != self.digest:
            file.close()
            problem = f"{path.name} is not what was kept"
            raise ValueError(problem)
        self._snapshot, self._found = file, self.digest

    def close(self) -> None:
        """Let go of the files; nothing can be read any more."""
        for file in (self._file, self._snapshot):
            if file is not None:
                with suppress(OSError):
                    file.close()
        self._file = self._snapshot = self._folder = None


def _digest() -> hashlib.blake2b:
    return hashlib.blake2b(digest_size=32)


def _write(file: FileIO, at: int, data: bytes) -> None:
    file.seek(at)
    left = memoryview(data)
    while left:
        left = left[write_data(file.fileno(), left) :]


def _read(file: FileIO, at: int, size: int) -> bytes:
    file.seek(at)
    found = bytearray()
    while len(found) < size and (piece := read_data(file.fileno(), size - len(found))):
        found += piece
    return bytes(found)

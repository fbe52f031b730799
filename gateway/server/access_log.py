"""Who was let in and how that ended, who was not, and what operators did: chained by hashes.

It is a file beside the log, and has starts and stops, limits that change, and accounts files that
were read again. A start without a stop before it came after a crash.

Each line is a JSON object with a number, the hash of the line before, the time, and the number of
the log's last record then, so that it has its place among the orders. A line that was changed, left
out or put in breaks the chain. What is written is on the disk before the tick's answers leave.

Strangers cannot fill it: of a minute's refused logons the first have a line each; the others, and
connections that ended without one, are counted, and their numbers are written once a minute. Nor
can members, by logging on and off: a file that is long enough gets a number, another begins, and so
many are kept. One chain runs through all of them.
"""

from __future__ import annotations

import json
import os
from contextlib import suppress
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Final

from engine.log.files import BINARY, sync_data, sync_folder

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from typing import TypeAlias

    from gateway.protocol.wire import Logon
    from gateway.server.accounts import Admission
    from gateway.server.connection import Connection

    Line: TypeAlias = tuple[bytes, dict[str, Any]]

FILE_NAME: Final = "access.log"  # in the venue's folder
FILE_SIZE: Final = 1 << 23  # bytes, from which on the next line begins another file
EARLIER: Final = 7  # files that are kept beside the one that is written
CONTINUED: Final = "continued"  # the first line of every file but the first
COUNT_EVERY: Final = 60_000_000_000  # ns between counts of refusals
NAMED: Final = 20  # refused logons between two counts that have a line of their own
MOST_WAITING: Final = 10_000  # lines that wait for a disk that fails; the oldest go
REFUSED: Final = "credentials"  # the end of one who was refused, which is counted already
BEGIN: Final = "0" * 64  # what stands for the line before the first


class AccessLogError(ValueError):
    """A file whose chain does not hold; the text names the line."""


class AccessLog:
    """Appends to the file of one venue."""

    def __init__(self, folder: Path) -> None:
        """Go on behind the last whole line. Raises ``AccessLogError`` and ``OSError``."""
        self.path = folder / FILE_NAME
        self.failure = ""  # why the last attempt to write did not come off
        self.lost = 0  # lines that found no room
        self._number, self._hash, end = 0, BEGIN, 0
        self._earlier = earlier_in(folder)
        for path in (*self._earlier, *([self.path] if self.path.exists() else [])):
            for line, found in lines_of(path, self._number, self._hash):
                self._number, self._hash = found["number"], digest(line)
                end += len(line) if path == self.path else 0
        self._end = end  # behind it is what a crash left of a line on which nothing was answered
        self._waiting: list[dict[str, Any]] = []
        self._on: dict[int, Logon] = {}  # sessions whose end is to be written, by their numbers
        self._strangers = 0
        self._named = 0  # refused logons that have a line of their own, since the last count
        self._refused = 0  # and others
        self._first_refused: dict[str, str] = {}
        self._counted_at = 0

    def note(self, what: str, **said: object) -> None:
        """Keep something for the next ``commit``."""
        if len(self._waiting) >= MOST_WAITING:
            del self._waiting[0]
            self.lost += 1
        self._waiting.append({"what": what, **said})

    def judged(self, connection: Connection, admission: Admission | None) -> None:
        """Note who was let in; count who was not."""
        logon, host = connection.logon, connection.host
        assert logon is not None
        if admission is None:
            self.refused(logon.account, host)
            return
        self._on[connection.number] = logon
        self.note(
            "logon",
            account=logon.account,
            member=logon.member,
            key_name=logon.key_name,
            permission=admission.permission,
            host=host,
            session=connection.number,
        )

    def ended(self, connection: Connection, what: str, why: str) -> None:
        """Note how a session ended; count those of connections without a logon."""
        if what == "logon":
            return
        logon = self._on.pop(connection.number, None)
        if logon is not None:
            self.note(
                "session_ended",
                account=logon.account,
                key_name=logon.key_name,
                host=connection.host,
                session=connection.number,
                reason=what,
                why=why,
                messages=connection.taken,
            )
        elif what != REFUSED:
            self._strangers += 1

    def refused(self, account: str, host: str) -> None:
        """Note a refused logon; of those above ``NAMED`` between two counts the first is named."""
        who = {"account": account[:256], "host": host}
        if self._named < NAMED:
            self._named += 1
            self.note("logon_refused", **who)
            return
        if not self._refused:
            self._first_refused = who
        self._refused += 1

    def commit(self, now: int, record: int) -> None:
        """Write what waits, durably; ``record`` is the number of the log's last."""
        if (self._named or self._refused or self._strangers) and not (
            self._counted_at - COUNT_EVERY <= now < self._counted_at
        ):
            self._count(now)
        if not self._waiting:
            return
        if self._end >= FILE_SIZE:
            with suppress(OSError):  # the file is gone on with, and it is tried again
                self._begin_another()
        number, previous, data = self._number, self._hash, b""
        begins = [{"what": CONTINUED}] if number and not self._end else []
        for said in (*begins, *self._waiting):
            number += 1
            whole = {"number": number, "previous": previous, "time": now, "record": record} | said
            line = json.dumps(whole).encode() + b"\n"
            data, previous = data + line, digest(line)
        try:
            self._write(data)
        except OSError as error:
            self.failure = str(error)  # it waits, and is tried again; trading does not stop for it
            return
        self.failure = ""
        self._number, self._hash = number, previous
        self._end += len(data)
        self._waiting.clear()

    def _count(self, now: int) -> None:
        """Note how many there were since the last count."""
        if self._refused:
            self.note("logons_refused", count=self._refused, first=self._first_refused)
        if self._strangers:
            self.note("strangers_ended", count=self._strangers)
        self._named = self._refused = self._strangers = 0
        self._counted_at = now + COUNT_EVERY

    def _write(self, data: bytes) -> None:
        """Put lines behind the last whole one, durably. Raises ``OSError``."""
        flags = os.O_CREAT | os.O_WRONLY | BINARY
        with os.fdopen(os.open(self.path, flags, 0o600), "wb") as file:
            file.truncate(self._end)
            file.seek(self._end)
            file.write(data)
            file.flush()
            sync_data(file.fileno())
        if not self._end:
            sync_folder(self.path.parent)

    def _begin_another(self) -> None:
        """Give the file its number, and remove the oldest beyond those kept. For ``OSError``.

        What a failed write left behind its last whole line is cut off first.
        """
        with self.path.open("r+b") as file:
            file.truncate(self._end)
            sync_data(file.fileno())
        number = number_of(self._earlier[-1]) + 1 if self._earlier else 1
        name = self.path.with_name(f"{FILE_NAME}.{number:06}")
        self.path.replace(name)
        self._end = 0
        self._earlier.append(name)
        while len(self._earlier) > EARLIER:
            self._earlier.pop(0).unlink(missing_ok=True)


def digest(line: bytes) -> str:
    """Return the hash by which the next line holds on to a line."""
    return sha256(line).hexdigest()


def number_of(path: Path) -> int:
    """Return the number of a file that is not written any more."""
    return int(path.name.removeprefix(f"{FILE_NAME}."))


def earlier_in(folder: Path) -> list[Path]:
    """Return the files before the one that is written, the oldest first."""
    return sorted(folder.glob(f"{FILE_NAME}.[0-9]*"), key=number_of)


def lines_of(path: Path, number: int = 0, previous: str = BEGIN) -> Iterator[Line]:
    """Yield each whole line and what it says, behind the last line of the file before.

    Where that is not known the file may be one that goes on where another ended. Raises
    ``AccessLogError`` where the chain breaks.
    """
    with path.open("rb") as file:
        for row, line in enumerate(file, 1):
            if not line.endswith(b"\n"):
                return  # the end of a line that a crash cut
            try:
                said = json.loads(line)
                if not number and said["what"] == CONTINUED:
                    number, previous = said["number"] - 1, said["previous"]
                holds = said["number"] == number + 1 and said["previous"] == previous
            except (ValueError, KeyError, TypeError):
                holds = False
            if not holds:
                problem = f"{path}: line {row} is not the one that was written behind the last"
                raise AccessLogError(problem)
            number, previous = said["number"], digest(line)
            yield line, said

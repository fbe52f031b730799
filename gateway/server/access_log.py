"""Who was let in and how that ended, who was not, and what operators did: chained by hashes.

It is a file beside the log, and has starts and stops, limits that change, and accounts files that
were read again. A start without a stop before it came after a crash.

Each line is a JSON object with a number, the hash of the line before, the time, and the number of
the log's last record then, so that it has its place among the orders. A line that was changed, left
out or put in breaks the chain. What is written is on the disk before the tick's answers leave.

Strangers cannot fill it: refused logons, and connections that ended without one, are counted, and
their numbers are written once a minute.
"""

from __future__ import annotations

import json
import os
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Final

from engine.log.files import BINARY, sync_data, sync_folder

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from gateway.protocol.wire import Logon
    from gateway.server.accounts import Admission
    from gateway.server.connection import Connection

FILE_NAME: Final = "access.log"  # in the venue's folder
COUNT_EVERY: Final = 60_000_000_000  # ns between counts of refusals
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
        if self.path.exists():
            for line, found in lines_of(self.path):
                self._number, self._hash = found["number"], digest(line)
                end += len(line)
        self._end = end  # behind it is what a crash left of a line on which nothing was answered
        self._waiting: list[dict[str, Any]] = []
        self._on: dict[int, Logon] = {}  # sessions whose end is to be written, by their numbers
        self._strangers = 0
        self._refused = 0
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
        """Count a refused logon; of those between two lines the first is named."""
        if not self._refused:
            self._first_refused = {"account": account[:256], "host": host}
        self._refused += 1

    def commit(self, now: int, record: int) -> None:
        """Write what waits, durably; ``record`` is the number of the log's last."""
        if (self._refused or self._strangers) and not (
            self._counted_at - COUNT_EVERY <= now < self._counted_at
        ):
            self._count(now)
        if not self._waiting:
            return
        number, previous, data = self._number, self._hash, b""
        for said in self._waiting:
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
        self._refused, self._strangers, self._counted_at = 0, 0, now + COUNT_EVERY

    def _write(self, data: bytes) -> None:
        """Put lines behind the last whole one, durably. Raises ``OSError``."""
        flags = os.O_CREAT | os.O_WRONLY | BINARY
        with os.fdopen(os.open(self.path, flags, 0o600), "wb") as file:
            file.truncate(self._end)
            file.seek(self._end)
            file.write(data)
            file.flush()
            sync_data(file.fileno())
        if not self._number:
            sync_folder(self.path.parent)


def digest(line: bytes) -> str:
    """Return the hash by which the next line holds on to a line."""
    return sha256(line).hexdigest()


def lines_of(path: Path) -> Iterator[tuple[bytes, dict[str, Any]]]:
    """Yield each whole line and what it says. Raises ``AccessLogError`` where the chain breaks."""
    previous, number = BEGIN, 0
    with path.open("rb") as file:
        for line in file:
            if not line.endswith(b"\n"):
                return  # the end of a line that a crash cut
            number += 1
            try:
                said = json.loads(line)
                holds = said["number"] == number and said["previous"] == previous
            except (ValueError, KeyError, TypeError):
                holds = False
            if not holds:
                problem = f"{path}: line {number} is not the one that was written behind the last"
                raise AccessLogError(problem)
            previous = digest(line)
            yield line, said

"""Who is to be written to at the end of a tick, found without a look at all who are there."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gateway.server.box import Outbox
    from gateway.server.connection import Connection


class Readers:
    """The connections that read each outbox, and the outboxes with new reports in this tick."""

    def __init__(self) -> None:
        """Start with no reader."""
        self._of: dict[Outbox, dict[Connection, None]] = {}
        self._read: dict[Connection, list[Outbox]] = {}
        self._news: list[Outbox] = []

    def add(self, connection: Connection, box: Outbox) -> None:
        """Have new reports of an outbox concern a connection, its own or one that copies them."""
        self._of.setdefault(box, {})[connection] = None
        self._read.setdefault(connection, []).append(box)
        box.news = self._news

    def leave(self, connection: Connection) -> None:
        """Let no outbox concern a connection any more."""
        for box in self._read.pop(connection, ()):
            readers = self._of.get(box, {})
            readers.pop(connection, None)
            if not readers:
                self._of.pop(box, None)
                box.news = None

    def concerned(self) -> dict[Connection, None]:
        """Return those with reports that have come since the last call."""
        found: dict[Connection, None] = {}
        for box in self._news:
            readers = self._of.get(box)
            if readers is not None:
                found |= readers
                box.news = self._news
        self._news.clear()
        return found

"""What an operator's log collector reads: a file with one JSON object a line.

Sessions, what the operator did, starts and stops; never an order, which the venue's own log has.
"""

from __future__ import annotations

import json
import logging
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from engine.log.sequencer import OPERATOR
from engine.vocabulary.commands import AdvanceTime
from engine.vocabulary.events import Rejected
from engine.vocabulary.json_codec import type_name

if TYPE_CHECKING:
    from pathlib import Path

    from engine.vocabulary.commands import Command
    from engine.vocabulary.events import Event
    from gateway.server.connection import Connection
    from gateway.server.node import Node

NAME: Final = "carbonx.venue"
_ALARMING: Final = frozenset({"credentials", "bad_frame", "out_of_order", "slow_reader", "full"})


class JsonLines(logging.Formatter):
    """A record as one line of JSON: time (UTC), level, event, and what belongs to it."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        time = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        said: dict[str, Any] = {
            "time": time,
            "level": record.levelname.lower(),
            "event": record.getMessage(),
        }
        said |= getattr(record, "fields", {})
        return json.dumps(said, ensure_ascii=True)


class LogLines:
    """Writes lines about one node."""

    def __init__(self, path: Path) -> None:
        """Append to a file. Raises ``OSError``."""
        self._logger = logging.getLogger(f"{NAME}.{id(self)}")
        self._logger.setLevel(logging.INFO)
        self._logger.propagate = False
        handler = logging.FileHandler(path, encoding="utf-8")
        handler.setFormatter(JsonLines())
        self._handler = handler
        self._logger.addHandler(handler)

    def say(self, event: str, level: int = logging.INFO, **fields: object) -> None:
        """Write a line."""
        self._logger.log(level, event, extra={"fields": fields})

    def watch(self, node: Node) -> None:
        """Write what happens to a node's sessions, and what its operator does, from now on."""
        sessions, before = node.core.sessions, node.core.sessions.note

        def noted(connection: Connection, what: str, why: str) -> None:
            if before is not None:
                before(connection, what, why)
            number, account = connection.number, connection.account
            if what == "logon":
                self.say("logon", session=number, account=account)
                return
            level = logging.WARNING if what in _ALARMING else logging.INFO
            self.say("session_ended", level, session=number, account=account, reason=what, why=why)

        sessions.note = noted
        node.core.operated = self._operated

    def _operated(self, source: int, command: Command, events: list[Event]) -> None:
        if isinstance(command, AdvanceTime):
            return  # time passes all the time
        who = "operator" if source == OPERATOR else "timetable"
        refused = next((event for event in events if isinstance(event, Rejected)), None)
        kind = type_name(type(command))
        if refused is None:
            self.say("command", by=who, type=kind)
        else:
            why = f"{refused.field}: {refused.rule}"
            self.say("command", logging.WARNING, by=who, type=kind, refused=why)

    def close(self) -> None:
        """Let the file go."""
        self._logger.removeHandler(self._handler)
        self._handler.close()

"""The operator's socket of a running venue, in the file system, JSON a line.

Whoever may open the socket is the operator: it is made for its owner alone. A line is a command as
``carbonx match`` reads it (``docs/commands.md``); the answer is one line, ``{"events": [...]}`` or
``{"error": ...}``, and leaves only when the command is durable. What brokers send stays theirs:
commands that carry an account's reference are refused here.
"""

from __future__ import annotations

import asyncio
import json
import os
from typing import TYPE_CHECKING, Any, Final

from engine.log.records import CommandError
from engine.vocabulary.commands import (
    AmendRulebook,
    BeginDay,
    ClearAuction,
    MoveAllowances,
    MoveCash,
    SetKillSwitch,
    SetPhase,
    SetReference,
)
from engine.vocabulary.json_codec import TextError, command_from_object, to_object, type_name
from gateway.server.failure import VenueStoppedError

if TYPE_CHECKING:
    from pathlib import Path

    from gateway.server.node import Node

COMMANDS: Final = (AmendRulebook, BeginDay, ClearAuction, MoveAllowances, MoveCash, SetKillSwitch,
                   SetPhase, SetReference)  # fmt: skip
MAX_LINE: Final = 65_536  # bytes of one command
_NAMES: Final = ", ".join(type_name(kind) for kind in COMMANDS)


class AdminSocket:
    """Listens on a path for one venue."""

    def __init__(self, node: Node, path: Path) -> None:
        """Serve ``node`` at ``path``."""
        self.path = path
        self._node = node
        self._server: asyncio.Server | None = None

    async def open(self) -> None:
        """Make the socket, in the place of one that a dead venue left. Raises ``OSError``."""
        self.path.unlink(missing_ok=True)
        before = os.umask(0o177)
        try:
            self._server = await asyncio.start_unix_server(self._talk, self.path, limit=MAX_LINE)
        finally:
            os.umask(before)

    async def close(self) -> None:
        """Close the door and take the socket away."""
        if self._server is not None:
            self._server.close()
        self.path.unlink(missing_ok=True)

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while line := await reader.readline():
                writer.write(json.dumps(self.answer(line)).encode() + b"\n")
                await writer.drain()
        except (ConnectionError, ValueError):  # gone, or a line beyond the limit
            pass
        finally:
            writer.close()

    def answer(self, line: bytes) -> dict[str, Any]:
        """Run one line in a tick of its own; return what to say once that is durable."""
        node = self._node
        venue = node.sequencer.venue
        try:
            command = command_from_object(json.loads(line), venue.rulebook.minor_digits)
        except (TextError, ValueError, RecursionError) as error:
            return {"error": str(error)}
        if not isinstance(command, COMMANDS):
            return {"error": f"{type_name(type(command))}: an operator's commands are {_NAMES}"}
        try:
            return {"events": [to_object(event) for event in node.operate(command, timed=True)]}
        except (CommandError, VenueStoppedError) as error:
            return {"error": str(error)}


async def ask(path: Path, lines: list[str]) -> list[dict[str, Any]]:
    """Give a venue commands, one JSON object a line; return its answers. Raises ``OSError``."""
    reader, writer = await asyncio.open_unix_connection(path, limit=1 << 24)
    answers = []
    try:
        for line in lines:
            writer.write(line.strip().encode() + b"\n")
            await writer.drain()
            answers.append(json.loads(await reader.readline() or b'{"error": "the venue is gone"}'))
    finally:
        writer.close()
    return answers

"""The operator's socket of a running venue, in the file system, JSON a line.

Whoever may open the socket is the operator: it is made for its owner alone. What lines may say is
``operator``'s; each is answered by one line.
"""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any, Final

from engine.vocabulary.texts import MAX_LINE
from gateway.server.operator import Operator
from gateway.server.socket_path import address, private_listener

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence
    from pathlib import Path

    from gateway.server.node import Node

MAX_ANSWER: Final = 1 << 24  # bytes of one answer: what many orders come to is long


class AdminSocket:
    """Listens on a path for one venue."""

    def __init__(self, node: Node, path: Path) -> None:
        """Serve ``node`` at ``path``."""
        self.path = path
        self._operator = Operator(node)
        self._server: asyncio.Server | None = None

    async def open(self) -> None:
        """Make the socket, in the place of one that a dead venue left. Raises ``OSError``."""
        listener = private_listener(self.path)
        self._server = await asyncio.start_unix_server(self._talk, sock=listener, limit=MAX_LINE)

    async def close(self) -> None:
        """Close the door and take the socket away."""
        if self._server is not None:
            self._server.close()
        self.path.unlink(missing_ok=True)

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            async for line in _lines(reader):
                writer.write(json.dumps(self.answer(line)).encode() + b"\n")
                await writer.drain()
        except (ConnectionError, asyncio.CancelledError):
            pass  # gone, or the venue ends: nothing to say any more
        finally:
            writer.close()

    def answer(self, line: bytes) -> dict[str, Any]:
        """Do what a line says; return what to say once that is durable."""
        return self._operator.answer(line, {"door": "socket"})


async def _lines(reader: asyncio.StreamReader) -> AsyncIterator[bytes]:
    """Yield each line, the last also where it has no end; of one that is too long only a part.

    That part is too long to be taken, so that it is answered; the rest of its line is passed over.
    """
    over = False
    while True:
        try:
            line = await reader.readuntil()
        except asyncio.LimitOverrunError as error:
            part = await reader.readexactly(error.consumed)
            if not over:
                yield part
            over = True
            continue
        except asyncio.IncompleteReadError as error:
            if error.partial and not over:
                yield error.partial
            return
        if not over:
            yield line
        over = False


async def ask(path: Path, lines: Sequence[str | bytes]) -> list[dict[str, Any]]:
    """Give a venue commands, each a JSON object; return its answers. Raises ``OSError``."""
    with address(path) as place:
        reader, writer = await asyncio.open_unix_connection(place, limit=MAX_ANSWER)
    answers = []
    try:
        for line in lines:
            writer.write(_one_line(line))
            await writer.drain()
            answer = await reader.readline()
            gone = not answer.endswith(b"\n")  # in the middle of it, perhaps
            answers.append({"error": "the venue is gone"} if gone else json.loads(answer))
    finally:
        writer.close()
    return answers


def _one_line(said: str | bytes) -> bytes:
    """Return a command as a line; one may be typed in several lines, between its words."""
    data = said if isinstance(said, bytes) else said.encode(errors="backslashreplace")
    return data.strip().replace(b"\n", b"\r") + b"\n"  # a blank of JSON, but in no text

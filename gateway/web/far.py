"""A venue in another process, reached through the socket in its folder."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Any, Final, cast

import msgspec

from gateway.protocol.framing import Unframer
from gateway.server.socket_path import address
from gateway.web.door import ASKS, WATCHES, trades_from
from gateway.web.link import Link
from gateway.web.source import HELLO

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from gateway.web.link import Heard

MAX_TICK: Final = (1 << 32) - 1  # bytes that a tick may write to the watcher
MAX_ANSWER: Final = 1 << 24  # bytes of the answer to a question
FRESH: Final = 0.5  # seconds for which pages that open are greeted with the same words


class FarLink(Link, asyncio.Protocol):
    """A connection to the venue's process; what is said before it stands waits for it."""

    def __init__(self, path: Path, kind: bytes, heard: Heard, gone: Callable[[], None]) -> None:
        """Connect; the first bytes say as what."""
        super().__init__(time.time_ns, heard, gone)
        self._transport: asyncio.Transport | None = None
        self._waiting = [kind]
        self._ticks = Unframer(MAX_TICK) if kind == WATCHES else None
        self._connecting = asyncio.ensure_future(self._connect(path))

    async def _connect(self, path: Path) -> None:
        try:
            with address(path) as place:
                await asyncio.get_running_loop().create_unix_connection(lambda: self, place)
        except OSError:
            self.close()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Say what has waited."""
        self._transport = stream = cast("asyncio.Transport", transport)
        if not self.is_open:
            stream.abort()
            return
        stream.write(b"".join(self._waiting))
        self._waiting.clear()

    def data_received(self, data: bytes) -> None:
        """Hand on what the venue says; to the watcher a tick at a time."""
        if self._ticks is None:
            self.read(data)
            return
        for tick in self._ticks.feed(data):
            self.read(tick)

    def connection_lost(self, _error: Exception | None) -> None:
        """End: the venue let go."""
        self.close()

    def pause(self) -> None:
        """Read no more for now: the venue waits, as with any reader that is slow."""
        if self._transport is not None and self.is_open:
            self._transport.pause_reading()

    def resume(self) -> None:
        """Go on reading."""
        if self._transport is not None and self.is_open:
            self._transport.resume_reading()

    def _send(self, data: bytes) -> None:
        if self._transport is None:
            self._waiting.append(data)
        else:
            self._transport.write(data)

    def _leave(self) -> None:
        if self._transport is not None:
            self._transport.close()


class Far:
    """A venue in another process."""

    def __init__(self, path: Path) -> None:
        """Reach it by the socket at ``path``."""
        self._path = path
        self._asking: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None
        self._one = asyncio.Lock()  # question at a time
        self._greeting: tuple[float, list[Any]] = (-FRESH, [])
        self.clock = time.time_ns

    def watch(self, heard: Heard, gone: Callable[[], None]) -> Link:
        """Connect as the one who sees public data without a logon."""
        return FarLink(self._path, WATCHES, heard, gone)

    def connect(self, heard: Heard, gone: Callable[[], None], host: str) -> Link:
        """Connect as a client at ``host``, who has to log on."""
        return FarLink(self._path, trades_from(host), heard, gone)

    async def ask(self, word: str, what: object) -> list[Any]:
        """Return the item that answers one led by a word. Raises ``KeyError`` for another word."""
        async with self._one:
            now = time.monotonic()
            if word == HELLO and now - self._greeting[0] < FRESH:
                return self._greeting[1]
            try:
                answer = await self._answer([word, what])
            except (OSError, msgspec.DecodeError):  # the venue is gone, and soon the pages too
                return ["refused", "the venue stops"]
            if answer is None:
                raise KeyError(word)
            if word == HELLO:
                self._greeting = now, answer
            return answer

    async def _answer(self, question: list[Any]) -> list[Any] | None:
        if self._asking is None:
            with address(self._path) as place:
                self._asking = await asyncio.open_unix_connection(place, limit=MAX_ANSWER)
            self._asking[1].write(ASKS)
        reader, writer = self._asking
        writer.write(msgspec.json.encode(question) + b"\n")
        return msgspec.json.decode(await reader.readline(), type=list[Any] | None)

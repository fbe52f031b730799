"""The venue's side of pages that another process serves: a socket in the venue's folder.

Its owner alone may connect to it. A connection says with its first byte what it is: the watcher, to
which each tick's bytes come as one frame; a page's client, who logs on as over TCP, with where it
comes from; or questions, each a line of JSON that is answered by a line. Pages cost the venue no
more than this.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final, cast

import msgspec

from gateway.protocol.wire import HEADER_SIZE
from gateway.server.socket_path import private_listener
from gateway.server.sockets import Socket
from gateway.web.watcher import Watcher

if TYPE_CHECKING:
    from pathlib import Path

    from gateway.server.node import Node
    from gateway.web.source import Near

WATCHES: Final = b"W"
TRADES: Final = b"T"
ASKS: Final = b"A"
MAX_HOST: Final = 255  # bytes
FILE_NAME: Final = "pages.sock"
EVERY: Final = 0.02  # seconds in which the watcher is written to once
MOST_WAITING: Final = 1 << 16  # bytes that wait for that


def trades_from(host: str) -> bytes:
    """Return what a client at a host begins with."""
    said = host.encode()[:MAX_HOST]
    return TRADES + bytes([len(said)]) + said


class _Whole(asyncio.Transport):
    """Puts the length of each write before it, so that the reader knows where a tick ends.

    What is written within ``EVERY`` goes at once: the first of it without a delay, the rest
    together. So many pages or none, the venue writes and the reader is woken some times a second.
    """

    def __init__(self, transport: asyncio.Transport) -> None:
        super().__init__()
        self._to = transport
        self._loop = asyncio.get_running_loop()
        self._waiting: list[bytes] = []
        self._size = 0
        self._later: asyncio.TimerHandle | None = None  # what ends the time in which writes wait

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Write a frame of frames, or have it wait for others."""
        self._waiting += (len(data).to_bytes(HEADER_SIZE, "big"), bytes(data))
        self._size += len(data)
        if self._later is None:
            self._hand_over()
            self._later = self._loop.call_later(EVERY, self._go_on)
        elif self._size > MOST_WAITING:
            self._hand_over()

    def _go_on(self) -> None:
        self._later = None
        if self._waiting:
            self._hand_over()
            self._later = self._loop.call_later(EVERY, self._go_on)

    def _hand_over(self) -> None:
        waiting, self._waiting, self._size = self._waiting, [], 0
        if not self._to.is_closing():
            self._to.write(b"".join(waiting))

    def _stop(self) -> None:
        if self._later is not None:
            self._later.cancel()
            self._later = None

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        """Set from which size on the node is told to pause."""
        self._to.set_write_buffer_limits(high, low)

    def get_write_buffer_size(self) -> int:
        """Return how many bytes wait, here and in the transport."""
        return self._size + self._to.get_write_buffer_size()

    def pause_reading(self) -> None:
        """Read no more for now."""
        self._to.pause_reading()

    def resume_reading(self) -> None:
        """Go on reading."""
        self._to.resume_reading()

    def is_closing(self) -> bool:
        """Say whether the connection has ended."""
        return self._to.is_closing()

    def close(self) -> None:
        """End the connection behind what waits to be written."""
        self._stop()
        if self._waiting:
            self._hand_over()
        self._to.close()

    def abort(self) -> None:
        """End the connection."""
        self._stop()
        self._waiting.clear()
        self._to.abort()


class _Asked(asyncio.Protocol):
    """Answers questions, a line each."""

    def __init__(self, source: Near, transport: asyncio.Transport) -> None:
        self._source = source
        self._transport = transport
        self._rest = b""

    def data_received(self, data: bytes) -> None:
        """Answer the lines that are whole."""
        *lines, self._rest = (self._rest + data).split(b"\n")
        for line in lines:
            word, what = msgspec.json.decode(line)
            try:
                answer = msgspec.json.encode(self._source.answer(word, what))
            except KeyError:
                answer = b"null"
            self._transport.write(answer + b"\n")


class _Visitor(asyncio.Protocol):
    """A connection that has not said yet what it is."""

    def __init__(self, node: Node, source: Near, *, curves: bool) -> None:
        self._node = node
        self._source = source
        self._curves = curves
        self._transport: asyncio.Transport | None = None
        self._begun = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Wait for its first bytes."""
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        """Hand the connection over to what it is for."""
        transport = self._transport
        assert transport is not None
        self._begun += data
        kind, rest = self._begun[:1], self._begun[1:]
        found: asyncio.Protocol
        if kind == ASKS:
            found = _Asked(self._source, transport)
        elif kind == TRADES:
            if not rest or len(rest) <= rest[0]:
                return
            end = 1 + rest[0]
            found = Socket(self._node, rest[1:end].decode(errors="replace"))
            found.connection_made(transport)
            rest = rest[end:]
        elif kind == WATCHES:
            found = Watcher(self._node, curves=self._curves)
            found.connection_made(_Whole(transport))
        else:
            transport.abort()
            return
        transport.set_protocol(found)
        if rest:
            found.data_received(rest)


class Door:
    """Listens on a path for the process that serves pages."""

    def __init__(self, node: Node, path: Path, source: Near, *, curves: bool) -> None:
        """Show ``node`` at ``path``; ``source`` answers questions."""
        self.path = path
        self._make = lambda: _Visitor(node, source, curves=curves)
        self._server: asyncio.Server | None = None

    async def open(self) -> None:
        """Make the socket, in the place of one that a dead venue left. Raises ``OSError``."""
        listener = private_listener(self.path)
        loop = asyncio.get_running_loop()
        self._server = await loop.create_unix_server(self._make, sock=listener)

    async def close(self) -> None:
        """Close the door and take the socket away."""
        if self._server is not None:
            self._server.close()
        self.path.unlink(missing_ok=True)

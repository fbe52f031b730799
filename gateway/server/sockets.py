"""One connection of a node's port, as the event loop sees it."""

from __future__ import annotations

import asyncio
import socket
from typing import TYPE_CHECKING, Protocol, cast

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from gateway.server.connection import Connection
    from gateway.server.core import Core
    from gateway.server.limits import Limits


class Port(Protocol):
    """What a socket needs of the node that has it."""

    core: Core
    clock: Callable[[], int]
    sockets: dict[Connection, Socket]
    full: list[Socket]  # that read no more until a tick has worked on what came
    stopping: bool

    @property
    def options(self) -> Limits:
        """The bounds on what one connection may hold."""

    def schedule(self) -> None:
        """Have a tick run soon."""


def bound_buffers(listening: Iterable[socket.socket], limits: Limits) -> None:
    """Bound what the system keeps of each connection that a port will accept, in both directions.

    Left to itself it lets both grow to as many megabytes as it allows.
    """
    for each in listening:
        each.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, limits.system_in)
        each.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, limits.system_out)


class Socket(asyncio.Protocol):
    """One connection's transport; the event loop calls all of it."""

    def __init__(self, node: Port, host: str = "") -> None:
        """Belong to a node; ``host`` is where a client comes from whose peer is another."""
        self._node = node
        self._host = host
        self.transport: asyncio.Transport | None = None
        self.connection: Connection | None = None
        self._left = 0  # bytes in the transport when writing was paused, or was last looked at

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Tell the core of a new connection."""
        self.transport = stream = cast("asyncio.Transport", transport)
        node = self._node
        stream.set_write_buffer_limits(high=node.options.high_water)
        peer = stream.get_extra_info("peername")
        host = self._host or (peer[0] if peer else "")
        self.connection = node.core.connected(node.clock(), host)
        node.sockets[self.connection] = self
        if node.stopping:
            stream.abort()  # it came while the port was being closed
        node.schedule()

    def data_received(self, data: bytes) -> None:
        """Keep what came for the tick."""
        connection, node = self.connection, self._node
        assert connection is not None
        if connection.ended:
            return
        node.core.received(connection, data)
        if connection.waiting >= node.options.max_input and self.transport is not None:
            self.transport.pause_reading()
            node.full.append(self)
        node.schedule()

    def resumed(self) -> bool:
        """Read on if there is room again; say whether there is, or nothing will come any more."""
        connection, transport = self.connection, self.transport
        if connection is None or transport is None or transport.is_closing():
            return True
        if connection.more and connection.waiting >= self._node.options.max_input:
            return False
        transport.resume_reading()
        return True

    def close(self) -> None:
        """Close behind what is written.

        A system that closes on bytes that were not read drops what the peer has not taken, and with
        it the reason: they are read first, and go nowhere.
        """
        assert self.transport is not None
        if self in self._node.full:
            self.transport.write_eof()
            self.transport.resume_reading()
        else:
            self.transport.close()

    def connection_lost(self, _error: Exception | None) -> None:
        """Tell the core that the connection is gone."""
        assert self.connection is not None
        del self._node.sockets[self.connection]
        self._node.core.lost(self.connection)
        self._node.schedule()

    def pause_writing(self) -> None:
        """Tell the core that the reader does not keep up."""
        assert self.connection is not None
        assert self.transport is not None
        self._left = self.transport.get_write_buffer_size()
        self._node.core.paused(self.connection, self._node.clock())

    def reads_on(self) -> bool:
        """Say whether some of what waits was taken since the pause began, or since last asked."""
        assert self.transport is not None
        before, self._left = self._left, self.transport.get_write_buffer_size()
        return self._left < before

    def resume_writing(self) -> None:
        """Tell the core that the reader has caught up."""
        assert self.connection is not None
        self._node.core.resumed(self.connection)
        self._node.schedule()

"""A connection of the core without a socket: the shell is the client, in the same process."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from gateway.protocol import wire
from gateway.protocol.framing import Unframer
from gateway.protocol.session import pack
from gateway.server.node import Socket

if TYPE_CHECKING:
    from collections.abc import Callable

    from gateway.server.connection import Connection
    from gateway.server.node import Node


class _Transport(asyncio.Transport):
    """What the node writes to; it hands the bytes on in the same turn."""

    def __init__(self, link: Link) -> None:
        super().__init__()
        self._link = link

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        """Nothing is kept here."""

    def pause_reading(self) -> None:
        """Do nothing: a page says little at a time."""

    def resume_reading(self) -> None:
        """Do nothing: no reading was paused."""

    def is_closing(self) -> bool:
        """Say whether the connection has ended."""
        return not self._link.is_open

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Hand bytes on."""
        self._link.read(bytes(data))

    def close(self) -> None:
        """End the connection; nothing waits to be written."""
        self.abort()

    def abort(self) -> None:
        """End the connection."""
        self._link.close()


class Link:
    """The client's end of a connection of the core."""

    def __init__(
        self,
        node: Node,
        heard: Callable[[list[wire.FromVenue]], None],
        gone: Callable[[], None],
        *,
        watcher: bool = False,
    ) -> None:
        """Connect to a node; a ``watcher`` sees public data without a logon.

        ``heard`` is called with what the venue says, ``gone`` once when the connection ends.
        """
        self._node = node
        self._heard = heard
        self._gone = gone
        self._unframer = Unframer(wire.MAX_REPLY)
        self.is_open = True
        self._said_at = node.clock()
        self._socket = Socket(node)
        transport = _Transport(self)
        if watcher:
            self._socket.transport = transport
            self._socket.connection = node.core.watcher(node.clock())
            node.sockets[self._socket.connection] = self._socket
        else:
            self._socket.connection_made(transport)

    @property
    def connection(self) -> Connection:
        """The core's end."""
        assert self._socket.connection is not None
        return self._socket.connection

    def say(self, message: wire.FromClient) -> None:
        """Send a message; it counts in the node's next tick."""
        if self.is_open:
            self._said_at = self._node.clock()
            self._socket.data_received(pack(message))

    def pause(self) -> None:
        """Tell the core that what it wrote is not read."""
        if self.is_open:
            self._socket.pause_writing()

    def resume(self) -> None:
        """Tell the core that it is."""
        if self.is_open:
            self._socket.resume_writing()

    def read(self, data: bytes) -> None:
        """Take bytes of the venue; show it in time that this end lives, hand them on."""
        found = [wire.decode_from_venue(each) for each in self._unframer.feed(data)]
        silence = self._node.clock() - self._said_at
        if 2 * silence > self.connection.session.heartbeat > 0:
            self.say(wire.Heartbeat())
        self._heard(found)

    def close(self) -> None:
        """End the connection; twice is harmless."""
        if self.is_open:
            self.is_open = False
            self._socket.connection_lost(None)
            self._gone()

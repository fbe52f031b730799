"""A connection of the core, seen from the page's side, and one within the same process."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

from gateway.protocol import wire
from gateway.protocol.framing import Unframer
from gateway.protocol.session import pack
from gateway.server.sockets import Socket
from gateway.web.watcher import Watcher, decode_shown

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeAlias

    from gateway.server.node import Node
    from gateway.web.watcher import Shown

    Heard: TypeAlias = Callable[[list[Shown]], None]


class Link(ABC):
    """The client's end of a connection of the core."""

    def __init__(self, clock: Callable[[], int], heard: Heard, gone: Callable[[], None]) -> None:
        """Call ``heard`` with what the venue says, and ``gone`` once when the connection ends."""
        self._clock = clock
        self._heard = heard
        self._gone = gone
        self._unframer = Unframer(wire.MAX_REPLY)
        self._said_at = clock()
        self._heartbeat = 0  # ns, once it is agreed
        self.is_open = True

    def say(self, message: wire.FromClient) -> None:
        """Send a message."""
        if self.is_open:
            self._said_at = self._clock()
            self._send(pack(message))

    def read(self, data: bytes) -> None:
        """Take bytes of the venue; show it in time that this end lives, hand them on."""
        found = [decode_shown(each) for each in self._unframer.feed(data)]
        for each in found:
            if isinstance(each, wire.LoggedOn):
                self._heartbeat = each.heartbeat_ms * 1_000_000
        if 2 * (self._clock() - self._said_at) > self._heartbeat > 0:
            self.say(wire.Heartbeat())
        if found:
            self._heard(found)

    def close(self) -> None:
        """End the connection; twice is harmless."""
        if self.is_open:
            self.is_open = False
            self._leave()
            self._gone()

    @abstractmethod
    def pause(self) -> None:
        """Read no more for now: the venue waits, as with any reader that is slow."""

    @abstractmethod
    def resume(self) -> None:
        """Go on reading."""

    @abstractmethod
    def _send(self, data: bytes) -> None:
        """Hand bytes to the venue."""

    @abstractmethod
    def _leave(self) -> None:
        """Let the connection go."""


class _Transport(asyncio.Transport):
    """What the node writes to; it hands the bytes on in the same turn."""

    def __init__(self, link: NearLink) -> None:
        super().__init__()
        self._link = link

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        """Nothing is kept here."""

    def get_write_buffer_size(self) -> int:
        """Return 0: nothing is kept here."""
        return 0

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


class NearLink(Link):
    """A connection to a node of the same process, without a socket."""

    def __init__(
        self,
        node: Node,
        heard: Heard,
        gone: Callable[[], None],
        watcher: Watcher | None = None,
        *,
        host: str = "",
    ) -> None:
        """Connect; a ``watcher`` sees public data without a logon.

        ``host`` is where whoever uses it comes from.
        """
        super().__init__(node.clock, heard, gone)
        self._socket = watcher or Socket(node, host)
        self._socket.connection_made(_Transport(self))

    def pause(self) -> None:
        """Tell the core that what it wrote is not read."""
        if self.is_open:
            self._socket.pause_writing()

    def resume(self) -> None:
        """Tell the core that it is."""
        if self.is_open:
            self._socket.resume_writing()

    def _send(self, data: bytes) -> None:
        self._socket.data_received(data)

    def _leave(self) -> None:
        self._socket.connection_lost(None)

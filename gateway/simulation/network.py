"""One connection of a simulated network: bytes under way in both directions."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gateway.server.connection import Connection


class Link:
    """A connection between a client and the venue's machine; each direction keeps its order."""

    def __init__(self, connection: Connection) -> None:
        """Carry bytes both ways until it is told otherwise."""
        self.connection = connection
        self.up = bytearray()  # to the venue
        self.down = bytearray()
        self.carries = True  # a half-open one does not, and says so to nobody
        self.waiting = bytearray()  # at the venue's machine, unread while the process is away
        self.began_at = 0  # ns
        self.heard_at = 0  # ns, when a whole message last was at the venue's machine
        self.stuck_at = 0  # ns, when the reader stopped; 0 while it reads
        self.closed_at = 0  # ns, when the venue closed it
        self.age = 0  # ns, at that time
        self.silence = 0  # ns, at that time, since a whole message was at its machine
        self.unread = 0  # ns, at that time, since the reader stopped; 0 where it was reading
        self._sent = 0
        self._arrived = 0
        self._ends: deque[int] = deque()  # of messages under way

    def close(self, now: int) -> None:
        """Carry what is under way to the client, and nothing more."""
        self.closed_at = now
        self.age = now - self.began_at
        self.silence = now - self.heard_at
        self.unread = now - self.stuck_at if self.stuck_at else 0

    def send(self, frame: bytes) -> None:
        """Take a client's message."""
        self.up += frame
        self._sent += len(frame)
        self._ends.append(self._sent)

    def carry_up(self, size: int, now: int) -> None:
        """Carry at most so many bytes to the venue's machine."""
        if not self.carries:
            return
        piece = self.up[:size]
        del self.up[:size]
        self.waiting += piece
        self._arrived += len(piece)
        while self._ends and self._ends[0] <= self._arrived:
            self._ends.popleft()
            self.heard_at = now

    def carry_down(self, size: int) -> bytes:
        """Carry at most so many bytes to the client, and return them."""
        if not self.carries or self.stuck_at:
            return b""
        piece = bytes(self.down[:size])
        del self.down[:size]
        return piece

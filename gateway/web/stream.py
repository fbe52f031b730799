"""The public stream of a venue as JSON, kept once for all pages: a page is a place in it."""

from __future__ import annotations

from collections import deque
from typing import Final

TEXT: Final = 0x81  # a whole message of text
MOST_BYTES: Final = 4_000_000  # kept for pages that are behind; who is further behind begins anew


class Stream:
    """Items in their order; the oldest go when there are too many."""

    def __init__(self, most: int = MOST_BYTES) -> None:
        """Start empty."""
        self.end = 0  # the place behind the last item
        self._items: deque[str] = deque()
        self._size = 0
        self._most = most
        self._joined = (0, 0, 0, b"")  # what was asked for last: many pages are at the same place

    def add(self, item: str) -> None:
        """Take an item in."""
        self._items.append(item)
        self._size += len(item)
        self.end += 1
        while self._size > self._most:
            self._size -= len(self._items.popleft())

    def since(self, place: int) -> str | None:
        """Return the items behind a place with commas between; none where some are not kept."""
        if place < self.end - len(self._items):
            return None
        return ",".join([self._items[each] for each in range(place - self.end, 0)])

    def frame_since(self, place: int, time: int) -> bytes | None:
        """Return a WebSocket's frame of the items behind a place; made once for all who ask."""
        if self._joined[:3] != (place, self.end, time):
            text = self.since(place)
            if text is None:
                return None
            self._joined = (place, self.end, time, frame_of(text, time))
        return self._joined[3]


def frame_of(items: str, time: int) -> bytes:
    """Return the frame of an array of items, with the venue's time (ns UTC) before them."""
    payload = f'[["time",{time}],{items}]'.encode()
    size = len(payload)
    if size < 126:  # noqa: PLR2004 - RFC 6455, 5.2: lengths in 7, 16 or 64 bits
        header = bytes([TEXT, size])
    elif size < 1 << 16:
        header = bytes([TEXT, 126]) + size.to_bytes(2, "big")
    else:
        header = bytes([TEXT, 127]) + size.to_bytes(8, "big")
    return header + payload

"""The public stream of a venue as JSON, kept once for all pages: a page is a place in it."""

from __future__ import annotations

from collections import deque
from typing import Final

MOST_BYTES: Final = 4_000_000  # kept for pages that are behind; who is further behind begins anew


class Stream:
    """Items in their order; the oldest go when there are too many."""

    def __init__(self, most: int = MOST_BYTES) -> None:
        """Start empty."""
        self.end = 0  # the place behind the last item
        self._items: deque[str] = deque()
        self._size = 0
        self._most = most
        self._joined = (0, 0, "")  # what was asked for last: many pages are at the same place

    def add(self, item: str) -> None:
        """Take an item in."""
        self._items.append(item)
        self._size += len(item)
        self.end += 1
        while self._size > self._most:
            self._size -= len(self._items.popleft())

    def since(self, place: int) -> str | None:
        """Return the items behind a place with commas between; none where some are not kept."""
        first = self.end - len(self._items)
        if place < first:
            return None
        if self._joined[:2] != (place, self.end):
            items = self._items
            count = self.end - place
            text = ",".join([items[each] for each in range(-count, 0)])
            self._joined = (place, self.end, text)
        return self._joined[2]

"""Where an account's older reports lie in the store: a row for each piece of them.

There is one more for every so many reports, for ever. So the oldest rows go to the store as well,
a page at a time, and a row for each page stays in memory.
"""

from __future__ import annotations

import zlib
from array import array
from bisect import bisect_right
from typing import TYPE_CHECKING, Final, NamedTuple

from gateway.server.report_store import StoreError

if TYPE_CHECKING:
    from gateway.server.report_store import ReportStore

PAGE: Final = 256  # rows that go to the store at once
MARK, PLACE, ANSWERED = range(3)  # the columns by which a piece is found


class Piece(NamedTuple):
    """A row: a stretch of whole marks in the store, or a page of rows."""

    mark: int  # the number of its first mark
    place: int  # of its first frame
    answered: int  # the highest reference answered before it
    at: int  # in the store
    check: int  # CRC-32


_WIDTH: Final = len(Piece._fields)
_ROW: Final = 8 * _WIDTH  # bytes


class Pieces:
    """The pieces of one account, in the order of its reports."""

    __slots__ = ("_page", "_pages", "_rows", "_store")

    def __init__(self, store: ReportStore, page: int = 0) -> None:
        """Start with none; ``page`` is in rows, 0 for the usual number."""
        self._store = store
        self._page = page or PAGE
        self._pages = array("q")  # each with what its first row has, but for the place and check
        self._rows = array("q")  # those behind the last page

    def add(self, piece: Piece) -> None:
        """Add the one that comes next; where the disk takes no page, its rows stay in memory."""
        rows = self._rows
        rows.extend(piece)
        size = self._page * _WIDTH
        while len(rows) >= 2 * size:
            data = rows[:size].tobytes()
            at = self._store.put(data)
            if at is None:
                return
            self._pages.extend(_row(rows, 0)._replace(at=at, check=zlib.crc32(data)))
            del rows[:size]

    def find(self, column: int, value: int) -> tuple[Piece, Piece | None]:
        """Return the last piece whose column is at most a value, and the one behind it, if any.

        Raises ``StoreError``.
        """
        rows, number = self._rows, _last(self._rows, column, value)
        behind = array("q")
        if number < 0:
            page = _last(self._pages, column, value)
            behind = self._pages[(page + 1) * _WIDTH :] or self._rows
            rows = self._read(_row(self._pages, page))
            number = _last(rows, column, value)
        found, further = _row(rows, number), (number + 1) * _WIDTH
        if further < len(rows):
            return found, _row(rows, number + 1)
        return found, _row(behind, 0) if behind else None

    def mark_at(self, place: int) -> int:
        """Return a mark before a place: of its piece, or where nothing else is known its page."""
        rows = self._rows
        number = _last(rows, PLACE, place)
        if number < 0:
            rows = self._pages
            number = _last(rows, PLACE, place)
        return _row(rows, number).mark

    def _read(self, page: Piece) -> array[int]:
        data = self._store.get(page.at, self._page * _ROW)
        if zlib.crc32(data) != page.check:
            problem = "their places are not what was written"
            raise StoreError(problem)
        rows = array("q")
        rows.frombytes(data)
        return rows


def _row(rows: array[int], number: int) -> Piece:
    return Piece(*rows[number * _WIDTH : (number + 1) * _WIDTH])


def _last(rows: array[int], column: int, value: int) -> int:
    """Return the number of the last row whose column is at most a value, -1 where none is."""

    def at(number: int) -> int:
        return rows[number * _WIDTH + column]

    return bisect_right(range(len(rows) // _WIDTH), value, key=at) - 1

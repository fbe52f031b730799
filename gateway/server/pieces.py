"""An account's older reports: pieces in the store, with a row in memory for where each is.

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
    """The pieces of one account, in the order of its reports.

    What reads from the store raises ``StoreError``.
    """

    __slots__ = ("_page", "_pages", "_rows", "_store")

    def __init__(self, store: ReportStore, page: int = 0) -> None:
        """Start with none; ``page`` is in rows, 0 for the usual number."""
        self._store = store
        self._page = page or PAGE
        self._pages = array("q")  # each where the page is, and from its first row the rest
        self._rows = array("q")  # those behind the last page

    def put(self, mark: int, place: int, answered: int, data: bytes) -> bool:
        """Put the piece that comes next into the store; return whether it took it."""
        rows = self._rows
        if not self._put(rows, mark, place, answered, data):
            return False
        size = self._page * _WIDTH
        while len(rows) >= 2 * size:
            first = _row(rows, 0)
            page = rows[:size].tobytes()
            if not self._put(self._pages, first.mark, first.place, first.answered, page):
                break  # the rows stay in memory, and it is tried again with the next piece
            del rows[:size]
        return True

    def _put(self, to: array[int], mark: int, place: int, answered: int, data: bytes) -> bool:
        at = self._store.put(data)
        if at is None:
            return False
        to.extend(Piece(mark, place, answered, at, zlib.crc32(data)))
        return True

    def get(self, piece: Piece, size: int) -> bytes:
        """Return the bytes of a piece, which are so many."""
        data = self._store.get(piece.at, size)
        if zlib.crc32(data) != piece.check:
            problem = "they are not what was written"
            raise StoreError(problem)
        return data

    def find(self, column: int, value: int) -> tuple[Piece, Piece | None]:
        """Return the last piece whose column is at most a value, and the row behind it, if any.

        That row may be a page's, which has the mark and the place of its first piece.
        """
        rows = self._rows
        number = _last(rows, column, value)
        if number >= 0:
            return _row(rows, number), _row_if_any(rows, number + 1)
        page = _last(self._pages, column, value)
        rows = array("q", self.get(_row(self._pages, page), self._page * _ROW))
        number = _last(rows, column, value)
        behind = _row_if_any(rows, number + 1) or _row_if_any(self._pages, page + 1)
        return _row(rows, number), behind or _row_if_any(self._rows, 0)

    def mark_at(self, place: int) -> int:
        """Return a mark before a place: of its piece, or where nothing else is known its page."""
        rows = self._rows
        number = _last(rows, PLACE, place)
        if number < 0:
            rows = self._pages
            number = _last(rows, PLACE, place)
        return _row(rows, number).mark


def _row(rows: array[int], number: int) -> Piece:
    return Piece(*rows[number * _WIDTH : (number + 1) * _WIDTH])


def _row_if_any(rows: array[int], number: int) -> Piece | None:
    return _row(rows, number) if number * _WIDTH < len(rows) else None


def _last(rows: array[int], column: int, value: int) -> int:
    """Return the number of the last row whose column is at most a value, -1 where none is."""

    def at(number: int) -> int:
        return rows[number * _WIDTH + column]

    return bisect_right(range(len(rows) // _WIDTH), value, key=at) - 1

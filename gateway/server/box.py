"""One account's reports: the newest in memory, the older ones in a store, all to be sent again.

A place is the number of bytes before a frame, counted from the account's first report. What is not
at a mark is found by going on from the nearest, so that a report costs little more than its bytes.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from typing import Final, NamedTuple

from engine.vocabulary.enums import RejectReason
from gateway.protocol import wire
from gateway.protocol.answers import ANSWERS
from gateway.protocol.framing import header, length_at
from gateway.protocol.wire import HEADER_SIZE
from gateway.server.pieces import ANSWERED, MARK, PLACE, Pieces
from gateway.server.report_store import ReportStore

MARK_EVERY: Final = 16  # reports
MARK_MASK: Final = MARK_EVERY - 1
WINDOW: Final = 1 << 18  # bytes of an account's reports that stay in memory
TOTAL: Final = 1 << 28  # bytes of all accounts' reports that do, but for those behind a last mark
CHUNK: Final = 1 << 14  # bytes that go to the store at once, about
TURNS: Final = 16  # parts of a chunk by which accounts' bounds differ
DUPLICATE: Final = RejectReason.DUPLICATE_REF  # answers nothing: the reference was used, or never


class Stretch(NamedTuple):
    """Frames, with a mark before every so many."""

    first: int  # the number of its first mark
    place: int  # of its first frame
    marks: array[int]  # places
    answered: array[int]  # the highest reference answered before each mark
    stream: bytes | bytearray  # the frames

    def behind(self, mark: int, further: int) -> int:
        """Return the place so many reports behind a mark, counted in this stretch."""
        at = self.marks[mark - self.first] - self.place
        for _ in range(further):
            at += HEADER_SIZE + length_at(self.stream, at)
        return at + self.place

    def frames(self, place: int, most: int) -> bytes:
        """Return whole frames from a place in it on, at least up to the next mark."""
        end = self.place + len(self.stream)
        if end - place > most:
            last = bisect_right(self.marks, place + most) - 1
            if self.marks[last] <= place:
                last += 1
            if last < len(self.marks):
                end = self.marks[last]
        return bytes(memoryview(self.stream)[place - self.place : end - self.place])

    def answer_to(self, ref: int) -> bytes:
        """Return the frame that answered ``ref``, empty when none did."""
        at = self.marks[bisect_left(self.answered, ref) - 1] - self.place
        for _ in range(MARK_EVERY):
            if at == len(self.stream):
                break
            end = at + HEADER_SIZE + length_at(self.stream, at)
            frame = bytes(memoryview(self.stream)[at:end])
            if _answers(wire.decode_from_venue(frame[HEADER_SIZE:])) == ref:
                return frame
            at = end
        return b""


class Windows:
    """How much of the reports of all accounts stays in memory: who had none for longest goes first.

    It is looked at with each mark, so that of each account up to ``MARK_EVERY`` reports are beyond.
    """

    __slots__ = ("_pause", "_recent", "_turn", "chunk", "each", "held", "page", "total")

    def __init__(self, each: int = 0, total: int = 0, chunk: int = 0, page: int = 0) -> None:
        """Have bounds, 0 for the usual one.

        In bytes an account's, all accounts' and a chunk's; in rows a page's.
        """
        self.page = page
        self.each = each or WINDOW
        self.total = total or TOTAL
        self.chunk = chunk or CHUNK
        self.held = 0  # bytes in memory
        self._pause = 0  # bytes of reports until the disk is asked again, which took none
        self._recent: dict[Outbox, None] = {}  # that hold any; who had a report last is last
        self._turn = 0  # of the accounts, to put something away

    def put_at(self) -> int:
        """Return at how many bytes an account puts something away.

        Accounts that are told the same all grow as one: each has another bound, a chunk apart at
        most, so that they do not all write in one tick.
        """
        self._turn = (self._turn + 1) % TURNS
        return self.each - self.chunk * self._turn // TURNS

    def used(self, box: Outbox) -> None:
        """Note that an account had reports; put the oldest windows away where all have too many."""
        recent = self._recent
        recent.pop(box, None)
        recent[box] = None
        size = len(box.stream)
        grown = size - box.held
        self.held += grown
        box.held = size
        if self.held > self.total:
            self._pause -= max(grown, 1)
            if self._pause <= 0:
                self._shrink()

    def _shrink(self) -> None:
        while self.held > self.total:
            oldest = next(iter(self._recent))
            taken = oldest.put_away(0)
            left = 0 if taken else len(oldest.stream)
            self.held += left - oldest.held
            oldest.held = left
            if not taken:
                self._pause = self.chunk
                return
            del self._recent[oldest]
        self._pause = 0


class Outbox:
    """One account's reports as frames, one behind the other, with a mark at every so many.

    What reads old reports raises ``StoreError`` where the disk does not give them back.
    """

    __slots__ = ("_answered", "_first", "_marks", "_old", "_place", "_put_at", "_windows",
                 "held", "last_answered", "news", "seq", "stream")  # fmt: skip
    WIRING = ("news",)  # of those who read it now, and no part of the state

    def __init__(self, store: ReportStore | None = None, windows: Windows | None = None) -> None:
        """Start with none; what is older than a window goes to the store."""
        self._windows = windows if windows is not None else Windows()
        self.held = 0  # bytes that are in the sum of all windows
        self.seq = 0  # the number of the last report
        self.last_answered = 0  # the highest reference answered
        self.stream = bytearray()  # the frames in memory
        self._place = 0  # of the first of them
        self._first = 0  # the number of the mark there
        # the places behind report 0, MARK_EVERY, 2 * MARK_EVERY ... that are in memory
        self._marks = array("Q", [0])
        self._answered = array("q", [0])  # the highest reference answered until there
        # what is older
        self._old = Pieces(store if store is not None else ReportStore(), self._windows.page)
        self._put_at = self._windows.put_at()  # bytes in memory; more where the disk took none
        self.wire()

    def wire(self) -> None:
        """Start without readers."""
        # where to say that there is a new report; none once that is said, or without a reader
        self.news: list[Outbox] | None = None

    def add(self, payload: bytes) -> None:
        """Keep a report. Before one that answers the client, ``last_answered`` is set."""
        stream = self.stream
        stream += header(len(payload))
        stream += payload
        self.seq = seq = self.seq + 1
        if self.news is not None:
            self.tell()
        if not seq & MARK_MASK:
            self.mark()

    def tell(self) -> None:
        """Say that there is a new report, once until ``news`` is set again."""
        if self.news is not None:
            self.news.append(self)
            self.news = None

    def mark(self) -> None:
        """Remember the place behind the last report; put the oldest away where there are many."""
        size = len(self.stream)
        self._marks.append(self._place + size)
        self._answered.append(self.last_answered)
        windows = self._windows
        if size > self._put_at:
            self.put_away(max(self._put_at - windows.chunk, 0))
        windows.used(self)

    def answer(self, ref: int, payload: bytes) -> None:
        """Keep the report that answers the client's message ``ref``."""
        self.last_answered = ref
        self.add(payload)

    @property
    def end(self) -> int:
        """The place behind the last report."""
        return self._place + len(self.stream)

    # -- what is older than the window ------------------------------------------------------------

    def put_away(self, keep: int) -> bool:
        """Put the oldest chunks into the store, up to the last mark where nothing is to be kept.

        Where it takes none they stay, for a while, and that is said.
        """
        windows = self._windows
        while len(self.stream) > keep and len(self._marks) > 1:
            marks = max(bisect_right(self._marks, self._place + windows.chunk) - 1, 1)
            end = self._marks[marks]
            frames = bytes(memoryview(self.stream)[: end - self._place])
            index = self._marks[:marks].tobytes() + self._answered[:marks].tobytes()
            if not self._old.put(self._first, self._place, self._answered[0], index + frames):
                self._put_at = max(windows.each, len(self.stream) + windows.chunk)
                return False
            del self.stream[: len(frames)], self._marks[:marks], self._answered[:marks]
            self._place, self._first = end, self._first + marks
        self._put_at = windows.put_at()
        return True

    def _window(self) -> Stretch:
        return Stretch(self._first, self._place, self._marks, self._answered, self.stream)

    def _read(self, column: int, value: int) -> Stretch:
        """Read the chunk that is the last with so much at most. Raises ``StoreError``."""
        chunk, behind = self._old.find(column, value)
        end, last = (behind.place, behind.mark) if behind else (self._place, self._first)
        half = (last - chunk.mark) * 8
        data = self._old.get(chunk, 2 * half + end - chunk.place)
        marks, answered = array("Q"), array("q")
        marks.frombytes(data[:half])
        answered.frombytes(data[half : 2 * half])
        return Stretch(chunk.mark, chunk.place, marks, answered, data[2 * half :])

    # -- what is asked ----------------------------------------------------------------------------

    def place(self, seq: int) -> int:
        """Return the place behind report ``seq``, which must exist; 0 is before all."""
        mark, further = divmod(seq, MARK_EVERY)
        stretch = self._window() if mark >= self._first else self._read(MARK, mark)
        return stretch.behind(mark, further)

    def number_at(self, place: int) -> int:
        """Return the number of the last report before a place.

        Among those in the store it is rounded down to a mark that is known without reading.
        """
        if place == self.end:
            return self.seq
        if place < self._place:
            return self._old.mark_at(place) * MARK_EVERY
        mark = bisect_right(self._marks, place) - 1
        number, at = (self._first + mark) * MARK_EVERY, self._marks[mark] - self._place
        while at < place - self._place:
            at += HEADER_SIZE + length_at(self.stream, at)
            number += 1
        return number

    def frames(self, place: int, most: int) -> bytes:
        """Return the whole frames from a place on: all, or where that is too much, up to a mark.

        ``most`` is in bytes; a stretch between marks is returned even where it is more.
        """
        if place >= self._place:
            return self._window().frames(place, most)
        found: list[bytes] = []
        while most > 0:
            old = place < self._place
            stretch = self._read(PLACE, place) if old else self._window()
            end = stretch.place + len(stretch.stream)
            if found and end - place > most:
                break  # the next call has a whole stretch's marks to choose from
            piece = stretch.frames(place, most)
            found.append(piece)
            place += len(piece)
            most -= len(piece)
            if not old or place < end:
                break
        return b"".join(found)

    def answer_to(self, ref: int) -> bytes:
        """Return the frame that answered ``ref``, empty when none did."""
        if ref <= 0:
            return b""
        if ref > self._answered[0]:
            return self._window().answer_to(ref)
        return self._read(ANSWERED, ref - 1).answer_to(ref)


def _answers(report: object) -> int:
    """Return the reference of the message that a report answers, 0 for none."""
    answered = ANSWERS.get(report.__class__)
    if answered is None or (isinstance(report, wire.Rejected) and report.reason is DUPLICATE):
        return 0
    return answered(report)

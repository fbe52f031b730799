"""The public side of all pages: one watching connection, one stream, and snapshots for who joins.

However many pages there are, the core has one subscriber more. Its increments go into the stream
with the numbers that every subscriber sees. A page that joins, or has fallen too far behind, waits
for a snapshot, which the core makes between two increments; it goes on from that place.
"""

from __future__ import annotations

import asyncio
from collections import deque
from typing import TYPE_CHECKING, Final, Protocol

from engine.vocabulary.enums import Phase
from gateway.protocol import wire, wire_market
from gateway.protocol.wire_history import AskHistory, AskTrades, DayTrades, History
from gateway.server.tape import MOST_PHASES
from gateway.web.stream import Stream
from gateway.web.translate import encode
from gateway.web.watcher import Curves, LinksShown

if TYPE_CHECKING:
    from gateway.web.source import Source
    from gateway.web.watcher import Shown

Question = AskTrades | AskHistory
PhaseItem = tuple[int, int, str, int, int, int]  # time, phase, reason, reference, limits
AT_ONCE: Final = 8  # questions under way: their answers stay far below what may be queued


class Reader(Protocol):
    """A page, as the hub sees it."""

    def joined(self, items: str, place: int) -> None:
        """Begin with a snapshot and go on from a place in the stream."""

    def answered(self, item: str) -> None:
        """Take the answer to a question."""

    def gone(self) -> None:
        """End: the venue stops."""


class Hub:
    """Everything public, for all pages."""

    def __init__(self, source: Source) -> None:
        """Watch a venue from now on."""
        self._formed: dict[str, str] = {}  # the curves as they were shown last, by line
        self._links: list[str] = []  # the item of a linked venue's links, once it is known
        self._phases: dict[str, list[PhaseItem]] = {}  # of the day, by line
        self.stream = Stream()
        self.readers: dict[Reader, None] = {}
        self._joining: dict[Reader, None] = {}
        self._asked: deque[Question] = deque()
        self._waiting: dict[Question, dict[Reader, None]] = {}
        self._lines: dict[str, None] = {}
        self.ended = asyncio.Event()
        self._link = source.watch(self._heard, self._ended)
        self._link.say(wire.Subscribe())

    def close(self) -> None:
        """Watch no longer."""
        self._link.close()

    def join(self, reader: Reader) -> None:
        """Have a page begin, or begin anew, with a snapshot of everything."""
        self.readers[reader] = None
        if not self._joining:
            self._link.say(wire.Subscribe())
        self._joining[reader] = None

    def leave(self, reader: Reader) -> None:
        """Forget a page."""
        for table in (self.readers, self._joining, *self._waiting.values()):
            table.pop(reader, None)

    def ask(self, reader: Reader, question: Question) -> None:
        """Have the venue answer a question; who asks the same meanwhile shares the answer."""
        self._ask(question)[reader] = None

    def _ask(self, question: Question) -> dict[Reader, None]:
        """Ask unless it is being asked already; return who waits for the answer."""
        if question not in self._waiting:
            self._waiting[question] = {}
            self._asked.append(question)
            if len(self._asked) <= AT_ONCE:
                self._link.say(question)
        return self._waiting[question]

    def _heard(self, messages: list[Shown]) -> None:
        """Take what a tick wrote: answers and increments, then what it has of a snapshot."""
        snapshot: list[Shown] = []
        for message in messages:
            if isinstance(message, DayTrades | History):
                if isinstance(message, History):
                    self._recall(message)
                self._answer(encode(message))
            elif isinstance(message, Curves):
                self._form(message)
            elif isinstance(message, LinksShown):
                self._links = [encode(["links", message.ends])]
                self.stream.add(self._links[0])
            elif isinstance(message, wire_market.BookSnapshot) or snapshot:
                snapshot.append(message)
            elif not isinstance(message, wire.VenueHeartbeat | wire.LoggedOut):
                self.stream.add(encode(message))
                if isinstance(message, wire_market.PhaseChanged):
                    self._phase(message)
        if snapshot:
            self._show(snapshot)

    def _show(self, snapshot: list[Shown]) -> None:
        """Begin with what stands for those who wait for it; of a new line everybody must hear."""
        items = [encode(message) for message in snapshot]
        symbols = [m.symbol for m in snapshot if isinstance(m, wire_market.BookSnapshot)]
        if any(each not in self._lines for each in symbols):
            for each in symbols:
                if each not in self._lines:
                    self._ask(AskHistory(each))
            self._lines |= dict.fromkeys(symbols)
            for item in items:
                self.stream.add(item)
        if len(symbols) >= len(self._lines):  # of all lines, not of one that was opened
            joining, self._joining = self._joining, {}
            phases = [encode(["phases", [*each]]) for each in self._phases.items()]
            text = ",".join([*items, *phases, *self._formed.values(), *self._links])
            for reader in joining:
                reader.joined(text, self.stream.end)

    def _form(self, curves: Curves) -> None:
        """Show what takes part in a call, limit by limit, as often as what it would give."""
        item = encode(["curves", [curves.symbol, curves.bids, curves.asks]])
        self._formed[curves.symbol] = item
        self.stream.add(item)

    def _recall(self, history: History) -> None:
        """Learn the phases before this process began: an answer stands between two increments."""
        found = [_item(each) for each in history.phases]
        if found != self._phases.get(history.symbol, []):
            self._phases[history.symbol] = found
            self.stream.add(encode(["phases", [history.symbol, found]]))

    def _phase(self, message: wire_market.PhaseChanged) -> None:
        """Keep the day's phases for who joins; forget what took part in a call that is over."""
        phases = self._phases.setdefault(message.symbol, [])
        if phases and phases[-1][1] == Phase.CLOSED and message.phase is not Phase.CLOSED:
            phases.clear()
        phases.append(_item(message))
        del phases[:-MOST_PHASES]
        if message.phase is not Phase.FREEZE:
            self._formed.pop(message.symbol, None)

    def _answer(self, item: str) -> None:
        """Hand the answer to the oldest question on; the next one in the row is asked."""
        question = self._asked.popleft()
        if len(self._asked) >= AT_ONCE:
            self._link.say(self._asked[AT_ONCE - 1])
        for reader in self._waiting.pop(question):
            reader.answered(item)

    def _ended(self) -> None:
        self.ended.set()
        for reader in list(self.readers):
            reader.gone()


def _item(message: wire_market.PhaseChanged) -> PhaseItem:
    """Return what pages are told of a phase."""
    limits = message.reference, message.low_limit, message.high_limit
    return message.time, message.phase.value, message.reason, *limits

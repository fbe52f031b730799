"""Quotes over time, and what trades cost against the middle of them.

The middle is that just before the arriving order, for all of its fills, and prices are kept doubled
where a half would be lost; so effective = realised + impact holds exactly. Only continuous trading
has quotes: a call or an auction has no arriving order and no spread.
"""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING, NamedTuple

from backtest.measures.books import Books, Quote
from backtest.measures.survival import Span
from engine.vocabulary.commands import ClearAuction
from engine.vocabulary.enums import Side
from engine.vocabulary.events import Trade

if TYPE_CHECKING:
    from collections.abc import Iterator

    from engine.vocabulary.commands import Command


class Deal(NamedTuple):
    """A fill of an order that arrived in continuous trading, and the quote before the order."""

    time: int
    symbol: str
    side: Side  # of the order that arrived
    price: int
    tonnes: int
    before: Quote

    @property
    def sign(self) -> int:
        """1 for a buyer who arrived, -1 for a seller."""
        return 1 if self.side is Side.BUY else -1


class Stretch(NamedTuple):
    """A quote and how long it stood (ns) while its line traded continuously."""

    length: int
    quote: Quote


class History:
    """A line's quotes: each row is the state from its time on."""

    def __init__(self) -> None:
        """Start before anything was quoted."""
        self.times: list[int] = []
        self.quotes: list[Quote] = []
        self.opens: list[bool] = []
        self.closes: list[int] = []  # rows at which continuous trading ended
        self.over = 0  # the time of the tape's end

    def note(self, time: int, quote: Quote, *, is_open: bool) -> None:
        """Take note of a state, if it is a new one."""
        if self.times:
            was = self.opens[-1]
            if was == is_open and (self.quotes[-1] == quote or not is_open):
                return
            if was and not is_open:
                self.closes.append(len(self.times))
        elif not is_open:
            return
        self.times.append(time)
        self.quotes.append(quote)
        self.opens.append(is_open)

    def stretches(self) -> Iterator[Stretch]:
        """Yield the quotes of continuous trading and how long they stood."""
        ends = [*self.times[1:], self.over]
        for time, end, quote, is_open in zip(
            self.times, ends, self.quotes, self.opens, strict=False
        ):
            if is_open and end > time:
                yield Stretch(end - time, quote)

    def at(self, time: int) -> Quote | None:
        """Return the quote at a time, None outside continuous trading."""
        row = bisect_right(self.times, time) - 1
        return self.quotes[row] if row >= 0 and self.opens[row] else None

    def later(self, time: int, delay: int) -> Quote | None:
        """Return the quote a while after a time, or the last before its phase ended.

        None where it is not known: the tape ends before, or the phase ended with the trade.
        """
        row = bisect_right(self.times, time + delay) - 1
        first = bisect_right(self.times, time) - 1
        if first < 0 or not self.opens[first]:  # the trade itself ended the phase
            return None
        place = bisect_right(self.closes, first)
        if place < len(self.closes) and self.closes[place] <= row:
            return self.quotes[self.closes[place] - 1]
        return self.quotes[row] if time + delay <= self.over else None

    def recovery(self, time: int, target: int) -> tuple[Span, int]:
        """Return how long after a time the spread (minor units) needs to be ``target`` or less.

        And how many changes of the quote it took. Where the phase ends before, the span did not.
        """
        row = bisect_right(self.times, time) - 1
        for later in range(max(row, 0), len(self.times)):
            when = max(self.times[later], time)
            if not self.opens[later]:
                return Span(when - time, ended=False), later - row
            quote = self.quotes[later]
            if quote.whole and quote.ask - quote.bid <= target:
                return Span(when - time, ended=True), later - row
        return Span(self.over - time, ended=False), len(self.times) - row


class Quotes(Books):
    """Collects each line's quotes over time, and the deals of continuous trading."""

    def __init__(self) -> None:
        """Start with nothing."""
        super().__init__()
        self.histories: dict[str, History] = {}
        self.deals: list[Deal] = []
        self._order: tuple[str, int] | None = None  # the one whose fills come now
        self._quote = Quote(0, 0, 0, 0)  # the one before it
        self.takes = {**self.takes, Trade: self._trade}

    def _trade(self, time: int, command: Command, e: Trade) -> None:
        book = self.book(e.symbol)
        if book.open and type(command) is not ClearAuction:
            order = (e.taker, e.taker_ref)
            if order != self._order:
                history = self.histories.get(e.symbol)
                own = getattr(command, "account", None) == e.taker and self._order is None
                # A stop that the command released meets what its fills left.
                self._quote = history.quotes[-1] if own and history else book.quote()
                self._order = order
            side = Side.SELL if e.side is Side.BUY else Side.BUY
            self.deals.append(Deal(time, e.symbol, side, e.price, e.quantity, self._quote))
        self._moved(time, command, e)

    def done(self, time: int) -> None:
        """Take note of the quotes that a command left."""
        for symbol, book in self.touched.items():
            history = self.histories.get(symbol)
            if history is None:
                history = self.histories[symbol] = History()
            history.note(time, book.quote(), is_open=book.open)
        self._order = None
        self.touched.clear()

    def end(self, time: int) -> None:
        """Take note of the tape's end."""
        for history in self.histories.values():
            history.over = time

    def stretches(self) -> Iterator[Stretch]:
        """Yield the quotes with how long they stood in continuous trading.

        Of lines whose book ever showed something: others have none, or nobody came.
        """
        for symbol, history in self.histories.items():
            if self.lines[symbol].shown:
                yield from history.stretches()

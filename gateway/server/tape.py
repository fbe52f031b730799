"""What happened in each line today, and its bars: kept for those who come late.

A projection of events like the reports, so a restart that replays the log has it again. A line
keeps the trades of its day, at most ``MOST_TRADES`` of them, in 32 bytes each; its last
``MOST_BARS`` days; the last ``MOST_RESULTS`` results of the day's calls and auctions; the last
``MOST_PHASES`` phases of the day; and the statement of its last auction of the calendar.
"""

from __future__ import annotations

from array import array
from collections import deque
from typing import TYPE_CHECKING, Any, Final, cast

from engine.vocabulary import events as ev
from engine.vocabulary.enums import Phase, Side
from gateway.protocol.wire_history import DayTrades, History
from gateway.protocol.wire_market import AuctionTrade, DayClosed, PhaseChanged, Trade
from gateway.server.market_data import message_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from gateway.protocol.wire_market import AuctionCleared, AuctionStated, AuctionUncrossed

MOST_TRADES: Final = 100_000
MOST_BARS: Final = 400  # more than a year of trading days
MOST_RESULTS: Final = 100
MOST_PHASES: Final = 1_000
PAGE: Final = 1_000  # trades in one answer
_FIELDS: Final = 4  # of a kept trade: time, side of the arriving order (0: none), price, tonnes
_CALL: Final = 0
_CLOSED: Final = Phase.CLOSED


class _Line:
    """One line's day and its bars."""

    __slots__ = ("bars", "closed", "day", "first", "folded", "phases", "results", "stated",
                 "trades")  # fmt: skip

    def __init__(self) -> None:
        self.trades = array("q")
        self.first = 1  # the number of the first trade in it
        self.folded = 0  # how many of its figures ``day`` has
        # open, high, low, last, tonnes, value, number of trades
        self.day = [0, 0, 0, 0, 0, 0, 0]
        self.closed = True
        self.bars: deque[DayClosed] = deque(maxlen=MOST_BARS)
        self.results: deque[AuctionUncrossed | AuctionCleared] = deque(maxlen=MOST_RESULTS)
        self.phases: deque[PhaseChanged] = deque(maxlen=MOST_PHASES)
        self.stated: AuctionStated | None = None  # it stays when the day is over

    @property
    def count(self) -> int:
        """How many trades are kept."""
        return len(self.trades) // _FIELDS

    def fold(self) -> None:
        """Take the trades since the last time into the day's figures."""
        day, trades = self.day, self.trades
        for at in range(self.folded, len(trades), _FIELDS):
            price, quantity = trades[at + 2], trades[at + 3]
            if not day[6]:
                day[:3] = price, price, price
            day[1] = max(day[1], price)
            day[2] = min(day[2], price)
            day[3] = price
            day[4] += quantity
            day[5] += price * quantity
            day[6] += 1
        self.folded = len(trades)

    def shorten(self) -> None:
        """Drop the oldest trades but ``MOST_TRADES``."""
        self.fold()
        over = self.count - MOST_TRADES
        del self.trades[: over * _FIELDS]
        self.first += over
        self.folded = len(self.trades)

    def begin_day(self) -> None:
        """Forget the day before."""
        self.first += self.count
        del self.trades[:]
        self.folded = 0
        self.day = [0, 0, 0, 0, 0, 0, 0]
        self.results.clear()
        self.phases.clear()


class Tape:
    """All lines' days, fed with events."""

    def __init__(self) -> None:
        """Start with none."""
        self._lines: dict[str, _Line] = {}

    def rows(self) -> dict[type[Any], Callable[[int, Any], None]]:
        """Return what takes which event in, beside trades."""
        return {
            ev.PhaseChanged: self._phase,
            ev.DayClosed: self._closed,
            ev.AuctionUncrossed: self._result,
            ev.AuctionCleared: self._result,
            ev.AuctionStated: self._stated,
        }

    def trade(self, time: int, e: ev.Trade) -> None:
        """Keep a trade; the event has the resting order's side."""
        self._keep(e.symbol, e.trade, (time, 3 - e.side, e.price, e.quantity))

    def auction_trade(self, time: int, e: ev.AuctionTrade) -> None:
        """Keep a trade of a call, where no order arrived at another."""
        self._keep(e.symbol, e.trade, (time, _CALL, e.price, e.quantity))

    def _keep(self, symbol: str, number: int, fields: tuple[int, int, int, int]) -> None:
        line = self._lines.get(symbol)
        if line is None:
            line = self._line(symbol)
        trades = line.trades
        if not trades:
            line.first = number
        trades.extend(fields)
        if len(trades) >= 2 * MOST_TRADES * _FIELDS:
            line.shorten()

    def _line(self, symbol: str) -> _Line:
        return self._lines.setdefault(symbol, _Line())

    def _phase(self, time: int, e: ev.PhaseChanged) -> None:
        line = self._line(e.symbol)
        if line.closed and e.phase is not _CLOSED:
            line.begin_day()
        line.closed = e.phase is _CLOSED
        line.phases.append(cast("PhaseChanged", message_of(e, e.symbol, 0, time)))

    def _closed(self, time: int, e: ev.DayClosed) -> None:
        self._line(e.symbol).bars.append(cast("DayClosed", message_of(e, e.symbol, 0, time)))

    def _result(self, time: int, e: ev.AuctionUncrossed | ev.AuctionCleared) -> None:
        message = cast("AuctionUncrossed | AuctionCleared", message_of(e, e.symbol, 0, time))
        self._line(e.symbol).results.append(message)

    def _stated(self, time: int, e: ev.AuctionStated) -> None:
        self._line(e.symbol).stated = cast("AuctionStated", message_of(e, e.symbol, 0, time))

    # -- answers ----------------------------------------------------------------------------------

    def day_trades(self, symbol: str, after: int, seq: int) -> DayTrades:
        """Return the trades behind a number, a page at most."""
        line = self._lines.get(symbol)
        if line is None:
            return DayTrades(seq, symbol, 1, 0, ())
        if line.count > MOST_TRADES:
            line.shorten()
        first, last = line.first, line.first + line.count - 1
        begin = max(after + 1, first)
        page = range(begin, min(begin + PAGE - 1, last) + 1)
        return DayTrades(seq, symbol, first, last, tuple(_told(symbol, line, n) for n in page))

    def history(self, symbol: str, seq: int) -> History:
        """Return a line's bars, and the results and the phases of its day."""
        line = self._lines.get(symbol)
        if line is None:
            return History(seq, symbol, (), None, ())
        line.fold()
        day = DayClosed(0, symbol, 0, 0, *line.day) if line.day[6] else None
        bars, results = tuple(line.bars), tuple(line.results)
        return History(seq, symbol, bars, day, results, line.stated, tuple(line.phases))


def _told(symbol: str, line: _Line, number: int) -> Trade | AuctionTrade:
    """Return the message that told a trade."""
    at = (number - line.first) * _FIELDS
    time, side, price, quantity = line.trades[at : at + _FIELDS]
    if side == _CALL:
        return AuctionTrade(0, symbol, 0, time, number, price, quantity)
    return Trade(0, symbol, 0, time, number, Side(side), price, quantity)

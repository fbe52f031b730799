"""What the public feed adds up to: each line's book, offers, last price, trades and day so far.

Fed with market data messages, it never sees the venue itself: what it shows is what any
subscriber can know.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from msgspec import structs

from engine.vocabulary.enums import Mechanism, OfferKind, Phase, Side
from engine.vocabulary.json_codec import decimal_text
from gateway.client.errors import Missed
from gateway.protocol import wire, wire_market

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from gateway.protocol.wire_history import DayTrades, History


class Print(NamedTuple):
    """A public trade. Price in minor units, quantity in tonnes, time in ns UTC."""

    time: int
    price: int
    quantity: int
    side: Side | None  # the arriving order's; none in a call, where none arrives at another
    trade: int = 0  # its number in the line


def print_of(m: wire_market.Trade | wire_market.AuctionTrade) -> Print:
    """Return the print that a message tells."""
    side = m.side if isinstance(m, wire_market.Trade) else None
    return Print(m.time, m.price, m.quantity, side, m.trade)


class Level(NamedTuple):
    """A price and what is shown there."""

    price: int  # minor units
    quantity: int  # tonnes


class Book(NamedTuple):
    """A line as its subscribers see it. Prices in minor units, ``info.minor_digits`` of them."""

    symbol: str
    phase: Phase
    bids: tuple[Level, ...]  # best first
    asks: tuple[Level, ...]
    last: int  # price of the day's last trade, 0 for none
    reference: int
    low_limit: int  # 0 where there is none
    high_limit: int
    stale: bool  # the connection is down: as it was before, until a snapshot comes
    info: wire_market.LineInfo

    @property
    def bid(self) -> Level | None:
        """The best bid."""
        return self.bids[0] if self.bids else None

    @property
    def ask(self) -> Level | None:
        """The best offer."""
        return self.asks[0] if self.asks else None

    def text(self, price: int) -> str:
        """Return a price in currency, as requests take it."""
        return decimal_text(price, self.info.minor_digits)


@dataclass
class Line:
    """One line as its subscribers see it."""

    info: wire_market.LineInfo
    phase: Phase
    bids: dict[int, int] = field(default_factory=dict)
    asks: dict[int, int] = field(default_factory=dict)
    offers: dict[int, wire_market.Offered | wire_market.Announced] = field(default_factory=dict)
    best_bids: dict[int, wire_market.BestBid] = field(default_factory=dict)  # by auction
    indicated: wire_market.AuctionIndicated | None = None  # of the call that is on
    last_trade: int = 0  # price of the day's last trade, 0 for none
    prints: list[Print] = field(default_factory=list)
    update: int = -1
    gaps: int = 0  # increments that did not follow on the one before
    stale: bool = True  # before the first snapshot, and from a gap to the next: not to be relied on
    low_limit: int = 0
    high_limit: int = 0
    bar: wire_market.DayClosed | None = None
    stated: wire_market.AuctionStated | None = None  # of the last auction of the calendar
    behind_snapshot: bool = False  # what stands at a snapshot may follow
    known_to: int = 0  # the day's trades up to the one with this number are all in ``prints``

    @property
    def last(self) -> int:
        """Price of the day's last trade, else the reference."""
        return self.last_trade or self.info.reference

    @property
    def volume(self) -> int:
        """Tonnes traded."""
        return sum(each.quantity for each in self.prints)

    @property
    def value(self) -> int:
        """Minor units traded."""
        return sum(each.quantity * each.price for each in self.prints)

    def best(self) -> tuple[int, int]:
        """Return the best bid and offer, 0 where a side is empty."""
        return max(self.bids, default=0), min(self.asks, default=0)

    def depth(self, side: Side, levels: int) -> list[tuple[int, int]]:
        """Return (price, tonnes), best first."""
        rows = self.bids if side is Side.BUY else self.asks
        return sorted(rows.items(), reverse=side is Side.BUY)[:levels]

    def book(self) -> Book:
        """Return the book as a value."""
        return Book(
            symbol=self.info.symbol,
            phase=self.phase,
            bids=tuple(Level(*row) for row in sorted(self.bids.items(), reverse=True)),
            asks=tuple(Level(*row) for row in sorted(self.asks.items())),
            last=self.last_trade,
            reference=self.info.reference,
            low_limit=self.low_limit,
            high_limit=self.high_limit,
            stale=self.stale,
            info=self.info,
        )

    def heard(self, each: Print) -> None:
        """Add a trade, unless it was filled in before."""
        if not self.prints or each.trade > self.prints[-1].trade:
            self.prints.append(each)
        self._reach(each.trade)

    def fill(self, page: DayTrades) -> None:
        """Take in trades that were not heard; those of an earlier day go."""
        found = {each.trade: each for each in self.prints if each.trade >= page.first}
        found |= {each.trade: print_of(each) for each in page.trades}
        self.prints = [found[number] for number in sorted(found)]
        self.known_to = max(self.known_to, page.trades[-1].trade if page.trades else page.last)
        for each in self.prints:
            self._reach(each.trade)

    def recall(self, history: History) -> None:
        """Take in the last statement of an auction, unless one was heard since."""
        told = history.stated
        if told is not None and (self.stated is None or self.stated.number < told.number):
            self.stated = told

    def _reach(self, number: int) -> None:
        if number == self.known_to + 1:
            self.known_to = number

    def describe(self, info: wire_market.LineInfo) -> None:
        """Take a description over: rules, phase, reference and limits."""
        self.info = info
        self.phase = info.phase
        self.low_limit, self.high_limit = info.low_limit, info.high_limit


class MarketView:
    """The lines of one feed that it was given; what comes of others is passed over."""

    def __init__(self, lines: Iterable[wire_market.LineInfo], *, new_lines: bool = False) -> None:
        """Start from the lines of the logon; ``new_lines`` takes those in that come later too."""
        self.lines: dict[str, Line] = {}
        self.recent: list[tuple[str, Print]] = []  # the last trades of all lines
        self._new_lines = new_lines
        self._take: dict[type, Callable[[Line, Any], None]] = {
            wire_market.BookUpdate: lambda line, m: _set(line, m.levels),
            wire_market.Trade: self._trade,
            wire_market.AuctionTrade: self._trade,
            wire_market.PhaseChanged: _phase,
            wire_market.DayClosed: _day,
            wire_market.LineChanged: lambda line, m: line.describe(m.line),
            wire_market.AuctionIndicated: _indicated,
            wire_market.Offered: _offered,
            wire_market.Announced: _announced,
            wire_market.BestBid: _best_bid,
            wire_market.AuctionCleared: _cleared,
            wire_market.AuctionStated: _stated,
        }
        for info in lines:
            self._add(info)

    def _add(self, info: wire_market.LineInfo) -> Line:
        line = self.lines[info.symbol] = Line(info, info.phase)
        line.describe(info)
        return line

    def absorb(self, message: Any) -> None:
        """Take a market data message in, or that some were ``Missed``; others are passed over."""
        kind = message.__class__
        line = self.lines.get(getattr(message, "symbol", ""))
        if kind is wire_market.BookSnapshot:
            if line is None and self._new_lines and message.line is not None:
                line = self._add(message.line)
            if line is not None:
                _snapshot(line, message)
        elif line is not None and kind in _INCREMENTS:
            self._follow(line, message)
            take = self._take.get(kind)
            if take is not None:
                take(line, message)
        elif kind is Missed:
            for line in self.lines.values():
                line.stale = True

    def _follow(self, line: Line, message: Any) -> None:
        """Count an increment. What stands at a snapshot carries the snapshot's number."""
        if line.behind_snapshot and message.update == line.update:
            if message.__class__ in _STANDING:
                return
        elif line.update < 0 or message.update == line.update + 1:
            line.update = message.update
            line.behind_snapshot = False
            return
        line.gaps += 1
        line.stale = True
        line.update = message.update
        line.behind_snapshot = False

    def _trade(self, line: Line, m: wire_market.Trade | wire_market.AuctionTrade) -> None:
        each = print_of(m)
        line.last_trade = m.price
        line.heard(each)
        self.recent.append((m.symbol, each))
        del self.recent[:-20]


_STANDING: Final = (
    wire_market.Offered,
    wire_market.Announced,
    wire_market.BestBid,
    wire_market.AuctionIndicated,
)
_INCREMENTS: Final = tuple(
    kind for kind in wire.MarketData.__args__ if kind is not wire_market.BookSnapshot
)


def _snapshot(line: Line, m: wire_market.BookSnapshot) -> None:
    """Begin anew: what stands for everybody to answer follows."""
    for shown in (line.bids, line.asks, line.offers, line.best_bids):
        shown.clear()
    line.indicated = None
    if m.line is not None:
        line.describe(m.line)
    line.phase = m.phase
    line.last_trade = m.last
    line.update = m.update
    line.stale = False
    line.behind_snapshot = True
    _set(line, m.levels)


def _phase(line: Line, m: wire_market.PhaseChanged) -> None:
    if line.phase is Phase.CLOSED and m.phase is not Phase.CLOSED:
        line.last_trade = 0
        line.prints = []  # a list of its own: who has the day before keeps it
    if m.phase is not Phase.FREEZE:
        line.indicated = None
    line.describe(
        structs.replace(
            line.info,
            phase=m.phase,
            reference=m.reference,
            low_limit=m.low_limit,
            high_limit=m.high_limit,
        )
    )


def _day(line: Line, m: wire_market.DayClosed) -> None:
    line.bar = m


def _indicated(line: Line, m: wire_market.AuctionIndicated) -> None:
    line.indicated = m


def _offered(line: Line, m: wire_market.Offered) -> None:
    """Keep an offer that binds; an enquiry is heard once."""
    if not m.quantity:
        line.offers.pop(m.number, None)
    elif m.kind is not OfferKind.ENQUIRY:
        line.offers[m.number] = m


def _announced(line: Line, m: wire_market.Announced) -> None:
    line.offers[m.number] = m


def _best_bid(line: Line, m: wire_market.BestBid) -> None:
    line.best_bids[m.number] = m


def _cleared(line: Line, m: wire_market.AuctionCleared) -> None:
    line.offers.pop(m.number, None)
    line.best_bids.pop(m.number, None)


def _stated(line: Line, m: wire_market.AuctionStated) -> None:
    line.stated = m


def _set(line: Line, levels: Iterable[wire_market.BookLevel]) -> None:
    for level in levels:
        rows = line.bids if level.side is Side.BUY else line.asks
        if level.quantity:
            rows[level.price] = level.quantity
        else:
            rows.pop(level.price, None)


def continuous(lines: Iterable[wire_market.LineInfo]) -> list[wire_market.LineInfo]:
    """Return the lines that match by themselves: those that agents know how to trade on."""
    return [info for info in lines if info.mechanism is Mechanism.ORDER_BOOK]

"""What a run over real days is held against: the rulebook, computed once more by other means.

Limits, open and close are computed here with decimals from the rule's words, not by the engine's
functions, and compared with what the venue says of every line and day.
"""

from __future__ import annotations

from decimal import Decimal
from itertools import zip_longest
from typing import TYPE_CHECKING, NamedTuple

from engine.vocabulary.enums import CloseRule, OpenRule, Phase
from engine.vocabulary.events import AuctionTrade, DayClosed, PhaseChanged, Rejected, Trade

if TYPE_CHECKING:
    from backtest.history.prints import Print
    from backtest.history.series import Bar
    from engine.rulebook.ticks import Ticks
    from engine.venue.venue import Venue
    from engine.vocabulary.enums import RejectReason
    from engine.vocabulary.events import Event


class Outside(NamedTuple):
    """A real price that the venue's limits of the day do not admit. Minor units a tonne."""

    date: int
    product: str
    reference: int
    low: int
    high: int
    price: int
    kind: str  # "listed" or "block"


class Done:
    """What a product's day came to so far."""

    def __init__(self) -> None:
        """Start with nothing."""
        self.listed = False  # all that there was to trade is traded
        self.made = 0  # prints tried
        self.prints: list[Print] = []  # those that became trades
        self.missed = 0  # tonnes that the venue refused
        self.why = ""  # the first rule that it gave


class Row(NamedTuple):
    """A product's day on the venue beside the real one. Minor units a tonne."""

    bar: Bar
    reference: int
    low: int
    high: int
    close: int  # the venue's


class Audit:
    """Collects the days of a run and every breach of the rulebook in them."""

    def __init__(self, venue: Venue) -> None:
        """Watch a venue's events."""
        self.venue = venue
        self.breaches: list[str] = []  # there must be none
        self.outsides: list[Outside] = []
        self.other_closes: list[tuple[int, str, int, int]] = []  # date, product, real, venue's
        self.left_out: list[tuple[int, str, str]] = []
        self.extra_days: list[int] = []
        self.notes: list[str] = []  # of how the series was read and the venue driven
        self.rows: list[Row] = []
        self.trades = self.refusals = self.blocks = self.bars = 0
        self.odd_tonnes = 0  # of days with more than their whole orders
        self._limits: dict[str, tuple[int, int, int]] = {}  # line -> reference, low, high
        self._seen: dict[str, list[tuple[int, int]]] = {}  # line -> price, tonnes of the day
        self.days: dict[tuple[int, str], Done] = {}

    def day(self, bar: Bar) -> Done:
        """Return what a product's day came to so far."""
        return self.days.setdefault((bar.date, bar.product), Done())

    def made(self, bar: Bar, each: Print) -> None:
        """Take note of a trade that the brokers made."""
        self.day(bar).prints.append(each)

    def outside(self, found: Outside) -> None:
        """Take note of a real price outside the limits, once for each price."""
        if found not in self.outsides:
            self.outsides.append(found)

    def leave_out(self, bar: Bar, why: str) -> None:
        """Take note of what was not traded, once for each reason."""
        found = (bar.date, bar.product, why)
        if found not in self.left_out:
            self.left_out.append(found)

    def expect_refusal(self, events: list[Event], reason: RejectReason) -> None:
        """Hold that the venue refused, and why."""
        refused = [event for event in events if isinstance(event, Rejected)]
        if [event.reason for event in refused] != [reason]:
            self.breaches.append(f"{self.venue.date}: not refused as {reason.name}: {events}")

    def absorb(self, events: list[Event]) -> None:
        """Take events in; hold every trade and every closing against the rulebook."""
        for event in events:
            if isinstance(event, Trade | AuctionTrade):
                self.trades += 1
                self._seen.setdefault(event.symbol, []).append((event.price, event.quantity))
                _, low, high = self._limits[event.symbol]
                if high and not low <= event.price <= high:
                    self.breaches.append(f"{self.venue.date} {event.symbol}: {event.price}")
            elif isinstance(event, PhaseChanged):
                if event.phase is not Phase.CLOSED:
                    self._open(event)
            elif isinstance(event, DayClosed):
                self._close_line(event)
            elif isinstance(event, Rejected):
                self.refusals += 1

    def _open(self, event: PhaseChanged) -> None:
        """Hold the day's limits against the rule: reference, up and down, half-up to the tick."""
        line, rulebook = self.venue.line_view(event.symbol), self.venue.rulebook
        found = (event.reference, event.low_limit, event.high_limit)
        self._limits[event.symbol] = found
        mode = next(mode for mode in rulebook.modes if mode.name == line.mode)
        if not mode.limit_up_bp or not event.reference:
            wanted = (event.reference, 0, 0)
        else:
            low, high = (
                nearest(Decimal(event.reference) * (10_000 + bp) / 10_000, line.tick, line.ticks)
                for bp in (-mode.limit_down_bp, mode.limit_up_bp)
            )
            wanted = (event.reference, low, high)
        if found != wanted:
            self.breaches.append(f"{self.venue.date} {event.symbol}: limits {found}, not {wanted}")

    def _close_line(self, event: DayClosed) -> None:
        """Hold a bar against the day's trades, and its close against the closing rule."""
        self.bars += 1
        trades = self._seen.pop(event.symbol, [])
        prices = [price for price, _ in trades]
        reference = self._limits.get(event.symbol, (0, 0, 0))[0]
        book = self.venue.rulebook
        wanted: tuple[int, ...] = (0, 0, 0, 0, 0, 0)
        if trades:
            opened = reference if book.open is OpenRule.PREVIOUS_CLOSE else prices[0]
            value = sum(price * quantity for price, quantity in trades)
            wanted = (
                opened,
                max(prices),
                min(prices),
                sum(q for _, q in trades),
                value,
                len(trades),
            )
        found = (event.open, event.high, event.low, event.volume, event.value, event.trades)
        if found != wanted:
            self.breaches.append(f"{self.venue.date} {event.symbol}: bar {found}, not {wanted}")
        line = self.venue.line_view(event.symbol)
        leads, close = line.leads, reference
        if leads and trades:
            grid = (line.tick, line.ticks)
            close = closing(book.close, wanted, prices[-1], book.close_min_volume, grid)
        if leads and reference and event.close != close:
            text = f"{self.venue.date} {event.symbol}: close {event.close}, not {close}"
            self.breaches.append(text)

    def close(self, bar: Bar, close: int) -> None:
        """Set a product's day beside the real one."""
        lines = map(self.venue.line_view, self.venue.symbols)
        line = next(each.symbol for each in lines if each.product == bar.product and each.leads)
        limits = self._limits.get(line, (self.venue.reference(line), 0, 0))
        self.rows.append(Row(bar, *limits, close))
        if bar.close and bar.high and close != bar.close:
            self.other_closes.append((bar.date, bar.product, bar.close, close))


def nearest(exact: Decimal, tick: int, ticks: Ticks) -> int:
    """Return the valid price nearest to a figure, the higher of two: tried one by one."""
    found: list[int] = []
    rows = [(0, tick), *ticks]
    ends = [start for start, _ in rows[1:]]
    for (start, step), end in zip_longest(rows, ends):
        below = int(exact // step) * step
        found += [
            price
            for price in (below, below + step, start)
            if start <= price and (end is None or price < end)
        ]
    return min((p for p in found if p), key=lambda price: (abs(price - exact), -price))


def closing(
    rule: CloseRule, bar: tuple[int, ...], last: int, least: int, grid: tuple[int, Ticks]
) -> int:
    """Return a close by the rule's words: of a bar (open, high, low, volume, value, trades).

    The brokers trade in no call, and nobody fixes a close: then both rules take the last trade.
    """
    opened, _, _, volume, value, _ = bar
    if rule in (CloseRule.LAST, CloseRule.AUCTION, CloseRule.FIXING):
        return last
    if rule is CloseRule.VWAP_ABOVE and volume <= least:
        return opened
    return nearest(Decimal(value) / volume, *grid)

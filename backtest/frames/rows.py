"""Rows of the tables, from a log's records one after the other.

A table's rows lie in one list, cell behind cell: no object for each row, and a column is a slice.
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from backtest.frames.lives import Lives
from backtest.frames.words import PHASES, REFUSAL_WORDS, SIDES, STEPS, VERBS
from engine.vocabulary.commands import ClearAuction
from engine.vocabulary.enums import Side
from engine.vocabulary.events import (
    Announced,
    AuctionCleared,
    AuctionIndicated,
    AuctionTrade,
    AuctionUncrossed,
    BestBid,
    DayBegan,
    DayClosed,
    DepthChanged,
    OrderAccepted,
    OrderAmended,
    OrderCancelled,
    OrderReduced,
    OrderResting,
    PhaseChanged,
    Rejected,
    Trade,
)

if TYPE_CHECKING:
    from collections.abc import Collection

    from backtest.frames.words import Take
    from engine.venue.venue import Venue
    from engine.vocabulary.commands import Command
    from engine.vocabulary.events import Event

    Depth: TypeAlias = (
        OrderAccepted | OrderResting | OrderCancelled | OrderReduced | DepthChanged | Trade
    )

_BUY: Final = Side.BUY


class Rows:
    """Gathers the rows of the tables that are wanted; whoever asks takes them out."""

    def __init__(self, venue: Venue, wanted: Collection[str]) -> None:
        """Follow a venue that has done nothing yet."""
        self.venue = venue
        self.cells: dict[str, list[Any]] = {name: [] for name in wanted}
        self.day: date | None = None
        self._phases: dict[str, str] = {}
        self._places: dict[str, tuple[str, str]] = {}  # mechanism and phase by line, while known
        self._handlers: dict[type, tuple[Take, ...]] = {}
        self._lives = Lives(self.cells["orders"]) if "orders" in wanted else None
        takes = self._by_table()
        for table in (name for name in takes if name in wanted):
            self._listen(takes[table])
        self._listen({PhaseChanged: self._phase, DayBegan: self._begun})

    def _by_table(self) -> dict[str, dict[type, Take]]:
        moved = (OrderAccepted, OrderResting, OrderCancelled, OrderReduced, DepthChanged)
        return {
            "trades": {Trade: self._trade, AuctionTrade: self._in_call},
            "orders": self._lives.takes if self._lives else {},
            "depth": {
                **dict.fromkeys((*moved, Trade), self._moved),
                OrderAmended: self._amended,
            },
            "auctions": {
                AuctionIndicated: self._call,
                AuctionUncrossed: self._call,
                Announced: self._announced,
                BestBid: self._best_bid,
                AuctionCleared: self._cleared,
            },
            "sessions": {PhaseChanged: self._session},
            "refusals": {Rejected: self._refused},
            "days": {DayClosed: self._closed},
        }

    def _listen(self, takes: dict[type, Take]) -> None:
        for kind, take in takes.items():
            self._handlers[kind] = (*self._handlers.get(kind, ()), take)

    def take(self, seq: int, time: int, command: Command, events: list[Event]) -> None:
        """Take what came of a record."""
        handlers, day = self._handlers, self.day
        for event in events:
            kind = type(event)
            if kind in handlers:
                for take in handlers[kind]:
                    take(event, seq, time, day, command)

    def balances(self, seq: int, time: int) -> dict[str, list[Any]]:
        """Return cells of what each account has now, by table."""
        found: dict[str, list[Any]] = {
            name: [] for name in ("cash", "holdings") if name in self.cells
        }
        for account in self.venue.accounts if found else ():
            view = self.venue.account(account)
            for table in found:
                for b in view.cash if table == "cash" else view.holdings:
                    found[table] += (seq, time, self.day, account, b.name)
                    found[table] += (b.total, b.reserved, b.locked, b.owed, b.pending)
        return found

    def add(self, cells: dict[str, list[Any]]) -> None:
        """Add cells by table."""
        for table, found in cells.items():
            self.cells[table] += found

    def end(self, seq: int, time: int) -> None:
        """Take note of the end of the log."""
        self.add(self.balances(seq, time))
        if self._lives is not None:
            self._lives.end()

    # -- trades ---------------------------------------------------------------------------------

    def _place(self, symbol: str) -> tuple[str, str]:
        mechanism = self.venue.line_view(symbol).mechanism.name.lower()
        found = self._places[symbol] = mechanism, self._phases.get(symbol, "closed")
        return found

    def _trade(self, e: Trade, seq: int, time: int, day: date | None, c: Command) -> None:
        symbol, price, quantity = e.symbol, e.price, e.quantity
        mechanism, phase = self._places.get(symbol) or self._place(symbol)
        value = price * quantity
        cells = self.cells["trades"]
        if e.side is _BUY:
            arrived = "sell" if type(c) is not ClearAuction else None
            cells += (seq, time, day, symbol, e.trade, mechanism, phase, price, quantity, value,
                      arrived, e.maker, e.maker_ref, e.maker_fee, e.taker, e.taker_ref,
                      e.taker_fee)  # fmt: skip
        else:
            arrived = "buy" if type(c) is not ClearAuction else None
            cells += (seq, time, day, symbol, e.trade, mechanism, phase, price, quantity, value,
                      arrived, e.taker, e.taker_ref, e.taker_fee, e.maker, e.maker_ref,
                      e.maker_fee)  # fmt: skip

    def _in_call(self, e: AuctionTrade, seq: int, time: int, day: date | None, _c: Command) -> None:
        mechanism, phase = self._places.get(e.symbol) or self._place(e.symbol)
        self.cells["trades"] += (
            seq,
            time,
            day,
            e.symbol,
            e.trade,
            mechanism,
            phase,
            e.price,
            e.quantity,
            e.price * e.quantity,
            None,
            e.buyer,
            e.buyer_ref,
            e.buyer_fee,
            e.seller,
            e.seller_ref,
            e.seller_fee,
        )

    # -- the book -------------------------------------------------------------------------------

    def _moved(self, e: Depth, seq: int, time: int, day: date | None, _c: Command) -> None:
        depth = e.depth
        if depth >= 0:
            self.cells["depth"] += (seq, time, day, e.symbol, SIDES[e.side], e.price, depth)

    def _amended(self, e: OrderAmended, seq: int, time: int, day: date | None, _c: Command) -> None:
        for price, depth in ((e.old_price, e.old_depth), (e.price, e.depth)):
            if depth >= 0:
                self.cells["depth"] += (seq, time, day, e.symbol, SIDES[e.side], price, depth)

    # -- calls and auctions ---------------------------------------------------------------------

    def _call(
        self,
        e: AuctionIndicated | AuctionUncrossed,
        seq: int,
        time: int,
        day: date | None,
        _c: Command,
    ) -> None:
        step = "indicated" if type(e) is AuctionIndicated else "uncrossed"
        self.cells["auctions"] += (
            seq,
            time,
            day,
            e.symbol,
            step,
            None,
            None,
            e.price or None,
            e.volume,
            e.surplus,
            STEPS[e.decided],
            None,
            None,
        )

    def _announced(self, e: Announced, seq: int, time: int, day: date | None, _c: Command) -> None:
        self.cells["auctions"] += (
            seq,
            time,
            day,
            e.symbol,
            "announced",
            e.number,
            SIDES[e.side],
            e.price or None,
            e.quantity,
            None,
            None,
            None,
            None,
        )

    def _best_bid(self, e: BestBid, seq: int, time: int, day: date | None, _c: Command) -> None:
        self.cells["auctions"] += (
            seq,
            time,
            day,
            e.symbol,
            "best_bid",
            e.number,
            None,
            e.price or None,
            e.quantity,
            None,
            None,
            None,
            None,
        )

    def _cleared(
        self, e: AuctionCleared, seq: int, time: int, day: date | None, _c: Command
    ) -> None:
        self.cells["auctions"] += (
            seq,
            time,
            day,
            e.symbol,
            "cleared",
            e.number,
            None,
            e.price or None,
            e.quantity,
            e.unsold,
            None,
            e.bids,
            e.bidders,
        )

    # -- phases, days and refusals --------------------------------------------------------------

    def _phase(self, e: PhaseChanged, _s: int, _t: int, _d: date | None, _c: Command) -> None:
        self._phases[e.symbol] = PHASES[e.phase]
        self._places.pop(e.symbol, None)

    def _session(self, e: PhaseChanged, seq: int, time: int, day: date | None, _c: Command) -> None:
        self.cells["sessions"] += (
            seq,
            time,
            day,
            e.symbol,
            PHASES[e.phase],
            e.reason,
            e.reference or None,
            e.low_limit or None,
            e.high_limit or None,
        )

    def _begun(self, e: DayBegan, _s: int, _t: int, _d: date | None, _c: Command) -> None:
        year, rest = divmod(e.date, 10_000)
        self.day = date(year, *divmod(rest, 100))
        self._places.clear()  # an amendment may have come into force

    def _closed(self, e: DayClosed, seq: int, time: int, day: date | None, _c: Command) -> None:
        self.cells["days"] += (
            seq,
            time,
            day,
            e.symbol,
            e.open or None,
            e.high or None,
            e.low or None,
            e.close or None,
            e.volume,
            e.value,
            e.trades,
        )

    def _refused(self, e: Rejected, seq: int, time: int, day: date | None, c: Command) -> None:
        symbol = getattr(c, "symbol", "") or None
        self.cells["refusals"] += (
            seq,
            time,
            day,
            e.account or None,
            e.ref or None,
            VERBS[type(c)],
            symbol,
            REFUSAL_WORDS[e.reason],
            e.field or None,
            e.rule or None,
        )

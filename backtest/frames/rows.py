"""Rows of the tables, from a log's records one after the other."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from backtest.frames.lives import Lives
from engine.vocabulary.commands import ClearAuction
from engine.vocabulary.enums import CallStep, Phase, Side
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
    Trade,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from engine.venue.venue import Venue
    from engine.vocabulary.commands import Command
    from engine.vocabulary.events import Event

    Depth: TypeAlias = (
        OrderAccepted | OrderResting | OrderCancelled | OrderReduced | DepthChanged | Trade
    )

_SIDES: Final = {side: side.name.lower() for side in Side}
_PHASES: Final = {phase: phase.name.lower() for phase in Phase}
_STEPS: Final = {step: step.name.lower() for step in CallStep}
_BUY: Final = Side.BUY


class Rows:
    """Gathers the rows of the tables that are wanted; whoever asks takes them out."""

    def __init__(self, venue: Venue, wanted: Collection[str]) -> None:
        """Follow a venue that has done nothing yet."""
        self.venue = venue
        self.rows: dict[str, list[tuple[Any, ...]]] = {name: [] for name in wanted}
        self.day: date | None = None
        self._phases: dict[str, str] = {}
        self._mechanisms: dict[str, str] = {}
        self._handlers: dict[type, tuple[Callable[..., None], ...]] = {}
        self._lives = Lives(self.rows["orders"]) if "orders" in wanted else None
        for table, takes in self._by_table().items():
            if table in wanted:
                self._listen(takes)
        self._listen({PhaseChanged: self._phase, DayBegan: self._begun})

    def _by_table(self) -> dict[str, dict[type, Callable[..., None]]]:
        moved = (OrderAccepted, OrderResting, OrderCancelled, OrderReduced, DepthChanged, Trade)
        lives = self._lives.takes if self._lives else {}
        return {
            "trades": {Trade: self._trade, AuctionTrade: self._in_call},
            "orders": lives,
            "depth": {**dict.fromkeys(moved, self._moved), OrderAmended: self._amended},
            "auctions": {AuctionIndicated: self._call, AuctionUncrossed: self._call,
                         Announced: self._announced, BestBid: self._best_bid,
                         AuctionCleared: self._cleared},
            "sessions": {PhaseChanged: self._session},
            "days": {DayClosed: self._closed},
        }  # fmt: skip

    def _listen(self, takes: dict[type, Callable[..., None]]) -> None:
        for kind, take in takes.items():
            self._handlers[kind] = (*self._handlers.get(kind, ()), take)

    def take(self, seq: int, time: int, command: Command, events: list[Event]) -> None:
        """Take what came of a record."""
        handlers, day = self._handlers, self.day
        for event in events:
            for take in handlers.get(type(event), ()):
                take(event, seq, time, day, command)

    def balances(self, seq: int, time: int) -> dict[str, list[tuple[Any, ...]]]:
        """Return rows of what each account has now, by table."""
        found: dict[str, list[tuple[Any, ...]]] = {
            name: [] for name in ("cash", "holdings") if name in self.rows
        }
        for account in self.venue.accounts if found else ():
            view = self.venue.account(account)
            for table, rows in found.items():
                rows += [
                    (seq, time, self.day, account, b.name, b.total, b.reserved, b.locked, b.owed,
                     b.pending)
                    for b in (view.cash if table == "cash" else view.holdings)
                ]  # fmt: skip
        return found

    def add(self, rows: dict[str, list[tuple[Any, ...]]]) -> None:
        """Add rows by table."""
        for table, found in rows.items():
            self.rows[table] += found

    def end(self, seq: int, time: int) -> None:
        """Take note of the end of the log."""
        self.add(self.balances(seq, time))
        if self._lives is not None:
            self._lives.end()

    # -- trades ---------------------------------------------------------------------------------

    def _mechanism(self, symbol: str) -> str:
        found = self._mechanisms.get(symbol)
        if found is None:
            found = self.venue.line_view(symbol).mechanism.name.lower()
            self._mechanisms[symbol] = found
        return found

    def _trade(self, e: Trade, seq: int, time: int, day: date | None, c: Command) -> None:
        maker, taker = (e.maker, e.maker_ref, e.maker_fee), (e.taker, e.taker_ref, e.taker_fee)
        buyer, seller, arrived = (maker, taker, "sell") if e.side is _BUY else (taker, maker, "buy")
        self.rows["trades"].append((
            seq, time, day, e.symbol, e.trade, self._mechanism(e.symbol),
            self._phases.get(e.symbol, "closed"), e.price, e.quantity, e.price * e.quantity,
            None if type(c) is ClearAuction else arrived, *buyer, *seller,
        ))  # fmt: skip

    def _in_call(self, e: AuctionTrade, seq: int, time: int, day: date | None, *_: object) -> None:
        self.rows["trades"].append((
            seq, time, day, e.symbol, e.trade, self._mechanism(e.symbol),
            self._phases.get(e.symbol, "closed"), e.price, e.quantity, e.price * e.quantity, None,
            e.buyer, e.buyer_ref, e.buyer_fee, e.seller, e.seller_ref, e.seller_fee,
        ))  # fmt: skip

    # -- the book -------------------------------------------------------------------------------

    def _moved(self, e: Depth, seq: int, time: int, day: date | None, *_: object) -> None:
        if e.depth >= 0:
            row = (seq, time, day, e.symbol, _SIDES[e.side], e.price, e.depth)
            self.rows["depth"].append(row)

    def _amended(self, e: OrderAmended, seq: int, time: int, day: date | None, *_: object) -> None:
        for price, depth in ((e.old_price, e.old_depth), (e.price, e.depth)):
            if depth >= 0:
                row = (seq, time, day, e.symbol, _SIDES[e.side], price, depth)
                self.rows["depth"].append(row)

    # -- calls and auctions ---------------------------------------------------------------------

    def _call(
        self, e: AuctionIndicated | AuctionUncrossed, seq: int, time: int, day: date | None,
        *_: object,
    ) -> None:  # fmt: skip
        step = "indicated" if type(e) is AuctionIndicated else "uncrossed"
        self.rows["auctions"].append((seq, time, day, e.symbol, step, None, None, e.price or None,
                                      e.volume, e.surplus, _STEPS[e.decided], None,
                                      None))  # fmt: skip

    def _announced(self, e: Announced, seq: int, time: int, day: date | None, *_: object) -> None:
        self.rows["auctions"].append((seq, time, day, e.symbol, "announced", e.number,
                                      _SIDES[e.side], e.price or None, e.quantity, None, None,
                                      None, None))  # fmt: skip

    def _best_bid(self, e: BestBid, seq: int, time: int, day: date | None, *_: object) -> None:
        self.rows["auctions"].append((seq, time, day, e.symbol, "best_bid", e.number, None,
                                      e.price or None, e.quantity, None, None, None,
                                      None))  # fmt: skip

    def _cleared(
        self, e: AuctionCleared, seq: int, time: int, day: date | None, *_: object
    ) -> None:
        self.rows["auctions"].append((seq, time, day, e.symbol, "cleared", e.number, None,
                                      e.price or None, e.quantity, e.unsold, None, e.bids,
                                      e.bidders))  # fmt: skip

    # -- phases and days ------------------------------------------------------------------------

    def _phase(self, e: PhaseChanged, *_: object) -> None:
        self._phases[e.symbol] = _PHASES[e.phase]

    def _session(self, e: PhaseChanged, seq: int, time: int, day: date | None, *_: object) -> None:
        self.rows["sessions"].append((seq, time, day, e.symbol, _PHASES[e.phase], e.reason,
                                      e.reference or None, e.low_limit or None,
                                      e.high_limit or None))  # fmt: skip

    def _begun(self, e: DayBegan, *_: object) -> None:
        year, rest = divmod(e.date, 10_000)
        self.day = date(year, *divmod(rest, 100))
        self._mechanisms.clear()  # an amendment may have come into force

    def _closed(self, e: DayClosed, seq: int, time: int, day: date | None, *_: object) -> None:
        self.rows["days"].append((seq, time, day, e.symbol, e.open or None, e.high or None,
                                  e.low or None, e.close or None, e.volume, e.value,
                                  e.trades))  # fmt: skip

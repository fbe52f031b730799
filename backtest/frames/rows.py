"""Rows of the smaller tables, event for event.

A table's rows lie in one list, cell behind cell: no object for each row, and a column is a slice.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from backtest.frames.registry_rows import FORMS, row
from backtest.frames.words import PHASES, REFUSAL_WORDS, SIDES, STEPS, VERBS
from engine.vocabulary.events import (
    Announced,
    AuctionCleared,
    AuctionIndicated,
    AuctionUncrossed,
    BestBid,
    DayClosed,
    PhaseChanged,
    Rejected,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from datetime import date
    from typing import TypeAlias

    from engine.venue.venue import Venue
    from engine.vocabulary.commands import Command
    from engine.vocabulary.registry_events import RegistryEvent

    # (event, number of its record, time, trading day, command): each takes one kind of event.
    Take: TypeAlias = Callable[[Any, int, int, date | None, Any], None]


class Rows:
    """Gathers the rows of the tables that are wanted; whoever asks takes them out."""

    def __init__(self, venue: Venue, wanted: Collection[str]) -> None:
        """Follow a venue that has done nothing yet."""
        self.venue = venue
        self.cells: dict[str, list[Any]] = {name: [] for name in wanted}
        self.takes: dict[type, Take] = {}
        for table, takes in self._by_table().items():
            if table in wanted:
                self.takes |= takes
        for kind, form in FORMS.items():
            if form.table in wanted:
                self.takes[kind] = self._of_the_registry

    def _by_table(self) -> dict[str, dict[type, Take]]:
        return {
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

    def take_out(self) -> dict[str, list[Any]]:
        """Return the cells by table, and forget them."""
        cells, self.cells = self.cells, {name: [] for name in self.cells}
        return cells

    def balances(self, seq: int, time: int, day: date | None) -> dict[str, list[Any]]:
        """Return cells of what each account has now, by table."""
        found: dict[str, list[Any]] = {
            name: [] for name in ("cash", "holdings") if name in self.cells
        }
        for account in self.venue.accounts if found else ():
            view = self.venue.account(account)
            for table in found:
                for b in view.cash if table == "cash" else view.holdings:
                    found[table] += (seq, time, day, account, b.name)
                    found[table] += (b.total, b.reserved, b.locked, b.owed, b.pending)
        return found

    def add(self, cells: dict[str, list[Any]]) -> None:
        """Add cells by table."""
        for table, found in cells.items():
            self.cells[table] += found

    def _of_the_registry(
        self, e: RegistryEvent, seq: int, time: int, day: date | None, _c: Command
    ) -> None:
        self.cells[FORMS[type(e)].table] += row(e, seq, time, day)

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

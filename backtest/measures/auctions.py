"""One-way auctions: what was bid, what was sold, and how far bids were from worth."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from backtest.measures.ladder import Ladder, runs, total
from backtest.measures.tape import Reader
from engine.vocabulary.commands import Bid as BidCommand
from engine.vocabulary.commands import ClearAuction
from engine.vocabulary.enums import CancelReason, Side
from engine.vocabulary.events import (
    Announced,
    AuctionCleared,
    OrderAccepted,
    OrderAmended,
    OrderCancelled,
    Trade,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from backtest.measures.welfare import Valuation
    from engine.vocabulary.commands import Command


class Bid(NamedTuple):
    """What a bidder wanted when the auction was cleared. Minor units per tonne, tonnes."""

    account: str
    price: int
    tonnes: int


class Auction(NamedTuple):
    """An auction that was cleared. ``side`` is the initiator's."""

    time: int
    symbol: str
    number: int
    side: Side
    reserve: int
    price: int  # the worst accepted bid, 0 where nothing was sold
    sold: int
    unsold: int
    revenue: int  # minor units
    bids: tuple[Bid, ...]
    won: dict[str, int]  # tonnes by bidder

    @property
    def offered(self) -> int:
        """Tonnes that were offered (or asked for)."""
        return self.sold + self.unsold


class Auctions(Reader):
    """Collects the auctions that were cleared, with the bids that stood then."""

    def __init__(self) -> None:
        """Start with none."""
        self.all: list[Auction] = []
        self._terms: dict[tuple[str, int], Announced] = {}
        self._bids: dict[tuple[str, int], tuple[tuple[str, int], Bid]] = {}  # by account, ref
        self._sales: list[Trade] = []  # of the clearing that is on
        self.takes = {
            Announced: self._announced,
            OrderAccepted: self._accepted,
            OrderAmended: self._amended,
            OrderCancelled: self._cancelled,
            Trade: self._trade,
            AuctionCleared: self._cleared,
        }

    def _announced(self, _time: int, _: Command, e: Announced) -> None:
        self._terms[e.symbol, e.number] = e

    def _accepted(self, _time: int, command: Command, e: OrderAccepted) -> None:
        if type(command) is BidCommand:
            bid = Bid(e.account, e.price, e.quantity)
            self._bids[e.account, e.ref] = ((e.symbol, command.number), bid)

    def _amended(self, _time: int, _: Command, e: OrderAmended) -> None:
        found = self._bids.get((e.account, e.ref))
        if found is not None:
            self._bids[e.account, e.ref] = (found[0], Bid(e.account, e.price, e.quantity))

    def _cancelled(self, _time: int, _: Command, e: OrderCancelled) -> None:
        if e.reason not in (CancelReason.LOST, CancelReason.UNPAID):
            self._bids.pop((e.account, e.ref), None)

    def _trade(self, _time: int, command: Command, e: Trade) -> None:
        if type(command) is ClearAuction:
            self._sales.append(e)

    def _cleared(self, time: int, _: Command, e: AuctionCleared) -> None:
        sales, self._sales = self._sales, []
        key = (e.symbol, e.number)
        mine = [ref for ref, (auction, _bid) in self._bids.items() if auction == key]
        bids = tuple(self._bids.pop(ref)[1] for ref in mine)
        terms = self._terms.pop(key, None)
        if terms is None:
            return
        won: dict[str, int] = {}
        for sale in sales:
            won[sale.taker] = won.get(sale.taker, 0) + sale.quantity
        revenue = sum(sale.price * sale.quantity for sale in sales)
        self.all.append(
            Auction(
                time,
                e.symbol,
                e.number,
                terms.side,
                terms.price,
                e.price,
                e.quantity,
                e.unsold,
                revenue,
                bids,
                won,
            )
        )


def cover(auctions: Iterable[Auction]) -> float | None:
    """Return tonnes bid over tonnes offered, of all auctions together; None without one."""
    rows = list(auctions)
    offered = sum(each.offered for each in rows)
    return sum(bid.tonnes for each in rows for bid in each.bids) / offered if offered else None


def unsold(auctions: Iterable[Auction]) -> float | None:
    """Return the share of the offered tonnes that was not sold; None without an auction."""
    rows = list(auctions)
    offered = sum(each.offered for each in rows)
    return sum(each.unsold for each in rows) / offered if offered else None


def shading(auction: Auction, interests: Mapping[str, Valuation]) -> tuple[int, int]:
    """Return how far bids were from what the tonnes were worth, and the tonnes that have a worth.

    In minor units times tonnes, above 0 where bidders ask for a gain. A bidder's best bid counts
    as being for the tonnes that are worth most; tonnes beyond its schedule are left out.
    """
    shaded = counted = 0
    sells = auction.side is Side.SELL  # then bidders buy
    taken: dict[str, int] = {}
    for bid in sorted(auction.bids, key=lambda each: -each.price if sells else each.price):
        interest = interests.get(bid.account)
        if interest is None:
            continue
        start = taken.get(bid.account, 0)
        taken[bid.account] = start + bid.tonnes
        schedule = interest.worth if sells else interest.costs
        known = min(bid.tonnes, max(len(schedule) - start, 0))
        gap = total(schedule, start + known) - total(schedule, start) - bid.price * known
        shaded += gap if sells else -gap
        counted += known
    return shaded, counted


def truthful_revenue(auction: Auction, interests: Mapping[str, Valuation]) -> int:
    """Return what a sale would bring if all bid their worths: the lowest accepted worth for each.

    Those below the reserve are not accepted.
    """
    known = (run for each in interests.values() for run in runs(each.worth))
    worth = Ladder(sorted((run for run in known if run[0] >= auction.reserve), reverse=True))
    sold = min(auction.offered, len(worth))
    return worth[sold - 1] * sold if sold else 0

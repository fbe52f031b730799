"""bourse: written in Rust, used from Python."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final, TypeAlias

from bourse.core import OrderBook

from benchmarks.messages import AMEND, CANCEL, CANCELLED, ENDED, FILL, NEW, REJECTED, RESTS
from benchmarks.reference import ReferenceBook
from engine.vocabulary.enums import Side

if TYPE_CHECKING:
    from collections.abc import Callable

    from benchmarks.messages import Report
    from benchmarks.workloads import Workload

NOTES: Final = (
    "no IOC (placed, then cancelled); no call says what traded or what is left of an order, so "
    "the adapter reads that off the sides' totals; fills are fetched once at the end and put in "
    "their places, as asking after each trade would copy all of them; it takes open quantities, "
    "which the adapter is given; defect: orders at one price are lost unless its time moves, so "
    "the adapter sets it before each order and amendment"
)
_ACTIVE: Final = 1

# A message with the side as bourse takes it, and for an amendment the new open quantity.
_Message: TypeAlias = tuple[int, int, bool, int, int, bool]


def _translate(workload: Workload) -> tuple[list[_Message], list[_Message]]:
    """Turn amendments' totals into open quantities, by the reference book; not timed."""
    book = ReferenceBook()
    out: list[list[_Message]] = []
    for part in (workload.opening, workload.messages):
        translated: list[_Message] = []
        for message in part:
            what, number, side, price, quantity, ioc = message
            order = book.live.get(number)
            if what == AMEND and order is not None:
                quantity -= order.quantity - order.leaves
            translated.append((what, number, side is Side.BUY, price, quantity, ioc))
            book.handle(message)
        out.append(translated)
    return out[0], out[1]


class _Driver:
    def __init__(self) -> None:
        self.book = OrderBook(0, 1, True)
        self.time = 0
        self.live: dict[int, tuple[int, int]] = {}  # our order id -> its id and price
        self.number: list[int] = []  # its order id -> ours
        self.trades = 0
        self.reports: list[Report] = []
        self.places: list[int] = []  # where fills belong among the reports

    def run(self, messages: list[_Message]) -> list[Report]:
        """Work the messages off; how far a side's total falls says how much of it went."""
        book, live, time = self.book, self.live, self.time
        entered = self.number.append
        reports = self.reports = []
        report = reports.append
        places = self.places = []
        bids, asks = book.bid_vol(), book.ask_vol()
        new, cancel, rests = NEW, CANCEL, RESTS  # locals cost less to read
        for what, number, bid, price, quantity, ioc in messages:
            if what == new:
                time += 1
                book.set_time(time)
                own = book.place_order(bid, quantity, 0, price)
                entered(number)
                if bid:
                    total = book.ask_vol()
                    leaves = quantity - asks + total
                    asks = total
                else:
                    total = book.bid_vol()
                    leaves = quantity - bids + total
                    bids = total
                if leaves != quantity:
                    places.append(len(reports))
                if not leaves:
                    report((ENDED, number, price, 0))
                elif ioc:
                    book.cancel_order(own)
                    report((ENDED, number, price, leaves))
                else:
                    if bid:
                        bids += leaves
                    else:
                        asks += leaves
                    live[number] = (own, price)
                    report((rests, number, price, leaves))
            elif what == cancel:
                try:
                    own, price = live.pop(number)  # noqa: PLW2901 - the message has none
                except KeyError:
                    report((REJECTED, number, 0, 0))
                    continue
                book.cancel_order(own)  # which does nothing where it was filled
                if bid:
                    total = book.bid_vol()
                    leaves = bids - total
                    bids = total
                else:
                    total = book.ask_vol()
                    leaves = asks - total
                    asks = total
                report((CANCELLED, number, price, leaves) if leaves else (REJECTED, number, 0, 0))
            else:
                time += 1
                book.set_time(time)
                if bid:
                    asks = self._amend(number, price, quantity, asks, book.ask_vol)
                    bids = book.bid_vol()
                else:
                    bids = self._amend(number, price, quantity, bids, book.bid_vol)
                    asks = book.ask_vol()
        self.time = time
        return self._with_fills()

    def _amend(
        self, number: int, price: int, quantity: int, before: int, total: Callable[[], int]
    ) -> int:
        """Change an order; return the other side's total, which was ``before``."""
        book, reports = self.book, self.reports
        found = self.live.get(number)
        if found is None or book.order_status(found[0]) != _ACTIVE:
            reports.append((REJECTED, number, 0, 0))
            return before
        own, old = found
        if price == old:
            book.modify_order(own, None, quantity)
            reports.append((RESTS, number, price, quantity))
            return before
        book.modify_order(own, price, quantity)
        after = total()
        leaves = quantity - before + after
        if leaves != quantity:
            self.places.append(len(reports))
        if leaves:
            self.live[number] = (own, price)
            reports.append((RESTS, number, price, leaves))
        else:
            del self.live[number]
            reports.append((ENDED, number, price, 0))
        return after

    def _with_fills(self) -> list[Report]:
        """Return the reports with all fills before those of the messages that traded."""
        reports = self.reports
        fills = self.book.get_trades()[self.trades :]
        self.trades += len(fills)
        numbers = self.number
        out: list[Report] = []
        places = iter(self.places)
        start, last = 0, -1
        for time, _, price, quantity, active, passive in fills:
            if time != last:
                last = time
                place = next(places)
                out += reports[start:place]
                start = place
            out.append((FILL, numbers[passive], numbers[active], price, quantity))
        return out + reports[start:]


def prepare(workload: Workload) -> Callable[[], list[Report]]:
    """Return the loop over a book that the opening orders have filled."""
    opening, messages = _translate(workload)
    driver = _Driver()
    driver.run(opening)
    return partial(driver.run, messages)

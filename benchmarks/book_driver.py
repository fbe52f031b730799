"""The engine's book alone: no accounts, no admission, no events; a report per message and fill.

It drives ``engine.book`` and ``engine.matching.continuous`` the way ``Venue`` does, with an index
from order id to order beside them.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

from benchmarks.messages import (
    CANCEL,
    CANCELLED,
    ENDED,
    FILL,
    NEW,
    NO_SEAT,
    REJECTED,
    RESTS,
)
from engine.book.levels import Book, BookSide
from engine.book.orders import Order
from engine.matching.allocation import share_of
from engine.matching.continuous import sweep_price_time
from engine.rulebook.model import Mode
from engine.vocabulary.enums import SelfTrade, Side

if TYPE_CHECKING:
    from collections.abc import Callable

    from benchmarks.messages import Message, Report
    from benchmarks.workloads import Workload

_BUY: Final = Side.BUY
_ALLOW: Final = SelfTrade.ALLOW
_SHARE: Final = share_of(Mode(), 1)


class BookDriver:
    """A book with its index of live orders."""

    def __init__(self) -> None:
        self.book = Book()
        self.live: dict[int, Order] = {}

    def run(self, messages: list[Message]) -> list[Report]:
        """Work the messages off; return the reports."""
        live = self.live
        bids, asks = self.book.bids, self.book.asks
        reports: list[Report] = []
        report = reports.append
        make, seat, buy, new, rests = Order, NO_SEAT, _BUY, NEW, RESTS  # locals cost less to read
        for what, number, side, price, quantity, ioc in messages:
            if what == new:
                order = make(seat, number, side, price, quantity, quantity, quantity)
                if side is buy:
                    own, other, limit = bids, asks, price
                else:
                    own, other, limit = asks, bids, -price
                if other.best <= limit and (
                    other.best_level is not None or other.search() <= limit
                ):
                    _take(order, other, limit, live, reports)
                    order.shown = quantity = order.leaves  # noqa: PLW2901 - what is left of it
                if ioc or not quantity:
                    report((ENDED, number, price, quantity))
                else:
                    own.rest(order)
                    live[number] = order
                    report((rests, number, price, quantity))
            elif what == CANCEL:
                try:
                    order = live.pop(number)
                except KeyError:
                    report((REJECTED, number, 0, 0))
                    continue
                if side is buy:
                    bids.remove(order)
                else:
                    asks.remove(order)
                report((CANCELLED, number, order.price, order.leaves))
            else:
                found = live.get(number)
                if found is None:
                    report((REJECTED, number, 0, 0))
                else:
                    self._amend(found, price, quantity, reports)
        return reports

    def _amend(self, order: Order, price: int, quantity: int, reports: list[Report]) -> None:
        leaves = quantity - order.quantity + order.leaves
        if price == order.price and leaves <= order.leaves:
            level = order.level
            if level is not None:
                level.quantity += leaves - order.shown
            order.quantity, order.leaves, order.shown = quantity, leaves, leaves
            reports.append((RESTS, order.ref, price, leaves))
            return
        book = self.book
        if order.side is _BUY:
            own, other, limit = book.bids, book.asks, price
        else:
            own, other, limit = book.asks, book.bids, -price
        own.remove(order)
        order.before = order.after = None
        order.quantity, order.leaves, order.price = quantity, leaves, price
        if other.best <= limit and other.reached(limit):
            _take(order, other, limit, self.live, reports)
        if order.leaves:
            order.shown = order.leaves
            own.rest(order)
            reports.append((RESTS, order.ref, price, order.leaves))
        else:
            del self.live[order.ref]
            reports.append((ENDED, order.ref, price, 0))


def _take(
    order: Order, other: BookSide, limit: int, live: dict[int, Order], reports: list[Report]
) -> None:
    """Trade an arriving order and report its fills."""
    number = order.ref
    for _, maker, quantity, leaves, _ in sweep_price_time(other, order, limit, _ALLOW, _SHARE):
        reports.append((FILL, maker.ref, number, maker.price, quantity))
        if not leaves:
            del live[maker.ref]


def prepare(workload: Workload) -> Callable[[], list[Report]]:
    """Return the loop over a book that the opening orders have filled."""
    driver = BookDriver()
    driver.run(workload.opening)
    return partial(driver.run, workload.messages)

"""pyorderbook: pure Python, heaps of levels, Decimal prices, a UUID for each order."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Final

from pyorderbook import Book, Order
from pyorderbook import Side as BookSide

from benchmarks.messages import CANCEL, CANCELLED, ENDED, FILL, NEW, REJECTED, RESTS
from engine.vocabulary.enums import Side

if TYPE_CHECKING:
    from collections.abc import Callable

    from benchmarks.messages import Message, Report
    from benchmarks.workloads import Workload

NOTES: Final = (
    "no IOC (added, then cancelled), no amend (a smaller quantity is set in place, else cancel and "
    "new); defect: cancelling the last order of a price leaves the empty level in its heap as a "
    "phantom best price until something crosses it"
)
_PRODUCT: Final = "CEA"


class _Driver:
    def __init__(self) -> None:
        self.book = Book()
        self.live: dict[int, Any] = {}

    def run(self, messages: list[Message]) -> list[Report]:
        live, book = self.live, self.book
        reports: list[Report] = []
        report = reports.append
        for what, number, side, price, quantity, ioc in messages:
            if what == NEW:
                order = Order(
                    BookSide.BID if side is Side.BUY else BookSide.ASK, _PRODUCT, price, quantity
                )
                order.id = number
                self._enter(order, reports)
                leaves = order.quantity
                if ioc:
                    if leaves:
                        book.cancel(order)
                    report((ENDED, number, price, leaves))
                elif leaves:
                    live[number] = order
                    report((RESTS, number, price, leaves))
                else:
                    report((ENDED, number, price, 0))
                continue
            found = live.get(number)
            if found is None or not found.quantity:
                report((REJECTED, number, 0, 0))
            elif what == CANCEL:
                book.cancel(found)
                del live[number]
                report((CANCELLED, number, found.price, found.quantity))
            else:
                self._amend(found, price, quantity, reports)
        return reports

    def _enter(self, order: Any, reports: list[Report]) -> None:
        trades = self.book.match(order).trades
        if trades:
            number = order.id
            reports.extend(
                (FILL, trade.standing_order_id, number, trade.fill_price, trade.fill_quantity)
                for trade in trades
            )

    def _amend(self, order: Any, price: int, quantity: int, reports: list[Report]) -> None:
        number = order.id
        leaves = quantity - order.original_quantity + order.quantity
        if price == order.price and leaves <= order.quantity:
            order.original_quantity = quantity
            order.quantity = leaves
            reports.append((RESTS, number, price, leaves))
            return
        self.book.cancel(order)
        anew = Order(order.side, _PRODUCT, price, leaves)
        anew.id = number
        anew.original_quantity = quantity
        self._enter(anew, reports)
        self.live[number] = anew
        reports.append((RESTS if anew.quantity else ENDED, number, price, anew.quantity))


def prepare(workload: Workload) -> Callable[[], list[Report]]:
    """Return the loop over a book that the opening orders have filled."""
    driver = _Driver()
    driver.run(workload.opening)
    return partial(driver.run, workload.messages)

"""akhil4n-orderbook: pure Python, sorted dicts of ordered dicts."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Final

from orderbook import Order, OrderBook, OrderSide

from benchmarks.messages import CANCEL, CANCELLED, ENDED, FILL, NEW, REJECTED, RESTS
from engine.vocabulary.enums import Side

if TYPE_CHECKING:
    from collections.abc import Callable

    from benchmarks.messages import Message, Report
    from benchmarks.workloads import Workload

NOTES: Final = (
    "no IOC (added, then cancelled), no amend (a smaller quantity is set in place, else cancel and "
    "new); prices are ints where it expects Decimal, which is faster; defect: a level's total "
    "is not reduced by a partial fill, so its depth is wrong and an emptied level may stay as best"
)


class _Driver:
    def __init__(self) -> None:
        self.book = OrderBook()
        self.live: dict[int, Any] = {}

    def run(self, messages: list[Message]) -> list[Report]:
        live, book = self.live, self.book
        reports: list[Report] = []
        report = reports.append
        for what, number, side, price, quantity, ioc in messages:
            if what == NEW:
                order = Order(OrderSide.BID if side is Side.BUY else OrderSide.ASK, price, quantity)
                order.order_id = number
                self._enter(order, reports)
                leaves = order.remaining_quantity
                if ioc:
                    if leaves:
                        book.cancel_order(number)
                    report((ENDED, number, price, leaves))
                elif leaves:
                    live[number] = order
                    report((RESTS, number, price, leaves))
                else:
                    report((ENDED, number, price, 0))
                continue
            found = live.get(number)
            if found is None or not found.remaining_quantity:
                report((REJECTED, number, 0, 0))
            elif what == CANCEL:
                book.cancel_order(number)
                del live[number]
                report((CANCELLED, number, found.price, found.remaining_quantity))
            else:
                self._amend(found, price, quantity, reports)
        return reports

    def _enter(self, order: Any, reports: list[Report]) -> None:
        log = self.book.trade_log
        before = len(log)
        self.book.add_limit_order(order)
        if len(log) > before:
            number = order.order_id
            reports.extend(
                (FILL, trade.filler_id, number, trade.price, trade.quantity_filled)
                for trade in log[before:]
            )

    def _amend(self, order: Any, price: int, quantity: int, reports: list[Report]) -> None:
        number = order.order_id
        leaves = quantity - order.original_quantity + order.remaining_quantity
        if price == order.price and leaves <= order.remaining_quantity:
            self.book.orders[number][0].total_quantity += leaves - order.remaining_quantity
            order.original_quantity = quantity
            order.remaining_quantity = leaves
            reports.append((RESTS, number, price, leaves))
            return
        self.book.cancel_order(number)
        anew = Order(order.side, price, quantity)
        anew.order_id = number
        anew.remaining_quantity = leaves
        self._enter(anew, reports)
        self.live[number] = anew
        state = RESTS if anew.remaining_quantity else ENDED
        reports.append((state, number, price, anew.remaining_quantity))


def prepare(workload: Workload) -> Callable[[], list[Report]]:
    """Return the loop over a book that the opening orders have filled."""
    driver = _Driver()
    driver.run(workload.opening)
    return partial(driver.run, workload.messages)

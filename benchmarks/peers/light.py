"""lightmatchingengine: pure Python, dicts of lists, the best price searched for each order."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Final

from lightmatchingengine.lightmatchingengine import LightMatchingEngine

from benchmarks.messages import CANCEL, CANCELLED, ENDED, FILL, NEW, REJECTED, RESTS

if TYPE_CHECKING:
    from collections.abc import Callable

    from benchmarks.messages import Message, Report
    from benchmarks.workloads import Workload

NOTES: Final = (
    "no IOC (added, then cancelled), no amend (a smaller quantity is set in place, else cancel and "
    "new); defect: a filled order stays in its index for ever, and cancelling it fails an "
    "assertion, so the adapter looks at what is left of it first"
)
_PRODUCT: Final = "CEA"


class _Driver:
    def __init__(self) -> None:
        self.engine = LightMatchingEngine()
        self.live: dict[int, Any] = {}
        self.number: dict[int, int] = {}  # its order id -> ours

    def run(self, messages: list[Message]) -> list[Report]:
        live, engine = self.live, self.engine
        reports: list[Report] = []
        report = reports.append
        for what, number, side, price, quantity, ioc in messages:
            if what == NEW:
                order = self._enter(number, int(side), price, quantity, reports)
                leaves = order.leaves_qty
                if ioc:
                    if leaves:
                        engine.cancel_order(order.order_id, _PRODUCT)
                    report((ENDED, number, price, leaves))
                elif leaves:
                    live[number] = order
                    report((RESTS, number, price, leaves))
                else:
                    report((ENDED, number, price, 0))
                continue
            found = live.get(number)
            if found is None or not found.leaves_qty:
                report((REJECTED, number, 0, 0))
            elif what == CANCEL:
                leaves = found.leaves_qty
                engine.cancel_order(found.order_id, _PRODUCT)
                del live[number]
                report((CANCELLED, number, found.price, leaves))
            else:
                self._amend(number, found, price, quantity, reports)
        return reports

    def _enter(
        self, number: int, side: int, price: int, quantity: int, reports: list[Report]
    ) -> Any:
        order, trades = self.engine.add_order(_PRODUCT, price, quantity, side)
        own = order.order_id
        self.number[own] = number
        if trades:
            reports.extend(
                (FILL, self.number[trade.order_id], number, trade.trade_price, trade.trade_qty)
                for trade in trades
                if trade.order_id != own  # it reports both sides; the fill is the resting one's
            )
        return order

    def _amend(
        self, number: int, order: Any, price: int, quantity: int, reports: list[Report]
    ) -> None:
        filled = order.cum_qty
        leaves = quantity - filled
        if price == order.price and leaves <= order.leaves_qty:
            order.qty = quantity
            order.leaves_qty = leaves
            reports.append((RESTS, number, price, leaves))
            return
        self.engine.cancel_order(order.order_id, _PRODUCT)
        anew = self._enter(number, order.side, price, leaves, reports)
        anew.cum_qty += filled
        self.live[number] = anew
        reports.append((RESTS if anew.leaves_qty else ENDED, number, price, anew.leaves_qty))


def prepare(workload: Workload) -> Callable[[], list[Report]]:
    """Return the loop over a book that the opening orders have filled."""
    driver = _Driver()
    driver.run(workload.opening)
    return partial(driver.run, workload.messages)

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
    "no IOC (placed, then cancelled); fills are fetched once at the end, as asking after each "
    "message would copy all of them; it takes open quantities, which the adapter is told; "
    "defect: orders at one price are lost unless its time moves, so the adapter sets it each time"
)
_ACTIVE: Final = 1

# A message with the side as bourse takes it, and for an amendment what it changes: price or None,
# new open quantity or None.
_Message: TypeAlias = tuple[int, int, bool, int | None, int | None, bool]


def _translate(workload: Workload) -> tuple[list[_Message], list[_Message]]:
    """Turn amendments' totals into open quantities, by the reference book; not timed."""
    book = ReferenceBook()
    out: list[list[_Message]] = []
    for part in (workload.opening, workload.messages):
        translated: list[_Message] = []
        for message in part:
            what, number, side, price, quantity, ioc = message
            new_price: int | None = price
            new_quantity: int | None = quantity
            order = book.live.get(number)
            if what == AMEND and order is not None:
                new_price = price if price != order.price else None
                leaves = quantity - order.quantity + order.leaves
                new_quantity = leaves if leaves != order.leaves else None
            translated.append((what, number, side is Side.BUY, new_price, new_quantity, ioc))
            book.handle(message)
        out.append(translated)
    return out[0], out[1]


class _Driver:
    def __init__(self, *, clock: bool = True) -> None:
        self.book = OrderBook(0, 1, True)
        self.clock = clock
        self.time = 0
        self.theirs: dict[int, int] = {}  # our order id -> its
        self.number: list[int] = []  # its order id -> ours
        self.trades = 0

    def run(self, messages: list[_Message]) -> list[Report]:
        book, theirs = self.book, self.theirs
        reports: list[Report] = []
        report = reports.append
        time = self.time
        for what, number, bid, price, quantity, ioc in messages:
            if self.clock:
                time += 1
                book.set_time(time)
            if what == NEW:
                own = book.place_order(bid, quantity, 0, price=price)
                self.number.append(number)
                if ioc:
                    book.cancel_order(own)
                    report((ENDED, number, price or 0, 0))
                else:
                    theirs[number] = own
                    report((RESTS, number, price or 0, quantity or 0))
                continue
            own = theirs.get(number)
            if own is None or book.order_status(own) != _ACTIVE:
                report((REJECTED, number, 0, 0))
            elif what == CANCEL:
                book.cancel_order(own)
                report((CANCELLED, number, 0, 0))
            else:
                book.modify_order(own, new_price=price, new_vol=quantity)
                report((RESTS, number, price or 0, quantity or 0))
        self.time = time
        fills = book.get_trades()
        numbers = self.number
        reports.extend(
            (FILL, numbers[passive], numbers[active], price, quantity)
            for _, _, price, quantity, active, passive in fills[self.trades :]
        )
        self.trades = len(fills)
        return reports


def prepare(workload: Workload, *, clock: bool = True) -> Callable[[], list[Report]]:
    """Return the loop over a book that the opening orders have filled.

    ``clock=False`` lets its time stand still, which shows the defect.
    """
    opening, messages = _translate(workload)
    driver = _Driver(clock=clock)
    driver.run(opening)
    return partial(driver.run, messages)

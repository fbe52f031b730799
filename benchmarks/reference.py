"""A slow, plain book that says what the right reports are.

Dicts, sorted lists and nothing clever: no time is printed for any book whose reports differ from
this one's. The workload generator plays against it too, to know which orders are live.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from typing import TYPE_CHECKING

from benchmarks.messages import AMEND, CANCEL, CANCELLED, ENDED, FILL, REJECTED, RESTS
from engine.vocabulary.enums import Side

if TYPE_CHECKING:
    from benchmarks.messages import Message, Report


class Resting:
    """A live order."""

    __slots__ = ("id", "leaves", "price", "quantity", "side")

    def __init__(self, number: int, side: Side, price: int, quantity: int) -> None:
        self.id = number
        self.side = side
        self.price = price
        self.quantity = quantity
        self.leaves = quantity


class ReferenceBook:
    """Price-time priority, written to be read."""

    def __init__(self) -> None:
        self.live: dict[int, Resting] = {}
        self.reports: list[Report] = []
        self.prices: dict[Side, list[int]] = {Side.BUY: [], Side.SELL: []}  # ascending
        self.queues: dict[Side, dict[int, dict[int, Resting]]] = {Side.BUY: {}, Side.SELL: {}}

    def best(self, side: Side) -> int:
        """Return the best price of a side, 0 when it is empty."""
        prices = self.prices[side]
        if not prices:
            return 0
        return prices[-1] if side is Side.BUY else prices[0]

    def handle(self, message: Message) -> None:
        """Do what a message asks and append its reports."""
        what, number, side, price, quantity, ioc = message
        if what == CANCEL:
            self._cancel(number)
        elif what == AMEND:
            self._amend(number, price, quantity)
        else:
            self._arrive(Resting(number, side, price, quantity), ioc=ioc)

    def _cancel(self, number: int) -> None:
        order = self.live.get(number)
        if order is None:
            self.reports.append((REJECTED, number, 0, 0))
            return
        self._remove(order)
        self.reports.append((CANCELLED, number, order.price, order.leaves))

    def _amend(self, number: int, price: int, quantity: int) -> None:
        order = self.live.get(number)
        if order is None:
            self.reports.append((REJECTED, number, 0, 0))
            return
        leaves = quantity - (order.quantity - order.leaves)
        if price == order.price and 0 < leaves <= order.leaves:
            order.quantity, order.leaves = quantity, leaves  # keeps its place
            self.reports.append((RESTS, number, price, leaves))
            return
        self._remove(order)
        order.quantity, order.leaves, order.price = quantity, leaves, price
        self._arrive(order, ioc=False)

    def _arrive(self, order: Resting, *, ioc: bool) -> None:
        other = Side.SELL if order.side is Side.BUY else Side.BUY
        while order.leaves:
            best = self.best(other)
            crosses = best <= order.price if order.side is Side.BUY else best >= order.price
            if not best or not crosses:
                break
            maker = next(iter(self.queues[other][best].values()))
            quantity = min(order.leaves, maker.leaves)
            order.leaves -= quantity
            maker.leaves -= quantity
            self.reports.append((FILL, maker.id, order.id, best, quantity))
            if not maker.leaves:
                self._remove(maker)
        if order.leaves and not ioc:
            self._rest(order)
            self.reports.append((RESTS, order.id, order.price, order.leaves))
        else:
            self.reports.append((ENDED, order.id, order.price, order.leaves))

    def _rest(self, order: Resting) -> None:
        queues = self.queues[order.side]
        if order.price not in queues:
            queues[order.price] = {}
            insort(self.prices[order.side], order.price)
        queues[order.price][order.id] = order
        self.live[order.id] = order

    def _remove(self, order: Resting) -> None:
        del self.live[order.id]
        queue = self.queues[order.side][order.price]
        del queue[order.id]
        if not queue:
            del self.queues[order.side][order.price]
            prices = self.prices[order.side]
            del prices[bisect_left(prices, order.price)]


def replay(messages: list[Message], opening: list[Message]) -> list[Report]:
    """Return the right reports for ``messages`` on a book that ``opening`` has filled."""
    book = ReferenceBook()
    for message in opening:
        book.handle(message)
    book.reports = []
    for message in messages:
        book.handle(message)
    return book.reports

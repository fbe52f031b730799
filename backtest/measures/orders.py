"""What became of orders: how much of them was filled, how soon, and how many messages it took."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from backtest.measures.survival import Span
from backtest.measures.tape import Reader
from engine.vocabulary.enums import CancelReason, OrderState, Side
from engine.vocabulary.events import (
    AuctionTrade,
    OrderAccepted,
    OrderAmended,
    OrderCancelled,
    OrderReduced,
    OrderResting,
    Rejected,
    Trade,
)

if TYPE_CHECKING:
    from engine.vocabulary.commands import Command

_WAITS: Final = (OrderState.RESTING, OrderState.HELD)  # in the book, or for a call or an answer
_ASKED: Final = (CancelReason.REQUESTED, CancelReason.MASS)


class Order:
    """An order's life. Times in ns, -1 for never; tonnes."""

    __slots__ = ("account", "entered", "filled", "first", "left", "over", "quantity", "ref",
                 "rested", "side", "symbol")  # fmt: skip

    def __init__(self, time: int, e: OrderAccepted) -> None:
        """Start with its acceptance."""
        self.account, self.ref, self.symbol, self.side = e.account, e.ref, e.symbol, e.side
        self.entered = time
        self.rested = time if e.state in _WAITS else -1  # when it began to wait
        self.first = -1  # its first fill
        self.over = -1
        self.quantity = self.left = e.quantity
        self.filled = 0

    @property
    def done(self) -> bool:
        """Whether it was filled whole."""
        return self.over >= 0 and not self.left and self.filled > 0


class Orders(Reader):
    """Collects orders with what became of them, and counts messages."""

    def __init__(self) -> None:
        """Start with none."""
        self.all: list[Order] = []
        self.cancels = self.amends = self.trades = self.traded = self.refusals = 0
        self.ended = 0
        self._live: dict[tuple[str, int], Order] = {}
        self.takes = {
            OrderAccepted: self._accepted,
            OrderResting: self._resting,
            OrderAmended: self._amended,
            OrderReduced: self._reduced,
            OrderCancelled: self._cancelled,
            Trade: self._trade,
            AuctionTrade: self._in_call,
            Rejected: self._rejected,
        }

    def _accepted(self, time: int, _: Command, e: OrderAccepted) -> None:
        order = self._live[e.account, e.ref] = Order(time, e)
        self.all.append(order)

    def _resting(self, time: int, _: Command, e: OrderResting) -> None:
        order = self._live.get((e.account, e.ref))
        if order is not None and order.rested < 0:
            order.rested = time

    def _amended(self, time: int, _: Command, e: OrderAmended) -> None:
        self.amends += 1
        order = self._live.get((e.account, e.ref))
        if order is not None:
            order.quantity, order.left = e.quantity, e.leaves
            if order.rested < 0 and e.state in _WAITS:
                order.rested = time

    def _reduced(self, _time: int, _: Command, e: OrderReduced) -> None:
        order = self._live.get((e.account, e.ref))
        if order is not None:
            order.left = e.leaves

    def _cancelled(self, time: int, _: Command, e: OrderCancelled) -> None:
        self.cancels += e.reason in _ASKED
        order = self._live.pop((e.account, e.ref), None)
        if order is not None:
            order.over = time

    def _trade(self, time: int, _: Command, e: Trade) -> None:
        self.trades += 1
        self.traded += e.quantity
        self._filled(time, e.maker, e.maker_ref, e.maker_leaves, e.quantity)
        self._filled(time, e.taker, e.taker_ref, e.taker_leaves, e.quantity)

    def _in_call(self, time: int, _: Command, e: AuctionTrade) -> None:
        self.trades += 1
        self.traded += e.quantity
        self._filled(time, e.buyer, e.buyer_ref, e.buyer_leaves, e.quantity)
        self._filled(time, e.seller, e.seller_ref, e.seller_leaves, e.quantity)

    def _filled(self, time: int, account: str, ref: int, leaves: int, tonnes: int) -> None:
        order = self._live.get((account, ref))
        if order is None:
            return
        order.filled += tonnes
        order.left = leaves
        if order.first < 0:
            order.first = time
        if not leaves:
            order.over = time
            del self._live[account, ref]

    def _rejected(self, _time: int, _: Command, e: Rejected) -> None:
        self.refusals += e.ref > 0

    def end(self, time: int) -> None:
        """Take note of the tape's end: what lives on was watched until then."""
        self.ended = time

    @property
    def fill_rate(self) -> float | None:
        """Tonnes filled over tonnes of accepted orders, as last amended; None without an order."""
        wanted = sum(order.quantity for order in self.all)
        return sum(order.filled for order in self.all) / wanted if wanted else None

    @property
    def per_trade(self) -> float | None:
        """Orders entered, amended and cancelled by their owners for each trade."""
        messages = len(self.all) + self.amends + self.cancels
        return messages / self.trades if self.trades else None

    @property
    def tonnes_per_traded(self) -> float | None:
        """Tonnes of accepted orders for each tonne traded."""
        wanted = sum(order.quantity for order in self.all)
        return wanted / self.traded if self.traded else None

    @property
    def refused(self) -> float | None:
        """Share of the clients' commands that carry a reference and were refused."""
        said = len(self.all) + self.amends + self.cancels + self.refusals
        return self.refusals / said if said else None

    def waits(self, *, whole: bool = True, side: Side | None = None) -> list[Span]:
        """Return how long each order that had to wait was waiting to be filled.

        ``whole``: for its last tonne, otherwise for its first. One that was cancelled, expired or
        still waits at the end of the tape is lost from sight then. An order that was amended
        goes on as one.
        """
        spans = []
        for order in self.all:
            if order.rested < 0 or (side is not None and order.side is not side):
                continue
            if whole:
                end, ended = (order.over, order.done) if order.over >= 0 else (self.ended, False)
            elif order.first >= order.rested:
                end, ended = order.first, True
            else:
                end, ended = (order.over if order.over >= 0 else self.ended), False
            spans.append(Span(end - order.rested, ended))
        return spans

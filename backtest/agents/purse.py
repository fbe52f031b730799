"""What an agent believes its account has, from the events that name it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from engine.vocabulary.enums import RejectReason, Side
from engine.vocabulary.events import AllowancesMoved, CashMoved, Event, Rejected, Trade

if TYPE_CHECKING:
    from backtest.agents.market_picture import LinePicture, MarketPicture
    from backtest.agents.own_orders import OwnOrder, OwnOrders

FEES: Final = 100  # one part in so many of a purchase is kept for what the venue may charge


class Purse:
    """Cash and allowances of one account, and how much of them its orders leave free.

    What it was never told of it takes for plenty. It may be wrong where the venue locks what was
    bought, or charges more; then the venue refuses, and the purse believes in half as much.
    """

    def __init__(self, market: MarketPicture, orders: OwnOrders) -> None:
        """Know of nothing yet."""
        self.has: dict[str, int] = {}  # by currency or product
        self._market = market
        self._orders = orders

    def absorb(self, event: Event) -> None:
        """Take an event in, before the own orders do; those of other accounts are passed over."""
        account = self._orders.account
        if isinstance(event, Trade):
            if event.maker == account:
                self._traded(event, event.side, event.maker_fee)
            if event.taker == account:
                other = Side.SELL if event.side is Side.BUY else Side.BUY
                self._traded(event, other, event.taker_fee)
        elif getattr(event, "account", "") != account:
            return
        elif isinstance(event, CashMoved):
            self.has[event.currency] = self.has.get(event.currency, 0) + event.amount
        elif isinstance(event, AllowancesMoved):
            self.has[event.product] = self.has.get(event.product, 0) + event.quantity
        elif isinstance(event, Rejected):
            order = self._orders.unanswered.get(event.ref)
            if order is not None and event.reason in (RejectReason.CASH, RejectReason.ALLOWANCES):
                self._refused(order)

    def free(self, line: LinePicture, side: Side) -> int | None:
        """Return the cash for buying, or the tonnes for selling; None: as much as wanted."""
        name = line.currency if side is Side.BUY else line.product
        has = self.has.get(name)
        if has is None:
            return None
        for orders in (self._orders.live, self._orders.unanswered):
            has -= sum(self._holds(order, name) for order in orders.values())
        return max(has, 0)

    def affords(self, line: LinePicture, side: Side, price: int) -> int | None:
        """Return the tonnes that can be bought or sold at a price; None: as many as wanted."""
        free = self.free(line, side)
        if free is None or side is Side.SELL:
            return free
        return (free - free // FEES) // max(price, 1)

    def _holds(self, order: OwnOrder, name: str) -> int:
        """Return how much of a currency or product an order may need."""
        line = self._market.lines.get(order.symbol)
        if line is None or name != (line.currency if order.side is Side.BUY else line.product):
            return 0
        return order.price * order.leaves if order.side is Side.BUY else order.leaves

    def _traded(self, event: Trade, side: Side, fee: int) -> None:
        line = self._market.lines.get(event.symbol)
        if line is not None:
            sign = 1 if side is Side.BUY else -1
            self._add(line.product, sign * event.quantity)
            self._add(line.currency, -sign * event.quantity * event.price - fee)

    def _add(self, name: str, amount: int) -> None:
        if name in self.has:
            self.has[name] += amount

    def _refused(self, order: OwnOrder) -> None:
        """Believe in half of what seemed to be free: the venue knows of less."""
        line = self._market.lines.get(order.symbol)
        free = None if line is None else self.free(line, order.side)
        if line is None or free is None:
            return
        need = order.leaves * (order.price if order.side is Side.BUY else 1)
        name = line.currency if order.side is Side.BUY else line.product
        self.has[name] -= (free + need + 1) // 2

"""What the oracle's venue is made of: orders, accounts, markets, and how it refuses."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from engine.vocabulary.enums import (
    OrderState,
    OrderType,
    Phase,
    Side,
    TimeInForce,
)

if TYPE_CHECKING:
    from engine.rulebook.model import Product
    from engine.vocabulary import commands as c
    from engine.vocabulary.enums import RejectReason

LASTING = (TimeInForce.DAY, TimeInForce.GTC, TimeInForce.GTD)
AT_ONCE = (TimeInForce.IOC, TimeInForce.FOK)
AUCTION = (TimeInForce.AT_OPEN, TimeInForce.AT_CLOSE)
UNPRICED = (OrderType.MARKET, OrderType.STOP)
Name = tuple[str, int, str, Side, int]


class Refusal(Exception):  # noqa: N818 - not an error: the answer to a command
    """The first check of the gate that failed."""

    def __init__(self, reason: RejectReason, field: str) -> None:
        super().__init__(reason.name, field)
        self.reason = reason
        self.field = field


def refuse_unless(holds: object, reason: RejectReason, field: str) -> None:
    if not holds:
        raise Refusal(reason, field)


class Order:
    """A live order and everything about it."""

    def __init__(self, n: c.NewOrder, price: int, entry: int) -> None:
        self.account, self.ref, self.symbol, self.side = n.account, n.ref, n.symbol, n.side
        self.order_type, self.tif, self.stop_price = n.order_type, n.tif, n.stop_price
        self.quantity, self.display = n.quantity, n.display
        self.post_only, self.expire_at = n.post_only, n.expire_at
        self.price = price  # its limit, or the protection price that stands for it
        self.entry = entry
        self.filled = self.taken_off = self.shown = 0  # taken off by self-trade prevention
        self.state = OrderState.MATCHING

    @property
    def leaves(self) -> int:
        return self.quantity - self.filled - self.taken_off

    @property
    def name(self) -> Name:
        return self.account, self.ref, self.symbol, self.side, self.price

    @property
    def shows(self) -> int:
        resting = self.state is OrderState.RESTING
        return self.shown if resting else min(self.display or self.leaves, self.leaves)

    def within(self, price: int) -> bool:
        return price <= self.price if self.side is Side.BUY else price >= self.price

    def reached_by(self, price: int) -> bool:
        return price >= self.stop_price if self.side is Side.BUY else price <= self.stop_price


class Account:
    """One customer: totals only, what is reserved follows from the orders."""

    def __init__(self, command: c.OpenAccount) -> None:
        self.name = command.account
        self.owner = command.owner or command.account
        self.group = command.group or self.owner
        self.role, self.allocation = command.role, command.allocation
        self.last_ref = 0
        self.killed = False
        self.cash: dict[str, int] = {}
        self.tonnes: dict[str, int] = {}
        self.orders: list[Order] = []  # in the order of entry


class Market:
    """One product: three plain lists, each in the order in which its orders wait."""

    def __init__(self, product: Product) -> None:
        self.product = product
        self.phase = self.call = Phase.CLOSED
        self.published: int | None = None  # when the indicative price of this call was, last
        self.call_ends_at = 0
        self.reference = product.reference
        self.book: list[Order] = []
        self.held: list[Order] = []
        self.stops: list[Order] = []
        self.trade_number = 0
        self.day: list[tuple[int, int]] = []  # (price, quantity) of each trade of the day

    def publishes(self, now: int) -> bool:
        """Say whether the indicative price is due: at first, then a second after the last."""
        due = self.published is None or now >= self.published + 1_000_000_000
        if due:
            self.published = now
        return due

    @property
    def last(self) -> int:
        return self.day[-1][0] if self.day else 0

    def queue(self, side: Side, price: int) -> list[Order]:
        return [o for o in self.book if o.side is side and o.price == price]

    def depth(self, side: Side, price: int) -> int:
        return sum(o.shown for o in self.queue(side, price))

    def prices_for(self, taker: Order) -> list[int]:
        """Return the other side's prices within an order's limit, best first."""
        prices = {o.price for o in self.book if o.side is not taker.side and taker.within(o.price)}
        return sorted(prices, reverse=taker.side is Side.SELL)


def fee(value: int, rate: int) -> int:
    return value * rate // 1_000_000


class Lock(NamedTuple):
    """What an account may not use before a trading day begins."""

    day: int  # counted from the first
    account: str
    name: str  # product or currency
    amount: int

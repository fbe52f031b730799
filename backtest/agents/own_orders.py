"""What an agent knows of its own orders, from the events that name its account."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from engine.vocabulary.events import (
    Announced,
    Event,
    Offered,
    OrderAccepted,
    OrderAmended,
    OrderCancelled,
    OrderReduced,
    OrderResting,
    Rejected,
    Trade,
)
from engine.vocabulary.link_events import CarriedIn, OrderRouted

if TYPE_CHECKING:
    from engine.vocabulary.enums import Side


class OwnOrder(NamedTuple):
    """A live order. Price in minor units per tonne, open quantity in tonnes."""

    symbol: str
    side: Side
    price: int
    leaves: int


class OwnOrders:
    """An account's live orders, and what has come of the others."""

    def __init__(self, account: str) -> None:
        """Start with none."""
        self.account = account
        self.live: dict[int, OwnOrder] = {}  # by reference
        self.unanswered: dict[int, OwnOrder] = {}  # new orders on their way, in order of entry
        self.away: dict[int, OwnOrder] = {}  # parts of orders that are at a linked venue
        self.numbers: dict[tuple[str, int], int] = {}  # (line, number) of an own offer -> reference
        self.filled = 0  # tonnes bought or sold
        self.refused = 0  # commands

    def sent(self, ref: int, order: OwnOrder) -> None:
        """Note that a new order is on its way."""
        self.unanswered[ref] = order

    def on(self, symbol: str, side: Side) -> list[int]:
        """Return the references of the orders on one side of a line, those on their way too."""
        found = [
            ref
            for orders in (self.live, self.unanswered, self.away)
            for ref, order in orders.items()
            if order.symbol == symbol and order.side is side
        ]
        return list(dict.fromkeys(found)) if self.away else found

    def owns(self, symbol: str, number: int) -> bool:
        """Say whether an offer or an announcement with a number is the account's own."""
        return (symbol, number) in self.numbers

    def expects(self, ref: int) -> bool:
        """Say whether an order lives or may yet."""
        return ref in self.live or ref in self.unanswered or ref in self.away

    def absorb(self, event: Event) -> None:
        """Take an event in; those about anything else are passed over."""
        if isinstance(event, Trade):
            if event.maker == self.account:
                self._filled(event.maker_ref, event.quantity, event.maker_leaves)
            if event.taker == self.account:
                self._filled(event.taker_ref, event.quantity, event.taker_leaves)
        elif not isinstance(event, _ABOUT_ORDERS) or event.account != self.account:
            return
        elif isinstance(event, OrderRouted | CarriedIn):
            self._elsewhere(event)
        elif isinstance(event, Rejected):
            self.refused += 1
            self.unanswered.pop(event.ref, None)
        elif isinstance(event, OrderCancelled):
            self.live.pop(event.ref, None)
        elif isinstance(event, Offered | Announced):
            self.numbers[event.symbol, event.number] = event.ref
        else:
            self.unanswered.pop(event.ref, None)
            leaves = event.quantity if isinstance(event, OrderAccepted) else event.leaves
            self.live[event.ref] = OwnOrder(event.symbol, event.side, event.price, leaves)

    def _elsewhere(self, event: OrderRouted | CarriedIn) -> None:
        """Follow the part of an order that left; what it traded comes as trades too."""
        if isinstance(event, OrderRouted):
            order = self.unanswered.pop(event.ref, None) or self.live.get(event.ref)
            if order is not None:
                self.away[event.ref] = order._replace(leaves=event.quantity)
        elif event.leaves and event.ref in self.away:
            self.away[event.ref] = self.away[event.ref]._replace(leaves=event.leaves)
        else:
            self.away.pop(event.ref, None)

    def _filled(self, ref: int, quantity: int, leaves: int) -> None:
        self.filled += quantity
        order = self.live.get(ref)
        if order is None:
            return
        if leaves:
            self.live[ref] = order._replace(leaves=leaves)
        else:
            del self.live[ref]


_ABOUT_ORDERS = (Rejected, OrderCancelled, OrderAccepted, OrderResting, OrderAmended, OrderReduced,
                 Offered, Announced, OrderRouted, CarriedIn)  # fmt: skip

"""An account's live orders and balances, kept up from its reports."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import structs

from engine.vocabulary.enums import OrderState, TimeInForce
from gateway.protocol import wire
from gateway.protocol.wire_account import AccountStatus, BalanceStatus, OrderStatus

if TYPE_CHECKING:
    from collections.abc import Iterable


class Balances(dict[str, BalanceStatus]):
    """What an account has, by currency (minor units) and product (tonnes); what it lacks is 0."""

    def __missing__(self, name: str) -> BalanceStatus:
        """Return nothing of a name."""
        return BalanceStatus(name, 0, 0)


class AccountView:
    """Starts from what the venue says of the account at the logon; reports behind that change it.

    A report may come again, or may be older than what the venue said: its number tells.
    """

    def __init__(self) -> None:
        """Start without knowing anything."""
        self.known = False
        self.orders: dict[int, OrderStatus] = {}
        self.balances = Balances()
        self.as_of = -1  # the last report that is in it

    def adopt(self, status: AccountStatus) -> None:
        """Begin anew from what the venue says."""
        self.known = True
        self.as_of = status.seq
        self.orders = {order.ref: order for order in status.orders}
        self.have(status.cash, status.holdings)

    def add(self, page: AccountStatus) -> None:
        """Take a further page of orders over, which may be of a later report than the first was.

        Reports that the page knows already may still come: each says what an order is now, not by
        how much it became different, so they lead to where the page is.
        """
        self.orders |= {order.ref: order for order in page.orders}
        self.have(page.cash, page.holdings)

    def have(self, *tables: Iterable[BalanceStatus]) -> None:
        """Take the balances over."""
        self.balances = Balances({row.name: row for table in tables for row in table})

    def forget(self) -> None:
        """Know the orders no more: the venue has said nothing of them at this logon."""
        self.known = False
        self.orders = {}
        self.as_of = -1

    def absorb(self, report: wire.Report, asked: wire.OrderMessage | None) -> None:
        """Take a report in; ``asked`` is the message that it answers, where that is known."""
        if not self.known or report.seq <= self.as_of:
            return
        self.as_of = report.seq
        orders = self.orders
        match report:
            case wire.OrderAccepted():
                m = report
                known = orders.get(m.ref)  # from a page that is ahead of this report
                tif = _tif(asked) if known is None else known.tif
                orders[m.ref] = OrderStatus(
                    m.ref, m.symbol, m.side, m.price, m.quantity, m.quantity, m.state, tif
                )
            case wire.OrderCancelled():
                orders.pop(report.ref, None)
            case wire.OrderFilled() | wire.OrderReduced():
                self._change(report.ref, leaves=report.leaves)
            case wire.OrderResting():
                self._change(report.ref, leaves=report.leaves, state=OrderState.RESTING)
            case wire.OrderAmended():
                self._change(
                    report.ref,
                    price=report.price,
                    quantity=report.quantity,
                    leaves=report.leaves,
                    state=report.state,
                )

    def _change(self, ref: int, **fields: int) -> None:
        order = self.orders.get(ref)
        if order is None:
            return
        if fields.get("leaves", 1):
            self.orders[ref] = structs.replace(order, **fields)
        else:
            del self.orders[ref]


def _tif(asked: wire.OrderMessage | None) -> TimeInForce:
    """Return how long an order lives that a message asked for."""
    if isinstance(asked, wire.NewOrder):
        return asked.tif
    return TimeInForce.GTD if getattr(asked, "expire_at", 0) else TimeInForce.DAY

"""What an account's reports say, in a line each, for those who trade by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from engine.vocabulary.enums import OfferKind, OrderType, Side
from engine.vocabulary.json_codec import decimal_text
from gateway.cli.terminal import told_links, told_registry
from gateway.cli.terminal.refusals import refusal
from gateway.cli.terminal.words import spelled
from gateway.protocol import wire, wire_account, wire_market, wire_modes

if TYPE_CHECKING:
    from collections.abc import Callable

    from gateway.protocol.wire_account import OrderStatus

DONE: Final = {Side.BUY: "bought", Side.SELL: "sold"}


class Teller:
    """Puts reports into words; ``digits`` are those of a line's (or, of "", the) currency."""

    def __init__(
        self, digits: Callable[[str], int], order: Callable[[int], OrderStatus | None]
    ) -> None:
        """``order`` finds an own order by its reference, None where it is not known."""
        self._digits = digits
        self._order = order
        self._words: dict[type, Callable[[Any], str]] = {
            wire.OrderAccepted: self.accepted,
            wire.Rejected: lambda m: f"message {m.ref} was {refusal(m, digits(''))}",
            wire.OrderFilled: self.filled,
            wire.OrderCancelled: self.cancelled,
            wire.OrderAmended: self.amended,
            wire.OrderReduced: self._reduced,
            wire.OrderTriggered: lambda m: f"{self._named(m.ref)}: its stop price was reached",
            wire_account.KillSwitchSet: _killed,
            wire_account.CashMoved: self._cash,
            wire_account.AllowancesMoved: _allowances,
            wire_modes.QuoteReceived: self._quoted,
            wire_modes.QuoteEnded: lambda m: f"quote {m.number} of {m.symbol} has ended",
            wire_modes.Declined: lambda m: f"{m.account} declined quote {m.number} of {m.symbol}",
            wire_modes.NumberAssigned: _numbered,
            wire_modes.Delivered: self._delivered,
            **told_links.words(self.money),
            **told_registry.words(self.money),
        }  # fmt: skip

    def tell(self, report: wire.Report) -> str:
        """Return what a report says, "" where it says nothing to tell."""
        words = self._words.get(report.__class__)
        return words(report) if words is not None else ""

    def money(self, minor: int, symbol: str = "") -> str:
        """Write minor units of a line's currency as a decimal."""
        return decimal_text(minor, self._digits(symbol))

    def order(self, o: OrderStatus) -> str:
        """Describe a live order."""
        return f"{spelled(o.side)} {o.leaves} {o.symbol} at {self.money(o.price, o.symbol)}"

    def _named(self, ref: int, order: OrderStatus | None = None) -> str:
        order = order or self._order(ref)
        what = f" ({spelled(order.side)} {order.symbol})" if order is not None else ""
        return f"order {ref}{what}"

    def accepted(self, m: wire.OrderAccepted, kind: OrderType = OrderType.LIMIT) -> str:
        """Say that an order is in the venue."""
        at = self.money(m.price, m.symbol)
        price = f"at {at}" if kind is not OrderType.MARKET else f"at the market, {at} at worst"
        return (
            f"order {m.ref}: {spelled(m.side)} {m.quantity} {m.symbol} {price}, {spelled(m.state)}"
        )

    def filled(self, m: wire.OrderFilled) -> str:
        """Say that an order traded."""
        left = f"{m.leaves} left" if m.leaves else "done"
        fee = f", fee {self.money(m.fee, m.symbol)}" if m.fee else ""
        head = f"order {m.ref}" if m.ref else "consigned units"
        return (
            f"{head}: {DONE[m.side]} {m.quantity} {m.symbol} "
            f"at {self.money(m.price, m.symbol)}, {left}{fee}"
        )

    def cancelled(self, m: wire.OrderCancelled, order: OrderStatus | None = None) -> str:
        """Say that an order is gone."""
        left = f"{m.quantity} tonnes unfilled"
        return f"{self._named(m.ref, order)}: cancelled ({spelled(m.reason)}), {left}"

    def amended(self, m: wire.OrderAmended, order: OrderStatus | None = None) -> str:
        """Say what an order is now."""
        order = order or self._order(m.ref)
        at = self.money(m.price, order.symbol if order is not None else "")
        left = f"{m.leaves} of {m.quantity} open at {at}"
        return f"{self._named(m.ref, order)}: {left}, {spelled(m.state)}"

    def _reduced(self, m: wire.OrderReduced) -> str:
        return (
            f"{self._named(m.ref)}: {m.quantity} tonnes taken off, they would have met "
            f"an own order; {m.leaves} left"
        )

    def _cash(self, m: wire_account.CashMoved) -> str:
        way = "came in" if m.amount > 0 else "went out"
        return f"{self.money(abs(m.amount))} {m.currency} {way}, {self.money(m.balance)} now"

    def _quoted(self, m: wire_modes.QuoteReceived) -> str:
        what = f"{m.kind.name.lower()} {m.number} of {m.symbol}"
        wish = f"{m.account} {spelled(m.side)}s {m.quantity}"
        if m.kind is OfferKind.ENQUIRY:
            return f"{what}: {m.account} would {spelled(m.side)} {m.quantity}: answer with quote"
        return f"{what}: {wish} at {self.money(m.price, m.symbol)}: answer with pick or decline"

    def _delivered(self, m: wire_modes.Delivered) -> str:
        return (
            f"delivered: {m.quantity:+,} t {m.product}, "
            f"{'+' if m.amount > 0 else ''}{self.money(m.amount)} {m.currency}"
        )


def _killed(m: wire_account.KillSwitchSet) -> str:
    if m.on:
        return f"the operator has stopped this account; orders cancelled: {m.count}"
    return "the operator has let this account trade again"


def _numbered(m: wire_modes.NumberAssigned) -> str:
    return f"order {m.ref} is number {m.number} of {m.symbol}, for others to answer"


def _allowances(m: wire_account.AllowancesMoved) -> str:
    way = "came in" if m.quantity > 0 else "went out"
    return f"{abs(m.quantity):,} t {m.product} {way}, {m.balance:,} t now"


def enquiry(m: wire_market.Offered) -> str:
    """Say that somebody asks everybody for quotes."""
    return (
        f"enquiry {m.number} of {m.symbol}: somebody would {spelled(m.side)} {m.quantity}: "
        "answer with quote"
    )

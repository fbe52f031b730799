"""What a venue shows: values, never the engine's own objects."""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING

from msgspec import Struct

if TYPE_CHECKING:
    from engine.book.orders import Order, Participant
    from engine.ledger.accounts import Balance
    from engine.markets.line import Line
    from engine.vocabulary.enums import Mechanism, OrderState, Phase, Side, TimeInForce


class OrderView(Struct, frozen=True):
    """A live order. Prices in minor units per tonne, quantities in tonnes."""

    ref: int
    symbol: str
    side: Side
    price: int  # its limit, or the protection price
    quantity: int
    leaves: int
    shown: int
    tif: TimeInForce
    state: OrderState


class BalanceView(Struct, frozen=True):
    """An amount of a currency (minor units) or of a product (tonnes)."""

    name: str
    total: int
    reserved: int  # what live orders may need, what is locked and what is owed
    locked: int = 0  # bought (or sold for), not yet to be used: its lag runs
    owed: int = 0  # to be delivered on a later day
    pending: int = 0  # to be received on a later day; not in ``total`` yet
    frees: tuple[tuple[int, int], ...] = ()  # of what is locked: in how many trading days, how much


class AccountView(Struct, frozen=True):
    """An account: what it owns, and what it does at this venue."""

    name: str
    owner: str
    group: str
    member: str
    role: str
    allocation: int  # tonnes
    killed: bool
    last_ref: int  # the highest reference used, 0 for none
    cash: tuple[BalanceView, ...]
    holdings: tuple[BalanceView, ...]


class LineView(Struct, frozen=True, kw_only=True):
    """A line: a product in a mode. Prices in minor units per tonne, quantities in tonnes."""

    symbol: str
    product: str
    title: str
    mode: str
    mechanism: Mechanism
    currency: str
    tick: int
    lot: int
    min_quantity: int
    max_quantity: int
    leads: bool  # its close is the product's
    phase: Phase
    reference: int
    low_limit: int  # 0 where there is none
    high_limit: int
    ticks: tuple[tuple[int, int], ...] = ()  # (from this price on, tick), rising; () means ``tick``


def view_order(order: Order) -> OrderView:
    """Copy an order."""
    market = order.seat.market
    return OrderView(
        order.ref,
        market.symbol,
        order.side,
        order.price,
        order.quantity,
        order.leaves,
        order.shown,
        order.tif,
        market.state(order),
    )


def view_orders(participant: Participant, after: int, most: int) -> list[OrderView]:
    """Copy live orders with a reference above ``after``, at most ``most`` of them (0: all)."""
    orders = participant.orders
    if not after and not most:
        return [view_order(order) for order in orders.values()]
    refs = list(orders)  # in order: an account's references only rise
    start = bisect_right(refs, after)
    return [view_order(orders[ref]) for ref in refs[start : start + most if most else None]]


def view_account(participant: Participant, day: int) -> AccountView:
    """Copy an account on a day of the ledger."""
    a = participant.account
    return AccountView(
        a.name,
        a.owner,
        a.group,
        a.member,
        participant.role,
        a.allocation,
        participant.killed,
        participant.last_ref,
        _balances(a.cash, day),
        _balances(a.holdings, day),
    )


def _balances(table: dict[str, Balance], today: int) -> tuple[BalanceView, ...]:
    return tuple(
        BalanceView(
            name,
            b.total,
            b.reserved,
            b.locked,
            b.owed,
            b.pending,
            tuple((day - today, amount) for day, amount in sorted((b.until or {}).items())),
        )
        for name, b in table.items()
    )


def view_line(line: Line) -> LineView:
    """Copy what is public of a line beside its book."""
    product, gate = line.product, line.gate
    low, high = line.price_limits()
    return LineView(
        symbol=line.symbol,
        product=product.symbol,
        title=product.title,
        mode=line.mode.name,
        mechanism=line.mode.mechanism,
        currency=product.currency,
        tick=product.tick,
        lot=gate.lot,
        min_quantity=gate.min_quantity,
        max_quantity=gate.max_quantity,
        leads=line.leads,
        phase=gate.phase,
        reference=line.asset.reference,
        low_limit=low,
        high_limit=high,
        ticks=product.ticks,
    )

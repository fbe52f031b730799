"""Changing a live order. Rules: ``docs/rules.md`` section 7."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from engine.book.orders import NO_LIMIT, POST_ONLY
from engine.markets.admission import ENTRY, Refusal, check_display, check_price, check_quantity
from engine.markets.limits import admit_role
from engine.markets.line import FROZEN_RULE
from engine.markets.settlement import shortage
from engine.vocabulary.enums import OrderState, Phase, RejectReason, Side
from engine.vocabulary.events import Event, OrderAmended, Rejected

if TYPE_CHECKING:
    from engine.book.orders import Order
    from engine.markets.book_line import BookLine
    from engine.vocabulary.commands import AmendOrder

_BUY: Final = Side.BUY
_CONTINUOUS: Final = Phase.CONTINUOUS
_FREEZE: Final = Phase.FREEZE
_RESTING: Final = OrderState.RESTING
_HELD: Final = OrderState.HELD
_MATCHING: Final = OrderState.MATCHING


def amend(market: BookLine, order: Order, command: AmendOrder) -> list[Event]:
    """Change an order's total, its price or both; return what happened."""
    gate = market.gate
    old_price = order.price
    old_total = order.quantity
    old_leaves = order.leaves
    price = command.price or old_price
    total = command.quantity or old_total
    leaves = total - old_total + old_leaves
    keeps = price == old_price and leaves <= old_leaves
    # What nearly every amendment is needs no closer look; ``_admit`` would find nothing.
    if (
        price < gate.plain_low
        or price > gate.plain_high
        or total < gate.min_quantity
        or total > gate.max_quantity
        or leaves <= 0
        or keeps
        or order.flags >= NO_LIMIT
        or order.display
        or order.seat.participant.limits is not None
        or (gate.stepped and (price % gate.tick or total % gate.lot))
    ):
        market.changed = True
        refusal = _admit(market, order, command, total, leaves)
        if (
            refusal is None
            and order.flags & POST_ONLY
            and market.book.rests(order)
            and not keeps
            and gate.phase is _CONTINUOUS
        ):
            refusal = market.refuse_trading(order.side, price)
        if refusal is not None:
            return [Rejected(command.account, command.ref, *refusal)]
    if order.side is _BUY:
        balance = order.seat.cash
        more = price * leaves - old_price * old_leaves
        if market.reserve_ppm:
            more = market.needs(price, leaves) - market.needs(old_price, old_leaves)
    else:
        balance = order.seat.holding
        more = leaves - old_leaves
    reserved = balance.reserved + more
    if reserved > balance.total:
        refusal = shortage(balance, order.side, more, market.gate)
        return [Rejected(command.account, command.ref, *refusal)]
    balance.reserved = reserved
    if order.level is None and not market.book.rests(order):
        return [_amend_waiting(market, order, command, total, price, leaves, keeps=keeps)]
    if keeps:
        return [_shrink(market, order, command, total, leaves)]
    return _replace(market, order, command, total, price, leaves)


def _admit(
    market: BookLine, order: Order, command: AmendOrder, total: int, leaves: int
) -> Refusal | None:
    """Check an amendment against the gate, in the order of ``docs/rules.md`` section 2."""
    gate = market.gate
    phase = gate.phase
    if phase is _FREEZE:
        return Refusal(RejectReason.FROZEN, "target", FROZEN_RULE)
    if phase not in ENTRY:
        names = ", ".join(allowed.name.lower() for allowed in ENTRY if allowed is not _FREEZE)
        rule = f"orders change in {names}; it is {phase.name.lower()}"
        return Refusal(RejectReason.PHASE, "symbol", rule)
    price = command.price
    if total == order.quantity and (not price or price == order.price):
        rule = "a new total quantity or a new price is needed"
        return Refusal(RejectReason.NOTHING_TO_CHANGE, "quantity", rule)
    if price and order.flags & NO_LIMIT:
        rule = "a market or stop order has no limit to change: it must be 0"
        return Refusal(RejectReason.PRICE_UNEXPECTED, "price", rule)
    refusal = check_quantity(total, gate)
    if refusal is None and price:
        refusal = check_price(price, gate)
    if refusal is not None:
        return refusal
    if leaves <= 0:
        rule = f"the total must exceed the {total - leaves} tonnes already filled or taken off"
        return Refusal(RejectReason.QUANTITY_FILLED, "quantity", rule)
    if order.display:
        refusal = check_display(order.display, total, gate)
    role = order.seat.participant.limits
    if refusal is None and role is not None and leaves > order.leaves:
        refusal = admit_role(role, order.seat, order.side, leaves - order.leaves)
    return refusal


def _amend_waiting(
    market: BookLine,
    order: Order,
    command: AmendOrder,
    total: int,
    price: int,
    leaves: int,
    *,
    keeps: bool,
) -> Event:
    """Change an order that waits outside the book; unless kept, it goes behind all others."""
    old_price = order.price
    order.quantity, order.leaves, order.price = total, leaves, price
    order.shown = min(order.display or leaves, leaves)
    state = market.state(order)
    key = (order.seat.name, order.ref)
    if not keeps:
        if state is _HELD:
            market.held[key] = market.held.pop(key)
        else:
            market.stops.add(key, order, market.stops.remove(key).stop_price)
    return OrderAmended(
        account=order.seat.name,
        ref=order.ref,
        symbol=market.symbol,
        side=order.side,
        price=price,
        quantity=total,
        leaves=leaves,
        state=state,
        request=command.ref,
        old_price=old_price,
        old_depth=-1,
        depth=-1,
    )


def _shrink(market: BookLine, order: Order, command: AmendOrder, total: int, leaves: int) -> Event:
    """Make a resting order smaller where it stands."""
    level = market.book.side(order.side).level_of(order)
    shown = min(order.shown, leaves)
    level.quantity = depth = level.quantity - order.shown + shown
    order.quantity, order.leaves, order.shown = total, leaves, shown
    return OrderAmended(
        order.seat.name,
        order.ref,
        market.symbol,
        order.side,
        order.price,
        total,
        leaves,
        _RESTING,
        command.ref,
        order.price,
        -1,
        depth,
    )


def _replace(
    market: BookLine, order: Order, command: AmendOrder, total: int, price: int, leaves: int
) -> list[Event]:
    """Take a resting order out of its place and let it arrive anew."""
    book = market.book
    if order.side is _BUY:
        own = book.bids
        rests = book.asks.best > price or not book.asks.reached(price)
    else:
        own = book.asks
        rests = book.bids.best > -price or not book.bids.reached(-price)
    old_price = order.price
    old_depth = own.remove(order)
    order.before = order.after = None
    order.price = price
    if total != order.quantity:
        order.quantity = total
        order.leaves = order.shown = leaves
    if order.display:
        order.shown = min(order.display, leaves)
    if market.gate.phase is not _CONTINUOUS:
        return [_wait_anew(market, order, command, old_price, old_depth)]
    if rests:
        depth = own.rest(order)
        return [
            OrderAmended(
                command.account,
                order.ref,
                market.symbol,
                order.side,
                price,
                total,
                leaves,
                _RESTING,
                command.ref,
                old_price,
                old_depth if price != old_price else -1,
                depth,
            )
        ]
    events: list[Event] = [
        OrderAmended(
            command.account,
            order.ref,
            market.symbol,
            order.side,
            price,
            total,
            leaves,
            _MATCHING,
            command.ref,
            old_price,
            old_depth if price != old_price else -1,
            -1,
        )
    ]
    market.arrive(order, events)
    return events


def _wait_anew(
    market: BookLine, order: Order, command: AmendOrder, old_price: int, old_depth: int
) -> Event:
    """Hold an order that has left its place: nothing arrives before the market opens."""
    market.held[(command.account, order.ref)] = order
    depth = -1
    if order.price == old_price:
        old_depth, depth = -1, old_depth
    return OrderAmended(
        account=command.account,
        ref=order.ref,
        symbol=market.symbol,
        side=order.side,
        price=order.price,
        quantity=order.quantity,
        leaves=order.leaves,
        state=_HELD,
        request=command.ref,
        old_price=old_price,
        old_depth=old_depth,
        depth=depth,
    )

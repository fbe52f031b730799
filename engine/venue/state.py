"""The meaning of a venue's state: a canonical dump of it, its hash, and views of orders.

The dump holds what can influence a later event and nothing else: no page, no cache, no emptied
level. Two venues with the same dump behave alike for ever.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import msgspec

from engine.vocabulary.enums import OrderState, Side, TimeInForce

if TYPE_CHECKING:
    from engine.book.orders import Order
    from engine.ledger.accounts import Account
    from engine.markets.order_book import Market
    from engine.venue.venue import Venue


class OrderView(msgspec.Struct, frozen=True):
    """A copy of what is known of a live order."""

    ref: int
    symbol: str
    side: Side
    price: int  # its limit, or the protection price
    quantity: int
    leaves: int
    shown: int
    tif: TimeInForce
    state: OrderState


def view(order: Order) -> OrderView:
    """Copy an order."""
    market: Market = order.seat.market
    return OrderView(order.ref, market.symbol, order.side, order.price, order.quantity,
                     order.leaves, order.shown, order.tif, market.state(order))  # fmt: skip


def dump(venue: Venue) -> list[Any]:
    """Return the canonical state: nested lists of integers and strings in a fixed order."""
    ledger = venue.ledger
    return [
        venue.rulebook.digest(),
        venue.time,
        [venue.date, ledger.day],
        [[change.path, change.value, change.effective] for change in venue.amendments],
        [[day, [[lock.account.name, lock.name, lock.amount] for lock in locks]]
         for day, locks in sorted(ledger.locks.items())],
        [[day, [[due.buyer.name, due.seller.name, *due[2:]] for due in dues]]
         for day, dues in sorted(ledger.dues.items())],
        [_dump_market(market) for market in venue.markets.values()],
        [_dump_account(account) for account in venue.accounts.values()],
        [[at, order.seat.name, order.ref] for at, order in venue.expiries.dump()],
        sorted([key, taken.total] for key, taken in ledger.fees.items() if taken.total),
    ]  # fmt: skip


def state_hash(venue: Venue) -> str:
    """Return the SHA-256 of the canonical state, in hex."""
    return hashlib.sha256(msgspec.msgpack.encode(dump(venue))).hexdigest()


def _dump_order(order: Order) -> list[Any]:
    return [order.seat.name, order.ref, int(order.side), order.price, order.quantity, order.leaves,
            order.shown, order.display, int(order.tif), order.flags]  # fmt: skip


def _dump_market(market: Market) -> list[Any]:
    day = market.day
    return [
        market.symbol,
        int(market.gate.phase),
        int(market.gate.call),
        market.call_ends_at,
        market.reference,
        market.fixing,
        [market.gate.low, market.gate.high],
        market.trades,
        [day.first, day.high, day.low, day.last, day.auction, str(day.volume), str(day.value),
         day.trades],
        [[name, *net] for name, net in market.net.items()],
        market.dump(),
        [[_dump_order(order) for order in market.book.orders(side)] for side in Side],
        [_dump_order(order) for order in market.held.values()],
        [[stop.stop_price, _dump_order(stop.order)] for stop in market.stops.in_order()],
    ]  # fmt: skip


def _dump_account(account: Account) -> list[Any]:
    return [
        account.name,
        account.owner,
        account.group,
        account.member,
        account.role,
        account.allocation,
        account.killed,
        account.last_ref,
        sorted([key, b.total, b.reserved, b.locked, b.owed, b.pending]
               for key, b in account.cash.items() if b.total or b.pending),
        sorted([key, b.total, b.reserved, b.locked, b.owed, b.pending]
               for key, b in account.holdings.items() if b.total or b.pending),
        [[order.seat.market.symbol, ref] for ref, order in account.orders.items()],
    ]  # fmt: skip


def check_reservations(venue: Venue) -> None:
    """Assert that what is reserved is exactly what live orders need, so a drained venue holds none.

    Raises ``AssertionError``.
    """
    needed: dict[tuple[str, str, str], int] = {}
    live = 0
    for account in venue.accounts.values():
        for ref, order in account.orders.items():
            live += 1
            assert order.ref == ref, "an order under a wrong reference"
            assert 0 < order.leaves <= order.quantity, "a live order with nothing open"
            market: Market = order.seat.market
            if order.side is Side.BUY:
                key = (account.name, "cash", market.product.currency)
                need = market.needs(order.price, order.leaves)
            else:
                key = (account.name, "holding", market.product.symbol)
                need = order.leaves
            needed[key] = needed.get(key, 0) + need
    for account in venue.accounts.values():
        for kind, table in (("cash", account.cash), ("holding", account.holdings)):
            for name, balance in table.items():
                need = needed.get((account.name, kind, name), 0) + balance.locked + balance.owed
                assert balance.reserved == need, f"{account.name} {name}: {balance.reserved}/{need}"
    places = sum(market.places() for market in venue.markets.values())
    assert live == places, "an order that is live and nowhere, or somewhere and not live"

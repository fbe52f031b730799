"""The meaning of a venue's state: a canonical dump of it, and its hash.

The dump holds what can influence a later event and nothing else: no page, no cache, no emptied
level. Two venues with the same dump behave alike from then on.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import msgspec

from engine.markets.dumps import order_rows, rows
from engine.vocabulary.enums import Side

if TYPE_CHECKING:
    from engine.book.orders import Participant
    from engine.markets.line import Line
    from engine.venue.base import VenueBase


def dump(venue: VenueBase) -> list[Any]:
    """Return the canonical state: nested lists of integers and strings in a fixed order.

    Those with a row for each order, or each account, are there as their bytes alone.
    """
    ledger = venue.ledger
    linked = [venue.links.dump()] if venue.links.ends else []  # as before links, without any
    return [
        venue.rulebook.digest(),
        venue.clock.now,
        [venue.date, ledger.day],
        [[change.path, change.value, change.effective] for change in venue.amendments],
        [
            [day, [[lock.account.name, lock.name, lock.amount] for lock in locks]]
            for day, locks in sorted(ledger.locks.items())
        ],
        [
            [day, [[due.buyer.name, due.seller.name, *due[2:]] for due in dues]]
            for day, dues in sorted(ledger.dues.items())
        ],
        [_dump_line(line) for line in venue.markets.values()],
        [
            [asset.symbol, asset.reference, asset.fixing, *asset.dump()]
            for asset in venue.assets.values()
        ],
        rows(map(_dump_participant, venue.participants.values())),
        rows((at, order.seat.name, order.ref) for at, order in venue.expiries.dump()),
        sorted([key, taken.total] for key, taken in ledger.fees.items() if taken.total),
        *([venue.registry.dump()] if any(venue.registry.dump()) else []),
        *linked,
    ]


def state_hash(venue: VenueBase) -> str:
    """Return the SHA-256 of the canonical state, in hex."""
    return hashlib.sha256(msgspec.msgpack.encode(dump(venue))).hexdigest()


def _dump_line(line: Line) -> list[Any]:
    day = line.day
    return [
        line.symbol,
        int(line.gate.phase),
        int(line.gate.call),
        [line.gate.low, line.gate.high],
        line.trades,
        [day.first, day.high, day.low, day.last, day.auction, str(day.volume), str(day.value),
         day.trades],
        [[name, *net] for name, net in line.net.items()],
        line.dump(),
        [order_rows(line.book.orders(side)) for side in Side],
    ]  # fmt: skip


def _dump_participant(participant: Participant) -> list[Any]:
    account = participant.account
    return [
        account.name,
        account.owner,
        account.group,
        account.member,
        participant.role,
        account.allocation,
        participant.killed,
        participant.last_ref,
        sorted(
            [key, b.total, b.reserved, b.locked, b.owed, b.pending]
            for key, b in account.cash.items()
            if b.total or b.pending
        ),
        sorted(
            [key, b.total, b.reserved, b.locked, b.owed, b.pending]
            for key, b in account.holdings.items()
            if b.total or b.pending
        ),
        rows((order.seat.market.symbol, ref) for ref, order in participant.orders.items()),
    ]


def check_reservations(venue: VenueBase) -> None:
    """Assert that what is reserved is exactly what live orders need, so a drained venue holds none.

    Raises ``AssertionError``.
    """
    needed: dict[tuple[str, str, str], int] = {}
    live = 0
    for participant in venue.participants.values():
        for ref, order in participant.orders.items():
            live += 1
            assert order.ref == ref, "an order under a wrong reference"
            assert 0 < order.leaves <= order.quantity, "a live order with nothing open"
            market = order.seat.market
            if order.side is Side.BUY:
                key = (participant.name, "cash", market.product.currency)
            else:
                key = (participant.name, "holding", market.product.symbol)
            needed[key] = needed.get(key, 0) + market.holds(order)
    for line in venue.markets.values():
        for name, amount in line.set_aside().items():
            key = (name, "cash", line.product.currency)
            needed[key] = needed.get(key, 0) + amount
        for name, tonnes in line.tonnes_aside().items():
            key = (name, "holding", line.product.symbol)
            needed[key] = needed.get(key, 0) + tonnes
    for account in venue.ledger.accounts.values():
        for kind, table in (("cash", account.cash), ("holding", account.holdings)):
            for name, balance in table.items():
                need = needed.get((account.name, kind, name), 0) + balance.locked + balance.owed
                assert balance.reserved == need, f"{account.name} {name}: {balance.reserved}/{need}"
    places = sum(market.places() for market in venue.markets.values())
    assert live == places, "an order that is live and nowhere, or somewhere and not live"

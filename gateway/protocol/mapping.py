"""What a client's order messages ask of the venue: pure maps from messages to commands.

``NewOrder`` and ``CancelOrder``, nearly all there are, are mapped where they are run, in
``gateway.server.sessions``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, TypeAlias

from engine.vocabulary.commands import AmendOrder, Announce, Bid, Decline, MassCancel, Pick, Quote
from gateway.protocol import wire, wire_modes

if TYPE_CHECKING:
    from collections.abc import Callable

ToCommand: TypeAlias = "Callable[[str, Any], Any]"


def _amend(account: str, m: wire.AmendOrder) -> AmendOrder:
    return AmendOrder(account, m.ref, m.target, m.quantity, m.price)


def _cancel_all(account: str, m: wire.MassCancel) -> MassCancel:
    return MassCancel(account, m.ref, m.symbol)


def _pick(account: str, m: wire_modes.Pick) -> Pick:
    return Pick(
        account=account,
        ref=m.ref,
        symbol=m.symbol,
        number=m.number,
        quantity=m.quantity,
        price=m.price,
    )


def _quote(account: str, m: wire_modes.Quote) -> Quote:
    return Quote(
        account=account,
        ref=m.ref,
        symbol=m.symbol,
        side=m.side,
        quantity=m.quantity,
        price=m.price,
        to=m.to,
        answers=m.answers,
        expire_at=m.expire_at,
        agreed_at=m.agreed_at,
    )


def _decline(account: str, m: wire_modes.Decline) -> Decline:
    return Decline(account, m.ref, m.symbol, m.number)


def _announce(account: str, m: wire_modes.Announce) -> Announce:
    return Announce(
        account=account,
        ref=m.ref,
        symbol=m.symbol,
        side=m.side,
        quantity=m.quantity,
        price=m.price,
        opens_at=m.opens_at,
        closes_at=m.closes_at,
        min_bid=m.min_bid,
        max_bid=m.max_bid,
        increment=m.increment,
        pricing=m.pricing,
        tie=m.tie,
        undersubscribed=m.undersubscribed,
    )


def _bid(account: str, m: wire_modes.Bid) -> Bid:
    return Bid(
        account=account,
        ref=m.ref,
        symbol=m.symbol,
        number=m.number,
        quantity=m.quantity,
        price=m.price,
    )


TO_COMMAND: Final[dict[type, ToCommand]] = {
    wire.AmendOrder: _amend,
    wire.MassCancel: _cancel_all,
    wire_modes.Pick: _pick,
    wire_modes.Quote: _quote,
    wire_modes.Decline: _decline,
    wire_modes.Announce: _announce,
    wire_modes.Bid: _bid,
}

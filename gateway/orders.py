"""What a client's order messages ask of the venue: pure maps from messages to commands.

Each map takes the account, the message and ``after``, the last reference that was answered. A
message whose reference is not above it may have been sent before: it gives ``None``. With
``ANY`` every message gives its command.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, TypeAlias

from engine.commands import (
    AmendOrder,
    Announce,
    Bid,
    CancelOrder,
    Decline,
    MassCancel,
    NewOrder,
    Pick,
    Quote,
)
from gateway import wire, wire_modes

if TYPE_CHECKING:
    from collections.abc import Callable

ToCommand: TypeAlias = "Callable[[str, Any, int], Any]"  # a command, or None
ANY: Final = -(1 << 64)  # below every reference


def _place(account: str, m: wire.Place, after: int) -> NewOrder | None:
    ref = m.ref
    if ref <= after:
        return None
    return NewOrder(account, ref, m.product, m.side, m.quantity, m.price, m.order_type, m.tif,
                    m.stop_price, m.display, m.post_only, m.expire_at)  # fmt: skip


def _cancel(account: str, m: wire.Cancel, after: int) -> CancelOrder | None:
    ref = m.ref
    return CancelOrder(account, ref, m.target) if ref > after else None


def _amend(account: str, m: wire.Amend, after: int) -> AmendOrder | None:
    ref = m.ref
    return AmendOrder(account, ref, m.target, m.quantity, m.price) if ref > after else None


def _cancel_all(account: str, m: wire.CancelAll, after: int) -> MassCancel | None:
    return MassCancel(account, m.ref, m.product) if m.ref > after else None


def _pick(account: str, m: wire_modes.Pick, after: int) -> Pick | None:
    if m.ref <= after:
        return None
    return Pick(account, m.ref, m.product, m.number, m.quantity, m.price)


def _quote(account: str, m: wire_modes.Quote, after: int) -> Quote | None:
    if m.ref <= after:
        return None
    return Quote(account, m.ref, m.product, m.side, m.quantity, m.price, m.to, m.answers,
                 m.expire_at, m.agreed_at)  # fmt: skip


def _decline(account: str, m: wire_modes.Decline, after: int) -> Decline | None:
    return Decline(account, m.ref, m.product, m.number) if m.ref > after else None


def _announce(account: str, m: wire_modes.Announce, after: int) -> Announce | None:
    if m.ref <= after:
        return None
    return Announce(account, m.ref, m.product, m.side, m.quantity, m.price, m.opens_at,
                    m.closes_at, m.min_bid, m.max_bid, m.increment, m.clearing, m.tie,
                    m.undersubscribed)  # fmt: skip


def _bid(account: str, m: wire_modes.Bid, after: int) -> Bid | None:
    if m.ref <= after:
        return None
    return Bid(account, m.ref, m.product, m.number, m.quantity, m.price)


TO_COMMAND: Final[dict[type, ToCommand]] = {
    wire.Place: _place,
    wire.Cancel: _cancel,
    wire.Amend: _amend,
    wire.CancelAll: _cancel_all,
    wire_modes.Pick: _pick,
    wire_modes.Quote: _quote,
    wire_modes.Decline: _decline,
    wire_modes.Announce: _announce,
    wire_modes.Bid: _bid,
}

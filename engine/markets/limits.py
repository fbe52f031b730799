"""What accounts of one class may do: the limits that a rulebook sets by role."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.markets.admission import Refusal
from engine.vocabulary.enums import RejectReason, Side

if TYPE_CHECKING:
    from engine.book.orders import Participant, Seat
    from engine.rulebook.model import AccountClass, Rulebook


def role_of(rulebook: Rulebook, participant: Participant) -> AccountClass | None:
    """Return a participant's account class, ``None`` where nothing limits it."""
    for role in rulebook.classes:
        if role.name == participant.role:
            return role
    return None


def set_role(rulebook: Rulebook, participant: Participant, name: str) -> None:
    """Give a participant another class; it holds for what comes, and live orders stay."""
    participant.role = name
    participant.limits = role_of(rulebook, participant)


def room_under(role: AccountClass, participant: Participant, product: str) -> int | None:
    """Return the tonnes that a holding limit still lets in, ``None`` where there is no limit."""
    if not role.holding_limit:
        return None
    counted = participant.relatives if role.per_owner else [participant]
    return limit_of(role, participant) - sum(_bound(each, product) for each in counted)


def limit_of(role: AccountClass, participant: Participant) -> int:
    """Return the holding limit that counts for a participant."""
    if not role.over_allocation:
        return role.holding_limit
    counted = participant.relatives if role.per_owner else [participant]
    return role.holding_limit + sum(each.account.allocation for each in counted)


def admit_role(role: AccountClass, seat: Seat, side: Side, quantity: int) -> Refusal | None:
    """Check an order against what its account's class may do.

    A holding limit counts, over all lines of the product, what is held, what is still to be
    delivered and what open buy orders may bring: the account's own, or where the class has the
    limit ``per_owner`` that of all its owner's accounts, as caps on bids in auctions count.
    """
    market = seat.market
    if role.modes and market.mode.name not in role.modes:
        rule = f"{role.name} accounts trade in {', '.join(role.modes)}"
        return Refusal(RejectReason.ROLE, "symbol", rule)
    if side is not Side.BUY:
        return None
    if role.no_purchases:
        return Refusal(RejectReason.ROLE, "side", f"{role.name} accounts may not purchase")
    room = room_under(role, seat.participant, market.product.symbol)
    if room is not None and quantity > room:
        limit = limit_of(role, seat.participant)
        who = (
            f"all accounts of a {role.name} owner hold"
            if role.per_owner
            else (f"a {role.name} account holds")
        )
        rule = f"{who} at most {limit} tonnes: room for {max(room, 0)}"
        return Refusal(RejectReason.HOLDING, "quantity", rule)
    return None


def _bound(participant: Participant, product: str) -> int:
    """Return what an account holds of a product, is to receive and bids for."""
    open_buys = sum(
        order.leaves
        for order in participant.orders.values()
        if order.side is Side.BUY and order.seat.market.product.symbol == product
    )
    holding = participant.account.holdings.get(product)
    return open_buys + (holding.total + holding.pending if holding is not None else 0)

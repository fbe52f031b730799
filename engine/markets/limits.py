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
    if side is not Side.BUY or not role.holding_limit:
        return None
    counted = seat.participant.relatives if role.per_owner else [seat.participant]
    limit = role.holding_limit
    if role.over_allocation:
        limit += sum(each.account.allocation for each in counted)
    room = limit - sum(_bound(each, market.product.symbol) for each in counted)
    if quantity > room:
        who = f"all accounts of a {role.name} owner hold" if role.per_owner else (
            f"a {role.name} account holds")  # fmt: skip
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

"""What an announcement and a bid in a one-way auction must look like to be let in."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from engine.markets.admission import Refusal, check_price
from engine.markets.limits import admit_role
from engine.vocabulary.enums import PricingRule, RejectReason, Side
from engine.vocabulary.units import BASIS_POINTS

if TYPE_CHECKING:
    from engine.book.orders import Order, Seat
    from engine.markets.admission import Gate
    from engine.rulebook.model import AccountClass
    from engine.vocabulary.commands import Announce
    from engine.vocabulary.events import Announced


def admit_announcement(c: Announce, gate: Gate, now: int) -> Refusal | None:
    """Check window, sizes and step of an announcement."""
    if not now < c.closes_at or not c.opens_at < c.closes_at:
        rule = f"a window that opens before it closes, and closes after {now} ns"
        return Refusal(RejectReason.WINDOW, "closes_at", rule)
    lot = gate.lot
    if c.min_bid < 1 or (c.min_bid > 1 and c.min_bid % lot) or c.min_bid > c.quantity:
        rule = f"1 to {c.quantity} tonnes, in lots of {lot}"
        return Refusal(RejectReason.QUANTITY_RANGE, "min_bid", rule)
    if c.max_bid and not c.min_bid <= c.max_bid:
        return Refusal(RejectReason.QUANTITY_RANGE, "max_bid", "at least min_bid, or 0")
    if c.increment < 0 or c.increment % gate.tick:
        rule = f"a multiple of {gate.money(gate.tick)}, or 0 for sealed bids"
        return Refusal(RejectReason.PRICE_TICK, "increment", rule)
    return None


class Wanted(NamedTuple):
    """A bid as its bidder wants it."""

    seat: Seat
    quantity: int  # tonnes
    price: int
    more: int  # what it adds to the tonnes that he bids for
    keeps: bool = False  # it stays where it is, and has bettered the best already
    trimmed: bool = False  # the clearing takes off what exceeds its class's purchase limit
    side: Side = Side.BUY


def admit_bid(bid: Wanted, terms: Announced, others: list[Order], gate: Gate) -> Refusal | None:
    """Check a bid by itself and beside the others in its auction."""
    refusal = _admit_size(bid, terms, others, gate) or check_price(bid.price, gate)
    side = Side.SELL if terms.side is Side.BUY else Side.BUY
    limits = bid.seat.participant.limits
    if refusal is None and limits is not None and bid.more > 0:
        refusal = admit_role(limits, bid.seat, side, bid.more)
    if refusal is not None:
        return refusal
    price = bid.price
    sign = 1 if terms.side is Side.SELL else -1
    if (price - terms.price) * sign < 0:
        word = "least" if terms.side is Side.SELL else "most"
        rule = f"at {word} the reserve, {gate.money(terms.price)}"
        return Refusal(RejectReason.PRICE_LIMIT, "price", rule)
    if terms.increment and others and not bid.keeps:
        best = others[-1].price
        if (price - best) * sign < terms.increment:
            rule = f"better than {gate.money(best)} by {gate.money(terms.increment)} at least"
            return Refusal(RejectReason.OUTBID, "price", rule)
    return None


def _admit_size(bid: Wanted, terms: Announced, others: list[Order], gate: Gate) -> Refusal | None:
    """Check a bid's size by itself and with what else the bidder bids for."""
    quantity = bid.quantity
    least = terms.quantity if terms.pricing is PricingRule.WHOLE else terms.min_bid
    most = terms.quantity if terms.pricing is PricingRule.WHOLE else gate.max_quantity
    if not least <= quantity <= most:
        return Refusal(RejectReason.QUANTITY_RANGE, "quantity", f"{least} to {most} tonnes")
    if quantity % gate.lot:
        return Refusal(RejectReason.QUANTITY_LOT, "quantity", f"a multiple of {gate.lot} tonnes")
    role = bid.seat.participant.limits
    caps = [terms.max_bid] if terms.max_bid else []
    if role is not None:
        if quantity < role.bid_minimum or 0 < role.bid_limit < quantity:
            return Refusal(RejectReason.ROLE, "quantity", _bid_sizes(role))
        if role.purchase_limit_bp and not bid.trimmed:
            caps.append(terms.quantity * role.purchase_limit_bp // BASIS_POINTS)
    if not caps:
        return None
    cap = min(caps)
    own = bid.seat.stp_id
    before = sum(other.quantity for other in others if other.seat.stp_id == own)
    if before + quantity > cap:
        rule = f"one bidder bids for at most {cap} tonnes, {before} of them bid for already"
        return Refusal(RejectReason.QUANTITY_RANGE, "quantity", rule)
    return None


def _bid_sizes(role: AccountClass) -> str:
    """Say which sizes of a bid a class may have."""
    least, most = role.bid_minimum, role.bid_limit
    if not most:
        return f"{role.name} accounts bid at least {least} tonnes at a time"
    if not least:
        return f"{role.name} accounts bid at most {most} tonnes at a time"
    return f"{role.name} accounts bid at least {least} and at most {most} tonnes at a time"

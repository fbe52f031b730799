"""Bids and supply that go over a link into an auction at another venue.

Both are sent with all that they need and stay there until the auction is over. Rules:
``docs/rules.md``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.venue.base import killed
from engine.venue.link_checks import Check, checks_of_leaving
from engine.venue.link_turns import guest_of, member, move, out_of_turn, unknown_link
from engine.vocabulary.commands import Bid
from engine.vocabulary.enums import LinkKind, RejectReason, Side
from engine.vocabulary.events import Event, Rejected
from engine.vocabulary.link_commands import GuestBid, JoinAuction, RouteBid
from engine.vocabulary.link_events import BidRouted, GuestArrived
from engine.vocabulary.units import MAX_MONEY, MAX_PRICE, MAX_QUANTITY

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from engine.book.orders import Participant
    from engine.markets.line import Line
    from engine.venue.base import VenueBase
    from engine.venue.link_state import LinkEnd


def bid_handlers(venue: VenueBase) -> dict[type, Callable[..., list[Event]]]:
    """Return what takes each command of auctions over links."""
    return {
        RouteBid: lambda c: route_bid(venue, c),
        GuestBid: lambda c: guest_bid(venue, c),
    }


def route_bid(venue: VenueBase, c: RouteBid) -> list[Event]:
    """Let a bid, or a seller's tonnes, leave with what it needs."""
    participant = member(venue, c.account, c.ref, entering=True)
    if isinstance(participant, list):
        return participant
    end = venue.links.ends.get(c.link)
    if end is None:
        unknown = unknown_link(venue, c.link)
        return [Rejected(c.account, c.ref, RejectReason.UNKNOWN_SYMBOL, "link", unknown)]
    line = venue.markets[end.rules.symbol]
    for holds, reason, field, rule in _rules_of_bids(c, end, line, participant):
        if not holds:
            return [Rejected(c.account, c.ref, reason, field, rule)]
    account = participant.account
    move(venue, line, account, -c.cash, 0 if c.side is Side.BUY else -c.quantity)
    end.used += c.quantity
    end.sent += 1
    return [
        BidRouted(
            c.account,
            c.ref,
            c.link,
            end.sent,
            account.owner,
            c.auction,
            c.side,
            c.quantity,
            c.price,
            c.cash,
            end.used,
        )
    ]


def _rules_of_bids(
    c: RouteBid, end: LinkEnd, line: Line, participant: Participant
) -> Iterator[Check]:
    """Yield what a bid over a link must keep, in order: whether it does, reason, field and rule."""
    passes = end.rules.kind is LinkKind.AUCTION
    yield passes, RejectReason.MODE, "link", "the link joins no auction"
    closed = line.admit_open()
    if closed is not None:
        yield False, *closed
    fits = 0 < c.quantity <= MAX_QUANTITY
    yield fits, RejectReason.QUANTITY_RANGE, "quantity", f"1 to {MAX_QUANTITY} tonnes"
    fits = 0 < c.price <= MAX_PRICE
    yield fits, RejectReason.PRICE_RANGE, "price", f"1 to {MAX_PRICE} minor units"
    yield from checks_of_leaving(c, end, line, participant, c.price)


def guest_bid(venue: VenueBase, c: GuestBid) -> list[Event]:
    """Take a guest's bid or tonnes in; what the auction refuses stays the guest's."""
    end = venue.links.ends.get(c.link)
    problem = out_of_turn(venue, end, c)
    if end is None or problem:
        return problem
    if not (0 < c.quantity <= MAX_QUANTITY and 0 <= c.cash <= MAX_MONEY):
        return [Rejected(c.account, 0, RejectReason.VALUE, "quantity", "what a venue sends")]
    end.received = c.number
    line = venue.markets[end.rules.symbol]
    guest, events = guest_of(venue, end, c.account, c.owner)
    participant = venue.participants[guest.name]
    participant.last_ref = c.ref
    buying = c.side is Side.BUY
    move(venue, line, participant.account, c.cash, 0 if buying else c.quantity)
    events.append(GuestArrived(c.link, c.number, c.account, guest.name))
    if participant.killed:
        return events + killed(guest.name, c.ref)
    kind = Bid if buying else JoinAuction
    handler = line.commands.get(kind)
    if handler is None:
        rule = f"{line.symbol} is no line of auctions"
        return [*events, Rejected(guest.name, c.ref, RejectReason.MODE, "link", rule)]
    given = kind(guest.name, c.ref, line.symbol, c.auction, c.quantity, c.price)
    return events + handler(given, participant)

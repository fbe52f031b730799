"""Links at one venue: what leaves over them, who comes, and what goes home again.

Every message is a command in both logs. The sender's takes what leaves out of its ledger and
counts a number up; the receiver's takes each number once, in order, and always: an order that its
line refuses leaves its money with the guest, from where it goes home. Rules: ``docs/rules.md``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.venue.base import killed, unknown_account
from engine.venue.funding import unknown_class
from engine.venue.link_bids import bid_handlers
from engine.venue.link_checks import Check, checks_of_leaving
from engine.venue.link_state import Guest, LinkEnd
from engine.venue.link_turns import free, guest_of, member, move, out_of_turn, unknown_link
from engine.venue.recognition import recognition_handlers
from engine.vocabulary.commands import NewOrder
from engine.vocabulary.enums import (
    CancelReason,
    LinkKind,
    OrderType,
    RejectReason,
    Side,
    TimeInForce,
)
from engine.vocabulary.events import Event, Rejected, Trade
from engine.vocabulary.link_commands import (
    CarryHome,
    CarryHomeRefused,
    CarryIn,
    CarryInRefused,
    GuestCancel,
    GuestOrder,
    RouteCancel,
    RouteOrder,
    SetLink,
)
from engine.vocabulary.link_events import (
    CancelRouted,
    CarriedHome,
    CarriedIn,
    GuestArrived,
    LinkSet,
    OrderRouted,
)
from engine.vocabulary.suggest import not_one_of
from engine.vocabulary.texts import shown
from engine.vocabulary.units import MAX_ACCOUNT_NAME, MAX_MONEY, MAX_PRICE, MAX_QUANTITY, MAX_REF

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from engine.book.orders import Participant
    from engine.markets.line import Line
    from engine.venue.base import VenueBase


def link_handlers(venue: VenueBase) -> dict[type, Callable[..., list[Event]]]:
    """Return what takes each command of links."""
    return {
        SetLink: lambda c: set_link(venue, c),
        RouteOrder: lambda c: route_order(venue, c),
        GuestOrder: lambda c: guest_order(venue, c),
        CarryHome: lambda c: carry_home(venue, c),
        CarryHomeRefused: lambda c: carry_home(venue, c),
        CarryIn: lambda c: carry_in(venue, c),
        CarryInRefused: lambda c: carry_in(venue, c),
        RouteCancel: lambda c: route_cancel(venue, c),
        GuestCancel: lambda c: guest_cancel(venue, c),
        **recognition_handlers(venue),
        **bid_handlers(venue),
    }


def set_link(venue: VenueBase, c: SetLink) -> list[Event]:
    """Make an end of a link, or give it other figures; peer and line stay as they are."""
    for holds, reason, field, rule in _rules_of_links(venue, c):
        if not holds:
            return [Rejected("", 0, reason, field, rule)]
    end = venue.links.ends.get(c.link)
    if end is None:
        venue.links.ends[c.link] = LinkEnd(c)
    else:
        end.rules, end.used = c, 0
    return [LinkSet(c.link, c.kind, c.peer, c.symbol, c.peer_symbol, c.fee, c.quota, c.role)]


def _rules_of_links(venue: VenueBase, c: SetLink) -> Iterator[tuple[bool, RejectReason, str, str]]:
    """Yield what a link must keep, in order: whether it does, the reason, field and rule."""
    value = RejectReason.VALUE
    for field in ("link", "peer", "peer_symbol"):
        fits = 0 < len(getattr(c, field)) <= MAX_ACCOUNT_NAME
        yield fits, value, field, f"1 to {MAX_ACCOUNT_NAME} characters"
    known = c.symbol in venue.markets
    rule = "" if known else not_one_of(c.symbol, venue.markets)
    yield known, RejectReason.UNKNOWN_SYMBOL, "symbol", rule
    yield 0 <= c.fee <= MAX_PRICE, value, "fee", f"0 to {MAX_PRICE} minor units a tonne"
    yield 0 <= c.quota <= MAX_QUANTITY, value, "quota", f"0 to {MAX_QUANTITY} tonnes"
    unknown = unknown_class(venue, c.role)
    yield not unknown, RejectReason.ROLE, "role", unknown
    end = venue.links.ends.get(c.link)
    if end is not None:
        old = end.rules
        for field in ("peer", "symbol", "peer_symbol"):
            was = getattr(old, field)
            yield getattr(c, field) == was, value, field, f"{shown(was)}, as it was set first"


# -- at a member's own venue ------------------------------------------------------------------


def route_order(venue: VenueBase, c: RouteOrder) -> list[Event]:
    """Let a part of an order leave with what it needs; enter the rest of it here."""
    participant = member(venue, c.account, c.ref, entering=True)
    if isinstance(participant, list):
        return participant
    end = venue.links.ends.get(c.link)
    if end is None:
        return _refused(c, RejectReason.UNKNOWN_SYMBOL, "link", unknown_link(venue, c.link))
    line = venue.markets[end.rules.symbol]
    for holds, reason, field, rule in _rules_of_routing(c, end, line, participant):
        if not holds:
            return _refused(c, reason, field, rule)
    account = participant.account
    move(venue, line, account, -c.cash, 0 if c.side is Side.BUY else -c.away)
    rest = c.quantity - c.away
    entered: list[Event] = []
    if rest:
        order = NewOrder(
            c.account, c.ref, line.symbol, c.side, rest, c.price, OrderType.LIMIT, c.tif
        )
        entered = line.enter(order, line.seat(participant))
        if type(entered[0]) is Rejected:  # then nothing leaves either
            move(venue, line, account, c.cash, 0 if c.side is Side.BUY else c.away)
            return entered
    end.used += c.away
    end.sent += 1
    routed = OrderRouted(
        c.account,
        c.ref,
        c.link,
        end.sent,
        account.owner,
        c.side,
        c.away,
        c.away_price,
        c.tif,
        c.cash,
        end.used,
    )
    return [routed, *entered]


def route_cancel(venue: VenueBase, c: RouteCancel) -> list[Event]:
    """Send a cancel after an order; a kill switch does not keep a member from it.

    The venue's own, as when a member's orders are all cancelled, uses no reference up.
    """
    if c.ref:
        participant = member(venue, c.account, c.ref, entering=False)
        if isinstance(participant, list):
            return participant
    elif c.account not in venue.participants:
        return unknown_account(c.account, 0)
    end = venue.links.ends.get(c.link)
    if end is None:
        unknown = unknown_link(venue, c.link)
        return [Rejected(c.account, c.ref, RejectReason.UNKNOWN_SYMBOL, "link", unknown)]
    end.sent += 1
    return [CancelRouted(c.account, c.ref, c.link, end.sent, c.target)]


def _rules_of_routing(
    c: RouteOrder, end: LinkEnd, line: Line, participant: Participant
) -> Iterator[Check]:
    """Yield what a routed order must keep, in order: whether it does, reason, field and rule."""
    buying, rules = c.side is Side.BUY, end.rules
    passes = rules.kind is LinkKind.ROUTING or rules.kind is LinkKind.SHARED
    yield passes, RejectReason.MODE, "link", "the link lets no order leave here"
    closed = line.admit_open()
    if closed is not None:
        yield False, *closed
    value = RejectReason.VALUE
    fits = 0 < c.quantity <= MAX_QUANTITY
    yield fits, RejectReason.QUANTITY_RANGE, "quantity", f"1 to {MAX_QUANTITY} tonnes"
    yield 0 < c.away <= c.quantity, value, "away", f"1 to {c.quantity} tonnes"
    low, high = (1, c.price - rules.fee) if buying else (c.price + rules.fee, MAX_PRICE)
    within = low <= c.away_price <= high and c.price <= MAX_PRICE
    yield within, value, "away_price", f"{low} to {high}: the limit and the link's fee"
    yield from checks_of_leaving(c, end, line, participant, c.away_price + rules.fee)


def carry_in(venue: VenueBase, c: CarryIn | CarryInRefused) -> list[Event]:
    """Give a member what came back, and take the link's fee for what was traded."""
    end = venue.links.ends.get(c.link)
    problem = out_of_turn(venue, end, c)
    if end is None or problem:
        return problem
    account = venue.ledger.accounts.get(c.account)
    if account is None:
        return unknown_account(c.account, 0)
    reason, rule = _why(c)
    if min(c.cash, c.tonnes, c.filled, c.unfilled, c.ref, c.traded, c.leaves) < 0:
        return [Rejected(c.account, 0, RejectReason.VALUE, "cash", "nothing below 0")]
    end.received = c.number
    line = venue.markets[end.rules.symbol]
    move(venue, line, account, c.cash, c.tonnes)
    currency = line.product.currency
    fee = min(c.cash, c.filled * end.rules.fee)
    venue.ledger.cash(account, currency).total -= fee
    venue.ledger.fees_in(currency).total += fee
    end.used = max(end.used - c.unfilled, 0)
    return [
        CarriedIn(
            c.link,
            c.number,
            c.account,
            c.cash,
            c.tonnes,
            fee,
            end.used,
            c.ref,
            c.traded,
            c.leaves,
            reason,
            rule,
        )
    ]


# -- at the venue of the other end ------------------------------------------------------------


def guest_order(venue: VenueBase, c: GuestOrder) -> list[Event]:
    """Take a guest's order in; what its line refuses, or leaves, stays the guest's."""
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
    tif = TimeInForce.IOC if end.rules.kind is LinkKind.ROUTING else c.tif
    order = NewOrder(
        guest.name, c.ref, line.symbol, c.side, c.quantity, c.price, OrderType.LIMIT, tif
    )
    entered = (
        killed(guest.name, c.ref)
        if participant.killed
        else line.enter(order, line.seat(participant))
    )
    if tif is TimeInForce.IOC:
        filled = sum(e.quantity for e in entered if type(e) is Trade and e.taker == guest.name)
        guest.filled += filled
        guest.unfilled += c.quantity - filled
    return events + entered


def guest_cancel(venue: VenueBase, c: GuestCancel) -> list[Event]:
    """Cancel a guest's order where it is live and does not bind."""
    end = venue.links.ends.get(c.link)
    problem = out_of_turn(venue, end, c)
    if end is None or problem:
        return problem
    end.received = c.number
    guest = end.guests.get(c.account)
    if guest is None:
        return unknown_account(c.account, 0)
    order = venue.participants[guest.name].orders.get(c.target)
    if order is None:
        rule = f"the guest has no live order {c.target}"
        return [Rejected(guest.name, c.ref, RejectReason.UNKNOWN_ORDER, "target", rule)]
    line = order.seat.market
    rule = line.binds(order, CancelReason.REQUESTED) if line.frozen else ""
    if rule:
        return [Rejected(guest.name, c.ref, RejectReason.FROZEN, "target", rule)]
    return line.end(order, CancelReason.REQUESTED, c.ref)


def carry_home(venue: VenueBase, c: CarryHome | CarryHomeRefused) -> list[Event]:
    """Let all that a guest has and does not need here leave, with word of one of its orders."""
    end = venue.links.ends.get(c.link)
    if end is None:
        unknown = unknown_link(venue, c.link)
        return [Rejected(c.account, 0, RejectReason.UNKNOWN_SYMBOL, "link", unknown)]
    guest = end.guests.get(c.account)
    if guest is None:
        return unknown_account(c.account, 0)
    cash, tonnes = available(venue, end, guest)
    reason, rule = _why(c)
    if not (0 <= c.ref <= MAX_REF and 0 <= c.traded <= MAX_QUANTITY):
        return [Rejected(c.account, 0, RejectReason.VALUE, "ref", "what happened to an order")]
    if not (cash or tonnes or guest.unfilled or c.ref):
        nothing = "the guest has nothing that may leave"
        return [Rejected(c.account, 0, RejectReason.NOTHING_TO_CHANGE, "account", nothing)]
    account = venue.ledger.accounts[guest.name]
    move(venue, venue.markets[end.rules.symbol], account, -cash, -tonnes)
    filled = guest.filled if cash else 0  # the fee for it is taken from the cash
    guest.filled -= filled
    end.sent += 1
    order = venue.participants[guest.name].orders.get(c.ref)
    event = CarriedHome(
        c.link,
        end.sent,
        c.account,
        cash,
        tonnes,
        filled,
        guest.unfilled,
        c.ref,
        c.traded,
        order.leaves if order is not None else 0,
        reason,
        rule,
    )
    guest.unfilled = 0
    return [event]


def available(venue: VenueBase, end: LinkEnd, guest: Guest) -> tuple[int, int]:
    """Return the minor units and tonnes of a guest that nothing here holds."""
    product = venue.markets[end.rules.symbol].product
    account = venue.ledger.accounts[guest.name]
    cash = free(venue.ledger.cash(account, product.currency))
    return cash, free(venue.ledger.holding(account, product.symbol))


def _why(c: CarryHome | CarryHomeRefused | CarryIn | CarryInRefused) -> tuple[int, str]:
    """Return why what a message is about was refused; 0 and nothing where it was not."""
    if isinstance(c, CarryHomeRefused | CarryInRefused):
        return int(c.reason), c.rule
    return 0, ""


def _refused(c: RouteOrder, reason: RejectReason, field: str, rule: str) -> list[Event]:
    return [Rejected(c.account, c.ref, reason, field, rule)]

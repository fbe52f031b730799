"""The better price: which part of an order goes over a link, and what it takes along.

Both books are walked from their best prices, fees included, and the part that is cheaper (to a
seller: dearer) there than here leaves. What costs the same stays.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from engine.rulebook.ticks import ceil_to_tick, floor_to_tick
from engine.vocabulary.commands import CancelOnDisconnect, MassCancel, SetKillSwitch
from engine.vocabulary.enums import LinkKind, Mechanism, OrderType, Phase, Side, TimeInForce
from engine.vocabulary.events import Rejected
from engine.vocabulary.link_commands import JoinAuction, RouteBid, RouteCancel, RouteOrder
from engine.vocabulary.units import MAX_MONEY, MAX_PRICE, MAX_QUANTITY, PARTS_PER_MILLION

if TYPE_CHECKING:
    from collections.abc import Mapping

    from engine.markets.line import Line
    from engine.venue.link_state import LinkEnd
    from engine.venue.venue import Venue
    from engine.vocabulary.commands import Bid, CancelOrder, Command, NewOrder
    from engine.vocabulary.events import Event

_RESTING = (LinkKind.SHARED, LinkKind.AUCTION)
_ROUTED = (TimeInForce.DAY, TimeInForce.GTC, TimeInForce.IOC)


class _Part(NamedTuple):
    """What leaves over a link: tonnes, the worst price there, and how good the best is."""

    end: LinkEnd
    away: int
    price: int
    best: int  # minor units per million tonnes, all fees included; for a seller negative


def routed(venues: Mapping[str, Venue], name: str, order: NewOrder) -> Command:
    """Return an order as its venue is to be given it: with a part that leaves, where one does."""
    home = venues[name]
    plain = order.order_type is OrderType.LIMIT and not (order.display or order.post_only)
    sound = 0 < order.quantity <= MAX_QUANTITY and 0 < order.price <= MAX_PRICE
    if not (home.links.ends and plain and order.tif in _ROUTED and sound):
        return order  # what is not sound is refused at home
    found: _Part | None = None
    for end in home.links.ends.values():
        if end.rules.symbol != order.symbol:
            continue
        peer = venues[end.rules.peer].markets[end.rules.peer_symbol]
        if end.rules.kind is LinkKind.SHARED:
            return _route(order, end, order.quantity, order.price, peer)
        if end.rules.kind is LinkKind.ROUTING:
            part = _better(home.markets[order.symbol], peer, end, order)
            if part is not None and (found is None or part.best < found.best):
                found = part
    if found is None:
        return order
    peer = venues[found.end.rules.peer].markets[found.end.rules.peer_symbol]
    return _route(order, found.end, found.away, found.price, peer)


def after(venues: Mapping[str, Venue], name: str, cancel: CancelOrder) -> Command:
    """Return a cancel as its venue is to be given it: sent after an order that rests at a peer."""
    home = venues[name]
    for link, end in home.links.ends.items():
        if end.rules.kind in _RESTING:
            peer = venues[end.rules.peer]
            guest = peer.links.ends[link].guests.get(cancel.account)
            if guest is not None and cancel.target in peer.participants[guest.name].orders:
                return RouteCancel(cancel.account, cancel.ref, link, cancel.target)
    return cancel


def all_after(
    venues: Mapping[str, Venue], name: str, command: Command, events: list[Event]
) -> list[RouteCancel]:
    """Return the cancels that are sent after all orders at peers, where a command ended those here.

    They have the reference 0, as the venue sends them, not the member.
    """
    ends = isinstance(command, MassCancel | CancelOnDisconnect)
    if not (ends or (type(command) is SetKillSwitch and command.on)):
        return []
    if any(type(event) is Rejected for event in events):
        return []
    account, symbol = getattr(command, "account", ""), getattr(command, "symbol", "")
    found: list[RouteCancel] = []
    for link, end in venues[name].links.ends.items():
        if end.rules.kind in _RESTING and symbol in ("", end.rules.symbol):
            peer = venues[end.rules.peer]
            guest = peer.links.ends[link].guests.get(account)
            if guest is not None:
                orders = peer.participants[guest.name].orders
                found += [RouteCancel(account, 0, link, ref) for ref in orders]
    return found


def into_auction(
    venues: Mapping[str, Venue], name: str, command: Bid | JoinAuction
) -> Bid | JoinAuction | RouteBid:
    """Return a bid, or a seller's tonnes, as it leaves for the auction over a link."""
    if not (0 < command.quantity <= MAX_QUANTITY and 0 < command.price <= MAX_PRICE):
        return command  # refused at home
    for link, end in venues[name].links.ends.items():
        rules = end.rules
        if rules.kind is LinkKind.AUCTION and rules.symbol == command.symbol:
            peer = venues[rules.peer].markets[rules.peer_symbol]
            buying = command.__class__ is not JoinAuction
            needs = peer.needs(command.price, command.quantity) if buying else 0
            side = Side.BUY if buying else Side.SELL
            return RouteBid(
                command.account,
                command.ref,
                link,
                command.number,
                side,
                command.quantity,
                command.price,
                min(needs, MAX_MONEY),
            )
    return command


def _route(order: NewOrder, end: LinkEnd, away: int, price: int, peer: Line) -> RouteOrder:
    cash = 0
    if order.side is Side.BUY:
        # beyond what a command may move it is refused at home
        cash = min(peer.needs(price, away) + away * end.rules.fee, MAX_MONEY)
    return RouteOrder(
        order.account,
        order.ref,
        end.rules.link,
        order.side,
        order.quantity,
        order.price,
        order.tif,
        away,
        price,
        cash,
    )


def _better(home: Line, peer: Line, end: LinkEnd, order: NewOrder) -> _Part | None:
    """Return the part of an order that is better off at the peer, ``None`` for no part."""
    for line in (home, peer):
        book = line.mode.mechanism is Mechanism.ORDER_BOOK
        if not book or line.gate.phase is not Phase.CONTINUOUS:
            return None
    buying, fee = order.side is Side.BUY, end.rules.fee
    most = order.quantity
    if end.rules.quota:
        most = min(most, end.rules.quota - end.used)
    other = Side.SELL if buying else Side.BUY
    here = [(_worth(p, home, 0, buying), q) for p, q in home.book.depth(other, 0)]
    away = price = best = 0
    near = 0  # the level here, and the tonnes that are left of it
    left = here[0][1] if here else 0
    wanted = order.quantity
    for there, quantity in peer.book.depth(other, 0):
        if (there + fee > order.price) if buying else (there - fee < order.price):
            break
        worth = _worth(there, peer, fee, buying)
        while near < len(here) and here[near][0] <= worth and wanted:
            taken = min(left, wanted)
            wanted, left = wanted - taken, left - taken
            if not left:
                near += 1
                left = here[near][1] if near < len(here) else 0
        more = min(quantity, wanted, most - away)
        if more <= 0:
            break
        best = best or worth
        away, price, wanted = away + more, there, wanted - more
    away = _in_lots(away, order.quantity, home, peer)
    if not away:
        return None
    limit = (floor_to_tick if buying else ceil_to_tick)(price, peer.gate.tick, peer.gate.ticks)
    return _Part(end, away, limit, best)


def _worth(price: int, line: Line, fee: int, buying: bool) -> int:  # noqa: FBT001 - a plain figure
    """Return what a million tonnes cost a buyer, or (negative) bring a seller, with fees."""
    mode = line.mode
    rate = mode.taker_fee_ppm + (mode.buyer_fee_ppm if buying else mode.seller_fee_ppm)
    if buying:
        return price * (PARTS_PER_MILLION + rate) + fee * PARTS_PER_MILLION
    return fee * PARTS_PER_MILLION - price * (PARTS_PER_MILLION - rate)


def _in_lots(away: int, quantity: int, home: Line, peer: Line) -> int:
    """Return how much may leave so that both parts are orders that their lines take; 0 for none."""
    away = min(away, peer.gate.max_quantity)
    rest = quantity - away
    if rest:
        rest = max(rest, home.gate.min_quantity)
        rest += -rest % home.gate.lot
        away = quantity - rest
    return away if away >= peer.gate.min_quantity and not away % peer.gate.lot else 0

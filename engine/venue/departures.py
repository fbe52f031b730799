"""Who may have something at a venue that should go home: guests whom a command concerned.

To look at every guest after every command would cost more than the command. What happened to
their orders is counted here, from the events, until word of it has gone home too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from engine.venue.link_commands import available
from engine.vocabulary.commands import (
    AmendOrder,
    Bid,
    CancelOrder,
    MassCancel,
    NewOrder,
    Pick,
)
from engine.vocabulary.events import AuctionTrade, OrderCancelled, OrderReduced, Rejected, Trade
from engine.vocabulary.link_commands import (
    CarryHome,
    CarryIn,
    GuestBid,
    GuestCancel,
    GuestOrder,
    RouteBid,
    RouteCancel,
    RouteOrder,
)
from engine.vocabulary.link_events import CarriedHome, GuestArrived

if TYPE_CHECKING:
    from engine.venue.link_state import Guest, LinkEnd
    from engine.venue.venue import Venue
    from engine.vocabulary.commands import Command
    from engine.vocabulary.events import Event

# Commands whose events name everybody to whom something becomes available.
_NAMING: Final = {
    AmendOrder: None, Bid: None, CancelOrder: None, MassCancel: None, NewOrder: None, Pick: None,
    CarryHome: None, CarryIn: None, GuestBid: None, GuestCancel: None, GuestOrder: None,
    RouteBid: None, RouteCancel: None, RouteOrder: None,
}  # fmt: skip
_WHO: Final = ("account", "maker", "taker", "buyer", "seller", "guest")


class Departures:
    """One venue's guests who may have something that is not known at home."""

    __slots__ = ("_all", "_changed", "_fields", "_guests", "_news", "_venue")

    def __init__(self, venue: Venue) -> None:
        """Start with all guests of a venue."""
        self._venue = venue
        self._all = True  # whether any guest may have something
        self._changed: dict[str, None] = {}  # guests' accounts
        self._guests: dict[str, tuple[LinkEnd, str]] = {}  # by account here
        self._fields: dict[type, tuple[str, ...]] = {}  # that name an account, by event
        # tonnes traded that home does not know of, by account and the order's reference; also of
        # orders that only became smaller, or ended
        self._news: dict[str, dict[int, int]] = {}
        for end in venue.links.ends.values():
            self._guests |= {guest.name: (end, name) for name, guest in end.guests.items()}

    def look_at_all(self) -> None:
        """Let ``due`` look at every guest."""
        self._all = True

    def tally(self, events: list[Event]) -> None:
        """Count what happened to guests' orders, and what of it has gone home."""
        arrived = ""
        for event in events:
            if isinstance(event, Trade):
                self._happened(event.maker, event.maker_ref, event.quantity)
                self._happened(event.taker, event.taker_ref, event.quantity)
            elif isinstance(event, AuctionTrade):
                self._happened(event.buyer, event.buyer_ref, event.quantity)
                self._happened(event.seller, event.seller_ref, event.quantity)
            elif isinstance(event, OrderCancelled | OrderReduced):
                self._happened(event.account, event.ref, 0)
            elif isinstance(event, GuestArrived):
                arrived = event.guest
                self._guests[arrived] = (self._venue.links.ends[event.link], event.account)
            elif isinstance(event, Rejected) and arrived:
                self._happened(arrived, event.ref, 0)
            elif isinstance(event, CarriedHome) and event.ref:
                guest = self._venue.links.ends[event.link].guests[event.account]
                self._news.get(guest.name, {}).pop(event.ref, None)

    def _happened(self, account: str, ref: int, traded: int) -> None:
        if account in self._guests:
            news = self._news.setdefault(account, {})
            news[ref] = news.get(ref, 0) + traded

    def note(self, command: Command, events: list[Event]) -> None:
        """Take note of what a command may have set free."""
        if type(command) not in _NAMING:
            self._all = True
        if self._all:
            return
        guests, changed = self._guests, self._changed
        for event in events:
            kind = event.__class__
            fields = self._fields.get(kind)
            if fields is None:
                fields = tuple(each for each in _WHO if each in kind.__struct_fields__)
                self._fields[kind] = fields
            for field in fields:
                name = getattr(event, field)
                if name in guests:
                    changed[name] = None

    def due(self) -> list[CarryHome]:
        """Return what sends home whatever guests have, and forget who has nothing.

        Of several orders each gets word of its own; all that is available goes with the first.
        """
        if self._all:
            self._all = False
            self._changed = dict.fromkeys(self._guests)
        if not self._changed:
            return []
        changed, self._changed = self._changed, {}
        found: list[CarryHome] = []
        for name in changed:
            end, account = self._guests[name]
            news = self._news.get(name)
            if news:
                found += [CarryHome(end.rules.link, account, *each) for each in news.items()]
            elif self._has_something(end, end.guests[account]):
                found.append(CarryHome(end.rules.link, account))
        return found

    def _has_something(self, end: LinkEnd, guest: Guest) -> bool:
        return bool(guest.unfilled) or any(available(self._venue, end, guest))

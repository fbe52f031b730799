"""Who may have something at a venue that should go home: guests whom a command concerned.

To look at every guest after every command would cost more than the command.
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
from engine.vocabulary.link_events import GuestArrived

if TYPE_CHECKING:
    from collections.abc import Iterable

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

    __slots__ = ("_all", "_changed", "_fields", "_guests", "_venue")

    def __init__(self, venue: Venue) -> None:
        """Start with all guests of a venue."""
        self._venue = venue
        self._all = True  # whether any guest may have something
        self._changed: dict[str, None] = {}  # guests' accounts
        self._guests: dict[str, tuple[LinkEnd, str]] = {}  # by account here
        self._fields: dict[type, tuple[str, ...]] = {}  # that name an account, by event

    def note(self, command: Command, events: Iterable[Event]) -> None:
        """Take note of what a command may have set free."""
        if type(command) not in _NAMING:
            self._all = True
        if self._all:
            return
        guests, changed = self._guests, self._changed
        for event in events:
            if type(event) is GuestArrived:
                end = self._venue.links.ends[event.link]
                guests[event.guest] = (end, event.account)
            kind = event.__class__
            fields = self._fields.get(kind)
            if fields is None:
                fields = tuple(each for each in _WHO if each in kind.__struct_fields__)
                self._fields[kind] = fields
            for field in fields:
                name = getattr(event, field)
                if name in guests:
                    changed[name] = None

    def due(self) -> list[tuple[str, str]]:
        """Return link and account of those who have something, and forget the others."""
        if self._all:
            self._all = False
            ends = self._venue.links.ends.values()
            self._guests = {
                guest.name: (end, account) for end in ends for account, guest in end.guests.items()
            }
            self._changed = dict.fromkeys(self._guests)
        if not self._changed:
            return []
        changed, self._changed = self._changed, {}
        found = [self._guests[name] for name in changed]
        return [
            (end.rules.link, account)
            for end, account in found
            if self._has_something(end, end.guests[account])
        ]

    def _has_something(self, end: LinkEnd, guest: Guest) -> bool:
        return bool(guest.unfilled) or any(available(self._venue, end, guest))

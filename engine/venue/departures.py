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
    CarryHomeRefused,
    CarryIn,
    CarryInRefused,
    GuestBid,
    GuestCancel,
    GuestOrder,
    RouteBid,
    RouteCancel,
    RouteOrder,
)

if TYPE_CHECKING:
    from engine.venue.link_news import LinkNews
    from engine.venue.link_state import Guest, LinkEnd
    from engine.venue.venue import Venue
    from engine.vocabulary.commands import Command
    from engine.vocabulary.events import Event

# Commands whose events name everybody to whom something becomes available.
_NAMING: Final = {
    AmendOrder: None, Bid: None, CancelOrder: None, MassCancel: None, NewOrder: None, Pick: None,
    CarryHome: None, CarryHomeRefused: None, CarryIn: None, CarryInRefused: None,
    GuestBid: None, GuestCancel: None, GuestOrder: None,
    RouteBid: None, RouteCancel: None, RouteOrder: None,
}  # fmt: skip
_WHO: Final = ("account", "maker", "taker", "buyer", "seller", "guest")


class Departures:
    """One venue's guests who may have something that is not known at home."""

    __slots__ = ("_all", "_changed", "_fields", "_news", "_venue")

    def __init__(self, venue: Venue, news: LinkNews) -> None:
        """Start with all guests of a venue, of whose orders ``news`` tells."""
        self._venue = venue
        self._news = news
        self._all = True  # whether any guest may have something
        self._changed: dict[str, None] = {}  # guests' accounts
        self._fields: dict[type, tuple[str, ...]] = {}  # that name an account, by event

    def look_at_all(self) -> None:
        """Let ``due`` look at every guest."""
        self._all = True

    def note(self, command: Command, events: list[Event]) -> None:
        """Take note of what a command may have set free."""
        if type(command) not in _NAMING:
            self._all = True
        if self._all:
            return
        guests, changed = self._news.guests, self._changed
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

    def due(self) -> list[CarryHome | CarryHomeRefused]:
        """Return what sends home whatever guests have, and forget who has nothing.

        Of several orders each gets word of its own; all that is available goes with the first.
        """
        if self._all:
            self._all = False
            self._changed = dict.fromkeys(self._news.guests)
        if not self._changed:
            return []
        changed, self._changed = self._changed, {}
        found: list[CarryHome | CarryHomeRefused] = []
        for name in changed:
            link, account = home = self._news.guests[name]
            orders = self._news.orders.get(home)
            end = self._venue.links.ends[link]
            if orders:
                refused = self._news.refused
                found += [
                    CarryHomeRefused(link, account, ref, traded, *refused[*home, ref])
                    if (*home, ref) in refused
                    else CarryHome(link, account, ref, traded)
                    for ref, traded in orders.items()
                ]
            elif self._has_something(end, end.guests[account]):
                found.append(CarryHome(link, account))
        return found

    def _has_something(self, end: LinkEnd, guest: Guest) -> bool:
        return bool(guest.unfilled) or any(available(self._venue, end, guest))

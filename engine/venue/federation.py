"""Several venues and the links between them: what one sends, another receives once.

A federation is a value of venues; links are what the venues' own ends say. It keeps no state that
the venues lack: a message is made of the event that sent it, and waits here until its receiver's
number shows that it was taken and ``confirm`` says that this will stay so. Whatever a crash cuts
off is therefore delivered again, once. Rules: ``docs/rules.md``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple, TypeAlias

from engine.venue.departures import Departures
from engine.venue.routing import after, all_after, into_auction, routed
from engine.vocabulary.commands import Bid, CancelOrder, NewOrder
from engine.vocabulary.enums import LinkKind, Side
from engine.vocabulary.events import Rejected
from engine.vocabulary.link_commands import (
    CarryIn,
    GuestBid,
    GuestCancel,
    GuestOrder,
    JoinAuction,
    RecogniseAllowances,
    SetLink,
)
from engine.vocabulary.link_events import (
    AllowancesSent,
    BidRouted,
    CancelRouted,
    CarriedHome,
    OrderRouted,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from engine.venue.link_state import LinkEnd
    from engine.venue.venue import Venue
    from engine.vocabulary.commands import Command
    from engine.vocabulary.events import Event
    from engine.vocabulary.link_commands import LinkCommand


Sent: TypeAlias = OrderRouted | CarriedHome | CancelRouted | AllowancesSent | BidRouted
_PAIRS: Final = (
    (LinkKind.SHARED, LinkKind.HOSTING),
    (LinkKind.RECOGNITION, LinkKind.RECOGNISING),
    (LinkKind.AUCTION, LinkKind.AUCTIONEER),
)
_OTHER: Final = dict((*_PAIRS, *((two, one) for one, two in _PAIRS)))  # the kind at the peer


class Happened(NamedTuple):
    """A command that a venue of the federation was given, and its events."""

    venue: str
    command: Command
    events: list[Event]


class Way(NamedTuple):
    """One direction of a link, on which messages are numbered."""

    link: str
    sender: str
    receiver: str


class FederationError(ValueError):
    """Venues that cannot be linked so; the text says what would do."""


class Federation:
    """Venues by name. Everything that concerns them comes in through ``submit``."""

    __slots__ = ("_apply", "_before", "_departures", "_logged", "messages", "venues")

    def __init__(
        self,
        venues: Mapping[str, Venue],
        apply: Callable[[str, Command], list[Event]] | None = None,
        before: Callable[[str], None] = lambda _: None,
    ) -> None:
        """Join venues. ``apply`` gives a venue a command, by default at once.

        ``before`` is called with a sender's name before what it sent is given to its receiver.
        """
        self.venues = dict(venues)
        self._apply = apply or (lambda name, command: self.venues[name].apply(command))
        self._before = before
        self._logged = apply is not None  # then what a venue has taken may still be cut off
        self._departures = {name: Departures(venue) for name, venue in self.venues.items()}
        # the messages that may have to be delivered, by number
        self.messages: dict[Way, dict[int, LinkCommand]] = {}

    def link(self, one: str, rules: SetLink, other: str) -> list[Happened]:
        """Set both ends of a link; ``rules`` are those of ``one``. Raises ``FederationError``.

        Where ``one`` refuses them the other end stays as it is.
        """
        self._check_link(one, rules, other)
        found = self.submit(one, rules)
        if any(type(event) is Rejected for event in found[0].events):
            return found
        return [*found, *self.submit(other, other_end(one, rules))]

    def _check_link(self, one: str, rules: SetLink, other: str) -> None:
        """See that two venues can be linked so. Raises ``FederationError``."""
        if one == other or one not in self.venues or other not in self.venues:
            message = f"a link joins two of {', '.join(self.venues)}, not {one} and {other}"
            raise FederationError(message)
        here, there = self.venues[one], self.venues[other]
        if rules.symbol not in here.markets or rules.peer_symbol not in there.markets:
            message = f"no line {rules.symbol} at {one}, or no line {rules.peer_symbol} at {other}"
            raise FederationError(message)
        mine = here.markets[rules.symbol].product
        theirs = there.markets[rules.peer_symbol].product
        digits = (here.rulebook.minor_digits, there.rulebook.minor_digits)
        if mine.currency != theirs.currency or digits[0] != digits[1]:
            message = f"{mine.symbol} is in {mine.currency}, {theirs.symbol} in {theirs.currency}"
            raise FederationError(message)
        if rules.fee and LinkKind.SHARED in (rules.kind, _OTHER.get(rules.kind)):
            message = "a shared book takes no fee of the link: its orders rest at their own limit"
            raise FederationError(message)
        if rules.role and rules.role not in [each.name for each in there.rulebook.classes]:
            message = f"{other} has no account class {rules.role} for guests"
            raise FederationError(message)

    def complete(self) -> None:
        """Set the end that is missing of a link, where a crash came between the two."""
        for name, venue in self.venues.items():
            for link, end in list(venue.links.ends.items()):
                if self._end(end.rules.peer, link) is None:
                    self.submit(end.rules.peer, other_end(name, end.rules))

    def submit(self, name: str, command: Command) -> list[Happened]:
        """Give a venue a command, and all venues what follows from it; return it all, in order.

        Raises ``KeyError`` where no venue has the name, ``FederationError`` on a link with no venue
        of the federation.
        """
        if type(command) is SetLink and command.peer not in self.venues:
            message = f"{name} is linked with one of {', '.join(self.venues)}, not {command.peer}"
            raise FederationError(message)
        if type(command) is NewOrder:
            command = routed(self.venues, name, command)
        elif type(command) is CancelOrder:
            command = after(self.venues, name, command)
        elif isinstance(command, Bid | JoinAuction):
            command = into_auction(self.venues, name, command)
        found = [self._give(name, command)]
        found += [
            self._give(name, each)
            for each in all_after(self.venues, name, command, found[0].events)
        ]
        return found + self._deliver()

    def deliver(self) -> list[Happened]:
        """Deliver every message that was not, and send home what guests have left."""
        for departures in self._departures.values():
            departures.look_at_all()
        return self._deliver()

    def _deliver(self) -> list[Happened]:
        found: list[Happened] = []
        before = -1
        while len(found) > before:
            before = len(found)
            for way, messages in list(self.messages.items()):  # what is sent back may be new
                end = self._end(way.receiver, way.link)
                while end is not None and end.received + 1 in messages:
                    self._before(way.sender)
                    found.append(self._give(way.receiver, messages[end.received + 1]))
            for name, departures in self._departures.items():
                found += [self._give(name, command) for command in departures.due()]
        if not self._logged:
            for name in self.venues:
                self.confirm(name)
        return found

    def remember(self, name: str, events: list[Event]) -> None:
        """Take in the messages that a venue's events send, and what they say of guests' orders."""
        self._departures[name].tally(events)
        for event in events:
            if isinstance(event, Sent):
                peer = self.venues[name].links.ends[event.link].rules.peer
                waiting = self.messages.setdefault(Way(event.link, name, peer), {})
                waiting[event.number] = message_of(event)

    def confirm(self, receiver: str) -> None:
        """Forget the messages that a venue has taken for good."""
        for way, messages in self.messages.items():
            if way.receiver == receiver:
                end = self._end(receiver, way.link)
                taken = end.received if end is not None else 0
                for number in [each for each in messages if each <= taken]:
                    del messages[number]

    def cut_back(self, sender: str, past: Iterable[list[Event]] = ()) -> None:
        """Forget the messages that a venue does not know any more that it sent.

        ``past`` is what its log tells: what happened to guests' orders is counted from it anew.
        """
        self._departures[sender] = departures = Departures(self.venues[sender])
        for events in past:
            departures.tally(events)
        for way, messages in self.messages.items():
            if way.sender == sender:
                end = self._end(sender, way.link)
                sent = end.sent if end is not None else 0
                for number in [each for each in messages if each > sent]:
                    del messages[number]

    def on_the_way(self) -> tuple[int, int]:
        """Return the minor units and tonnes that have left one venue and not reached the other."""
        cash = tonnes = 0
        for way, messages in self.messages.items():
            end = self._end(way.receiver, way.link)
            taken = end.received if end is not None else 0
            for number, message in messages.items():
                if number > taken:
                    more = carried(message)
                    cash, tonnes = cash + more[0], tonnes + more[1]
        return cash, tonnes

    def check(self) -> None:
        """Assert the invariants of all venues and links. Raises ``AssertionError``."""
        for name, venue in self.venues.items():
            venue.check()
            for link, end in venue.links.ends.items():
                peer = self.venues[end.rules.peer].links.ends.get(link)
                if peer is None:
                    continue
                assert peer.received <= end.sent, f"{link}: more came than {name} sent"
                waiting = self.messages.get(Way(link, name, end.rules.peer), {})
                missing = [n for n in range(peer.received + 1, end.sent + 1) if n not in waiting]
                assert not missing, f"{link}: messages {missing} of {name} are lost"
                assert end.used >= 0, f"{link}: a quota that is used less than not at all"

    def _end(self, name: str, link: str) -> LinkEnd | None:
        return self.venues[name].links.ends.get(link)

    def _give(self, name: str, command: Command) -> Happened:
        events = self._apply(name, command)
        self.remember(name, events)
        self._departures[name].note(command, events)
        return Happened(name, command, events)


def other_end(name: str, rules: SetLink) -> SetLink:
    """Return the end at the peer of a link whose end at ``name`` has these rules."""
    kind = _OTHER.get(rules.kind, rules.kind)
    return SetLink(
        rules.link, kind, name, rules.peer_symbol, rules.symbol, rules.fee, rules.quota, rules.role
    )


def message_of(event: Sent) -> LinkCommand:
    """Return the command that an event sends to the peer."""
    if type(event) is OrderRouted:
        return GuestOrder(
            event.link,
            event.number,
            event.account,
            event.ref,
            event.owner,
            event.side,
            event.quantity,
            event.price,
            event.tif,
            event.cash,
        )
    if type(event) is CancelRouted:
        return GuestCancel(event.link, event.number, event.account, event.ref, event.target)
    if type(event) is AllowancesSent:
        return RecogniseAllowances(
            event.link,
            event.number,
            event.account,
            event.quantity,
            event.entity,
            event.cycle,
            event.officer,
        )
    if type(event) is BidRouted:
        return GuestBid(
            event.link,
            event.number,
            event.account,
            event.ref,
            event.owner,
            event.auction,
            event.side,
            event.quantity,
            event.price,
            event.cash,
        )
    assert type(event) is CarriedHome
    return CarryIn(
        event.link,
        event.number,
        event.account,
        event.cash,
        event.tonnes,
        event.filled,
        event.unfilled,
        event.ref,
        event.traded,
        event.leaves,
    )


def carried(message: LinkCommand) -> tuple[int, int]:
    """Return the minor units and tonnes that a message brings."""
    if isinstance(message, GuestOrder | GuestBid):
        return message.cash, message.quantity if message.side is Side.SELL else 0
    if type(message) is RecogniseAllowances:
        return 0, message.quantity
    return (message.cash, message.tonnes) if type(message) is CarryIn else (0, 0)

"""Several venues and the links between them: what one sends, another receives once.

A federation is a value of venues; links are what the venues' own ends say. It keeps no state that
the venues' logs lack: a message is made of the event that sent it, and waits until its receiver's
number shows that it was taken and ``confirm`` says that this will stay so. Whatever a crash cuts
off is therefore delivered again, once. Rules: ``docs/rules.md``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from engine.venue.departures import Departures
from engine.venue.link_news import LinkNews
from engine.venue.routing import after, all_after, into_auction, routed
from engine.vocabulary.commands import Bid, CancelOrder, NewOrder
from engine.vocabulary.enums import LinkKind, Side
from engine.vocabulary.events import Rejected
from engine.vocabulary.link_commands import (
    CarryIn,
    CarryInRefused,
    GuestBid,
    GuestOrder,
    JoinAuction,
    RecogniseAllowances,
    SetLink,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from engine.venue.link_state import LinkEnd
    from engine.venue.venue import Venue
    from engine.vocabulary.commands import Command
    from engine.vocabulary.events import Event
    from engine.vocabulary.link_commands import LinkCommand


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

    __slots__ = ("_apply", "_before", "_departures", "_logged", "news", "venues")

    def __init__(
        self,
        venues: Mapping[str, Venue],
        apply: Callable[[str, Command], list[Event]] | None = None,
        before: Callable[[str], None] = lambda _: None,
        news: Mapping[str, LinkNews] | None = None,
    ) -> None:
        """Join venues. ``apply`` gives a venue a command, by default at once.

        ``before`` is called with a sender's name before what it sent is given to its receiver.
        ``news`` is what the venues' logs say of what may have to be delivered, by name.
        """
        self.venues = dict(venues)
        self._apply = apply or (lambda name, command: self.venues[name].apply(command))
        self._before = before
        self._logged = apply is not None  # then what a venue has taken may still be cut off
        self.news = dict(news) if news is not None else {name: LinkNews() for name in self.venues}
        self._departures = {
            name: Departures(venue, self.news[name]) for name, venue in self.venues.items()
        }

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
            for way, messages in list(self._ways()):  # what is sent back may be new
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

    def remember(self, name: str, command: Command, events: list[Event]) -> None:
        """Take in the messages that a venue's events send, and what they say of guests' orders."""
        self.news[name].take(events, command)

    def confirm(self, receiver: str) -> None:
        """Forget the messages that a venue has taken for good."""
        for way, _ in self._ways():
            if way.receiver == receiver:
                self.news[way.sender].forget({way.link: self._received(way) + 1})

    def needed(self, sender: str) -> dict[str, int]:
        """Return the first message on each link of a venue that may have to be delivered again."""
        found, sent = {}, self.news[sender].sent
        for link, end in self.venues[sender].links.ends.items():
            behind = self._received(Way(link, sender, end.rules.peer)) + 1
            found[link] = min(sent.get(link, ()), default=behind)
        return found

    def cut_back(self, name: str, venue: Venue, news: LinkNews) -> None:
        """Let a venue go on from what its log holds, and forget what it does not know any more."""
        self.venues[name], self.news[name] = venue, news
        self._departures[name] = Departures(venue, news)

    def hold(self) -> None:
        """See that logs fit together which were opened one by one. Raises ``FederationError``."""
        for name, venue in self.venues.items():
            for link, end in venue.links.ends.items():
                if end.rules.peer not in self.venues:
                    message = f"{name} is linked with {end.rules.peer}, which is not here"
                    raise FederationError(message)
                way = Way(link, name, end.rules.peer)
                taken, waiting = self._received(way), self.news[name].sent.get(link, {})
                if taken > end.sent:
                    message = (
                        f"{name} has sent {end.sent} messages over {link}, and {way.receiver} has "
                        f"taken {taken}: restore the newest copy of {name}, or all of them from "
                        "one carbonx backup of theirs"
                    )
                    raise FederationError(message)
                for number in range(taken + 1, end.sent + 1):
                    if number not in waiting:
                        message = (
                            f"{way.receiver} lacks message {number} of {link}, which it had taken "
                            f"by {name}'s snapshots: restore the newest copy of {way.receiver}, or "
                            f"put the snapshots of {name} away, so that its whole log is read"
                        )
                        raise FederationError(message)

    def on_the_way(self) -> tuple[int, int]:
        """Return the minor units and tonnes that have left one venue and not reached the other."""
        cash = tonnes = 0
        for way, messages in self._ways():
            taken = self._received(way)
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
                waiting = self.news[name].sent.get(link, {})
                missing = [n for n in range(peer.received + 1, end.sent + 1) if n not in waiting]
                assert not missing, f"{link}: messages {missing} of {name} are lost"
                assert end.used >= 0, f"{link}: a quota that is used less than not at all"

    def _ways(self) -> Iterator[tuple[Way, dict[int, LinkCommand]]]:
        """Yield each way on which messages may have to be delivered, with them."""
        for name, news in self.news.items():
            for link, messages in news.sent.items():
                if messages:
                    peer = self.venues[name].links.ends[link].rules.peer
                    yield Way(link, name, peer), messages

    def _received(self, way: Way) -> int:
        """Return the number of the last message that a receiver has taken."""
        end = self._end(way.receiver, way.link)
        return end.received if end is not None else 0

    def _end(self, name: str, link: str) -> LinkEnd | None:
        return self.venues[name].links.ends.get(link)

    def _give(self, name: str, command: Command) -> Happened:
        events = self._apply(name, command)
        self.remember(name, command, events)
        self._departures[name].note(command, events)
        return Happened(name, command, events)


def other_end(name: str, rules: SetLink) -> SetLink:
    """Return the end at the peer of a link whose end at ``name`` has these rules."""
    kind = _OTHER.get(rules.kind, rules.kind)
    return SetLink(
        rules.link, kind, name, rules.peer_symbol, rules.symbol, rules.fee, rules.quota, rules.role
    )


def carried(message: LinkCommand) -> tuple[int, int]:
    """Return the minor units and tonnes that a message brings."""
    if isinstance(message, GuestOrder | GuestBid):
        return message.cash, message.quantity if message.side is Side.SELL else 0
    if type(message) is RecogniseAllowances:
        return 0, message.quantity
    if isinstance(message, CarryIn | CarryInRefused):
        return message.cash, message.tonnes
    return 0, 0

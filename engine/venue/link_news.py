"""What a venue's events say that other venues may not know: messages, and guests' orders.

A message is made of the event that sent it and kept until its receiver has it for good. What
happened to guests' orders is counted until word of it has gone home. Both follow from a venue's
records alone, so a snapshot has them beside the venue.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeAlias

from msgspec import convert

from engine.vocabulary.events import AuctionTrade, OrderCancelled, OrderReduced, Rejected, Trade
from engine.vocabulary.link_commands import (
    CarryIn,
    CarryInRefused,
    GuestBid,
    GuestCancel,
    GuestOrder,
    RecogniseAllowances,
    SetLink,
)
from engine.vocabulary.link_events import (
    AllowancesSent,
    BidRouted,
    CancelRouted,
    CarriedHome,
    GuestArrived,
    OrderRouted,
)
from engine.vocabulary.units import MAX_REF

if TYPE_CHECKING:
    from collections.abc import Mapping

    from engine.vocabulary.commands import Command
    from engine.vocabulary.enums import RejectReason
    from engine.vocabulary.events import Event
    from engine.vocabulary.link_commands import LinkCommand

Sent: TypeAlias = OrderRouted | CarriedHome | CancelRouted | AllowancesSent | BidRouted
Home: TypeAlias = tuple[str, str]  # a link, and a guest's account at the other end of it

MESSAGES: Final[dict[type[Sent], type[LinkCommand]]] = {
    OrderRouted: GuestOrder,
    CancelRouted: GuestCancel,
    AllowancesSent: RecogniseAllowances,
    BidRouted: GuestBid,
    CarriedHome: CarryIn,
}
PART: Final = "links"  # what snapshots have it under


class LinkNews:
    """What is on its way from one venue, and what there is to say of its guests' orders."""

    __slots__ = ("guests", "linked", "orders", "refused", "sent")

    def __init__(self) -> None:
        """Begin before the first record."""
        self.linked = False  # whether anybody ever asked for a link
        self.guests: dict[str, Home] = {}  # by account here
        # tonnes traded that home does not know of, by the order's reference; also of orders that
        # only became smaller, or ended
        self.orders: dict[Home, dict[int, int]] = {}
        # reason and rule of those that were refused, or whose cancel was, likewise
        self.refused: dict[tuple[str, str, int], tuple[RejectReason, str]] = {}
        # what may have to be delivered, by link and number
        self.sent: dict[str, dict[int, LinkCommand]] = {}

    def absorb(self, command: Command, events: list[Event]) -> None:
        """Take in a command of a log and what came of it."""
        if type(command) is SetLink:
            self.linked = True
        if self.linked:
            self.take(events, command)

    def take(self, events: list[Event], command: Command | None = None) -> None:
        """Take in the messages that events send, and what they say of guests' orders.

        ``command`` is what brought them about: a cancel that is refused is word of its order.
        """
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
                self.guests[arrived] = (event.link, event.account)
            elif isinstance(event, Rejected) and arrived:
                self._refused(arrived, event.ref, event)
            elif isinstance(event, Rejected) and type(command) is GuestCancel:
                self._refused(event.account, command.target, event)
            elif isinstance(event, Sent):
                self.sent.setdefault(event.link, {})[event.number] = message_of(event)
                if type(event) is CarriedHome and event.ref:
                    self._told((event.link, event.account), event.ref)

    def _happened(self, account: str, ref: int, traded: int) -> None:
        home = self.guests.get(account)
        if home is not None:
            news = self.orders.setdefault(home, {})
            news[ref] = news.get(ref, 0) + traded

    def _refused(self, account: str, ref: int, why: Rejected) -> None:
        home = self.guests.get(account)
        if home is not None and 0 < ref <= MAX_REF:
            self._happened(account, ref, 0)
            self.refused[*home, ref] = (why.reason, why.rule)

    def _told(self, home: Home, ref: int) -> None:
        self.refused.pop((*home, ref), None)
        news = self.orders.get(home)
        if news is not None:
            news.pop(ref, None)
            if not news:
                del self.orders[home]

    def forget(self, needed: Mapping[str, int]) -> None:
        """Let go of the messages before these numbers, by link: their receivers have them."""
        for link, first in needed.items():
            waiting = self.sent.get(link, {})
            for number in [each for each in waiting if each < first]:
                del waiting[number]


def message_of(event: Sent) -> LinkCommand:
    """Return the command that an event sends to the peer: what it has of the same names."""
    kind = MESSAGES[type(event)]
    if type(event) is CarriedHome and event.reason:
        kind = CarryInRefused
    return convert(event, kind, from_attributes=True)

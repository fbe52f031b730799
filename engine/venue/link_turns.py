"""What all commands of links share: whose turn a message is, and how goods come and go."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.vocabulary.enums import RejectReason
from engine.vocabulary.events import Rejected
from engine.vocabulary.suggest import not_one_of

if TYPE_CHECKING:
    from typing import TypeAlias

    from engine.ledger.accounts import Account, Balance
    from engine.markets.line import Line
    from engine.venue.base import VenueBase
    from engine.venue.link_state import LinkEnd
    from engine.vocabulary.events import Event
    from engine.vocabulary.link_commands import (
        CarryIn,
        GuestCancel,
        GuestOrder,
        RecogniseAllowances,
    )

    Message: TypeAlias = GuestOrder | CarryIn | GuestCancel | RecogniseAllowances


def free(balance: Balance) -> int:
    """Return what nothing here holds."""
    return balance.total - balance.reserved


def move(venue: VenueBase, line: Line, account: Account, cash: int, tonnes: int) -> None:
    """Let cash and tonnes in, or (negative) out."""
    if cash:
        venue.ledger.move_cash(account, line.product.currency, cash)
    if tonnes:
        venue.ledger.move_tonnes(account, line.product.symbol, tonnes)


def out_of_turn(venue: VenueBase, end: LinkEnd | None, c: Message) -> list[Event]:
    """Refuse a message over no link, or one that was taken or is not next; [] where it is next."""
    if end is None:
        unknown = unknown_link(venue, c.link)
        return [Rejected(c.account, 0, RejectReason.UNKNOWN_SYMBOL, "link", unknown)]
    if c.number == end.received + 1:
        return []
    rule = f"{end.received + 1} is the next message of the link"
    return [Rejected(c.account, 0, RejectReason.UNKNOWN_NUMBER, "number", rule)]


def unknown_link(venue: VenueBase, link: str) -> str:
    """Say which links there are."""
    return not_one_of(link, venue.links.ends or ["no link at all"])

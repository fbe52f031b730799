"""What all commands of links share: whose turn a message is, and how goods come and go."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.venue.base import duplicate, killed, unknown_account
from engine.venue.link_state import Guest
from engine.vocabulary.commands import OpenAccount
from engine.vocabulary.enums import RejectReason
from engine.vocabulary.events import AccountOpened, Event, Rejected
from engine.vocabulary.suggest import not_one_of
from engine.vocabulary.units import MAX_REF

if TYPE_CHECKING:
    from engine.book.orders import Participant
    from engine.ledger.accounts import Account, Balance
    from engine.markets.line import Line
    from engine.venue.base import VenueBase
    from engine.venue.link_state import LinkEnd
    from engine.vocabulary.link_commands import LinkMessage


def free(balance: Balance) -> int:
    """Return what nothing here holds."""
    return balance.total - balance.reserved


def move(venue: VenueBase, line: Line, account: Account, cash: int, tonnes: int) -> None:
    """Let cash and tonnes in, or (negative) out."""
    if cash:
        venue.ledger.move_cash(account, line.product.currency, cash)
    if tonnes:
        venue.ledger.move_tonnes(account, line.product.symbol, tonnes)


def out_of_turn(venue: VenueBase, end: LinkEnd | None, c: LinkMessage) -> list[Event]:
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


def member(
    venue: VenueBase, account: str, ref: int, *, entering: bool
) -> Participant | list[Event]:
    """Return whose command it is and use its reference up, or refuse."""
    participant = venue.participants.get(account)
    if participant is None:
        return unknown_account(account, ref)
    if not participant.last_ref < ref <= MAX_REF:
        return duplicate(participant, ref)
    participant.last_ref = ref
    if participant.killed and entering:
        return killed(account, ref)
    return participant


def guest_of(venue: VenueBase, end: LinkEnd, account: str, owner: str) -> tuple[Guest, list[Event]]:
    """Return another venue's member here, opening its account where it is new."""
    guest = end.guests.get(account)
    if guest is not None:
        return guest, []
    guest = end.guests[account] = Guest(_guest_name(venue, end, account))
    venue.join(OpenAccount(guest.name, role=end.rules.role), owner, owner)
    return guest, [AccountOpened(guest.name, owner, owner, "", end.rules.role)]


def _guest_name(venue: VenueBase, end: LinkEnd, account: str) -> str:
    """Return a name for a guest's account that no account here has."""
    name = f"{end.rules.peer}:{account}"
    while name in venue.participants:
        name += "'"
    return name

"""Allowances of one venue that count against an obligation at another.

The tonnes leave the sender's ledger with the message. The receiver either counts them, and they
are gone for good, or sends them back. Rules: ``docs/rules.md``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.registry.recognition import recognise
from engine.registry.records import RefusedError
from engine.venue.base import unknown_account
from engine.venue.link_turns import free, move, out_of_turn, unknown_link
from engine.vocabulary.enums import LinkKind, RejectReason
from engine.vocabulary.events import Event, Rejected
from engine.vocabulary.link_commands import RecogniseAllowances, SendAllowances, SetRecognition
from engine.vocabulary.link_events import (
    AllowancesRecognised,
    AllowancesSent,
    CarriedHome,
    RecognitionSet,
)
from engine.vocabulary.units import MAX_ACCOUNT_NAME, MAX_QUANTITY, PARTS_PER_MILLION

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from engine.ledger.accounts import Account
    from engine.venue.base import VenueBase
    from engine.venue.link_state import LinkEnd


def recognition_handlers(venue: VenueBase) -> dict[type, Callable[..., list[Event]]]:
    """Return what takes each command of recognition."""
    return {
        SetRecognition: lambda c: set_recognition(venue, c),
        SendAllowances: lambda c: send_allowances(venue, c),
        RecogniseAllowances: lambda c: recognise_allowances(venue, c),
    }


def set_recognition(venue: VenueBase, c: SetRecognition) -> list[Event]:
    """Set at which ratio allowances that come over a link count."""
    end = venue.links.ends.get(c.link)
    if end is None:
        unknown = unknown_link(venue, c.link)
        return [Rejected("", 0, RejectReason.UNKNOWN_SYMBOL, "link", unknown)]
    if end.rules.kind is not LinkKind.RECOGNISING:
        rule = "the link recognises nothing here"
        return [Rejected("", 0, RejectReason.MODE, "link", rule)]
    for field in ("numerator", "denominator"):
        if not 1 <= getattr(c, field) <= PARTS_PER_MILLION:
            rule = f"1 to {PARTS_PER_MILLION}"
            return [Rejected("", 0, RejectReason.VALUE, field, rule)]
    end.ratio = (c.numerator, c.denominator)
    return [RecognitionSet(c.link, c.numerator, c.denominator)]


def send_allowances(venue: VenueBase, c: SendAllowances) -> list[Event]:
    """Let allowances leave, to be counted at the peer."""
    end = venue.links.ends.get(c.link)
    if end is None:
        unknown = unknown_link(venue, c.link)
        return [Rejected(c.account, 0, RejectReason.UNKNOWN_SYMBOL, "link", unknown)]
    account = venue.ledger.accounts.get(c.account)
    if account is None:
        return unknown_account(c.account, 0)
    for holds, reason, field, rule in _rules_of_sending(venue, end, account, c):
        if not holds:
            return [Rejected(c.account, 0, reason, field, rule)]
    line = venue.markets[end.rules.symbol]
    move(venue, line, account, 0, -c.quantity)
    end.used += c.quantity
    end.sent += 1
    return [
        AllowancesSent(
            c.account,
            c.link,
            end.sent,
            line.product.symbol,
            c.quantity,
            c.entity,
            c.cycle,
            c.officer,
            end.used,
        )
    ]


def _rules_of_sending(
    venue: VenueBase, end: LinkEnd, account: Account, c: SendAllowances
) -> Iterator[tuple[bool, RejectReason, str, str]]:
    """Yield what leaves must keep, in order: whether it does, the reason, field and rule."""
    sends = end.rules.kind is LinkKind.RECOGNITION
    yield sends, RejectReason.MODE, "link", "no allowance counts over the link"
    for field in ("entity", "cycle"):
        fits = 0 < len(getattr(c, field)) <= MAX_ACCOUNT_NAME
        yield fits, RejectReason.VALUE, field, f"1 to {MAX_ACCOUNT_NAME} characters"
    fits = len(c.officer) <= MAX_ACCOUNT_NAME
    yield fits, RejectReason.VALUE, "officer", f"at most {MAX_ACCOUNT_NAME} characters"
    fits = 1 <= c.quantity <= MAX_QUANTITY
    yield fits, RejectReason.QUANTITY_RANGE, "quantity", f"1 to {MAX_QUANTITY} tonnes"
    left = end.rules.quota - end.used
    fits = not end.rules.quota or c.quantity <= left
    rule = f"the link's quota has {max(left, 0)} left"
    yield fits, RejectReason.QUOTA, "quantity", rule
    product = venue.markets[end.rules.symbol].product.symbol
    left = free(venue.ledger.holding(account, product))
    rule = f"{account.name} has {left} tonnes available"
    yield c.quantity <= left, RejectReason.ALLOWANCES, "quantity", rule


def recognise_allowances(venue: VenueBase, c: RecogniseAllowances) -> list[Event]:
    """Count what came against an obligation, or send all of it back."""
    end = venue.links.ends.get(c.link)
    problem = out_of_turn(venue, end, c)
    if end is None or problem:
        return problem
    if not 0 < c.quantity <= MAX_QUANTITY:
        return [Rejected(c.account, 0, RejectReason.VALUE, "quantity", "what a venue sends")]
    end.received = c.number
    try:
        counted = _counted(end, c.quantity)
        due, events = recognise(venue.registry, c.entity, c.cycle, c.officer, counted)
    except RefusedError as refused:
        end.sent += 1
        reason, rule = refused.reason, refused.rule
        home = (c.link, end.sent, c.account, 0, c.quantity, 0, c.quantity, 0, 0, 0)
        back = CarriedHome(*home, int(reason), rule)
        return [Rejected(c.account, 0, reason, refused.field, rule), back]
    end.used += c.quantity
    recognised = AllowancesRecognised(
        c.link, c.number, c.account, c.quantity, c.entity, c.cycle, counted, due, end.used
    )
    return [recognised, *events]


def _counted(end: LinkEnd, quantity: int) -> int:
    """Return the tonnes of an obligation that tonnes from the peer meet, or refuse."""
    if end.rules.kind is not LinkKind.RECOGNISING:
        raise RefusedError(RejectReason.MODE, "link", "the link recognises nothing here")
    left = end.rules.quota - end.used
    if end.rules.quota and quantity > left:
        rule = f"the link's quota has {max(left, 0)} left"
        raise RefusedError(RejectReason.QUOTA, "quantity", rule)
    numerator, denominator = end.ratio
    counted, over = divmod(quantity * numerator, denominator)
    if over:
        rule = f"{numerator} for {denominator}: a quantity that counts as whole tonnes"
        raise RefusedError(RejectReason.VALUE, "quantity", rule)
    return counted

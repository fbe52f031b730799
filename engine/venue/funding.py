"""Accounts, their classes, and what comes into them and leaves them from outside."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.markets.limits import role_of
from engine.venue.base import unknown_account
from engine.vocabulary.enums import RejectReason
from engine.vocabulary.events import (
    AccountClassSet,
    AccountOpened,
    AllowancesMoved,
    CashMoved,
    Event,
    Rejected,
)
from engine.vocabulary.json_codec import decimal_text
from engine.vocabulary.suggest import not_one_of
from engine.vocabulary.units import MAX_MONEY, MAX_QUANTITY, MAX_TOTAL

if TYPE_CHECKING:
    from engine.ledger.accounts import Balance
    from engine.venue.base import VenueBase
    from engine.vocabulary.commands import MoveAllowances, MoveCash, OpenAccount, SetAccountClass


def open_account(venue: VenueBase, c: OpenAccount) -> list[Event]:
    """Open an account with an owner, a clearing member and a class."""
    if not c.account:
        return [Rejected(c.account, 0, RejectReason.VALUE, "account", "must not be empty")]
    if c.account in venue.participants:
        rule = "an account is opened once"
        return [Rejected(c.account, 0, RejectReason.ACCOUNT_EXISTS, "account", rule)]
    refusal = _unknown_class(venue, c.role)
    if refusal:
        return [Rejected(c.account, 0, RejectReason.ROLE, "role", refusal)]
    if not 0 <= c.allocation <= MAX_QUANTITY:
        rule = f"0 to {MAX_QUANTITY} tonnes"
        return [Rejected(c.account, 0, RejectReason.VALUE, "allocation", rule)]
    owner = c.owner or c.account
    group = c.group or owner
    venue.join(c, owner, group)
    return [AccountOpened(c.account, owner, group, c.member, c.role, c.allocation)]


def _unknown_class(venue: VenueBase, role: str) -> str:
    """Return the rule that a class breaks by not being one of the rulebook's, "" where it is."""
    roles = [each.name for each in venue.rulebook.classes]
    if not role or role in roles:
        return ""
    return not_one_of(role, roles or ["no classes at all"])


def set_account_class(venue: VenueBase, c: SetAccountClass) -> list[Event]:
    """Give an account another class; it holds for what comes, and live orders stay."""
    participant = venue.participants.get(c.account)
    if participant is None:
        return unknown_account(c.account, 0)
    refusal = _unknown_class(venue, c.role)
    if refusal:
        return [Rejected(c.account, 0, RejectReason.ROLE, "role", refusal)]
    participant.role = c.role
    role = role_of(venue.rulebook, participant)
    for seat in participant.seats.values():
        seat.role = role
    return [AccountClassSet(c.account, c.role)]


def move_cash(venue: VenueBase, c: MoveCash) -> list[Event]:
    """Bring money in, or take out what no order needs."""
    account = venue.ledger.accounts.get(c.account)
    if account is None:
        return unknown_account(c.account, 0)
    currency = c.currency or venue.rulebook.currency
    digits = venue.rulebook.minor_digits
    if currency not in venue.currencies:
        rule = f"one of {', '.join(venue.currencies)}"
        return [Rejected(c.account, 0, RejectReason.CURRENCY, "currency", rule)]
    if not 0 < abs(c.amount) <= MAX_MONEY:
        rule = f"not 0, at most {decimal_text(MAX_MONEY, digits)} either way"
        return [Rejected(c.account, 0, RejectReason.VALUE, "amount", rule)]
    if venue.ledger.cash_in.get(currency, 0) + c.amount > MAX_TOTAL:
        rule = f"at most {decimal_text(MAX_TOTAL, digits)} in the whole venue"
        return [Rejected(c.account, 0, RejectReason.VALUE, "amount", rule)]
    available = _left_over(venue.ledger.cash(account, currency), c.amount)
    if available is not None:
        rule = f"at most the {decimal_text(available, digits)} available may leave"
        return [Rejected(c.account, 0, RejectReason.CASH, "amount", rule)]
    balance = venue.ledger.move_cash(account, currency, c.amount)
    return [CashMoved(c.account, currency, c.amount, balance)]


def move_allowances(venue: VenueBase, c: MoveAllowances) -> list[Event]:
    """Bring tonnes in, or take out what no order needs."""
    account = venue.ledger.accounts.get(c.account)
    if account is None:
        return unknown_account(c.account, 0)
    if c.product not in venue.products:
        rule = not_one_of(c.product, venue.products)
        return [Rejected(c.account, 0, RejectReason.UNKNOWN_PRODUCT, "product", rule)]
    if not 0 < abs(c.quantity) <= MAX_QUANTITY:
        rule = f"not 0, at most {MAX_QUANTITY} tonnes either way"
        return [Rejected(c.account, 0, RejectReason.VALUE, "quantity", rule)]
    if venue.ledger.tonnes_in.get(c.product, 0) + c.quantity > MAX_TOTAL:
        rule = f"at most {MAX_TOTAL} tonnes in the whole venue"
        return [Rejected(c.account, 0, RejectReason.VALUE, "quantity", rule)]
    available = _left_over(venue.ledger.holding(account, c.product), c.quantity)
    if available is not None:
        rule = f"at most the {available} tonnes available may leave"
        return [Rejected(c.account, 0, RejectReason.ALLOWANCES, "quantity", rule)]
    balance = venue.ledger.move_tonnes(account, c.product, c.quantity)
    return [AllowancesMoved(c.account, c.product, c.quantity, balance)]


def _left_over(balance: Balance, change_by: int) -> int | None:
    """Return what is available where a change would take more than that."""
    available = balance.total - balance.reserved
    return available if available + change_by < 0 else None

"""Accounts, their classes, and what comes into them and leaves them from outside."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from engine.markets.limits import set_role
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
from engine.vocabulary.units import MAX_ACCOUNT_NAME, MAX_MONEY, MAX_QUANTITY, MAX_TOTAL

if TYPE_CHECKING:
    from collections.abc import Iterator

    from engine.ledger.accounts import Balance
    from engine.venue.base import VenueBase
    from engine.vocabulary.commands import MoveAllowances, MoveCash, OpenAccount, SetAccountClass

_NAMES: Final = ("account", "owner", "group", "member", "role")
_TONNES_IN: Final = f"at most {MAX_TOTAL} tonnes in the whole venue"


def open_account(venue: VenueBase, c: OpenAccount) -> list[Event]:
    """Open an account with an owner, a clearing member, a class and what it starts with."""
    for holds, reason, field, rule in _rules_of_opening(venue, c):
        if not holds:
            return [Rejected(c.account, 0, reason, field, rule)]
    owner = c.owner or c.account
    group = c.group or owner
    venue.join(c, owner, group)
    events: list[Event] = [AccountOpened(c.account, owner, group, c.member, c.role, c.allocation)]
    account, currency = venue.ledger.accounts[c.account], venue.rulebook.currency
    if c.cash:
        balance = venue.ledger.move_cash(account, currency, c.cash)
        events.append(CashMoved(c.account, currency, c.cash, balance))
    for product, tonnes in c.allowances:
        if tonnes:
            balance = venue.ledger.move_tonnes(account, product, tonnes)
            events.append(AllowancesMoved(c.account, product, tonnes, balance))
    return events


def _rules_of_opening(
    venue: VenueBase, c: OpenAccount
) -> Iterator[tuple[bool, RejectReason, str, str]]:
    """Yield what an opening must keep, in order: whether it does, the reason, field and rule."""
    value = RejectReason.VALUE
    yield bool(c.account), value, "account", "must not be empty"
    for field in _NAMES:
        fits = len(getattr(c, field)) <= MAX_ACCOUNT_NAME
        yield fits, value, field, f"at most {MAX_ACCOUNT_NAME} characters"
    new = c.account not in venue.participants
    yield new, RejectReason.ACCOUNT_EXISTS, "account", "an account is opened once"
    unknown = unknown_class(venue, c.role)
    yield not unknown, RejectReason.ROLE, "role", unknown
    fits = 0 <= c.allocation <= MAX_QUANTITY
    yield fits, value, "allocation", f"0 to {MAX_QUANTITY} tonnes"
    digits = venue.rulebook.minor_digits
    yield 0 <= c.cash <= MAX_MONEY, value, "cash", f"0 to {decimal_text(MAX_MONEY, digits)}"
    total = venue.ledger.cash_in.get(venue.rulebook.currency, 0) + c.cash
    most = f"at most {decimal_text(MAX_TOTAL, digits)} in the whole venue"
    yield total <= MAX_TOTAL, value, "cash", most
    names = [product for product, _ in c.allowances]
    once = len(dict.fromkeys(names)) == len(names)
    yield once, value, "allowances", "each product once"
    for product, tonnes in c.allowances:
        field, known = f"allowances.{product}", product in venue.products
        rule = "" if known else not_one_of(product, venue.products)
        yield known, RejectReason.UNKNOWN_PRODUCT, field, rule
        yield 0 <= tonnes <= MAX_QUANTITY, value, field, f"0 to {MAX_QUANTITY} tonnes"
        total = venue.ledger.tonnes_in.get(product, 0) + tonnes
        yield total <= MAX_TOTAL, value, field, _TONNES_IN


def unknown_class(venue: VenueBase, role: str) -> str:
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
    refusal = unknown_class(venue, c.role)
    if refusal:
        return [Rejected(c.account, 0, RejectReason.ROLE, "role", refusal)]
    if venue.registry.is_frozen(c.account):
        rule = "a purchase freeze holds: its class returns when that ends"
        return [Rejected(c.account, 0, RejectReason.FROZEN, "account", rule)]
    set_role(venue.rulebook, participant, c.role)
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
        return [Rejected(c.account, 0, RejectReason.VALUE, "quantity", _TONNES_IN)]
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

"""What the registry refuses before it looks at the terms of a programme."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from engine.vocabulary.enums import RejectReason
from engine.vocabulary.events import Event, Rejected
from engine.vocabulary.suggest import not_one_of
from engine.vocabulary.texts import shown

if TYPE_CHECKING:
    from engine.registry.state import RegistryState

    class OfTonnes(Protocol):
        """A command that takes tonnes out of an account."""

        @property
        def account(self) -> str:
            """Whose they are."""

        @property
        def product(self) -> str:
            """Of what."""

        @property
        def quantity(self) -> int:
            """How many."""


LAST_YEAR = 9_000


def refused(account: str, reason: RejectReason, field: str, rule: str) -> list[Event]:
    """Refuse a command to the registry."""
    return [Rejected(account, 0, reason, field, rule)]


def of_programme(registry: RegistryState, account: str, product: str | None = None) -> list[Event]:
    """Refuse where there is no programme, no such account or no such product."""
    if registry.programme is None:
        rule = "the rulebook has no compliance programme"
        return refused(account, RejectReason.RULEBOOK, "programme", rule)
    if account and account not in registry.ledger.accounts:
        rule = f"no account {shown(account)} is open"
        return refused(account, RejectReason.UNKNOWN_ACCOUNT, "account", rule)
    if product is not None and product not in registry.products:
        rule = not_one_of(product, registry.products)
        return refused(account, RejectReason.UNKNOWN_PRODUCT, "product", rule)
    return []


def year_open(registry: RegistryState, account: str, year: int) -> list[Event]:
    """Refuse a year that is settled, or none."""
    if registry.settled < year <= LAST_YEAR:
        return []
    rule = f"after {registry.settled}, the last year settled, up to {LAST_YEAR}"
    return refused(account, RejectReason.VALUE, "year", rule)


def available(registry: RegistryState, account: str, product: str) -> int:
    """Return the tonnes that no order, lock or delivery holds."""
    holding = registry.ledger.accounts[account].holdings.get(product)
    return holding.total - holding.reserved if holding else 0


def has_tonnes(registry: RegistryState, c: OfTonnes) -> list[Event]:
    """Refuse more tonnes than the account has available, or none."""
    if c.quantity <= 0:
        return refused(c.account, RejectReason.VALUE, "quantity", "above 0")
    usable = available(registry, c.account, c.product)
    if c.quantity <= usable:
        return []
    rule = f"at most the {usable} tonnes available"
    return refused(c.account, RejectReason.ALLOWANCES, "quantity", rule)

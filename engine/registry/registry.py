"""The registry of a programme: each command in, what happened out (docs/rules.md)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, get_args

from engine.registry.refusals import available, has_tonnes, of_programme, refused, year_open
from engine.registry.settle import settle
from engine.registry.state import RegistryState
from engine.vocabulary.enums import RejectReason
from engine.vocabulary.registry_commands import (
    Allocate,
    CancelAllowances,
    RegistryCommand,
    SettleYear,
    Surrender,
    Transfer,
    VerifyEmissions,
)
from engine.vocabulary.registry_events import (
    AllowancesAllocated,
    AllowancesCancelled,
    AllowancesSurrendered,
    AllowancesTransferred,
    EmissionsVerified,
)
from engine.vocabulary.units import MAX_MONEY, MAX_QUANTITY, MAX_TOTAL

if TYPE_CHECKING:
    from collections.abc import Callable

    from engine.ledger.accounts import Ledger
    from engine.vocabulary.events import Event

OF_REGISTRY: Final = get_args(RegistryCommand)


class Registry(RegistryState):
    """The registry: ``apply`` one of its commands to its state."""

    __slots__ = ("_dated", "_handlers")

    def __init__(self, ledger: Ledger) -> None:
        """Start without a programme."""
        super().__init__(ledger)
        self._handlers: dict[type, Callable[..., list[Event]]] = {
            Allocate: self.allocate,
            Transfer: self.transfer,
            VerifyEmissions: self.verify,
            CancelAllowances: self.cancel,
        }
        self._dated: dict[type, Callable[..., list[Event]]] = {  # that ask for the trading day
            Surrender: self.surrender,
            SettleYear: self.settle,
        }

    def apply(self, c: RegistryCommand, date: int) -> list[Event]:
        """Change the registry as a command says, on a trading day."""
        handler = self._handlers.get(type(c))
        return handler(c) if handler else self._dated[type(c)](c, date)

    def allocate(self, c: Allocate) -> list[Event]:
        """Issue allowances into an account under the year's cap, or take some of them back."""
        refusal = of_programme(self, c.account, c.product) or year_open(self, c.account, c.year)
        if refusal:
            return refusal
        if not 0 < abs(c.quantity) <= MAX_QUANTITY:
            rule = f"not 0, at most {MAX_QUANTITY} tonnes either way"
            return refused(c.account, RejectReason.VALUE, "quantity", rule)
        total = self.allocated.get(c.year, 0) + c.quantity
        cap = self.programme.cap if self.programme else 0
        if total < 0 or (cap and total > cap):
            rule = f"the year's allocation stays from 0 to {cap or MAX_TOTAL} tonnes"
            return refused(c.account, RejectReason.QUANTITY_RANGE, "quantity", rule)
        account = self.ledger.accounts[c.account]
        usable = available(self, c.account, c.product)
        if usable + c.quantity < 0 or self.issued.get(c.product, 0) + c.quantity < 0:
            rule = f"at most the {usable} tonnes available, and what was issued, may be taken back"
            return refused(c.account, RejectReason.ALLOWANCES, "quantity", rule)
        most = max(self.issued.get(c.product, 0), self.ledger.tonnes_in.get(c.product, 0))
        if most + c.quantity > MAX_TOTAL:
            rule = f"at most {MAX_TOTAL} tonnes in the whole venue"
            return refused(c.account, RejectReason.VALUE, "quantity", rule)
        self.allocated[c.year] = total
        self.issued[c.product] = self.issued.get(c.product, 0) + c.quantity
        balance = self.ledger.move_tonnes(account, c.product, c.quantity)
        return [AllowancesAllocated(c.account, c.year, c.product, c.quantity, balance)]

    def transfer(self, c: Transfer) -> list[Event]:
        """Move tonnes from one account to another, against payment or without."""
        refusal = of_programme(self, c.account, c.product) or has_tonnes(self, c)
        if refusal:
            return refusal
        if c.to not in self.ledger.accounts or c.to == c.account:
            rule = "another account that is open"
            return refused(c.account, RejectReason.COUNTERPARTY, "to", rule)
        currency = self.products[c.product].currency
        giver, taker = self.ledger.accounts[c.account], self.ledger.accounts[c.to]
        if not 0 <= c.amount <= MAX_MONEY:
            rule = f"0 to {MAX_MONEY} minor units"
            return refused(c.account, RejectReason.VALUE, "amount", rule)
        paid = self.ledger.cash(taker, currency)
        if c.amount > paid.total - paid.reserved:
            rule = f"at most the {paid.total - paid.reserved} minor units that {c.to} has available"
            return refused(c.account, RejectReason.CASH, "amount", rule)
        self.ledger.holding(giver, c.product).total -= c.quantity
        self.ledger.holding(taker, c.product).total += c.quantity
        paid.total -= c.amount
        self.ledger.cash(giver, currency).total += c.amount
        moved = (c.account, c.to, c.product, c.quantity, currency, c.amount)
        return [AllowancesTransferred(*moved)]

    def verify(self, c: VerifyEmissions) -> list[Event]:
        """Set the verified emissions of a year, which are an obligation from then on."""
        refusal = of_programme(self, c.account) or year_open(self, c.account, c.year)
        if refusal:
            return refusal
        if not 0 <= c.quantity <= MAX_QUANTITY:
            rule = f"0 to {MAX_QUANTITY} tonnes"
            return refused(c.account, RejectReason.VALUE, "quantity", rule)
        found = self.years.get(c.year, {}).get(c.account)
        if found is not None and found.surrendered:
            rule = "emissions are not verified again once something is surrendered for them"
            return refused(c.account, RejectReason.FROZEN, "quantity", rule)
        owes = self.obligation(c.year, c.account)
        owes.verified = c.quantity
        return [EmissionsVerified(c.account, c.year, c.quantity, owes.owed)]

    def surrender(self, c: Surrender, date: int) -> list[Event]:
        """Retire tonnes against a year's obligation."""
        refusal = (of_programme(self, c.account, c.product) or year_open(self, c.account, c.year)
                   or has_tonnes(self, c))  # fmt: skip
        if refusal:
            return refusal
        last = self.last_day(c.year)
        if last and date > last:
            rule = f"until {last}, the last day to surrender for {c.year}"
            return refused(c.account, RejectReason.WINDOW, "year", rule)
        product = self.products[c.product]
        rule = self.ineligible(product, c.year)
        if rule:
            return refused(c.account, RejectReason.UNKNOWN_PRODUCT, "product", rule)
        owes = self.years.get(c.year, {}).get(c.account)
        room = owes.room(product, self.products) if owes else 0
        if owes is None or c.quantity > room:
            rule = f"at most the {max(room, 0)} tonnes that the obligation still takes of it"
            return refused(c.account, RejectReason.QUANTITY_RANGE, "quantity", rule)
        self.retire(c.account, c.product, c.quantity, self.surrendered)
        owes.surrendered[c.product] = owes.surrendered.get(c.product, 0) + c.quantity
        done = (c.account, c.year, c.product, c.quantity, owes.outstanding)
        return [AllowancesSurrendered(*done)]

    def cancel(self, c: CancelAllowances) -> list[Event]:
        """Retire tonnes for nobody's obligation."""
        refusal = of_programme(self, c.account, c.product) or has_tonnes(self, c)
        if refusal:
            return refusal
        balance = self.retire(c.account, c.product, c.quantity, self.cancelled)
        return [AllowancesCancelled(c.account, c.product, c.quantity, balance)]

    def settle(self, c: SettleYear, date: int) -> list[Event]:
        """Close a compliance year: find who is short, and what it costs."""
        return of_programme(self, "") or settle(self, c, date)

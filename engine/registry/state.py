"""What the registry of a programme knows beside the ledger."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from msgspec import UNSET

from engine.registry.obligations import Obligation

if TYPE_CHECKING:
    from engine.ledger.accounts import Ledger
    from engine.rulebook.model import Product, Rulebook
    from engine.rulebook.programme import Programme


class RegistryState:
    """Allocation, obligations, and what was retired; the registry's commands act on it."""

    __slots__ = (
        "allocated", "cancelled", "currency", "issued", "ledger", "products", "programme",
        "settled", "surrendered", "years",
    )  # fmt: skip

    def __init__(self, ledger: Ledger) -> None:
        """Start without a programme."""
        self.ledger = ledger
        self.programme: Programme | None = None
        self.products: dict[str, Product] = {}
        self.currency = ""
        self.allocated: dict[int, int] = {}  # tonnes by compliance year
        self.issued: dict[str, int] = {}  # tonnes by product, as are the next two
        self.surrendered: dict[str, int] = {}
        self.cancelled: dict[str, int] = {}
        self.years: dict[int, dict[str, Obligation]] = {}  # by compliance year and account
        self.settled = 0  # the last compliance year that is settled

    def install(self, rulebook: Rulebook) -> None:
        """Take the terms of a rulebook over."""
        self.programme = None if rulebook.programme is UNSET else rulebook.programme
        self.products = {product.symbol: product for product in rulebook.products}
        self.currency = rulebook.currency

    def obligation(self, year: int, account: str) -> Obligation:
        """Return what an account owes for a year."""
        accounts = self.years.setdefault(year, {})
        found = accounts.get(account)
        if found is None:
            found = accounts[account] = Obligation()
        return found

    def retire(self, name: str, product: str, quantity: int, where: dict[str, int]) -> int:
        """Take tonnes out of an account for good; return what it has left."""
        where[product] = where.get(product, 0) + quantity
        return self.ledger.move_tonnes(self.ledger.accounts[name], product, -quantity)

    def last_day(self, year: int) -> int:
        """Return the last day to surrender for a year, 0 where the programme has none."""
        terms = self.programme
        if terms is None or not terms.deadline:
            return 0
        return (year + terms.deadline_years) * 10_000 + terms.deadline

    def ineligible(self, product: Product, year: int) -> str:
        """Return the rule that keeps a product from counting for a year, "" where it counts."""
        latest = year + (self.programme.borrow_years if self.programme else 0)
        if product.vintage > latest:
            return f"of vintage {latest} or before"
        first, last = product.compliance_from, product.compliance_to
        if year < first or (last and year > last):
            return f"{product.symbol} counts from {first or 'any year'} to {last or 'any year'}"
        return ""

    def dump(self) -> list[Any]:
        """Return the canonical state."""
        return [
            self.settled,
            sorted(self.allocated.items()),
            [sorted(table.items()) for table in (self.issued, self.surrendered, self.cancelled)],
            [[year, [[name, o.verified, o.carried, o.short, sorted(o.surrendered.items())]
                     for name, o in sorted(accounts.items())]]
             for year, accounts in sorted(self.years.items())],
        ]  # fmt: skip

    def check(self) -> None:
        """Assert that nothing is surrendered twice or beyond what is owed."""
        retired: dict[str, int] = {}
        for accounts in self.years.values():
            for name, owes in accounts.items():
                assert 0 <= owes.outstanding <= owes.owed, f"{name} surrendered too much"
                for product, tonnes in owes.surrendered.items():
                    retired[product] = retired.get(product, 0) + tonnes
        assert retired == self.surrendered, "what is surrendered is surrendered for a year"
        assert sum(self.issued.values()) == sum(self.allocated.values()), "issued is allocated"

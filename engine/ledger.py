"""Cash and allowances: what each account has, and how much of it its orders hold.

Every movement keeps two books: what accounts have, and what came in from outside. ``check``
compares them, so that no tonne and no fen is made or lost.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from engine.book import Order


class Balance:
    """An amount of one thing: cash in minor units, or tonnes. Available = total - reserved."""

    __slots__ = ("reserved", "total")

    def __init__(self) -> None:
        """Start with nothing."""
        self.total = 0
        self.reserved = 0


class Account:
    """One trading account: who it belongs to, what it has, which orders it has live."""

    __slots__ = ("cash", "group", "holdings", "killed", "last_ref", "member", "name", "orders",
                 "owner", "person")  # fmt: skip

    def __init__(self, name: str, owner: str, group: str, member: str, person: int) -> None:
        """Open an account; ``person`` is equal for accounts that must not trade together."""
        self.name = name
        self.owner = owner
        self.group = group
        self.member = member
        self.person = person
        self.killed = False
        self.last_ref = 0
        self.orders: dict[int, Order] = {}  # by the client's reference, in order of entry
        self.cash: dict[str, Balance] = {}  # by currency
        self.holdings: dict[str, Balance] = {}  # by product


class Ledger:
    """All accounts, in the order in which they were opened, and the venue's own takings."""

    __slots__ = ("_persons", "accounts", "cash_in", "fees", "tonnes_in")

    def __init__(self) -> None:
        """Start with no account."""
        self.accounts: dict[str, Account] = {}
        self.fees: dict[str, Balance] = {}  # collected, by currency
        self.cash_in: dict[str, int] = {}  # from outside, by currency
        self.tonnes_in: dict[str, int] = {}  # from outside, by product
        self._persons: dict[str, int] = {}

    def open(self, name: str, owner: str, group: str, member: str, same: str) -> Account:
        """Open an account; ``same`` is what self-trade prevention compares."""
        person = self._persons.setdefault(same, len(self._persons) + 1)
        account = self.accounts[name] = Account(name, owner, group, member, person)
        return account

    def purse(self, account: Account, currency: str) -> Balance:
        """Return the account's cash in a currency."""
        found = account.cash.get(currency)
        if found is None:
            found = account.cash[currency] = Balance()
        return found

    def holding(self, account: Account, product: str) -> Balance:
        """Return the account's tonnes of a product."""
        found = account.holdings.get(product)
        if found is None:
            found = account.holdings[product] = Balance()
        return found

    def takings(self, currency: str) -> Balance:
        """Return what the venue has collected in a currency."""
        found = self.fees.get(currency)
        if found is None:
            found = self.fees[currency] = Balance()
        return found

    def move_cash(self, account: Account, currency: str, amount: int) -> int:
        """Bring cash in (or take it out, if negative); return the new total."""
        purse = self.purse(account, currency)
        purse.total += amount
        self.cash_in[currency] = self.cash_in.get(currency, 0) + amount
        return purse.total

    def move_tonnes(self, account: Account, product: str, quantity: int) -> int:
        """Bring allowances in (or take them out, if negative); return the new total."""
        holding = self.holding(account, product)
        holding.total += quantity
        self.tonnes_in[product] = self.tonnes_in.get(product, 0) + quantity
        return holding.total

    def check(self) -> None:
        """Assert that cash and tonnes are conserved and nothing is overdrawn."""
        cash = {currency: takings.total for currency, takings in self.fees.items()}
        tonnes: dict[str, int] = {}
        for account in self.accounts.values():
            for table, sums in ((account.cash, cash), (account.holdings, tonnes)):
                for key, balance in table.items():
                    holds = 0 <= balance.reserved <= balance.total
                    assert holds, f"{account.name} {key}: {balance.reserved} of {balance.total}"
                    sums[key] = sums.get(key, 0) + balance.total
        for sums, incoming in ((cash, self.cash_in), (tonnes, self.tonnes_in)):
            for key in [*sums, *incoming]:
                assert sums.get(key, 0) == incoming.get(key, 0), f"{key} is not conserved"

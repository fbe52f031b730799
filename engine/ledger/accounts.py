"""Cash and allowances: what each account has, and how much of it its orders hold.

Every movement keeps two books: what accounts have, and what came in from outside. ``check``
compares them, so that no tonne and no fen is made or lost.
"""

from __future__ import annotations

from typing import NamedTuple


class AtHand:
    """What every order needs of a balance, in front and so most often in one cache line.

    Slots lie in memory by class, then by the alphabet.
    """

    __slots__ = ("reserved", "total")

    reserved: int
    total: int


class Balance(AtHand):
    """An amount of one thing: cash in minor units, or tonnes. Available = total - reserved.

    What is reserved is what live orders may need, what is ``locked`` and what is ``owed``.
    """

    __slots__ = ("locked", "owed", "pending", "until")

    def __init__(self) -> None:
        """Start with nothing."""
        self.total = 0
        self.reserved = 0
        self.locked = 0  # bought (or sold for), not yet to be used: its lag runs
        self.owed = 0  # to be delivered on a later day
        self.pending = 0  # to be received on a later day; not in ``total`` yet
        # Day of the ledger -> what of ``locked`` it frees; most balances never have any.
        self.until: dict[int, int] | None = None


class Lock(NamedTuple):
    """What a lag keeps an account from using."""

    account: Account
    name: str  # product or currency
    balance: Balance
    amount: int


class Due(NamedTuple):
    """A trade whose payment and delivery wait for a later day."""

    buyer: Account
    seller: Account
    product: str
    currency: str
    quantity: int
    value: int
    buyer_fee: int
    seller_fee: int


class Account:
    """Who an account belongs to and what it owns."""

    __slots__ = ("allocation", "cash", "group", "holdings", "member", "name", "owner")

    def __init__(self, name: str, owner: str, group: str, member: str, allocation: int) -> None:
        """Open an account with nothing in it."""
        self.name = name
        self.owner = owner
        self.group = group
        self.member = member
        self.allocation = allocation  # tonnes allocated to it
        self.cash: dict[str, Balance] = {}  # by currency
        self.holdings: dict[str, Balance] = {}  # by product


class Ledger:
    """All accounts, in the order in which they were opened, and the fees collected."""

    __slots__ = ("accounts", "cash_in", "day", "dues", "fees", "issued", "locks", "tonnes_in")

    def __init__(self) -> None:
        """Start with no account."""
        self.accounts: dict[str, Account] = {}
        self.fees: dict[str, Balance] = {}  # collected, by currency
        self.cash_in: dict[str, int] = {}  # from outside, by currency
        self.tonnes_in: dict[str, int] = {}  # from outside, by product
        self.issued: dict[str, int] = {}  # by the registry, less what it took out, by product
        self.day = 0  # trading days begun
        self.locks: dict[int, list[Lock]] = {}  # by the day that releases them
        self.dues: dict[int, list[Due]] = {}  # by the day that delivers them

    def open(self, name: str, owner: str, group: str, member: str, allocation: int) -> Account:
        """Open an account; ``allocation`` is in tonnes."""
        account = self.accounts[name] = Account(name, owner, group, member, allocation)
        return account

    def cash(self, account: Account, currency: str) -> Balance:
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

    def fees_in(self, currency: str) -> Balance:
        """Return what the venue has collected in a currency."""
        found = self.fees.get(currency)
        if found is None:
            found = self.fees[currency] = Balance()
        return found

    def move_cash(self, account: Account, currency: str, amount: int) -> int:
        """Bring cash in (or take it out, if negative); return the new total."""
        cash = self.cash(account, currency)
        cash.total += amount
        self.cash_in[currency] = self.cash_in.get(currency, 0) + amount
        return cash.total

    def move_tonnes(self, account: Account, product: str, quantity: int) -> int:
        """Bring allowances in (or take them out, if negative); return the new total."""
        holding = self.holding(account, product)
        holding.total += quantity
        self.tonnes_in[product] = self.tonnes_in.get(product, 0) + quantity
        return holding.total

    def issue(self, account: Account, product: str, quantity: int) -> Balance:
        """Make allowances in an account, or (if negative) take them out of the world."""
        holding = self.holding(account, product)
        holding.total += quantity
        self.issued[product] = self.issued.get(product, 0) + quantity
        return holding

    # -- what waits for a later trading day ---------------------------------------------------

    def lock(self, account: Account, name: str, balance: Balance, amount: int, days: int) -> None:
        """Keep an account from using what it has just got, for so many trading days."""
        balance.reserved += amount
        balance.locked += amount
        day = self.day + days
        until = balance.until
        if until is None:
            until = balance.until = {}
        until[day] = until.get(day, 0) + amount
        self.locks.setdefault(day, []).append(Lock(account, name, balance, amount))

    def owe(self, due: Due, days: int) -> None:
        """Let a trade wait for its delivery; both sides have reserved what they will give."""
        cash = self.cash(due.buyer, due.currency)
        paid = due.value + due.buyer_fee
        cash.reserved += paid
        cash.owed += paid
        holding = self.holding(due.seller, due.product)
        holding.reserved += due.quantity
        holding.owed += due.quantity
        self.holding(due.buyer, due.product).pending += due.quantity
        self.cash(due.seller, due.currency).pending += due.value - due.seller_fee
        self.dues.setdefault(self.day + days, []).append(due)

    def begin_day(self) -> tuple[list[Lock], list[Due]]:
        """Count a trading day; release and deliver what is due, and return both."""
        self.day += 1
        locks = self.locks.pop(self.day, [])
        for lock in locks:
            lock.balance.reserved -= lock.amount
            lock.balance.locked -= lock.amount
            if lock.balance.until:
                lock.balance.until.pop(self.day, None)
        dues = self.dues.pop(self.day, [])
        for due in dues:
            self._deliver(due)
        return locks, dues

    def _deliver(self, due: Due) -> None:
        paid = due.value + due.buyer_fee
        brought = due.value - due.seller_fee
        cash = self.cash(due.buyer, due.currency)
        cash.total -= paid
        cash.reserved -= paid
        cash.owed -= paid
        holding = self.holding(due.seller, due.product)
        holding.total -= due.quantity
        holding.reserved -= due.quantity
        holding.owed -= due.quantity
        holding = self.holding(due.buyer, due.product)
        holding.total += due.quantity
        holding.pending -= due.quantity
        cash = self.cash(due.seller, due.currency)
        cash.total += brought
        cash.pending -= brought
        self.fees_in(due.currency).total += due.buyer_fee + due.seller_fee

    def check(self) -> None:
        """Assert that cash and tonnes are conserved and nothing is overdrawn."""
        cash = {currency: fees.total for currency, fees in self.fees.items()}
        tonnes: dict[str, int] = {}
        for account in self.accounts.values():
            for table, sums in ((account.cash, cash), (account.holdings, tonnes)):
                for key, balance in table.items():
                    holds = 0 <= balance.locked + balance.owed <= balance.reserved <= balance.total
                    assert holds, f"{account.name} {key}: {balance.reserved} of {balance.total}"
                    sums[key] = sums.get(key, 0) + balance.total
        made = dict(self.tonnes_in)
        for product, quantity in self.issued.items():
            made[product] = made.get(product, 0) + quantity
        for sums, incoming in ((cash, self.cash_in), (tonnes, made)):
            for key in [*sums, *incoming]:
                assert sums.get(key, 0) == incoming.get(key, 0), f"{key} is not conserved"
        self._check_days()

    def _check_days(self) -> None:
        """Assert that what is locked, owed and pending is what the coming days hold."""
        wanted: dict[tuple[str, str], list[int]] = {}

        def add(account: Account, name: str, place: int, amount: int) -> None:
            wanted.setdefault((account.name, name), [0, 0, 0])[place] += amount

        until: dict[tuple[str, str], dict[int, int]] = {}
        for day, lock in ((day, lock) for day, locks in self.locks.items() for lock in locks):
            add(lock.account, lock.name, 0, lock.amount)
            days = until.setdefault((lock.account.name, lock.name), {})
            days[day] = days.get(day, 0) + lock.amount
        for due in (due for dues in self.dues.values() for due in dues):
            add(due.buyer, due.currency, 1, due.value + due.buyer_fee)
            add(due.seller, due.product, 1, due.quantity)
            add(due.buyer, due.product, 2, due.quantity)
            add(due.seller, due.currency, 2, due.value - due.seller_fee)
        for account in self.accounts.values():
            for name, balance in (*account.cash.items(), *account.holdings.items()):
                assert (balance.until or {}) == until.get((account.name, name), {}), (
                    f"{account.name} {name}: {balance.until}"
                )
                found = [balance.locked, balance.owed, balance.pending]
                assert found == wanted.get((account.name, name), [0, 0, 0]), (
                    f"{account.name} {name}"
                )

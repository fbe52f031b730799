"""The compliance year kept a second time, from commands and events alone.

What each account has is compared, before and after every command to the registry, with what its
events say; obligations, eligibility and quotas are worked out again from the rules' text.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from engine.vocabulary import commands as c
from engine.vocabulary import events as e
from engine.vocabulary import registry_commands as r
from engine.vocabulary import registry_events as re
from engine.vocabulary.enums import Instrument, Side

if TYPE_CHECKING:
    from engine.rulebook.model import Product
    from engine.rulebook.programme import Cycle, Programme
    from engine.venue.venue import Venue

    Key = tuple[str, str]  # account and product, or entity and cycle

WHOLE = 10_000


class Books:
    """What a venue's registry should come to; told each command with its events."""

    def __init__(self, venue: Venue) -> None:
        self.venue = venue
        self.base: Counter[Key] = Counter()  # by entity and cycle: verified, by the cycle's share
        self.added: Counter[Key] = Counter()  # what was not to be taken back, and what a close adds
        self.spent: dict[Key, Counter[str]] = {}  # surrendered, by product
        self.banked: Counter[Key] = Counter()
        self.gone: Counter[str] = Counter()  # by product, out of the world
        self.made: Counter[str] = Counter()
        self.closed: list[str] = []
        self.penalties: Counter[Key] = Counter()  # still to be paid, by entity and cycle
        self.paid = 0
        self.surrendered = 0
        self.held, self.cash = self._held(), self._cash()
        self.brought = Counter(venue.ledger.cash_in)  # money from outside

    def _held(self) -> Counter[Key]:
        names, products = self.venue.accounts, self.venue.products
        return Counter({(a, p): self.venue.allowances(a, p)[0] for a in names for p in products})

    def _cash(self) -> Counter[Key]:
        return Counter(
            {
                (a, m): self.venue.cash(a, m)[0]
                for a in self.venue.accounts
                for m in self.venue.currencies
            }
        )

    def note(self, command: c.Command, events: list[e.Event]) -> None:
        """Hold what happened against the rules, and keep it."""
        self.venue.check()
        held, cash = self._held(), self._cash()
        if type(command).__module__ == r.__name__:
            self._as_said(command, events, held, cash)
        elif not isinstance(command, c.MoveAllowances | c.OpenAccount):
            for product in self.venue.products:
                now, before = (
                    sum(n for (_, p), n in x.items() if p == product) for x in (held, self.held)
                )
                assert now == before, f"{product}: {before} tonnes became {now} by {command}"
        for event in events:
            self._keep(event)
            if isinstance(event, e.CashMoved):
                self.brought[event.currency] += event.amount
        if isinstance(command, c.NewOrder | c.Pick | c.Bid | c.Quote):
            self._not_frozen(command.account, events)
        self.held, self.cash = held, cash
        self._adds_up()

    def _not_frozen(self, account: str, events: list[e.Event]) -> None:
        """Assert that who has to make good enters nothing that buys."""
        entity = self.venue.registry.holders.get(account)
        if not entity or not self._programme.freeze_class or not self._late(entity):
            return
        for event in events:
            match event:
                case e.OrderAccepted(account=name, side=Side.BUY):
                    assert name != account, f"{entity} buys under a purchase freeze"
                case e.Trade(taker=name, side=Side.SELL):  # the side is the maker's
                    assert name != account, f"{entity} takes under a purchase freeze"
                case _:
                    pass

    def _late(self, entity: str) -> bool:
        return any(self._due(entity, cycle) for cycle in self.closed)

    def _due(self, entity: str, cycle: str) -> int:
        key = (entity, cycle)
        return self.base[key] + self.added[key] - sum(self.spent.get(key, {}).values())

    # -- each command --------------------------------------------------------------------------

    def _as_said(
        self, command: c.Command, events: list[e.Event], held: Counter[Key], cash: Counter[Key]
    ) -> None:
        """Assert that accounts changed by what the events say, and by nothing else."""
        tonnes, money = Counter(self.held), Counter(self.cash)
        taken = 0  # from accounts that an event does not name
        for event in events:
            match event:
                case re.AllowancesIssued():
                    tonnes[event.account, event.product] += event.quantity
                case re.AllowancesAllocated():
                    taken -= min(event.change, 0)
                case re.AllowancesTransferred():
                    tonnes[event.account, event.product] -= event.quantity
                    tonnes[event.to, event.product] += event.quantity
                    money[event.account, event.currency] += event.amount
                    money[event.to, event.currency] -= event.amount
                    assert isinstance(command, r.TransferAllowances)
                    assert event.amount == command.quantity * command.price
                case re.AllowancesSurrendered() | re.AllowancesCancelled():
                    tonnes[event.account, event.product] -= event.quantity
                case re.AllowancesBanked():
                    tonnes[event.account, event.product] -= event.quantity
                    tonnes[event.account, event.to] += event.quantity
                case re.PenaltyPaid():
                    money[event.account, self.venue.rulebook.currency] -= event.amount
                case _:
                    pass
        assert cash == money, f"money moved otherwise than {events} say"
        other = {key: tonnes[key] - held[key] for key in tonnes if tonnes[key] != held[key]}
        assert all(n > 0 for n in other.values()), f"tonnes came from nowhere by {command}"
        assert sum(other.values()) == taken, f"tonnes moved otherwise than {events} say"

    def _keep(self, event: e.Event) -> None:
        match event:
            case re.EmissionsVerified():
                share = self._cycle(event.cycle).share_bp
                self.base[event.entity, event.cycle] = -(-event.quantity * share // WHOLE)
                assert event.due == self._due(event.entity, event.cycle)
            case re.AllowancesIssued():
                self.made[event.product] += event.quantity
            case re.AllowancesAllocated():
                self.added[event.entity, event.cycle] += event.owed
                self.gone[event.product] -= min(event.change, 0)
            case re.AllowancesCancelled():
                self.gone[event.product] += event.quantity
            case re.AllowancesBanked():
                self._bank(event)
            case re.AllowancesSurrendered():
                self._surrender(event)
            case re.ComplianceSettled():
                assert event.short == self._due(event.entity, event.cycle)
                self.added[event.entity, event.cycle] += event.make_good - event.short
                self.penalties[event.entity, event.cycle] += event.penalty
            case re.PenaltyPaid():
                self._pay(event)
            case re.CycleClosed():
                assert self.venue.date > self._cycle(event.cycle).deadline
                assert event.cycle not in self.closed, "a cycle is closed once"
                self.closed.append(event.cycle)
            case _:
                pass

    def _bank(self, event: re.AllowancesBanked) -> None:
        key = (event.entity, event.cycle)
        self.banked[key] += event.quantity
        self.gone[event.product] += event.quantity
        self.made[event.to] += event.quantity
        assert self.banked[key] * WHOLE <= self.base[key] * self._programme.bank_bp
        assert self._product(event.product).vintage < self._product(event.to).vintage

    def _pay(self, event: re.PenaltyPaid) -> None:
        key = (event.entity, event.cycle)
        self.penalties[key] -= event.amount
        self.paid += event.amount
        assert event.amount > 0
        assert event.left == self.penalties[key] >= 0, "more was paid than the penalty"
        assert self.venue.registry.holders[event.account] == event.entity, "a stranger's money"

    # -- surrender -----------------------------------------------------------------------------

    @property
    def _programme(self) -> Programme:
        return self.venue.registry.programme

    def _cycle(self, name: str) -> Cycle:
        found = self._programme.cycle(name)
        assert found is not None
        return found

    def _product(self, symbol: str) -> Product:
        return next(p for p in self.venue.rulebook.products if p.symbol == symbol)

    def _surrender(self, event: re.AllowancesSurrendered) -> None:
        key, cycle, product = (event.entity, event.cycle), event.cycle, event.product
        spent = self.spent.setdefault(key, Counter())
        spent[product] += event.quantity
        self.gone[product] += event.quantity
        self.surrendered += event.quantity
        assert event.quantity > 0
        assert event.due == self._due(*key) >= 0, "more was surrendered than was due"
        assert self.venue.registry.holders[event.account] == event.entity, "a stranger's tonnes"
        deadline = self._cycle(cycle).deadline
        assert not deadline or self.venue.date <= deadline or cycle in self.closed, "too late"
        self._eligible(self._product(product), self._cycle(cycle))
        self._within_quotas(self._product(product), spent, self.base[key], self._cycle(cycle))

    def _eligible(self, product: Product, cycle: Cycle) -> None:
        last = cycle.last or cycle.first
        assert product.instrument is not Instrument.FUTURE
        assert product.compliance_from <= last
        assert not product.compliance_to or product.compliance_to >= cycle.first
        if product.instrument is Instrument.OFFSET:
            date = self._programme.credit(product.symbol).project_date
            assert date >= self._programme.offset_from, f"{product.symbol} is too old"

    def _within_quotas(
        self, product: Product, spent: Counter[str], base: int, cycle: Cycle
    ) -> None:
        """Assert each quota of a product anew: shares of the verified obligation."""
        rules, last, symbol = self._programme, cycle.last or cycle.first, product.symbol
        products = {each: self._product(each) for each in spent}
        offsets = [s for s, p in products.items() if p.instrument is Instrument.OFFSET]
        later = [s for s in products if s not in offsets and products[s].vintage > last]
        if product.compliance_bp < WHOLE:
            assert spent[symbol] * WHOLE <= base * product.compliance_bp, f"{symbol}: quota"
        if symbol in offsets:
            quota = base * rules.offset_bp // WHOLE
            assert sum(spent[s] for s in offsets) <= quota, "more offsets than the quota"
            if not self._local(symbol):
                outside = sum(spent[s] for s in offsets if not self._local(s))
                assert outside * WHOLE <= quota * (WHOLE - rules.local_bp), "kept for local credits"
        if symbol in later:
            borrowed = sum(spent[s] for s in later)
            assert borrowed * WHOLE <= base * rules.borrow_bp, "borrowed too much"

    def _local(self, symbol: str) -> bool:
        region = self._programme.credit(symbol).region
        return region != "" and region == self._programme.region

    def _adds_up(self) -> None:
        """Assert that what was made is held or gone, product by product, and cash is conserved."""
        ledger = self.venue.ledger
        for product in self.venue.products:
            held = sum(n for (_, p), n in self.held.items() if p == product)
            came = self.made[product] + ledger.tonnes_in.get(product, 0)
            assert came == held + self.gone[product], f"{product} is not conserved"
        for money in self.venue.currencies:
            found = sum(n for (_, m), n in self.cash.items() if m == money)
            paid = self.paid if money == self.venue.rulebook.currency else 0
            assert found + self.venue.fees(money) + paid == self.brought[money]

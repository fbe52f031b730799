"""The registry beside the slow oracle: the same answers, and no tonne made, lost or used twice."""

from __future__ import annotations

from itertools import product as cross
from random import Random
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from engine.rulebook.model import AccountClass, Mode, Product, Rulebook
from engine.rulebook.programme import Credit, Cycle, Programme
from engine.venue.venue import Venue
from engine.vocabulary import commands as c
from engine.vocabulary import registry_commands as r
from engine.vocabulary import registry_events as re
from engine.vocabulary.enums import Delivery, Instrument, Phase, Side, TimeInForce
from engine.vocabulary.events import Rejected
from tests.engine.registry.slow_oracle import (
    ACCOUNTS,
    CAP,
    DEADLINE,
    ORDER,
    Gone,
    Oracle,
    RefusedError,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from engine.vocabulary.events import Event

OFFSET = Instrument.OFFSET
RULES = Rulebook(
    "machine",
    (
        Product("V20", 100, vintage=2020),
        Product("V21", 100, vintage=2021),
        Product("X20", 100, vintage=2020, compliance_to=2020),
        Product("CER", 100, instrument=OFFSET),
        Product("VER", 100, instrument=OFFSET, compliance_bp=800),
    ),
    modes=(Mode(delivery=Delivery.LATER, delivery_days=1),),
    classes=(AccountClass("frozen", no_purchases=True),),
    programme=Programme(
        region="here",
        cycles=(
            Cycle("20", 2020, deadline=DEADLINE["20"]),
            Cycle("21", 2021, deadline=DEADLINE["21"], share_bp=5_000),
        ),
        offset_bp=2_000,
        local_bp=5_000,
        credits=(Credit("CER", "here"), Credit("VER", "there")),
        bank_bp=3_000,
        borrow_bp=1_000,
        penalty=7,
        penalty_bp=20_000,
        make_good_bp=15_000,
        freeze_class="frozen",
    ),
)
DAYS = (20210401, 20210630, 20210701, 20211001, 20220630, 20220701, 20220801)
ENTITIES = tuple(dict.fromkeys(ACCOUNTS.values()))
ACCOUNT, PRODUCT = st.sampled_from(tuple(ACCOUNTS)), st.sampled_from(ORDER)
ENTITY, CYCLE = st.sampled_from(ENTITIES), st.sampled_from(("20", "20", "21"))
TONNES = st.integers(0, 40)
EMISSIONS = st.integers(0, 120)


class Registry(RuleBasedStateMachine):
    """Both get the same commands."""

    def __init__(self) -> None:
        super().__init__()
        self.venue = Venue(RULES)
        self.oracle = Oracle()
        self.days = list(DAYS)
        self.refs = dict.fromkeys(ACCOUNTS, 0)
        for name in ACCOUNTS:
            self.venue.apply(c.OpenAccount(name, cash=10**12))
        for entity in ENTITIES:
            mine = tuple(name for name, owner in ACCOUNTS.items() if owner == entity)
            self.venue.apply(r.RegisterEntity(entity, mine))
        for product in ORDER:
            self.venue.apply(r.SetCap(product, CAP))
        self.begin_day()

    @initialize(
        held=st.lists(st.integers(0, 50), min_size=20, max_size=20),
        emitted=st.lists(st.integers(0, 120), min_size=6, max_size=6),
    )
    def begin(self, held: list[int], emitted: list[int]) -> None:
        """Start where most rules matter: tonnes are held, and emissions known."""
        for tonnes, (account, product) in zip(held, cross(ACCOUNTS, ORDER), strict=True):
            self.issue(account, product, tonnes)
        for tonnes, (entity, cycle) in zip(emitted, cross(ENTITIES, DEADLINE), strict=True):
            self.report(entity, cycle, tonnes)
            self.verify(entity, cycle, tonnes)

    def same(self, command: Any, expected: Callable[[], Any]) -> tuple[list[Event], Any]:
        """Give a command to both; they take it or refuse it, and a refusal changes nothing."""
        before = self.venue.state_hash()
        events = self.venue.apply(command)
        refused = isinstance(events[0], Rejected)
        try:
            wanted = expected()
        except RefusedError:
            assert refused, command
            assert self.venue.state_hash() == before
            return [], None
        assert not refused, events
        return events, wanted

    def ref(self, account: str) -> int:
        self.refs[account] += 1
        return self.refs[account]

    @rule(account=ACCOUNT, product=PRODUCT, tonnes=TONNES)
    def issue(self, account: str, product: str, tonnes: int) -> None:
        self.same(
            r.IssueAllowances(account, product, tonnes),
            lambda: self.oracle.issue(account, product, tonnes),
        )

    @rule(entity=ENTITY, cycle=CYCLE, product=PRODUCT, tonnes=EMISSIONS, final=st.booleans())
    def allocate(self, entity: str, cycle: str, product: str, tonnes: int, *, final: bool) -> None:
        # Half a tonne for each unit, and one unit too few for another half.
        command = r.AllocateAllowances(entity, cycle, product, tonnes * 2 + 1, 500_000, final=final)
        self.same(
            command, lambda: self.oracle.allocate(entity, cycle, product, tonnes, final=final)
        )

    @rule(account=ACCOUNT, to=ACCOUNT, product=PRODUCT, tonnes=TONNES, price=st.integers(0, 2))
    def transfer(self, account: str, to: str, product: str, tonnes: int, price: int) -> None:
        cash = self.venue.cash(to)[0]
        events, _ = self.same(
            r.TransferAllowances(account, to, product, tonnes, price),
            lambda: self.oracle.transfer(account, to, product, tonnes, paid=bool(price)),
        )
        assert self.venue.cash(to)[0] == cash - (tonnes * price if events else 0)

    @rule(account=ACCOUNT, product=PRODUCT, tonnes=TONNES)
    def cancel(self, account: str, product: str, tonnes: int) -> None:
        self.same(
            r.CancelAllowances(account, product, tonnes),
            lambda: self.oracle.cancel(account, product, tonnes),
        )

    @rule(entity=ENTITY, cycle=CYCLE, tonnes=EMISSIONS)
    def report(self, entity: str, cycle: str, tonnes: int) -> None:
        self.same(
            r.ReportEmissions(entity, cycle, tonnes),
            lambda: self.oracle.report(entity, cycle, tonnes),
        )

    @rule(entity=ENTITY, cycle=CYCLE, tonnes=EMISSIONS)
    def verify(self, entity: str, cycle: str, tonnes: int) -> None:
        self.same(
            r.VerifyEmissions(entity, cycle, tonnes),
            lambda: self.oracle.verify(entity, cycle, tonnes),
        )

    @rule(
        entity=ENTITY,
        cycle=CYCLE,
        product=st.sampled_from((*ORDER, "", "")),
        tonnes=TONNES,
        all_of_it=st.booleans(),
    )
    def surrender(
        self, entity: str, cycle: str, product: str, tonnes: int, *, all_of_it: bool
    ) -> None:
        tonnes = 0 if all_of_it else tonnes
        self.same(
            r.SurrenderAllowances(entity, cycle, product, tonnes),
            lambda: self.oracle.surrender(entity, cycle, product, tonnes),
        )

    @rule(entity=ENTITY, cycle=CYCLE, product=PRODUCT, to=PRODUCT, tonnes=TONNES)
    def bank(self, entity: str, cycle: str, product: str, to: str, tonnes: int) -> None:
        self.same(
            r.BankAllowances(entity, cycle, product, to, tonnes),
            lambda: self.oracle.bank(entity, cycle, product, to, tonnes),
        )

    @rule(cycle=CYCLE, price=st.integers(0, 9))
    def close(self, cycle: str, price: int) -> None:
        events, short = self.same(
            r.CloseCycle(cycle, price), lambda: self.oracle.close(cycle, price)
        )
        settled = [x for x in events if isinstance(x, re.ComplianceSettled)]
        assert {x.entity: (x.short, x.penalty) for x in settled} == (short or {})

    @rule()
    def begin_day(self) -> None:
        if self.days:
            date = self.days.pop(0)
            self.venue.apply(c.SetPhase(Phase.CLOSED))
            self.same(c.BeginDay(date), lambda: self.oracle.begin_day(date))
            self.venue.apply(c.SetPhase(Phase.CONTINUOUS))

    @rule(account=ACCOUNT, product=PRODUCT, tonnes=st.integers(1, 40))
    def rest(self, account: str, product: str, tonnes: int) -> None:
        ref = self.ref(account)
        order = c.NewOrder(account, ref, product, Side.SELL, tonnes, 200, tif=TimeInForce.GTC)
        events = self.venue.apply(order)
        try:
            self.oracle.rest(account, product, tonnes)
        except RefusedError:
            assert isinstance(events[0], Rejected)
        else:
            assert not isinstance(events[0], Rejected)

    @rule(account=ACCOUNT)
    def withdraw(self, account: str) -> None:
        self.venue.apply(c.MassCancel(account, self.ref(account)))
        self.oracle.withdraw(account)

    @rule(seller=ACCOUNT, buyer=ACCOUNT, product=PRODUCT, tonnes=st.integers(1, 40))
    def trade(self, seller: str, buyer: str, product: str, tonnes: int) -> None:
        """Sell to one buyer, or take the offer back where the buyer may not."""
        if seller == buyer:
            return
        ref = self.ref(seller)
        offer = c.NewOrder(seller, ref, product, Side.SELL, tonnes, 100)
        bid = c.NewOrder(
            buyer, self.ref(buyer), product, Side.BUY, tonnes, 100, tif=TimeInForce.IOC
        )
        refused = isinstance(self.venue.apply(offer)[0], Rejected)
        refused = isinstance(self.venue.apply(bid)[0], Rejected) or refused
        if refused:
            self.venue.apply(c.CancelOrder(seller, self.ref(seller), ref))
        try:
            self.oracle.trade(seller, buyer, product, tonnes)
        except RefusedError:
            assert refused
        else:
            assert not refused

    @invariant()
    def everything_agrees(self) -> None:
        self.venue.check()
        oracle, registry = self.oracle, self.venue.registry
        for name in ACCOUNTS:
            for product in ORDER:
                held = len(oracle.at(name, product))
                total, reserved = self.venue.allowances(name, product)
                assert total == held, (name, product)
                assert total - reserved == len(oracle.free(name, product)), (name, product)
        for product in ORDER:
            totals = registry.totals_of(product)
            for how in ("returned", "cancelled"):
                assert getattr(totals, how) == len(oracle.at(Gone(how), product))
            assert totals.issued == oracle.issued[product]
        for name in ENTITIES:
            entity = registry.entities[name]
            assert entity.frozen == (name in oracle.frozen)
            for cycle in DEADLINE:
                record = entity.records.get(cycle)
                paid = oracle.paid(name, cycle)
                assert (record.due if record else 0) == oracle.due(name, cycle)
                wanted = {product: paid.count(product) for product in paid}
                assert (record.surrendered if record else {}) == wanted


TestRegistry = Registry.TestCase
TestRegistry.settings = settings(max_examples=60, stateful_step_count=60, deadline=None)


def step(machine: Registry, rng: Random) -> None:
    """Give one command of any kind."""
    tonnes, emissions = rng.randint(0, 40), rng.randint(0, 120)
    account, other = rng.choice(list(ACCOUNTS)), rng.choice(list(ACCOUNTS))
    product, entity = rng.choice(ORDER), rng.choice(ENTITIES)
    cycle = rng.choice(("20", "20", "21"))
    yes = rng.random() < 0.5
    kinds: list[Callable[[], None]] = [
        lambda: machine.issue(account, product, tonnes),
        lambda: machine.allocate(entity, cycle, product, emissions, final=rng.random() < 0.1),
        lambda: machine.transfer(account, other, product, tonnes, rng.randint(0, 2)),
        lambda: machine.cancel(account, product, tonnes // 4),
        lambda: machine.report(entity, cycle, emissions),
        lambda: machine.verify(entity, cycle, emissions),
        lambda: machine.surrender(entity, cycle, product, tonnes // 3, all_of_it=yes),
        lambda: machine.surrender(entity, cycle, "", tonnes, all_of_it=yes),
        lambda: machine.bank(entity, cycle, product, rng.choice(ORDER), tonnes // 3),
        lambda: machine.close(cycle, tonnes),
        lambda: machine.rest(account, product, tonnes + 1),
        lambda: machine.withdraw(account),
        lambda: machine.trade(account, other, product, tonnes // 2 + 1),
        lambda: machine.begin_day() if rng.random() < 0.3 else None,
    ]
    rng.choice(kinds)()


@pytest.mark.parametrize("seed", range(12))
def test_long_years_agree_too(seed: int) -> None:
    rng = Random(seed)
    machine = Registry()
    machine.begin([rng.randint(0, 50) for _ in range(20)], [rng.randint(0, 120) for _ in range(6)])
    for _ in range(250):
        step(machine, rng)
        machine.everything_agrees()
    assert machine.oracle.closed
    assert machine.oracle.surrendered()

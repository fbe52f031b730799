"""The registry beside an independent oracle: conservation after every command, nothing twice.

The oracle keeps no totals: it has a list of all that was accepted, and counts it anew each time.
"""

from __future__ import annotations

from random import Random
from typing import Any, NamedTuple

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from engine.rulebook.model import Product, Rulebook
from engine.rulebook.programme import Programme
from engine.venue.venue import Venue
from engine.vocabulary import commands as c
from engine.vocabulary import events as e
from engine.vocabulary import registry_commands as r
from engine.vocabulary.enums import Phase, Side
from engine.vocabulary.registry_events import ShortfallFound

NAMES = ("ann", "bob", "cay")
CASH = 10**6
PRODUCTS = (
    Product("V20", 100, vintage=2020),
    Product("V21", 100, vintage=2021, compliance_to=2021),
    Product("CER", 50, compliance_bp=1_000),
    Product("VER", 50, compliance_bp=2_000),
)
QUOTA = {"CER": 1_000, "VER": 2_000}
VINTAGE = {"V20": 2020, "V21": 2021}
CAP = 500
RULES = Rulebook(
    "r", PRODUCTS, programme=Programme(cap=CAP, deadline=630, penalty=7, make_good=True)
)
PRODUCT = st.sampled_from(tuple(product.symbol for product in PRODUCTS))
NAME = st.sampled_from(NAMES)
YEAR = st.sampled_from((2020, 2021))
TONNES = st.integers(-1, 25)


class Move(NamedTuple):
    """Tonnes that came to an account, or left it where they are negative."""

    kind: str
    account: str
    product: str
    tonnes: int
    year: int = 0


class Oracle:
    """The rules of the compliance year in lists."""

    def __init__(self) -> None:
        self.moves: list[Move] = []
        self.emissions: dict[tuple[str, int], int] = {}
        self.made_good: list[tuple[str, int, int]] = []
        self.done: list[int] = []  # years

    def holds(self, account: str, product: str) -> int:
        return sum(m.tonnes for m in self.moves if (m.account, m.product) == (account, product))

    def retired(self, account: str, year: int, *products: str) -> int:
        return -sum(
            m.tonnes
            for m in self.moves
            if (m.kind, m.account, m.year) == ("surrender", account, year)
            and (not products or m.product in products)
        )

    def owed(self, account: str, year: int) -> int:
        late = sum(t for name, of, t in self.made_good if (name, of) == (account, year))
        return self.emissions.get((account, year), 0) + late

    def may_allocate(self, product: str, year: int, tonnes: int, free: int) -> bool:
        issued = sum(m.tonnes for m in self.moves if m[:1] + m[2:3] == ("issue", product))
        of_year = sum(m.tonnes for m in self.moves if m.kind == "issue" and m.year == year)
        return (
            self.open(year)
            and tonnes != 0
            and 0 <= of_year + tonnes <= CAP
            and free + tonnes >= 0
            and issued + tonnes >= 0
        )

    def open(self, year: int) -> bool:
        return year > max(self.done, default=0)

    def may_surrender(self, account: str, year: int, product: str, tonnes: int, date: int) -> bool:
        owed = self.owed(account, year)
        fits = tonnes <= owed - self.retired(account, year)
        if product in QUOTA:
            fits = fits and tonnes + self.retired(account, year, *QUOTA) <= (
                owed * QUOTA[product] // 10_000
            )
        eligible = VINTAGE.get(product, 0) <= year and (product != "V21" or year <= 2021)
        return self.open(year) and fits and eligible and date <= (year + 1) * 10_000 + 630


class Year(RuleBasedStateMachine):
    """Random commands of the registry, between trades."""

    def __init__(self) -> None:
        super().__init__()
        self.venue = Venue(RULES)
        self.oracle = Oracle()
        for name in NAMES:
            self.venue.apply(c.OpenAccount(name, cash=CASH))
        self.venue.apply(c.BeginDay(20210104))
        self.venue.apply(c.SetPhase(Phase.CONTINUOUS))

    @initialize()
    def allocate_and_verify(self) -> None:
        """Let every account have something to surrender, and a reason to."""
        for name in NAMES:
            for product in RULES.products:
                self.allocate(name, product.symbol, 2020, 40)
            self.verify(name, 2020, 150)
            self.verify(name, 2021, 100)

    def give(self, command: Any, *, fine: bool) -> list[e.Event]:
        before = self.venue.state_hash()
        events = self.venue.apply(command)
        refused = isinstance(events[0], e.Rejected)
        assert refused is not fine, (command, events)
        assert (self.venue.state_hash() == before) >= refused
        return events

    def free(self, name: str, product: str) -> int:
        live = self.venue.open_orders(name)
        offered = sum(o.leaves for o in live if o.side is Side.SELL and o.symbol == product)
        return self.oracle.holds(name, product) - offered

    def has(self, name: str, product: str, tonnes: int) -> bool:
        return 0 < tonnes <= self.free(name, product)

    @rule(name=NAME, product=PRODUCT, year=YEAR, tonnes=st.integers(-60, 300))
    def allocate(self, name: str, product: str, year: int, tonnes: int) -> None:
        free = self.free(name, product)
        fine = self.oracle.may_allocate(product, year, tonnes, free)
        self.give(r.Allocate(name, year, product, tonnes), fine=fine)
        if fine:
            self.oracle.moves.append(Move("issue", name, product, tonnes, year))

    @rule(name=NAME, to=NAME, product=PRODUCT, tonnes=TONNES, paid=st.integers(-1, 50_000))
    def transfer(self, name: str, to: str, product: str, tonnes: int, paid: int) -> None:
        total, reserved = self.venue.cash(to)
        fine = self.has(name, product, tonnes) and name != to and 0 <= paid <= total - reserved
        self.give(r.Transfer(name, to, product, tonnes, paid), fine=fine)
        if fine:
            self.oracle.moves.append(Move("transfer", name, product, -tonnes))
            self.oracle.moves.append(Move("transfer", to, product, tonnes))

    @rule(name=NAME, year=YEAR, tonnes=TONNES)
    def verify(self, name: str, year: int, tonnes: int) -> None:
        fine = self.oracle.open(year) and tonnes >= 0 and not self.oracle.retired(name, year)
        self.give(r.VerifyEmissions(name, year, tonnes), fine=fine)
        if fine:
            self.oracle.emissions[name, year] = tonnes

    @rule(name=NAME, year=YEAR, product=PRODUCT, tonnes=TONNES)
    def surrender(self, name: str, year: int, product: str, tonnes: int) -> None:
        date = self.venue.date
        fine = self.has(name, product, tonnes) and self.oracle.may_surrender(
            name, year, product, tonnes, date
        )
        self.give(r.Surrender(name, year, product, tonnes), fine=fine)
        if fine:
            self.oracle.moves.append(Move("surrender", name, product, -tonnes, year))

    @rule(name=NAME, product=PRODUCT, tonnes=TONNES)
    def cancel(self, name: str, product: str, tonnes: int) -> None:
        fine = self.has(name, product, tonnes)
        self.give(r.CancelAllowances(name, product, tonnes), fine=fine)
        if fine:
            self.oracle.moves.append(Move("cancel", name, product, -tonnes))

    @rule(year=YEAR)
    def settle(self, year: int) -> None:
        named = [of for _, of in self.oracle.emissions] + [of for _, of, _ in self.oracle.made_good]
        earlier = [of for of in named if of < year and self.oracle.open(of)]
        over = self.venue.date > (year + 1) * 10_000 + 630
        fine = self.oracle.open(year) and not earlier and over
        events = self.give(r.SettleYear(year), fine=fine)
        if not fine:
            return
        short = {
            name: self.oracle.owed(name, year) - self.oracle.retired(name, year) for name in NAMES
        }
        found = [event for event in events if isinstance(event, ShortfallFound)]
        assert {event.account: event.quantity for event in found} == {
            name: tonnes for name, tonnes in short.items() if tonnes
        }
        assert all(event.amount == 7 * event.quantity for event in found)
        self.oracle.made_good += [(name, year + 1, t) for name, t in short.items() if t]
        self.oracle.done.append(year)

    @rule(name=NAME, product=PRODUCT, seed=st.integers(0, 99))
    def trade(self, name: str, product: str, seed: int) -> None:
        rng = Random(seed)
        ref = self.venue.last_ref(name) + 1
        side, size = rng.choice(tuple(Side)), rng.randint(1, 60)
        for event in self.venue.apply(c.NewOrder(name, ref, product, side, size, 50)):
            if isinstance(event, e.Trade):
                maker, taker = event.maker, event.taker
                sign = 1 if side is Side.BUY else -1
                self.oracle.moves.append(Move("trade", taker, product, sign * event.quantity))
                self.oracle.moves.append(Move("trade", maker, product, -sign * event.quantity))

    @rule()
    def next_half_year(self) -> None:
        year, half = divmod(self.venue.date, 10_000)
        self.venue.apply(c.SetPhase(Phase.CLOSED))
        self.venue.apply(
            c.BeginDay(year * 10_000 + 704 if half < 700 else (year + 1) * 10_000 + 104)
        )
        self.venue.apply(c.SetPhase(Phase.CONTINUOUS))

    @invariant()
    def conserved(self) -> None:
        self.venue.check()
        for product in RULES.products:
            moves = [m for m in self.oracle.moves if m.product == product.symbol]
            held = sum(self.venue.allowances(name, product.symbol)[0] for name in NAMES)
            gone = -sum(m.tonnes for m in moves if m.kind in ("surrender", "cancel"))
            assert sum(m.tonnes for m in moves if m.kind == "issue") == held + gone
            for name in NAMES:
                holds = self.oracle.holds(name, product.symbol)
                assert self.venue.allowances(name, product.symbol)[0] == holds
        assert sum(self.venue.cash(name)[0] for name in NAMES) == CASH * len(NAMES)


TestYear = Year.TestCase
TestYear.settings = settings(
    max_examples=60, stateful_step_count=60, deadline=None, derandomize=True
)

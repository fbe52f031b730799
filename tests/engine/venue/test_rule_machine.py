"""The engine and an independent oracle, side by side: the same commands, the same everything.

After every command are compared: the events (all fields but the words of a refusal), both sides
of every book, every account's cash, allowances and reservations, the fees, the open orders in
their order, phase, reference, limits and last price; and ``venue.check()`` is called.

The default run is small, seeded and the same everywhere. A deep one, new every time, is

    CARBONX_DEEP=1000 pytest tests/engine/venue/test_rule_machine.py

where the figure is the number of random days per matching, self-trade mode and scope. When a
day fails, its commands are cut down to the few that matter and printed: they are the log.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from random import Random, SystemRandom
from typing import TYPE_CHECKING

import pytest
from hypothesis import note, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule
from msgspec import structs

from carbonx.testing.script import ScriptedVenue
from engine.book import levels as book
from engine.rulebook.model import Product, Rulebook
from engine.venue.venue import Venue
from engine.vocabulary import commands as c
from engine.vocabulary import events as e
from engine.vocabulary.enums import Matching, OrderState, SelfTrade, SelfTradeScope, Side
from tests.oracle.oracle import OracleVenue
from tests.oracle.ticks import TickTable
from tests.scenarios.test_scenarios import CORE, stories
from tests.support.paths import ROOT
from tests.support.strategies import EVERY_RULE, Commands, drain, opening, rulebook

if TYPE_CHECKING:
    from collections.abc import Callable

DEEP = int(os.environ.get("CARBONX_DEEP", "0"))
DAYS = DEEP or 4
STEPS = 400 if DEEP else 150
Rules = tuple[Matching, SelfTrade, SelfTradeScope]


def meaning(event: e.Event) -> e.Event:
    """Leave out the words for people, which the rules do not fix."""
    if isinstance(event, e.Rejected):
        return e.Rejected(event.account, event.ref, event.reason, event.field, "")
    return event


class Pair:
    """A venue and its oracle, driven by the same commands and compared after each."""

    def __init__(self, rules: Rulebook, venue_rules: Rulebook | None = None) -> None:
        self.rules = rules
        self.venue = Venue(venue_rules or rules)
        self.oracle = OracleVenue(rules)
        self.log: list[c.Command] = []

    def apply(self, command: c.Command) -> list[e.Event]:
        self.log.append(command)
        expected = self.oracle.apply(command)
        events = self.venue.apply(command)
        assert [meaning(event) for event in events] == expected
        assert all(event.rule for event in events if isinstance(event, e.Rejected))
        for event in events:
            if isinstance(event, e.Trade | e.AuctionTrade):
                table = TickTable(self.venue.markets[event.symbol].product)
                assert table.valid(event.price), "a price off the tick table"
        self.compare()
        self.venue.check()
        return events

    def compare(self) -> None:
        venue, oracle = self.venue, self.oracle
        for symbol, market in oracle.markets.items():
            for side in Side:
                assert venue.depth(symbol, side) == oracle.depth(symbol, side)
            assert venue.phase(symbol) == market.phase
            assert venue.reference(symbol) == market.reference
            assert venue.last_price(symbol) == market.last
            assert venue.limits(symbol) == oracle.limits(symbol)
        for currency in ("CNY", "EUR"):
            assert venue.fees(currency) == oracle.fees(currency)
        assert list(venue.accounts) == list(oracle.accounts)
        for name, account in oracle.accounts.items():
            assert venue.last_ref(name) == account.last_ref
            for currency in ("CNY", "EUR"):
                assert venue.cash(name, currency) == oracle.cash(name, currency)
            for symbol in oracle.markets:
                assert venue.allowances(name, symbol) == oracle.allowances(name, symbol)
            self.compare_orders(name)

    def compare_orders(self, name: str) -> None:
        views = self.venue.open_orders(name)
        orders = self.oracle.open_orders(name)
        assert [v.ref for v in views] == [o.ref for o in orders]
        for view, order in zip(views, orders, strict=True):
            for field in ("symbol", "side", "price", "quantity", "leaves", "state", "tif"):
                assert getattr(view, field) == getattr(order, field), (name, order.ref, field)
            if order.state is OrderState.RESTING:
                assert view.shown == order.shown, (name, order.ref)


def fails(pair: Pair, commands: list[c.Command]) -> bool:
    try:
        for command in commands:
            pair.apply(command)
    except Exception:  # noqa: BLE001 - a crash of the engine is a failure like any other
        return True
    return False


def shrink(make: Callable[[], Pair], commands: list[c.Command]) -> list[c.Command]:
    """Leave out, in ever smaller pieces, whatever the failure does not need."""
    size = len(commands) // 2
    while size:
        start = 0
        while start < len(commands):
            fewer = commands[:start] + commands[start + size :]
            if fails(make(), fewer):
                commands = fewer
            else:
                start += size
        size //= 2
    return commands


def run_day(rules: Rulebook, random: Random, steps: int, calls: float = 0.0) -> Pair:
    pair = Pair(rules)
    commands = Commands(random, pair.oracle, calls=calls)
    try:
        for command in opening(random, rules):
            pair.apply(command)
        for _ in range(steps):
            pair.apply(commands.next())
    except Exception as error:
        raise AssertionError(shortest(rules, pair.log)) from error
    return pair


def shortest(rules: Rulebook, commands: list[c.Command]) -> str:
    text = "\n".join(f"    {command!r}," for command in shrink(lambda: Pair(rules), commands))
    return f"the smallest failing log under\n    {rules!r}\nis\n{text}"


def some_day(rules: Rules, seed: int, steps: int = 150) -> Pair:
    random = Random(f"{seed} {rules}")
    return run_day(rulebook(random, rules), random, steps)


@pytest.mark.timeout(0 if DEEP else 120)
@pytest.mark.parametrize("rules", EVERY_RULE, ids=lambda r: "-".join(x.name.lower() for x in r))
def test_random_days_agree_with_the_oracle(rules: Rules) -> None:
    for day in range(DAYS):
        some_day(rules, SystemRandom().getrandbits(64) if DEEP else day, STEPS)


@pytest.mark.timeout(0 if DEEP else 120)
@pytest.mark.parametrize("rules", EVERY_RULE, ids=lambda r: "-".join(x.name.lower() for x in r))
def test_random_days_full_of_calls_that_keep_owners_apart_agree(rules: Rules) -> None:
    for day in range(DAYS):
        random = Random(f"calls {SystemRandom().getrandbits(64) if DEEP else day} {rules}")
        book = rulebook(random, rules)
        mode = structs.replace(book.modes[0], call_self_trade=True)
        run_day(structs.replace(book, modes=(mode,)), random, STEPS, calls=0.12)


@pytest.mark.parametrize("rules", EVERY_RULE[::7], ids=str)
def test_random_days_agree_where_every_price_has_a_page_and_pages_are_dropped_at_once(
    rules: Rules, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The book's pages and their clearing, which prices that lie close would never reach."""
    small = {"PAGE_BITS": 1, "PAGE_SIZE": 2, "PAGE_MASK": 1, "KEEP_PAGES": 2,
             "FEW_LEVELS": 0, "MANY_LEVELS": 0}  # fmt: skip
    for name, value in small.items():
        assert hasattr(book, name)
        monkeypatch.setattr(book, name, value)
    pages = 0
    for day in range(DAYS):
        pair = some_day(rules, day, STEPS)
        for side in (Side.BUY, Side.SELL):
            used = pair.venue.markets["OLD"].book.side(side)._pages.values()
            pages += sum(len(page) == small["PAGE_SIZE"] for page in used)
    assert pages


def test_the_oracle_agrees_on_every_story() -> None:
    for scenario in stories(CORE):
        scripted = ScriptedVenue(scenario.phase, **scenario.rules)
        scripted.run(scenario.script)
        pair = Pair(scripted.venue.rulebook)
        for command in scripted.given:
            pair.apply(command)


class RuleMachine(RuleBasedStateMachine):
    """The same comparison under hypothesis, which looks for the failing log that is simplest."""

    pair: Pair
    commands: Commands

    @initialize(random=st.randoms(use_true_random=False), rules=st.sampled_from(EVERY_RULE))
    def open_venue(self, random: Random, rules: Rules) -> None:
        self.pair = Pair(rulebook(random, rules))
        self.commands = Commands(random, self.pair.oracle)
        for command in opening(random, self.pair.rules):
            self.pair.apply(command)

    def step(self, command: c.Command) -> None:
        try:
            self.pair.apply(command)
        except Exception:
            note("\n".join(f"{command!r}," for command in self.pair.log))
            raise

    @rule()
    def anything(self) -> None:
        self.step(self.commands.next())

    @rule()
    def new_order(self) -> None:
        self.step(self.commands.new_order())

    @rule()
    def amend(self) -> None:
        self.step(self.commands.amend_order())

    @rule()
    def cancel(self) -> None:
        self.step(self.commands.cancel_order())

    @rule()
    def phase(self) -> None:
        self.step(self.commands.set_phase())

    @precondition(lambda self: len(self.pair.log) % 7 == 0)
    @rule()
    def drain(self) -> None:
        for command in drain(self.pair.oracle):
            self.step(command)
        nothing_is_reserved(self.pair.venue)


RuleMachine.TestCase.settings = settings(
    max_examples=1_000 if DEEP else 100, stateful_step_count=60
)
TestRuleMachine = pytest.mark.timeout(0 if DEEP else 300)(RuleMachine.TestCase)


def nothing_is_reserved(venue: Venue) -> None:
    for name in venue.accounts:
        assert not venue.open_orders(name)
        account = venue.account(name)
        for balance in (*account.cash, *account.holdings):
            assert balance.reserved == balance.locked, "more is kept back than a lag holds"


@pytest.mark.parametrize("rules", EVERY_RULE[::3], ids=str)
def test_a_drained_venue_has_nothing_reserved_and_what_came_in_is_there(rules: Rules) -> None:
    days = (some_day(rules, seed) for seed in range(77, 87))
    pair = next(day for day in days if any(map(day.venue.open_orders, day.venue.accounts)))
    for command in drain(pair.oracle):
        pair.apply(command)
    venue = pair.venue
    nothing_is_reserved(venue)
    for side in Side:
        assert not any(venue.depth(p.symbol, side) for p in pair.rules.products)
    came_in = {"CNY": 0, "EUR": 0, "OLD": 0, "NEW": 0}
    fresh = Venue(pair.rules)
    for command in pair.log:
        for event in fresh.apply(command):
            if isinstance(event, e.CashMoved):
                came_in[event.currency] += event.amount
            elif isinstance(event, e.AllowancesMoved):
                came_in[event.product] += event.quantity
    for currency in ("CNY", "EUR"):
        held = sum(venue.cash(name, currency)[0] for name in venue.accounts)
        assert held + venue.fees(currency) == came_in[currency]
    for product in ("OLD", "NEW"):
        assert (
            sum(venue.allowances(name, product)[0] for name in venue.accounts) == came_in[product]
        )


@pytest.mark.parametrize("rules", EVERY_RULE[::3], ids=str)
def test_the_same_commands_give_the_same_events_and_the_same_state_hash(rules: Rules) -> None:
    pair = some_day(rules, 5)
    again = Venue(pair.rules)
    other = Venue(pair.rules)
    for command in pair.log:
        again.apply(command)
        before = other.state_hash()
        events = other.apply(command)
        changed = other.state_hash() != before
        kinds = {type(event) for event in events} - {e.Rejected}
        assert (
            changed or not kinds or kinds <= {e.KillSwitchSet, e.MassCancelled, e.AccountClassSet}
        )
    assert again.state_hash() == other.state_hash() == pair.venue.state_hash()


def hash_and_events_of_a_day() -> str:
    """Run a day without the oracle's help and tell everything that it came to."""
    pair = some_day((Matching.PRO_RATA, SelfTrade.DECREMENT_BOTH, SelfTradeScope.GROUP), 3, 300)
    venue = Venue(pair.rules)
    events = [venue.apply(command) for command in pair.log]
    return f"{venue.state_hash()} {hashlib.sha256(repr(events).encode()).hexdigest()}"


def test_the_outcome_does_not_depend_on_the_seed_of_pythons_hash() -> None:
    code = "from tests.engine.venue.test_rule_machine import *; print(hash_and_events_of_a_day())"
    outcomes = set()
    for seed in ("0", "1", "4242"):
        environment = {**os.environ, "PYTHONHASHSEED": seed}
        done = subprocess.run(
            [sys.executable, "-c", code],
            capture_output=True,
            text=True,
            check=True,
            cwd=ROOT,
            env=environment,
        )
        outcomes.add(done.stdout)
    assert outcomes == {hash_and_events_of_a_day() + "\n"}


@pytest.mark.parametrize("rule", ["matching", "self_trade", "maker_fee_ppm", "protection_bp"])
def test_a_venue_with_one_rule_changed_is_found_out_and_its_log_cut_short(rule: str) -> None:
    """Without this nobody would know whether the tests above can fail."""
    rules = Rulebook(name="right", products=(Product("OLD", 100, tick=2), Product("NEW", 9)))
    wrong = {"matching": Matching.PRO_RATA}
    if rule == "self_trade":
        changed = structs.replace(rules, self_trade=SelfTrade.CANCEL_ARRIVING)
    else:
        mode = structs.replace(rules.modes[0], **{rule: wrong.get(rule, 5_000)})
        changed = structs.replace(rules, modes=(mode,))

    def differing() -> Pair:
        return Pair(rules, changed)

    pair = Pair(rules)
    random = Random(4)
    commands = Commands(random, pair.oracle)
    for command in opening(random, rules):
        pair.apply(command)
    for _ in range(400):
        pair.apply(commands.next())
    assert fails(differing(), pair.log)
    short = shrink(differing, pair.log)
    assert fails(differing(), short)
    assert len(short) <= 12

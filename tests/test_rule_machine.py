"""The engine and an independent oracle, side by side: the same commands, the same everything.

After every command are compared: the events (all fields but the words of a refusal), both sides
of every book, every account's cash, allowances and reservations, the fees, the open orders in
their order, phase, reference, limits and last price; and ``venue.check()`` is called.

The default run is small, seeded and the same everywhere. A deep one, new every time, is

    CARBONX_DEEP=1000 pytest tests/test_rule_machine.py

where the figure is the number of random days per matching, self-trade mode and scope. When a
day fails, its commands are cut down to the few that matter and printed: they are the log.
"""

from __future__ import annotations

import os
from random import Random, SystemRandom
from typing import TYPE_CHECKING

import pytest

from engine import commands as c
from engine import events as e
from engine.types import Matching, OrderState, SelfTrade, SelfTradeScope, Side
from engine.venue import Venue
from tests.oracle import OracleVenue
from tests.strategies import EVERY_RULE, Commands, opening, rulebook

if TYPE_CHECKING:
    from engine.rulebook import Rulebook

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

    def __init__(self, rules: Rulebook) -> None:
        self.rules = rules
        self.venue = Venue(rules)
        self.oracle = OracleVenue(rules)
        self.log: list[c.Command] = []

    def apply(self, command: c.Command) -> list[e.Event]:
        self.log.append(command)
        expected = self.oracle.apply(command)
        events = self.venue.apply(command)
        assert [meaning(event) for event in events] == expected
        assert all(event.rule for event in events if isinstance(event, e.Rejected))
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
            for field in ("product", "side", "price", "quantity", "leaves", "state", "tif"):
                assert getattr(view, field) == getattr(order, field), (name, order.ref, field)
            if order.state is OrderState.BOOKED:
                assert view.shown == order.shown, (name, order.ref)


def fails(rules: Rulebook, commands: list[c.Command]) -> bool:
    pair = Pair(rules)
    try:
        for command in commands:
            pair.apply(command)
    except Exception:  # noqa: BLE001 - a crash of the engine is a failure like any other
        return True
    return False


def shrink(rules: Rulebook, commands: list[c.Command]) -> list[c.Command]:
    """Leave out, in ever smaller pieces, whatever the failure does not need."""
    size = len(commands) // 2
    while size:
        start = 0
        while start < len(commands):
            fewer = commands[:start] + commands[start + size :]
            if fails(rules, fewer):
                commands = fewer
            else:
                start += size
        size //= 2
    return commands


def run_day(rules: Rulebook, random: Random, steps: int) -> Pair:
    pair = Pair(rules)
    commands = Commands(random, pair.oracle)
    try:
        for command in opening(random, rules):
            pair.apply(command)
        for _ in range(steps):
            pair.apply(commands.next())
    except Exception as error:
        text = "\n".join(f"    {command!r}," for command in shrink(rules, pair.log))
        message = f"the smallest failing log under\n    {rules!r}\nis\n{text}"
        raise AssertionError(message) from error
    return pair


@pytest.mark.timeout(0 if DEEP else 120)
@pytest.mark.parametrize("rules", EVERY_RULE, ids=lambda r: "-".join(x.name.lower() for x in r))
def test_random_days_agree_with_the_oracle(rules: Rules) -> None:
    for day in range(DAYS):
        seed = SystemRandom().getrandbits(64) if DEEP else day
        random = Random(f"{seed} {rules}")
        run_day(rulebook(random, rules), random, STEPS)

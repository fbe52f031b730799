"""Plain orders have a short way in; with every order sent the long way nothing may differ."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING

import pytest

from engine.rulebook import presets
from engine.venue.venue import Venue
from tests.engine.venue.test_rule_machine import Rules, some_day
from tests.support.random_flow import Flow
from tests.support.strategies import EVERY_RULE

if TYPE_CHECKING:
    from engine.rulebook.model import Rulebook
    from engine.vocabulary import events as ev
    from engine.vocabulary.commands import Command


def outcome(
    rules: Rulebook, commands: list[Command], *, short_way: bool
) -> tuple[list[list[ev.Event]], str]:
    venue = Venue(rules)
    for line in venue.markets.values():
        line.gate.short_way = short_way
    return [venue.apply(command) for command in commands], venue.state_hash()


def compare(rules: Rulebook, commands: list[Command]) -> None:
    short, state = outcome(rules, commands, short_way=True)
    long, same_state = outcome(rules, commands, short_way=False)
    assert long == short
    assert same_state == state


@pytest.mark.parametrize("rules", EVERY_RULE[::5], ids=str)
def test_random_days_by_the_long_way(rules: Rules) -> None:
    pair = some_day(rules, 1)
    compare(pair.rules, pair.log)


@pytest.mark.parametrize("name", presets.names())
def test_packaged_rulebooks_by_the_long_way(name: str) -> None:
    flow = Flow(presets.load(name), Random(name))
    for _ in range(2):
        for _ in flow.day():
            pass
    compare(flow.venue.genesis, flow.given)

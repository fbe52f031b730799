"""Linked regions over several days, with what the registry does at the deadline."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import pytest

from backtest.lab import session
from backtest.lab.design import design
from backtest.lab.emitters import Emitter
from backtest.lab.regional import run
from backtest.lab.regions import link
from backtest.lab.years import SHENZHEN
from backtest.measures.fills import fills
from engine.vocabulary.commands import BeginDay, MoveAllowances, MoveCash
from tests.backtest.lab.test_years import small
from tests.support import regions

if TYPE_CHECKING:
    from backtest.lab.session import Outcome

BOOK = design("textbook")
KINDS = ("none", "routing", "shared")


@cache
def weeks(kind: str) -> Outcome:
    return run(link(BOOK, BOOK, kind=kind, fee=1 if kind == "routing" else 0), small(SHENZHEN))


def venues(outcome: Outcome) -> Any:
    several: Any = outcome.venue
    return several.federation


def test_where_everybody_is_of_one_region_the_days_are_those_of_one_market() -> None:
    alone = run(link(BOOK, BOOK, members=(0,)), small(SHENZHEN))
    one = session.run(BOOK, small(SHENZHEN))
    assert fills(alone.tape) == fills(one.tape)
    assert len(fills(one.tape)) > 50
    days = [command.date for _, command, _ in one.tape if isinstance(command, BeginDay)]
    assert len(days) > 20
    assert [c.date for _, c, _ in alone.tape if isinstance(c, BeginDay)] == days


@pytest.mark.parametrize("kind", KINDS)
def test_tonnes_and_money_are_conserved_over_the_days(kind: str) -> None:
    outcome = weeks(kind)
    found = venues(outcome)
    moved = [command for _, command, _ in outcome.tape]
    taken = sum(-c.quantity for c in moved if isinstance(c, MoveAllowances))
    fined = sum(-c.amount for c in moved if isinstance(c, MoveCash))
    assert taken > 0
    cash = sum(person.cash for person in outcome.people)
    tonnes = sum(sum(person.holdings.values()) for person in outcome.people)
    assert regions.owned(found) == (cash - fined, tonnes - taken)
    assert found.on_the_way() == (0, 0)
    found.check()


@pytest.mark.parametrize("kind", KINDS)
def test_emitters_surrender_at_home_what_they_owe_or_pay(kind: str) -> None:
    outcome = weeks(kind)
    several: Any = outcome.venue
    emitters = 0
    for person in outcome.people:
        agent = person.agent
        if not isinstance(agent, Emitter):
            continue
        emitters += 1
        had = agent.obligation.allocation
        had += sum(agent.execution.bought.values()) - sum(agent.execution.sold.values())
        left = sum(each.total for each in several.account(person.account).holdings)
        assert left == max(had - agent.owed(), 0)
    assert emitters == 60


def test_the_link_is_used_on_more_than_one_day() -> None:
    for kind in KINDS[1:]:
        (one, two) = venues(weeks(kind)).venues.values()
        sent = [end.sent for venue in (one, two) for end in venue.links.ends.values()]
        assert min(sent) > 20
    (one, two) = venues(weeks("none")).venues.values()
    assert not [*one.links.ends, *two.links.ends]


def test_the_people_are_the_same_whatever_links_them() -> None:
    found = [
        [(p.account, p.group, p.cash, p.holdings) for p in weeks(kind).people] for kind in KINDS
    ]
    assert found[0] == found[1] == found[2]
    assert {group for _, group, cash, _ in found[0] if cash} == {"textbook", "textbook-2"}

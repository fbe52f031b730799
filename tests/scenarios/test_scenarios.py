"""Every rule as a small story, every refusal with its field, and no rule without either."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest

from carbonx.testing.script import Scenario, ScriptedVenue, reasons
from engine.vocabulary import commands as c
from engine.vocabulary import events as e
from engine.vocabulary.enums import CancelReason, OrderState, RejectReason, Side, TimeInForce
from tests.scenarios import admission as scenarios_admission
from tests.scenarios import auction_prices as scenarios_auction_prices
from tests.scenarios import auctions as scenarios_auctions
from tests.scenarios import bids as scenarios_bids
from tests.scenarios import calls as scenarios_calls
from tests.scenarios import china as scenarios_china
from tests.scenarios import compliance as scenarios_compliance
from tests.scenarios import consignments as scenarios_consignments
from tests.scenarios import days as scenarios_days
from tests.scenarios import discretion as scenarios_discretion
from tests.scenarios import guarantees as scenarios_guarantees
from tests.scenarios import links as scenarios_links
from tests.scenarios import modes as scenarios_modes
from tests.scenarios import orders as scenarios_orders
from tests.scenarios import own_orders as scenarios_own_orders
from tests.scenarios import pilots as scenarios_pilots
from tests.scenarios import planned_auctions as scenarios_planned_auctions
from tests.scenarios import primary_auctions as scenarios_primary_auctions
from tests.scenarios import rules as scenarios_rules
from tests.scenarios import world as scenarios_world
from tests.scenarios import years as scenarios_years
from tests.scenarios.clearings import TABLES
from tests.scenarios.refusals import AMEND_REFUSALS, CLOSED_REFUSALS, GATE, REFUSALS
from tests.support.paths import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from types import ModuleType

# The plain order book, which the oracle knows too.
CORE = (
    scenarios_orders,
    scenarios_rules,
    scenarios_days,
    scenarios_admission,
    scenarios_calls,
    scenarios_own_orders,
)
MODULES = (
    *CORE,
    scenarios_auctions,
    scenarios_bids,
    scenarios_modes,
    scenarios_compliance,
    scenarios_years,
    scenarios_china,
    scenarios_pilots,
    scenarios_planned_auctions,
    scenarios_primary_auctions,
    scenarios_auction_prices,
    scenarios_guarantees,
    scenarios_consignments,
    scenarios_discretion,
    scenarios_world,
    scenarios_links,
)


def stories(modules: Iterable[ModuleType]) -> list[Scenario]:
    tables = [value for module in modules for value in vars(module).values()]
    return [
        scenario
        for table in tables
        if isinstance(table, tuple)
        for scenario in table
        if isinstance(scenario, Scenario)
    ]


STORIES = stories(MODULES)
PAGE = (ROOT / "docs" / "rules.md").read_text("utf-8")


def told(scenario: Scenario) -> ScriptedVenue:
    scripted = ScriptedVenue(scenario.phase, **scenario.rules)
    scripted.run(scenario.script)
    return scripted


@pytest.mark.parametrize("scenario", STORIES, ids=lambda scenario: scenario.name)
def test_scenario(scenario: Scenario) -> None:
    told(scenario)


def rules(page: str) -> list[str]:
    """Return the numbers of the rules that a page has, in its order."""
    return re.findall(r"^(?:\| )?\*\*(\d+\.\d+)\*\*", page, re.MULTILINE)


def unshown(page: str, cited: Iterable[str]) -> tuple[list[str], list[str]]:
    """Return the rules of a page that are not cited, and the citations of rules it lacks."""
    there, named = rules(page), set(cited)
    return [rule for rule in there if rule not in named], sorted(named - set(there))


def cited() -> Iterator[str]:
    yield from (rule for scenario in STORIES for rule in scenario.shows)
    yield from (row[0] for row in REFUSALS + AMEND_REFUSALS)
    yield from (row[0] for row in CLOSED_REFUSALS)
    yield from (rule for row in TABLES for rule in row.shows)


def test_every_rule_is_shown_and_every_citation_is_of_a_rule() -> None:
    assert [scenario.name for scenario in STORIES if not scenario.shows] == []
    assert unshown(PAGE, cited()) == ([], [])


def test_a_rule_without_a_scenario_and_a_wrong_citation_are_noticed() -> None:
    page = "**1.1** Prices.\n\n| **1.2** | the account |\n\nas in rule 1.1 and **not 1.4**"
    assert unshown(page, ["1.2", "1.3"]) == (["1.1"], ["1.3"])


def test_the_rules_are_numbered_without_a_gap_and_refer_to_rules_that_exist() -> None:
    numbers = [tuple(map(int, rule.split("."))) for rule in rules(PAGE)]
    sections = [int(number) for number in re.findall(r"^## (\d+)\.", PAGE, re.MULTILINE)]
    assert sections == list(range(1, len(sections) + 1))
    for section in sections:
        own = [place for number, place in numbers if number == section]
        assert own == list(range(1, len(own) + 1))
        assert own
    mentioned = set(re.findall(r"\d+\.\d+", PAGE))
    assert mentioned <= set(rules(PAGE))


def test_the_stories_cover_every_event_every_state_and_every_way_out() -> None:
    seen = [event for scenario in STORIES for event in told(scenario).seen]
    ways_out = {event.reason for event in seen if isinstance(event, e.OrderCancelled)}
    assert ways_out == set(CancelReason)
    states = {event.state for event in seen if isinstance(event, e.OrderAccepted)}
    assert states == set(OrderState)
    states = {event.state for event in seen if isinstance(event, e.OrderAmended)}
    assert states == set(OrderState)
    kinds = {type(event) for event in seen} | {e.AccountOpened}
    assert kinds == set(e.Event.__args__)


def strict_desk() -> ScriptedVenue:
    product = {"tick": 5, "lot": 10, "min_quantity": 20, "max_quantity": 1_000}
    scripted = ScriptedVenue(product=product, price_limit_bp=1_000, iceberg_max_parts=4)
    scripted.run("""
        bob sell 100 @ 105
        time 5
        open poor
        open shut
        kill shut
    """)
    return scripted


def with_orders() -> ScriptedVenue:
    scripted = strict_desk()
    scripted.run("""
        bob amend 1 to 20
        ann buy 40 @ 105          | ann#1 matching 40 @ 105
                                  | trade 20 @ 105 bob#1(0) ann#1(20) depth 0
                                  | ann#1 rests 20 @ 105 depth 20
        ann buy 40 @ 100 show 10
        bob sell 900 @ 110
        cay buy 20 stop 110
        dan sell 20 @ 110 post
        cash ann -991800          | ann cash -991800 to 6100 CNY
    """)
    return scripted


def refuse(scripted: ScriptedVenue, rule: str, line: str, reason: RejectReason, field: str) -> None:
    before = scripted.venue.state_hash()
    (event,) = scripted.apply(scripted.parse(line.split()))[:1]
    assert isinstance(event, e.Rejected), rule
    assert (event.reason, event.field) == (reason, field), rule
    assert event.rule, "a refusal says what would have been accepted"
    carried = reason is not RejectReason.DUPLICATE_REF and event.ref and event.account != "nobody"
    assert (scripted.venue.state_hash() != before) == bool(carried), "only the reference is used up"


@pytest.mark.parametrize(("rule", "line", "reason", "field"), REFUSALS)
def test_refusal(rule: str, line: str, reason: RejectReason, field: str) -> None:
    refuse(strict_desk(), rule, line, reason, field)


@pytest.mark.parametrize(("rule", "line", "reason", "field"), AMEND_REFUSALS)
def test_refusal_of_an_amendment(rule: str, line: str, reason: RejectReason, field: str) -> None:
    refuse(with_orders(), rule, line, reason, field)


@pytest.mark.parametrize(("rule", "first", "line", "reason", "field"), CLOSED_REFUSALS)
def test_refusal_by_phase_or_switch(
    rule: str, first: str, line: str, reason: RejectReason, field: str
) -> None:
    scripted = with_orders()
    scripted.say(first)
    refuse(scripted, rule, line, reason, field)


def test_every_reason_is_provoked() -> None:
    provoked = {reason for _, _, reason, _ in REFUSALS + AMEND_REFUSALS}
    provoked |= {reason for _, _, _, reason, _ in CLOSED_REFUSALS}
    provoked |= {reason for scenario in STORIES for reason in reasons(told(scenario))}
    # tests/gateway/server: test_storage.py, test_permissions.py, test_core_limits.py
    of_a_server = {
        RejectReason.STORAGE,
        RejectReason.PERMISSION,
        RejectReason.LIVE_ORDERS,
        RejectReason.REFERENCE_JUMP,
    }
    assert provoked == set(RejectReason) - of_a_server


RIGHT: dict[str, Any] = {
    "account": "ann",
    "ref": 1,
    "symbol": "OLD",
    "side": Side.BUY,
    "quantity": 20,
    "price": 100,
    "tif": TimeInForce.IOC,
}


def test_the_gate_checks_in_the_order_of_the_rules() -> None:
    wrong: dict[str, Any] = {}
    for fields, reason in reversed(GATE):
        wrong = wrong | fields
        command = c.NewOrder(**(RIGHT | wrong))
        (event,) = strict_desk().apply(command)
        assert isinstance(event, e.Rejected)
        assert event.reason is reason, fields

"""Every rule told as a small story (``scenarios_*.py``), and every refusal with its field."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from carbonx.testing.script import Scenario, ScriptedVenue, reasons
from engine.vocabulary import commands as c
from engine.vocabulary import events as e
from engine.vocabulary.enums import CancelReason, OrderState, RejectReason, Side, TimeInForce
from engine.vocabulary.units import MAX_MONEY, MAX_PRICE, MAX_QUANTITY, MAX_REF
from tests.scenarios import china as scenarios_china
from tests.scenarios import days as scenarios_days
from tests.scenarios import modes as scenarios_modes
from tests.scenarios import orders as scenarios_orders
from tests.scenarios import pilots as scenarios_pilots
from tests.scenarios import rules as scenarios_rules
from tests.scenarios import world as scenarios_world

if TYPE_CHECKING:
    from collections.abc import Iterable
    from types import ModuleType

CORE = (scenarios_orders, scenarios_rules, scenarios_days)  # one mode, continuous
MODULES = (*CORE, scenarios_modes, scenarios_china, scenarios_pilots, scenarios_world)


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


def told(scenario: Scenario) -> ScriptedVenue:
    scripted = ScriptedVenue(scenario.phase, **scenario.rules)
    scripted.run(scenario.script)
    return scripted


@pytest.mark.parametrize("scenario", STORIES, ids=lambda scenario: scenario.name)
def test_scenario(scenario: Scenario) -> None:
    told(scenario)


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


# Said to a venue with tick 5, lot 10, 20 to 1,000 tonnes, 10 percent limits around 100,
# icebergs of at most 4 parts; the account is ann's, and bob rests 100 @ 105 to sell.
REFUSALS = [
    ("nobody buy 20 @ 100", RejectReason.UNKNOWN_ACCOUNT, "account"),
    ("nobody cancel 1", RejectReason.UNKNOWN_ACCOUNT, "account"),
    ("nobody amend 1 to 20", RejectReason.UNKNOWN_ACCOUNT, "account"),
    ("nobody cancel all", RejectReason.UNKNOWN_ACCOUNT, "account"),
    ("nobody disconnects", RejectReason.UNKNOWN_ACCOUNT, "account"),
    ("kill nobody", RejectReason.UNKNOWN_ACCOUNT, "account"),
    ("cash nobody 5", RejectReason.UNKNOWN_ACCOUNT, "account"),
    ("tonnes nobody 5", RejectReason.UNKNOWN_ACCOUNT, "account"),
    ("ann buy 20 @ 100 ref 0", RejectReason.DUPLICATE_REF, "ref"),
    ("ann buy 20 @ 100 ref -1", RejectReason.DUPLICATE_REF, "ref"),
    (f"ann buy 20 @ 100 ref {MAX_REF + 1}", RejectReason.DUPLICATE_REF, "ref"),
    ("ann buy 20 @ 100 in NONE", RejectReason.UNKNOWN_SYMBOL, "symbol"),
    ("ann cancel all NONE", RejectReason.UNKNOWN_SYMBOL, "symbol"),
    ("tonnes ann 5 NONE", RejectReason.UNKNOWN_PRODUCT, "product"),
    ("phase halted NONE", RejectReason.UNKNOWN_SYMBOL, "symbol"),
    ("ann cancel 1", RejectReason.UNKNOWN_ORDER, "target"),
    ("ann amend 1 to 20", RejectReason.UNKNOWN_ORDER, "target"),
    ("ann buy 20 @ 100 open", RejectReason.PHASE, "tif"),
    ("phase continuous", RejectReason.TRANSITION, "phase"),
    ("ann buy 10 @ 100", RejectReason.QUANTITY_RANGE, "quantity"),
    ("ann buy 1010 @ 100", RejectReason.QUANTITY_RANGE, "quantity"),
    ("ann buy 0 @ 100", RejectReason.QUANTITY_RANGE, "quantity"),
    ("ann buy -20 @ 100", RejectReason.QUANTITY_RANGE, "quantity"),
    ("ann buy 25 @ 100", RejectReason.QUANTITY_LOT, "quantity"),
    ("ann buy 20 @ 0", RejectReason.PRICE_RANGE, "price"),
    ("ann buy 20 @ -5", RejectReason.PRICE_RANGE, "price"),
    (f"ann buy 20 @ {MAX_PRICE + 5}", RejectReason.PRICE_RANGE, "price"),
    ("ann buy 20 @ 101", RejectReason.PRICE_TICK, "price"),
    ("ann buy 20 @ 115", RejectReason.PRICE_LIMIT, "price"),
    ("ann buy 20 @ 85", RejectReason.PRICE_LIMIT, "price"),
    ("ann buy 20 @ 100 market", RejectReason.PRICE_UNEXPECTED, "price"),
    ("ann buy 20 @ 100 stop 0", RejectReason.STOP_PRICE, "stop_price"),
    ("ann buy 20 stop 101", RejectReason.STOP_PRICE, "stop_price"),
    (f"ann buy 20 stop {MAX_PRICE + 5}", RejectReason.STOP_PRICE, "stop_price"),
    ("ann buy 20 market stop 100", RejectReason.STOP_PRICE, "stop_price"),
    ("ann buy 20 market gtc", RejectReason.TIME_IN_FORCE, "tif"),
    ("ann buy 20 market gtd 9", RejectReason.TIME_IN_FORCE, "tif"),
    ("ann buy 20 stop 100 ioc", RejectReason.TIME_IN_FORCE, "tif"),
    ("ann buy 20 stop 100 @ 100 close", RejectReason.TIME_IN_FORCE, "tif"),
    ("ann buy 20 @ 100 show 15", RejectReason.DISPLAY, "display"),
    ("ann buy 20 @ 100 show -10", RejectReason.DISPLAY, "display"),
    ("ann buy 20 @ 100 show 30", RejectReason.DISPLAY, "display"),
    ("ann buy 50 @ 100 show 10", RejectReason.DISPLAY, "display"),
    ("ann buy 20 @ 100 show 10 ioc", RejectReason.DISPLAY, "display"),
    ("ann buy 20 market show 10", RejectReason.DISPLAY, "display"),
    ("ann buy 20 @ 100 post fok", RejectReason.POST_ONLY, "post_only"),
    ("ann buy 20 market post", RejectReason.POST_ONLY, "post_only"),
    ("ann buy 20 @ 105 post", RejectReason.POST_ONLY, "price"),
    ("ann buy 20 @ 100 gtd 5", RejectReason.EXPIRY, "expire_at"),
    ("ann buy 20 @ 100 expires 9", RejectReason.EXPIRY, "expire_at"),
    ("cash ann -1000001", RejectReason.CASH, "amount"),
    ("ann buy 1000 @ 50 in NEW", RejectReason.CASH, "quantity"),
    ("ann sell 20 @ 50 in NEW", RejectReason.ALLOWANCES, "quantity"),
    ("tonnes ann -1001", RejectReason.ALLOWANCES, "quantity"),
    ("open ann", RejectReason.ACCOUNT_EXISTS, "account"),
    ("open", RejectReason.VALUE, "account"),
    ("cash ann 0", RejectReason.VALUE, "amount"),
    (f"cash ann {MAX_MONEY + 1}", RejectReason.VALUE, "amount"),
    ("tonnes ann 0", RejectReason.VALUE, "quantity"),
    (f"tonnes ann -{MAX_QUANTITY + 1}", RejectReason.VALUE, "quantity"),
    ("cash ann 5 XXX", RejectReason.CURRENCY, "currency"),
    ("time 5", RejectReason.TIME_BACKWARDS, "time"),
    ("time 4", RejectReason.TIME_BACKWARDS, "time"),
]
# The same after ann has bought 20 of 40 @ 105 (order 1) and rests 40 @ 100, showing 10 (order 2).
AMEND_REFUSALS = [
    ("ann buy 20 @ 100 ref 2", RejectReason.DUPLICATE_REF, "ref"),
    ("ann cancel 3", RejectReason.UNKNOWN_ORDER, "target"),
    ("ann amend 2 to 40", RejectReason.NOTHING_TO_CHANGE, "quantity"),
    ("ann amend 2", RejectReason.NOTHING_TO_CHANGE, "quantity"),
    ("ann amend 2 to 40 @ 100", RejectReason.NOTHING_TO_CHANGE, "quantity"),
    ("ann amend 2 to -20", RejectReason.QUANTITY_RANGE, "quantity"),
    ("ann amend 2 to 45", RejectReason.QUANTITY_LOT, "quantity"),
    ("ann amend 2 @ -5", RejectReason.PRICE_RANGE, "price"),
    ("ann amend 2 @ 99", RejectReason.PRICE_TICK, "price"),
    ("ann amend 2 @ 115", RejectReason.PRICE_LIMIT, "price"),
    ("ann amend 2 to 50", RejectReason.DISPLAY, "display"),
    ("ann amend 1 to 20", RejectReason.QUANTITY_FILLED, "quantity"),
    ("ann amend 3 @ 100", RejectReason.UNKNOWN_ORDER, "target"),
    ("cay amend 1 @ 100", RejectReason.PRICE_UNEXPECTED, "price"),
    ("dan amend 1 @ 105", RejectReason.POST_ONLY, "price"),
    ("ann amend 1 to 50", RejectReason.CASH, "quantity"),
    ("bob amend 3 to 990", RejectReason.ALLOWANCES, "quantity"),
]
# And what a phase or an operator's switch refuses: first what is said, then what is refused.
CLOSED_REFUSALS = [
    ("phase halted", "ann buy 20 @ 100", RejectReason.PHASE, "symbol"),
    ("phase halted", "ann buy 20 @ 100 ioc", RejectReason.PHASE, "symbol"),
    ("phase halted", "ann amend 2 to 30", RejectReason.PHASE, "symbol"),
    ("phase closed", "ann buy 20 stop 100", RejectReason.PHASE, "symbol"),
    ("kill ann", "ann buy 20 @ 100", RejectReason.ACCOUNT_KILLED, "account"),
]


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


def refuse(scripted: ScriptedVenue, line: str, reason: RejectReason, field: str) -> None:
    before = scripted.venue.state_hash()
    (event,) = scripted.apply(scripted.parse(line.split()))[:1]
    assert isinstance(event, e.Rejected)
    assert (event.reason, event.field) == (reason, field)
    assert event.rule, "a refusal says what would have been accepted"
    carried = reason is not RejectReason.DUPLICATE_REF and event.ref and event.account != "nobody"
    assert (scripted.venue.state_hash() != before) == bool(carried), "only the reference is used up"


@pytest.mark.parametrize(("line", "reason", "field"), REFUSALS)
def test_refusal(line: str, reason: RejectReason, field: str) -> None:
    refuse(strict_desk(), line, reason, field)


@pytest.mark.parametrize(("line", "reason", "field"), AMEND_REFUSALS)
def test_refusal_of_an_amendment(line: str, reason: RejectReason, field: str) -> None:
    refuse(with_orders(), line, reason, field)


@pytest.mark.parametrize(("first", "line", "reason", "field"), CLOSED_REFUSALS)
def test_refusal_by_phase_or_switch(
    first: str, line: str, reason: RejectReason, field: str
) -> None:
    scripted = with_orders()
    scripted.say(first)
    refuse(scripted, line, reason, field)


def test_every_reason_is_provoked() -> None:
    provoked = {reason for _, reason, _ in REFUSALS + AMEND_REFUSALS}
    provoked |= {reason for _, _, reason, _ in CLOSED_REFUSALS}
    provoked |= {reason for scenario in STORIES for reason in reasons(told(scenario))}
    assert provoked == set(RejectReason)


# Each order of this table is wrong in its own line and in all that follow: the first one speaks.
GATE: list[tuple[dict[str, Any], RejectReason]] = [
    ({"account": "nobody"}, RejectReason.UNKNOWN_ACCOUNT),
    ({"ref": 0}, RejectReason.DUPLICATE_REF),
    ({"symbol": "NONE"}, RejectReason.UNKNOWN_SYMBOL),
    ({"account": "shut"}, RejectReason.ACCOUNT_KILLED),
    ({"tif": TimeInForce.AT_OPEN}, RejectReason.PHASE),
    ({"quantity": 5}, RejectReason.QUANTITY_RANGE),
    ({"quantity": 25}, RejectReason.QUANTITY_LOT),
    ({"price": 0}, RejectReason.PRICE_RANGE),
    ({"price": 84}, RejectReason.PRICE_TICK),
    ({"price": 85}, RejectReason.PRICE_LIMIT),
    ({"stop_price": 1}, RejectReason.STOP_PRICE),
    ({"display": 1}, RejectReason.DISPLAY),
    ({"post_only": True}, RejectReason.POST_ONLY),
    ({"expire_at": 1}, RejectReason.EXPIRY),
    ({"account": "poor"}, RejectReason.CASH),
]


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

"""Every rule told as a small story (``scenarios_*.py``), and every refusal with its field."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from engine.vocabulary import commands as c
from engine.vocabulary import events as e
from engine.vocabulary.enums import CancelReason, OrderState, Reason, Side, TimeInForce
from engine.vocabulary.units import MAX_MONEY, MAX_PRICE, MAX_QUANTITY, MAX_REF
from tests import (
    scenarios_china,
    scenarios_days,
    scenarios_modes,
    scenarios_orders,
    scenarios_pilots,
    scenarios_rules,
    scenarios_world,
)
from tests.desk import Desk, Scenario, reasons

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


def told(scenario: Scenario) -> Desk:
    desk = Desk(scenario.phase, **scenario.rules)
    desk.run(scenario.script)
    return desk


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
    ("nobody buy 20 @ 100", Reason.UNKNOWN_ACCOUNT, "account"),
    ("nobody cancel 1", Reason.UNKNOWN_ACCOUNT, "account"),
    ("nobody amend 1 to 20", Reason.UNKNOWN_ACCOUNT, "account"),
    ("nobody cancel all", Reason.UNKNOWN_ACCOUNT, "account"),
    ("nobody disconnects", Reason.UNKNOWN_ACCOUNT, "account"),
    ("kill nobody", Reason.UNKNOWN_ACCOUNT, "account"),
    ("cash nobody 5", Reason.UNKNOWN_ACCOUNT, "account"),
    ("tonnes nobody 5", Reason.UNKNOWN_ACCOUNT, "account"),
    ("ann buy 20 @ 100 ref 0", Reason.DUPLICATE_REF, "ref"),
    ("ann buy 20 @ 100 ref -1", Reason.DUPLICATE_REF, "ref"),
    (f"ann buy 20 @ 100 ref {MAX_REF + 1}", Reason.DUPLICATE_REF, "ref"),
    ("ann buy 20 @ 100 in NONE", Reason.UNKNOWN_PRODUCT, "product"),
    ("ann cancel all NONE", Reason.UNKNOWN_PRODUCT, "product"),
    ("tonnes ann 5 NONE", Reason.UNKNOWN_PRODUCT, "product"),
    ("phase halted NONE", Reason.UNKNOWN_PRODUCT, "product"),
    ("ann cancel 1", Reason.UNKNOWN_ORDER, "target"),
    ("ann amend 1 to 20", Reason.UNKNOWN_ORDER, "target"),
    ("ann buy 20 @ 100 open", Reason.PHASE, "tif"),
    ("phase continuous", Reason.TRANSITION, "phase"),
    ("ann buy 10 @ 100", Reason.QUANTITY_RANGE, "quantity"),
    ("ann buy 1010 @ 100", Reason.QUANTITY_RANGE, "quantity"),
    ("ann buy 0 @ 100", Reason.QUANTITY_RANGE, "quantity"),
    ("ann buy -20 @ 100", Reason.QUANTITY_RANGE, "quantity"),
    ("ann buy 25 @ 100", Reason.QUANTITY_LOT, "quantity"),
    ("ann buy 20 @ 0", Reason.PRICE_RANGE, "price"),
    ("ann buy 20 @ -5", Reason.PRICE_RANGE, "price"),
    (f"ann buy 20 @ {MAX_PRICE + 5}", Reason.PRICE_RANGE, "price"),
    ("ann buy 20 @ 101", Reason.PRICE_TICK, "price"),
    ("ann buy 20 @ 115", Reason.PRICE_LIMIT, "price"),
    ("ann buy 20 @ 85", Reason.PRICE_LIMIT, "price"),
    ("ann buy 20 @ 100 market", Reason.PRICE_UNEXPECTED, "price"),
    ("ann buy 20 @ 100 stop 0", Reason.STOP_PRICE, "stop_price"),
    ("ann buy 20 stop 101", Reason.STOP_PRICE, "stop_price"),
    (f"ann buy 20 stop {MAX_PRICE + 5}", Reason.STOP_PRICE, "stop_price"),
    ("ann buy 20 market stop 100", Reason.STOP_PRICE, "stop_price"),
    ("ann buy 20 market gtc", Reason.TIME_IN_FORCE, "tif"),
    ("ann buy 20 market gtd 9", Reason.TIME_IN_FORCE, "tif"),
    ("ann buy 20 stop 100 ioc", Reason.TIME_IN_FORCE, "tif"),
    ("ann buy 20 stop 100 @ 100 close", Reason.TIME_IN_FORCE, "tif"),
    ("ann buy 20 @ 100 show 15", Reason.DISPLAY, "display"),
    ("ann buy 20 @ 100 show -10", Reason.DISPLAY, "display"),
    ("ann buy 20 @ 100 show 30", Reason.DISPLAY, "display"),
    ("ann buy 50 @ 100 show 10", Reason.DISPLAY, "display"),
    ("ann buy 20 @ 100 show 10 ioc", Reason.DISPLAY, "display"),
    ("ann buy 20 market show 10", Reason.DISPLAY, "display"),
    ("ann buy 20 @ 100 post fok", Reason.POST_ONLY, "post_only"),
    ("ann buy 20 market post", Reason.POST_ONLY, "post_only"),
    ("ann buy 20 @ 105 post", Reason.POST_ONLY, "price"),
    ("ann buy 20 @ 100 gtd 5", Reason.EXPIRY, "expire_at"),
    ("ann buy 20 @ 100 expires 9", Reason.EXPIRY, "expire_at"),
    ("cash ann -1000001", Reason.CASH, "amount"),
    ("ann buy 1000 @ 50 in NEW", Reason.CASH, "quantity"),
    ("ann sell 20 @ 50 in NEW", Reason.ALLOWANCES, "quantity"),
    ("tonnes ann -1001", Reason.ALLOWANCES, "quantity"),
    ("open ann", Reason.ACCOUNT_EXISTS, "account"),
    ("open", Reason.VALUE, "account"),
    ("cash ann 0", Reason.VALUE, "amount"),
    (f"cash ann {MAX_MONEY + 1}", Reason.VALUE, "amount"),
    ("tonnes ann 0", Reason.VALUE, "quantity"),
    (f"tonnes ann -{MAX_QUANTITY + 1}", Reason.VALUE, "quantity"),
    ("cash ann 5 XXX", Reason.CURRENCY, "currency"),
    ("time 5", Reason.TIME_BACKWARDS, "time"),
    ("time 4", Reason.TIME_BACKWARDS, "time"),
]
# The same after ann has bought 20 of 40 @ 105 (order 1) and rests 40 @ 100, showing 10 (order 2).
AMEND_REFUSALS = [
    ("ann buy 20 @ 100 ref 2", Reason.DUPLICATE_REF, "ref"),
    ("ann cancel 3", Reason.UNKNOWN_ORDER, "target"),
    ("ann amend 2 to 40", Reason.NOTHING_TO_CHANGE, "quantity"),
    ("ann amend 2", Reason.NOTHING_TO_CHANGE, "quantity"),
    ("ann amend 2 to 40 @ 100", Reason.NOTHING_TO_CHANGE, "quantity"),
    ("ann amend 2 to -20", Reason.QUANTITY_RANGE, "quantity"),
    ("ann amend 2 to 45", Reason.QUANTITY_LOT, "quantity"),
    ("ann amend 2 @ -5", Reason.PRICE_RANGE, "price"),
    ("ann amend 2 @ 99", Reason.PRICE_TICK, "price"),
    ("ann amend 2 @ 115", Reason.PRICE_LIMIT, "price"),
    ("ann amend 2 to 50", Reason.DISPLAY, "display"),
    ("ann amend 1 to 20", Reason.QUANTITY_FILLED, "quantity"),
    ("ann amend 3 @ 100", Reason.UNKNOWN_ORDER, "target"),
    ("cay amend 1 @ 100", Reason.PRICE_UNEXPECTED, "price"),
    ("dan amend 1 @ 105", Reason.POST_ONLY, "price"),
    ("ann amend 1 to 50", Reason.CASH, "quantity"),
    ("bob amend 3 to 990", Reason.ALLOWANCES, "quantity"),
]
# And what a phase or an operator's switch refuses: first what is said, then what is refused.
CLOSED_REFUSALS = [
    ("phase halted", "ann buy 20 @ 100", Reason.PHASE, "product"),
    ("phase halted", "ann buy 20 @ 100 ioc", Reason.PHASE, "product"),
    ("phase halted", "ann amend 2 to 30", Reason.PHASE, "product"),
    ("phase closed", "ann buy 20 stop 100", Reason.PHASE, "product"),
    ("kill ann", "ann buy 20 @ 100", Reason.ACCOUNT_KILLED, "account"),
]


def strict_desk() -> Desk:
    product = {"tick": 5, "lot": 10, "min_quantity": 20, "max_quantity": 1_000}
    desk = Desk(product=product, price_limit_bp=1_000, iceberg_max_parts=4)
    desk.run("""
        bob sell 100 @ 105
        time 5
        open poor
        open shut
        kill shut
    """)
    return desk


def with_orders() -> Desk:
    desk = strict_desk()
    desk.run("""
        bob amend 1 to 20
        ann buy 40 @ 105          | ann#1 taking 40 @ 105
                                  | trade 20 @ 105 bob#1(0) ann#1(20) depth 0
                                  | ann#1 rests 20 @ 105 depth 20
        ann buy 40 @ 100 show 10
        bob sell 900 @ 110
        cay buy 20 stop 110
        dan sell 20 @ 110 post
        cash ann -991800          | ann cash -991800 to 6100 CNY
    """)
    return desk


def refuse(desk: Desk, line: str, reason: Reason, field: str) -> None:
    before = desk.venue.state_hash()
    (event,) = desk.apply(desk.parse(line.split()))[:1]
    assert isinstance(event, e.Rejected)
    assert (event.reason, event.field) == (reason, field)
    assert event.rule, "a refusal says what would have been accepted"
    carried = reason is not Reason.DUPLICATE_REF and event.ref and event.account != "nobody"
    assert (desk.venue.state_hash() != before) == bool(carried), "only the reference is used up"


@pytest.mark.parametrize(("line", "reason", "field"), REFUSALS)
def test_refusal(line: str, reason: Reason, field: str) -> None:
    refuse(strict_desk(), line, reason, field)


@pytest.mark.parametrize(("line", "reason", "field"), AMEND_REFUSALS)
def test_refusal_of_an_amendment(line: str, reason: Reason, field: str) -> None:
    refuse(with_orders(), line, reason, field)


@pytest.mark.parametrize(("first", "line", "reason", "field"), CLOSED_REFUSALS)
def test_refusal_by_phase_or_switch(first: str, line: str, reason: Reason, field: str) -> None:
    desk = with_orders()
    desk.say(first)
    refuse(desk, line, reason, field)


def test_every_reason_is_provoked() -> None:
    provoked = {reason for _, reason, _ in REFUSALS + AMEND_REFUSALS}
    provoked |= {reason for _, _, reason, _ in CLOSED_REFUSALS}
    provoked |= {reason for scenario in STORIES for reason in reasons(told(scenario))}
    assert provoked == set(Reason)


# Each order of this table is wrong in its own line and in all that follow: the first one speaks.
GATE: list[tuple[dict[str, Any], Reason]] = [
    ({"account": "nobody"}, Reason.UNKNOWN_ACCOUNT),
    ({"ref": 0}, Reason.DUPLICATE_REF),
    ({"product": "NONE"}, Reason.UNKNOWN_PRODUCT),
    ({"account": "shut"}, Reason.ACCOUNT_KILLED),
    ({"tif": TimeInForce.AT_OPEN}, Reason.PHASE),
    ({"quantity": 5}, Reason.QUANTITY_RANGE),
    ({"quantity": 25}, Reason.QUANTITY_LOT),
    ({"price": 0}, Reason.PRICE_RANGE),
    ({"price": 84}, Reason.PRICE_TICK),
    ({"price": 85}, Reason.PRICE_LIMIT),
    ({"stop_price": 1}, Reason.STOP_PRICE),
    ({"display": 1}, Reason.DISPLAY),
    ({"post_only": True}, Reason.POST_ONLY),
    ({"expire_at": 1}, Reason.EXPIRY),
    ({"account": "poor"}, Reason.CASH),
]


RIGHT: dict[str, Any] = {
    "account": "ann",
    "ref": 1,
    "product": "OLD",
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

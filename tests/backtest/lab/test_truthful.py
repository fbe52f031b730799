"""Truthful traders: results that are known exactly, and controls that must show nothing."""

from __future__ import annotations

from math import sqrt
from typing import TYPE_CHECKING

import pytest

from backtest.lab.compare import compare
from backtest.lab.design import Design, design
from backtest.lab.schedules import UniformValues
from backtest.lab.session import run
from tests.support.designs import in_one_call

if TYPE_CHECKING:
    from backtest.lab.study import Study

SESSIONS = 400
TEXTBOOK = design("textbook")
CALL = in_one_call(TEXTBOOK)


def gate(study: Study, label: str, measure: str, oracle: float, oracle_error: float = 0.0) -> None:
    found = study.mean(label, measure)
    assert abs(found.mean - oracle) <= 4 * sqrt(found.error**2 + oracle_error**2), measure


@pytest.mark.parametrize(("buyers", "sellers"), [(10, 10), (10, 5)])
def test_a_truthful_call_realises_all_there_is(buyers: int, sellers: int) -> None:
    """E[surplus] = MN/(2(M+N+1)) and E[trades] = MN/(M+N), for values iid uniform on (0, 1)."""
    market = UniformValues(buyers, sellers)
    study = compare({"call": CALL}, market=market, seeds=SESSIONS)
    assert set(study.values("call", "efficiency").values()) == {1.0}
    both, all_of_them = buyers * sellers, buyers + sellers
    gate(study, "call", "surplus", market.scale * both / (2 * (all_of_them + 1)))
    gate(study, "call", "trades", both / all_of_them)


def test_a_truthful_continuous_market() -> None:
    """Two a side: efficiency (of means) 8/9, 10/9 trades. Ten a side: .7767, 6.690 trades."""
    for each, efficiency, trades in ((2, 8 / 9, 10 / 9), (10, 0.7767, 6.690)):
        market = UniformValues(each, each)
        study = compare({"book": TEXTBOOK, "call": CALL}, market=market, seeds=SESSIONS)
        gate(study, "book", "trades", trades, 0.001)
        most = market.scale * each * each / (2 * (2 * each + 1))
        gate(study, "book", "surplus", efficiency * most, 0.0002 * most)


def test_a_design_against_itself_differs_by_nothing() -> None:
    study = compare({"a": TEXTBOOK, "b": TEXTBOOK}, market=UniformValues(), seeds=20)
    for measure in study.names:
        assert study.values("a", measure) == study.values("b", measure)


def test_the_same_session_is_the_same_to_the_byte() -> None:
    outcomes = [run(TEXTBOOK, UniformValues(), 7, 3) for _ in range(2)]
    assert outcomes[0].digest() == outcomes[1].digest()
    assert outcomes[0].digest() != run(TEXTBOOK, UniformValues(), 7, 4).digest()


def test_one_more_trader_shifts_nobody_elses_draws() -> None:
    few, many = (run(TEXTBOOK, UniformValues(n, 5), 1, 0) for n in (5, 6))
    assert [p.worth for p in few.people[:5]] == [p.worth for p in many.people[:5]]
    assert [p.costs for p in few.people[5:]] == [p.costs for p in many.people[6:]]


def test_groups_add_up() -> None:
    study = compare({"a": TEXTBOOK}, market=UniformValues(), seeds=20)
    for seed, total in study.values("a", "surplus").items():
        parts = [study.values("a", f"surplus of {group}")[seed] for group in ("buyers", "sellers")]
        assert sum(parts) == total


def test_a_design_is_a_value() -> None:
    assert design("textbook") == TEXTBOOK
    assert hash(design("textbook")) == hash(TEXTBOOK)
    assert isinstance(CALL, Design)
    assert CALL != TEXTBOOK
    assert CALL.digest != TEXTBOOK.digest

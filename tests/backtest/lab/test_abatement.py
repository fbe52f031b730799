"""Abatement: the least cost is known exactly, and a call reaches it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backtest.lab.abatement import Abatement
from backtest.lab.costs import LinearCosts, StepCosts, least_cost
from backtest.lab.design import design
from backtest.lab.session import run
from backtest.measures.fills import fills
from tests.support.designs import in_one_call

MINOR = 100


def test_the_least_cost_of_five_firms() -> None:
    found = Abatement(scale=1).least(1)
    assert found.price == pytest.approx(30.379747)
    assert found.volume == pytest.approx(21.1392, abs=1e-4)
    assert (found.alone, found.cost) == pytest.approx((2450, 1822.7848))
    assert found.saved == pytest.approx(0.256006, abs=1e-6)


def test_a_call_with_fine_lots_reaches_the_least_cost() -> None:
    """Within one lot of each firm and one tick."""
    market = Abatement(scale=50)
    least = market.least(MINOR)
    trades = fills(run(in_one_call(design("textbook")), market).tape)
    assert {abs(fill.price - least.price) <= 1 for fill in trades} == {True}
    net = [need * 50 for need in market.required]
    for fill in trades:
        net[int(fill.buyer[-1])] -= fill.quantity
        net[int(fill.seller[-1])] += fill.quantity
    for cut, best, cost in zip(net, least.abated, market.costs(MINOR), strict=True):
        assert abs(cut - best) <= 1 + 1 / cost.slope  # a lot, and what one tick is worth in tonnes
    assert sum(fill.quantity for fill in trades) == pytest.approx(least.volume, abs=5)
    assert least.cost <= market.cost(trades, MINOR) < least.cost * 1.00001


def test_a_continuous_market_saves_less_and_never_more() -> None:
    market = Abatement()
    least = market.least(MINOR)
    for preset in ("textbook", "shenzhen-2022", "guangdong"):
        cost = market.cost(fills(run(design(preset), market).tape), MINOR)
        assert least.cost <= cost < least.alone * 1.5


@given(st.lists(st.tuples(st.floats(0.1, 10), st.integers(0, 100)), min_size=1, max_size=6))
def test_nobody_abates_cheaper_than_at_one_price(firms: list[tuple[float, int]]) -> None:
    costs, needs = [LinearCosts(slope) for slope, _ in firms], [need for _, need in firms]
    found = least_cost(costs, needs)
    assert sum(found.abated) == pytest.approx(sum(needs))
    assert found.cost <= found.alone * (1 + 1e-9)


def test_steps_are_a_list_of_measures() -> None:
    costs = StepCosts(((10, 100), (5, 300)))
    assert [costs.abated(price) for price in (99, 100, 299, 300)] == [0, 10, 10, 15]
    assert costs.cost(12) == 10 * 100 + 2 * 300
    assert costs.cost(16) == float("inf")
    assert (costs.marginal(0), costs.marginal(10)) == (100, 300)
    assert costs.marginal(15) == float("inf")

"""Abatement: the least cost is known exactly, and a call reaches it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backtest.lab.abatement import Abatement
from backtest.lab.costs import LinearCosts, Outside, StepCosts, interest, least_cost
from backtest.lab.design import design
from backtest.lab.people import interests
from backtest.lab.session import run
from backtest.measures.fills import fills
from backtest.measures.ladder import runs, total
from backtest.measures.table import measure_all
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


@pytest.mark.parametrize("preset", ["textbook", "shenzhen-2022", "guangdong"])
def test_the_measure_is_the_cost_of_the_market(preset: str) -> None:
    """The market's closed form and the measure, which knows whole tonnes only, agree."""
    market = Abatement()
    least = market.least(MINOR)
    outcome = run(design(preset), market)
    names = ("abatement cost", "abatement excess")
    found = measure_all(outcome.tape, interests(outcome.people), names)
    cost = market.cost(fills(outcome.tape), MINOR)
    assert found["abatement cost"] == pytest.approx(cost, rel=1e-4)
    assert found["abatement excess"] == pytest.approx(cost / least.cost - 1, abs=1e-3)


COSTS = st.floats(0.05, 20).map(LinearCosts) | st.lists(
    st.tuples(st.integers(1, 40), st.integers(1, 300)), max_size=4
).map(lambda steps: StepCosts(tuple(sorted(steps, key=lambda step: step[1]))))


@given(COSTS, st.integers(-60, 120), st.integers(0, 60), st.integers(0, 50), st.integers(0, 200))
def test_what_a_tonne_is_worth_to_a_firm(
    costs: LinearCosts | StepCosts, need: int, more: int, spare: int, above: int
) -> None:
    """Tonne by tonne: the dearest cut that is left, at least a spare one, at most the penalty."""
    outside = Outside(spare, spare + above)
    most = max(need, 0) + more
    worth, sold = interest(costs, need, most, outside)

    def marginal(left: int) -> float:  # the least that a cut of the tonne can cost
        return min(max(costs.marginal(left), spare), outside.penalty)

    beyond = sold[max(-need, 0) :]
    for rising, low, high in ((worth[: max(need, 0)], 0, need), (beyond, max(need, 0), most)):
        prices = [price for price, tonnes in runs(rising) for _ in range(tonnes)]
        assert sorted(prices) in (prices, prices[::-1])
        assert all(outside.spare <= price <= outside.penalty for price in prices)
        if isinstance(costs, StepCosts) and low == 0:
            assert sorted(prices) == [marginal(left) for left in range(low, high)]
    assert len(sold) == more + max(-need, 0)
    assert worth[max(need, 0)] == spare
    assert total(sold, max(-need, 0)) == spare * max(-need, 0)


def test_a_firm_with_a_line_of_costs_by_hand() -> None:
    """3 a tonne more for each tonne: 10 to cut, a spare one brings 6, a missing one costs 24."""
    worth, sold = interest(LinearCosts(3.0), 10, 12, Outside(6, 24))
    first = [round(3 * (left + 0.5)) for left in (7, 6, 5, 4, 3, 2)]
    assert list(worth[:10]) == [24, 24, *first, 6, 6]
    assert list(sold) == [24, 24]
    worth, sold = interest(LinearCosts(3.0), -2, 5, Outside(6, 24))
    assert worth[0] == 6
    assert list(sold) == [6, 6, 6, 6, *(round(3 * (cut + 0.5)) for cut in (2, 3, 4))]


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

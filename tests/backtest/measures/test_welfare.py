"""Gains from trade, their losses and their parts, by hand and as identities."""

from __future__ import annotations

from math import sqrt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backtest.lab.design import design
from backtest.lab.schedules import UniformValues
from backtest.lab.session import run
from backtest.measures import abatement
from backtest.measures.fills import Fill
from backtest.measures.table import GROUPS, measure_all
from backtest.measures.welfare import (
    Losses,
    Schedules,
    Valuation,
    by_group,
    gains,
    losses,
    maximum,
    profit_dispersion,
)
from engine.vocabulary.enums import Side

# v = 10, 8, 5 and c = 2, 6, 7: two tonnes gain all there is, 8 + 2, at prices from 6 to 7.
INTERESTS = {
    "a": Valuation("buyers", (10, 5), ()),
    "b": Valuation("buyers", (8,), ()),
    "c": Valuation("sellers", (), (2, 7)),
    "d": Valuation("sellers", (), (6,)),
}


def fill(buyer: str, seller: str, price: int, tonnes: int = 1) -> Fill:
    return Fill(0, "A", buyer, seller, price, tonnes, Side.BUY)


def test_what_there_is_to_gain() -> None:
    schedules = Schedules(INTERESTS)
    assert (schedules.maximum, schedules.tonnes, schedules.prices) == (10, 2, (6, 7))
    assert [schedules.best(tonnes) for tonnes in range(4)] == [0, 8, 10, 10]
    assert maximum(INTERESTS) == 10
    assert Schedules({"a": Valuation("x", (3,), (4,))}).prices is None
    assert Schedules({"a": Valuation("x", (4,), ()), "b": Valuation("x", (), (4,))}).tonnes == 0
    scarce = {"a": Valuation("x", (10, 9), ()), "b": Valuation("x", (), (2,))}
    assert Schedules(scarce).prices == (9, 10)


def test_too_few_tonnes_lose_by_volume() -> None:
    found = gains([fill("a", "c", 6)], INTERESTS)
    assert found.surplus == {"a": 4, "b": 0, "c": 4, "d": 0}
    assert losses(found, Schedules(INTERESTS)) == Losses(v=2, em=0)


def test_wrong_accounts_lose_by_displacement() -> None:
    found = gains([fill("b", "d", 7)], INTERESTS)
    assert found.total == 2
    assert losses(found, Schedules(INTERESTS)) == Losses(v=2, em=6)
    crowded = [fill("a", "d", 7), fill("b", "c", 5), fill("a", "c", 6)]
    found = gains(crowded, INTERESTS)
    assert found.total == 10 + 8 + 5 - 2 - 6 - 7
    assert losses(found, Schedules(INTERESTS)) == Losses(v=0, em=2)


def test_what_is_sold_again_is_worth_its_price() -> None:
    found = gains([fill("a", "c", 3), fill("b", "a", 9)], INTERESTS)
    assert found.surplus == {"a": 6, "b": -1, "c": 1, "d": 0}
    assert (found.moved, found.total) == (1, 8 - 2)


def test_profit_dispersion() -> None:
    # At 6.5 a gains 3.5, b 1.5, c 4.5 and d .5.
    found = gains([fill("a", "c", 6)], INTERESTS).surplus
    gaps = (0.5, -1.5, -0.5, -0.5)
    expected = sqrt(sum(gap * gap for gap in gaps) / 4)
    assert profit_dispersion(found, INTERESTS, Schedules(INTERESTS)) == pytest.approx(expected)
    nobody = {"a": Valuation("x", (1,), ())}
    assert profit_dispersion({"a": 0}, nobody, Schedules(nobody)) is None


schedules = st.lists(st.integers(1, 99), max_size=3)
people = st.lists(st.tuples(st.sampled_from("xyz"), schedules, schedules), min_size=2, max_size=5)


@given(
    people,
    st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4), st.integers(1, 99)), max_size=9),
)
def test_losses_and_groups_add_up(
    rows: list[tuple[str, list[int], list[int]]], trades: list[tuple[int, int, int]]
) -> None:
    interests = {
        str(place): Valuation(group, sorted(worth, reverse=True), sorted(costs))
        for place, (group, worth, costs) in enumerate(rows)
    }
    tape = [fill(str(b % len(rows)), str(s % len(rows)), price) for b, s, price in trades]
    found = gains(tape, interests)
    schedules = Schedules(interests)
    split = losses(found, schedules)
    assert split.v >= 0
    assert found.total + split.v + split.em == schedules.maximum
    assert sum(by_group(found.surplus, interests).values()) == found.total
    assert not sum(found.net.values())


def test_shares_add_up_to_one_and_groups_to_all() -> None:
    for seed in range(10):
        outcome = run(design("textbook"), UniformValues(8, 6), 1, seed)
        interests = {p.account: Valuation(p.group, p.worth, p.costs) for p in outcome.people}
        names = ("efficiency", "v-inefficiency", "em-inefficiency", "surplus", GROUPS)
        found = measure_all(outcome.tape, interests, names)
        efficiency, v, em, total, *groups = (value or 0.0 for value in found.values())
        assert efficiency + v + em == pytest.approx(1)
        assert sum(groups) == total


FIRMS = {
    str(slope): abatement.Firm(required, slope)
    for required, slope in ((40, 0.5), (30, 1), (20, 2), (10, 4), (20, 5))
}


def test_least_cost_of_abatement() -> None:
    """p* = Σ required / Σ 1/β; computed again here with the cuts that equal margins give."""
    best = abatement.least_cost(FIRMS)
    assert best.price == pytest.approx(120 / (2 + 1 + 0.5 + 0.25 + 0.2))
    assert sum(best.cuts.values()) == pytest.approx(120)
    assert best.alone == 0.25 * 40**2 + 0.5 * 30**2 + 20**2 + 2 * 10**2 + 2.5 * 20**2
    assert best.cost == pytest.approx(best.price * 120 / 2)
    net = {name: firm.required - best.cuts[name] for name, firm in FIRMS.items()}
    assert best.traded == pytest.approx(sum(abs(tonnes) for tonnes in net.values()) / 2)
    assert abatement.excess(FIRMS, net) == pytest.approx(0)
    assert abatement.saving_share(FIRMS, net) == pytest.approx(1)
    assert abatement.excess(FIRMS, {}) == pytest.approx(best.alone / best.cost - 1)
    assert abatement.saving_share(FIRMS, {}) == 0


@given(st.dictionaries(st.sampled_from(list(FIRMS)), st.floats(-30, 30)))
def test_no_trade_beats_the_least_cost(net: dict[str, float]) -> None:
    closed = dict.fromkeys(FIRMS, 0.0) | net
    closed["0.5"] -= sum(closed.values())
    assert (abatement.excess(FIRMS, closed) or 0.0) > -1e-9


def test_steps_are_taken_from_the_cheapest() -> None:
    steps = [(30.0, 10.0), (5.0, 4.0), (20.0, 10.0)]
    assert abatement.least_cost_of_steps(9, steps) == 4 * 5 + 5 * 20
    assert abatement.least_cost_of_steps(0, steps) == 0
    assert abatement.least_cost_of_steps(25, steps) is None


def test_where_nothing_must_be_cut_there_is_no_share() -> None:
    rich = {"a": abatement.Firm(-10, 1)}
    assert abatement.least_cost(rich).cost == 0
    assert abatement.excess(rich, {}) is None
    assert abatement.saving_share(rich, {}) is None

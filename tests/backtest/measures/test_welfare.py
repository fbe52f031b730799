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
from backtest.measures.ladder import Ladder
from backtest.measures.table import GROUPS, measure_all
from backtest.measures.welfare import (
    Gains,
    Losses,
    Schedules,
    Valuation,
    by_group,
    gains,
    ideal,
    losses,
    maximum,
    profit_dispersion,
    settled,
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


SLOPES = {"a": 0.5, "b": 1, "c": 2, "d": 4, "e": 5}  # money units per unit cut
NEEDS = {"a": 40, "b": 30, "c": 20, "d": 10, "e": 20}
UNIT = 100  # minor units
FIRMS = {
    name: Valuation(
        "firms",
        [round(UNIT * slope * (NEEDS[name] - n - 0.5)) for n in range(NEEDS[name])],
        [round(UNIT * slope * (NEEDS[name] + n + 0.5)) for n in range(60)],
        NEEDS[name],
    )
    for name, slope in SLOPES.items()
}
CHEAPEST = {"a": -20, "b": 0, "c": 5, "d": 3, "e": 12}  # net tonnes: a sells what others buy


def paid(net: dict[str, int]) -> float:
    """Return what cutting the rest costs, by the closed form β q² / 2."""
    return sum(SLOPES[name] * (NEEDS[name] - net.get(name, 0)) ** 2 / 2 for name in SLOPES) * UNIT


def after(net: dict[str, int]) -> Gains:
    return settled({}, net, FIRMS)


def test_cost_of_abatement_against_the_least() -> None:
    """p* = Σ required / Σ 1/β, and each cuts p*/β: computed here from the slopes alone."""
    schedules = Schedules(FIRMS)
    price = 120 / (2 + 1 + 0.5 + 0.25 + 0.2)
    assert abatement.alone(FIRMS) == paid({})
    assert abatement.cost(after({}), FIRMS) == paid({})
    least = abatement.least(FIRMS, schedules)
    assert least == pytest.approx(UNIT * price * 120 / 2, rel=0.001)  # but whole tonnes
    assert least is not None
    assert least >= UNIT * price * 120 / 2
    assert abatement.cost(after(CHEAPEST), FIRMS) == paid(CHEAPEST)
    assert abatement.excess(after(CHEAPEST), FIRMS, schedules) == paid(CHEAPEST) / least - 1
    low, high = schedules.prices or (0, 0)
    assert low / UNIT <= price + 2
    assert high / UNIT >= price - 2


@given(st.dictionaries(st.sampled_from("bcde"), st.integers(-30, 30)))
def test_no_trade_beats_the_least_cost(net: dict[str, int]) -> None:
    closed = net | {"a": -sum(net.values())}
    if closed["a"] < -60:
        return
    cost, least = abatement.cost(after(closed), FIRMS), abatement.least(FIRMS, Schedules(FIRMS))
    assert cost is not None
    assert least is not None
    assert cost >= least
    if all(tonnes <= NEEDS[name] for name, tonnes in closed.items()):
        assert cost == paid(closed)


def test_where_nothing_must_be_cut_there_is_no_cost() -> None:
    found = gains([fill("a", "c", 6)], INTERESTS)
    assert abatement.alone(INTERESTS) is None
    assert abatement.cost(found, INTERESTS) is None
    assert abatement.excess(found, INTERESTS, Schedules(INTERESTS)) is None


ladders = st.lists(st.tuples(st.integers(0, 9), st.integers(0, 4)), max_size=5).map(Ladder)


@given(ladders, st.integers(0, 25), st.integers(0, 25))
def test_a_ladder_is_its_tonnes_one_by_one(ladder: Ladder, start: int, stop: int) -> None:
    units = [price for price, tonnes in ladder.runs for _ in range(tonnes)]
    assert list(ladder) == units
    assert len(ladder) == len(units)
    assert ladder.total(stop) == sum(units[:stop])
    assert list(ladder[start:stop]) == units[start:stop]
    assert [ladder[place] for place in range(-len(units), len(units))] == units + units
    for place in (len(units), -len(units) - 1):
        with pytest.raises(IndexError):
            ladder[place]


@given(st.lists(st.tuples(ladders, ladders), min_size=1, max_size=4), st.integers(0, 9))
def test_schedules_in_runs_are_those_in_tonnes(rows: list[tuple[Ladder, Ladder]], q: int) -> None:
    def falling(ladder: Ladder) -> Ladder:
        return Ladder(sorted(ladder.runs, reverse=True))

    def rising(ladder: Ladder) -> Ladder:
        return Ladder(sorted(ladder.runs))

    short = {str(n): Valuation("x", falling(w), rising(c)) for n, (w, c) in enumerate(rows)}
    plain = {name: Valuation("x", tuple(v.worth), tuple(v.costs)) for name, v in short.items()}
    one, other = Schedules(short), Schedules(plain)
    assert (one.tonnes, one.maximum, one.prices) == (other.tonnes, other.maximum, other.prices)
    worth = sorted((w for each in plain.values() for w in each.worth), reverse=True)
    costs = sorted(c for each in plain.values() for c in each.costs)
    assert one.tonnes == sum(w > c for w, c in zip(worth, costs, strict=False))
    assert one.best(q) == sum(w - c for w, c in zip(worth[:q], costs[:q], strict=False) if w > c)
    assert ideal(short, 4.5) == ideal(plain, 4.5)
    net = {name: place - 2 for place, name in enumerate(short)}
    assert settled({}, net, short) == settled({}, net, plain)

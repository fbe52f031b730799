"""Intervals and comparisons: by hand, and by how often they hold the truth."""

from __future__ import annotations

from math import inf, sqrt

import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.random import Generator, Philox

from backtest.measures.comparisons import against_control, all_pairs, holm
from backtest.measures.intervals import bootstrap, estimate, needed, p_value, ratio_of_means


def test_a_t_interval_by_hand() -> None:
    found = estimate([1, 2, 3, 4])
    assert found.mean == 2.5
    assert found.error == pytest.approx(sqrt(5 / 3 / 4))
    assert found.high - found.mean == pytest.approx(3.182446 * found.error)  # t with 3 df
    assert found.p == pytest.approx(0.0304662, rel=1e-4)
    assert estimate([3]) == (3, inf, -inf, inf, 1)
    assert estimate([3]).p == 1
    assert (estimate([0, 0]).p, estimate([2, 2]).p) == (1, 0)
    with pytest.raises(ValueError, match="at least one"):
        estimate([])
    with pytest.raises(ValueError, match="between 0 and 1"):
        estimate([1, 2], 1.0)


def test_the_bootstrap_follows_its_seed_and_the_skew() -> None:
    rows = list(Generator(Philox(key=1)).exponential(1, 40))
    found = bootstrap(rows, seed=4)
    assert found == bootstrap(rows, seed=4)
    assert found != bootstrap(rows, seed=5)
    assert found.high - found.mean > found.mean - found.low  # the long tail is above
    plain = estimate(rows)
    assert (found.mean, found.error) == (plain.mean, plain.error)
    assert bootstrap([2, 2, 2]) == estimate([2, 2, 2])
    assert bootstrap([2]) == estimate([2])


def test_the_bootstrap_holds_a_skewed_mean_more_often() -> None:
    held = {"t": 0, "bootstrap": 0}
    for seed in range(300):
        rows = list(Generator(Philox(key=seed)).lognormal(0, 1, 15))
        truth = 1.6487212707
        plain, better = estimate(rows), bootstrap(rows, seed=seed, resamples=400)
        held["t"] += plain.low <= truth <= plain.high
        held["bootstrap"] += better.low <= truth <= better.high
    assert held["bootstrap"] > held["t"]
    assert held["bootstrap"] > 0.88 * 300


def test_a_ratio_of_means() -> None:
    found = ratio_of_means([2, 6], [4, 8])
    assert found.mean == 8 / 12  # not the mean of 1/2 and 3/4
    rest = [(2 - 4 * 2 / 3) / 6, (6 - 8 * 2 / 3) / 6]
    assert found.error == pytest.approx(estimate(rest).error)
    assert found.low < found.mean < found.high
    assert ratio_of_means([1, 2, 3], [2, 4, 6]).error == 0
    with pytest.raises(ValueError, match="as many"):
        ratio_of_means([1], [1, 2])
    with pytest.raises(ValueError, match="not 0"):
        ratio_of_means([1, 2], [1, -1])


def test_the_delta_method_holds_the_ratio() -> None:
    held = 0
    for seed in range(400):
        rng = Generator(Philox(key=seed))
        lower = rng.uniform(1, 3, 30)
        upper = lower * rng.uniform(0, 1, 30)
        found = ratio_of_means(list(upper), list(lower))
        held += found.low <= 0.5 <= found.high
    assert 0.91 * 400 < held < 0.985 * 400


def test_how_many_replications_a_width_needs() -> None:
    rows = [1.0, 2.0, 3.0, 4.0] * 25
    half = estimate(rows).high - estimate(rows).mean
    assert needed(rows, half) == 100
    assert needed(rows, half / 2) == 400
    assert needed(rows, 1e9) == 2
    with pytest.raises(ValueError, match="above 0"):
        needed(rows, 0)
    with pytest.raises(ValueError, match="two values"):
        needed([1.0], 1)


def test_holm_by_hand() -> None:
    ps = {"a": 0.01, "b": 0.04, "c": 0.03, "d": 0.005}
    assert holm(ps) == pytest.approx({"a": 0.03, "b": 0.06, "c": 0.06, "d": 0.02})
    assert holm({}) == {}


@given(st.lists(st.floats(0, 1), max_size=8))
def test_holm_keeps_order_and_only_raises(values: list[float]) -> None:
    ps = dict(enumerate(values))
    adjusted = holm(ps)
    assert list(adjusted) == list(ps)
    assert all(p <= adjusted[key] <= 1 for key, p in ps.items())
    ordered = sorted(ps, key=lambda key: ps[key])
    assert [adjusted[key] for key in ordered] == sorted(adjusted.values())


def test_designs_against_a_control() -> None:
    control = {seed: float(seed % 5) for seed in range(20)}
    others = {
        "same": dict(control),
        "higher": {seed: value + 1 + seed % 2 / 10 for seed, value in control.items()},
        "half": {seed: control[seed] + (-1) ** seed for seed in range(10)},
        "elsewhere": {99: 1.0},
    }
    found = against_control(control, others)
    assert list(found) == ["same", "higher", "half"]
    assert (found["same"].estimate.mean, found["same"].p) == (0, 1)
    assert found["higher"].estimate.mean == pytest.approx(1.05)
    assert found["higher"].stands()
    assert found["higher"].adjusted == pytest.approx(3 * found["higher"].p)
    assert not found["half"].stands()
    assert found["half"].estimate.replications == 10


def test_all_pairs_of_designs() -> None:
    rows = {name: {0: float(place), 1: place + 0.1 * place} for place, name in enumerate("abc")}
    found = all_pairs(rows)
    assert list(found) == [("b", "a"), ("c", "a"), ("c", "b")]
    assert found["c", "a"].estimate.mean == pytest.approx(2.1)
    assert all(each.adjusted >= each.p for each in found.values())


def test_p_of_an_error_that_is_not_known() -> None:
    assert p_value(5, inf, 1) == 1

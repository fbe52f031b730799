"""Reserve prices by their formulas, and the spread of what was not sold."""

from __future__ import annotations

from fractions import Fraction
from math import floor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.matching.reoffers import Planned, Spread, spread
from engine.matching.reserve_prices import (
    DayTraded,
    between,
    grown,
    half_up,
    mean_of_averages,
    months_before,
    vwap,
)
from tests.scenarios.clearings import GROWINGS, SPREADINGS, Growing, Spreading

DAYS = st.lists(
    st.builds(
        DayTraded, st.integers(20160101, 20161231), st.integers(0, 10**12), st.integers(0, 10**8)
    ),
    max_size=8,
)


def test_shanghai_takes_1_2_times_the_rounded_average() -> None:
    # 61.91 a tonne: 61.9149 rounds down before it is multiplied; times 1.2 it would be 74.30
    year = [DayTraded(20230103, 600_000, 100), DayTraded(20231031, 638_298, 100)]
    assert vwap(year) == 6191
    assert half_up(vwap(year) * 12, 10) == 7429  # 74.292


def test_guangdong_averages_the_three_calendar_months_before_the_notice() -> None:
    days = [
        DayTraded(20161130, 10**6, 100),
        DayTraded(20161201, 1_500, 1),
        DayTraded(20170228, 5_154, 3),
        DayTraded(20170301, 10**6, 100),
    ]
    begin, end = months_before(20170324, 3)
    assert (begin, end) == (20161201, 20170301)
    assert vwap(between(days, begin, end)) == 1664  # 6,654 / 4 = 1,663.5


def test_korea_takes_the_mean_of_three_averages_and_rounds_once() -> None:
    quarter = [DayTraded(20180301, 100, 3)]
    month = [DayTraded(20180501, 100, 6)]
    three_days = [DayTraded(20180530, 100, 7)]
    exact = (Fraction(100, 3) + Fraction(100, 6) + Fraction(100, 7)) / 3
    assert mean_of_averages([quarter, month, three_days]) == floor(exact + Fraction(1, 2)) == 21
    assert mean_of_averages([quarter, []]) == 0
    assert mean_of_averages([]) == 0
    assert mean_of_averages([[DayTraded(20180301, 22_024, 1)]], 50) == 22_000


@pytest.mark.parametrize("row", GROWINGS, ids=lambda row: row.name)
def test_growth_is_of_the_rounded_value(row: Growing) -> None:
    years = range(1, len(row.series) + 1)
    assert [grown(row.value, [row.rate_bp] * count) for count in years] == row.series


def test_growth_takes_a_rate_for_each_year() -> None:
    assert grown(1000, [710, 660]) == 1142  # 10.71, then 11.41686


@given(DAYS, st.integers(1, 20))
def test_an_average_is_the_nearest_tick_and_halves_go_up(days: list[DayTraded], tick: int) -> None:
    volume = sum(day.volume for day in days)
    price = vwap(days, tick)
    if not volume:
        assert price == 0
        return
    exact = Fraction(sum(day.value for day in days), volume)
    assert price % tick == 0
    assert -Fraction(tick, 2) < price - exact <= Fraction(tick, 2)
    assert mean_of_averages([days, days], tick) == price


@given(st.integers(20130101, 20301231), st.integers(1, 24))
def test_months_before_are_whole_and_as_many(date: int, count: int) -> None:
    begin, end = months_before(date, count)
    assert begin % 100 == end % 100 == 1
    assert end // 100 == date // 100
    months = end // 10_000 * 12 + end // 100 % 100 - begin // 10_000 * 12 - begin // 100 % 100
    assert months == count


@pytest.mark.parametrize("row", SPREADINGS, ids=lambda row: row.name)
def test_a_spread(row: Spreading) -> None:
    planned = [Planned(volume, volume) for volume in row.plan]
    made = spread(planned, row.unsold, row.over, row.cap_bp, row.lot)
    assert made == Spread(tuple(row.volumes), row.left)


def test_a_cap_is_of_the_volume_first_planned() -> None:
    grew = [Planned(100, 120), Planned(100, 130), Planned(100, 100)]
    assert spread(grew, 20, 2, 12_500) == Spread((125, 130, 115), 0)


PLANS = st.lists(st.builds(Planned, st.integers(0, 99), st.integers(0, 150)), max_size=7)


@given(
    PLANS,
    st.integers(0, 500),
    st.integers(1, 5),
    st.sampled_from((0, 11_000, 12_500)),
    st.integers(1, 5),
)
def test_a_spread_loses_nothing(
    plan: list[Planned], unsold: int, over: int, cap: int, lot: int
) -> None:
    volumes, left = spread(plan, unsold, over, cap, lot)
    added = [after - planned.now for after, planned in zip(volumes, plan, strict=True)]
    assert sum(added) + left == unsold
    assert all(each >= 0 and each % lot == 0 for each in added)
    for after, planned, more in zip(volumes, plan, added, strict=True):
        assert not cap or not more or 10_000 * after <= cap * planned.first
    if not cap and plan:
        assert left == unsold % lot
        assert max(added[:over]) - min(added[:over]) <= lot
        assert not any(added[over:])

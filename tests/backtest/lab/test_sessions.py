"""Sessions of one day and of many, on rulebooks with a timetable and without."""

from __future__ import annotations

import gc
from itertools import pairwise

import pytest

from backtest.lab.design import design
from backtest.lab.people import Horizon
from backtest.lab.schedules import UniformValues
from backtest.lab.session import run, window_of
from engine.rulebook import presets
from engine.venue.venue import Venue


def venues() -> int:
    gc.collect()
    return sum(isinstance(each, Venue) for each in gc.get_objects())


def test_a_session_that_is_over_leaves_no_venue_behind() -> None:
    """Its memory stays flat, however many sessions a study has."""
    before = venues()
    for replication in range(3):
        run(design("textbook"), UniformValues(), 1, replication)
    assert venues() == before


@pytest.mark.parametrize("name", presets.names())
def test_a_horizon_has_the_trading_days_of_the_calendar(name: str) -> None:
    rulebook = design(name).rulebook
    days = window_of(rulebook, Horizon(first=20210601, days=30)).days
    assert len(days) == 30
    assert all(day.opens < day.closes for day in days)
    assert [day.date for day in days] == sorted(day.date for day in days)
    assert all(day.closes < after.opens for day, after in pairwise(days))


def test_a_horizon_ends_with_its_last_date() -> None:
    rulebook = design("shenzhen-2022").rulebook
    window = window_of(rulebook, Horizon(first=20210623, last=20210630))
    assert [day.date for day in window.days] == [
        20210623,
        20210624,
        20210625,
        20210628,
        20210629,
        20210630,
    ]
    assert (window.opens, window.closes) == (window.days[0].opens, window.days[-1].closes)


def test_a_horizon_without_a_trading_day_says_so() -> None:
    with pytest.raises(ValueError, match="does not trade from 20210626"):
        window_of(design("shenzhen-2022").rulebook, Horizon(first=20210626, last=20210627))

"""Reserves from daily trades, against averages that are written out as fractions."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.markets.daily_trades import DailyTrades
from engine.rulebook import presets
from engine.rulebook.amend import changed
from engine.rulebook.model import RulebookError
from engine.rulebook.reserves import ReserveFormula

DATES = (20250115, 20250630, 20250701, 20250901, 20251031, 20251101, 20251130, 20251201, 20251202)
TODAY = 20251203
Bar = tuple[int, str, int, int]  # date, mode, price, tonnes

bars = st.lists(
    st.tuples(
        st.sampled_from(DATES),
        st.sampled_from(("listing", "block")),
        st.integers(1, 10_000),
        st.integers(0, 500),
    ),
    max_size=12,
).map(sorted)
formulas = st.builds(
    ReserveFormula,
    st.lists(st.integers(1, 12), min_size=1, max_size=2).map(tuple),
    st.lists(st.integers(1, 4), max_size=2).map(tuple),
    st.sampled_from(((), ("listing",), ("listing", "block"))),
    st.sampled_from((10_000, 12_000, 7_500)),
)


def kept(rows: list[Bar]) -> DailyTrades:
    daily = DailyTrades()
    for date, mode, price, tonnes in rows:
        daily.begin(date)
        daily.add(mode, price * tonnes, tonnes)
    daily.begin(TODAY)
    return daily


def months_back(date: int) -> int:
    """Return how many calendar months a date lies before today's."""
    return (TODAY // 10_000 - date // 10_000) * 12 + TODAY // 100 % 100 - date // 100 % 100


def slow(rows: list[Bar], formula: ReserveFormula, tick: int) -> int:
    """Write the formula out."""
    rows = [row for row in rows if row[3] and (not formula.modes or row[1] in formula.modes)]
    dates = sorted({row[0] for row in rows})
    windows = [[row for row in rows if 1 <= months_back(row[0]) <= n] for n in formula.months]
    windows += [
        [row for row in rows if row[0] in dates[-n:]] if len(dates) >= n else []
        for n in formula.days
    ]
    if not all(windows):
        return 0
    averages = [
        Fraction(sum(price * tonnes for _, _, price, tonnes in rows_), sum(r[3] for r in rows_))
        for rows_ in windows
    ]
    mean = sum(averages, Fraction()) / len(averages)
    rounded = (mean / tick + Fraction(1, 2)).__floor__() * tick
    share = Fraction(rounded * formula.share_bp, 10_000)
    return (share / tick + Fraction(1, 2)).__floor__() * tick


@given(bars, formulas, st.sampled_from((1, 10)))
def test_reserves_are_those_of_the_formula_written_out(
    rows: list[Bar], formula: ReserveFormula, tick: int
) -> None:
    assert kept(rows).reserve(formula, TODAY, tick) == slow(rows, formula, tick)


def test_what_no_average_reaches_is_forgotten() -> None:
    daily = kept([(20240930, "listing", 50, 1), (20241101, "listing", 60, 1)])
    assert daily.dump() == [[[20241101, "listing", "60", "1"]]]
    daily.begin(20260101)
    assert daily.dump() == []


def test_what_trades_before_the_first_day_is_not_kept() -> None:
    daily = DailyTrades()
    daily.add("listing", 100, 1)
    assert daily.dump() == []


@pytest.mark.parametrize(
    "value",
    ["{}", "{months = [0]}", '{months = [3], modes = ["no"]}', "{days = [3], share_bp = 0}"],
)
def test_a_formula_that_means_nothing_is_refused(value: str) -> None:
    with pytest.raises(RulebookError, match=r"\$\.auction\.formula"):
        changed(presets.load("krx"), "auction.formula", value)


def test_a_table_that_a_rulebook_lacks_is_added_by_its_path() -> None:
    book = presets.load("rggi")
    new = changed(book, "auction.formula", "{months = [3]}")
    assert new.auction.formula == ReserveFormula((3,))
    with pytest.raises(RulebookError, match="the rulebook has no other"):
        changed(book, "auction.other", "{}")

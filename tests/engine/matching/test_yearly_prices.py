"""Prices that grow from year to year: what the presets say of years that are published."""

from __future__ import annotations

from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import UNSET

from engine.matching.yearly_prices import containment_on, grown_to, reserve_on
from engine.rulebook import presets
from engine.rulebook.amend import changed
from engine.rulebook.model import RulebookError
from engine.rulebook.reserves import Growth
from engine.vocabulary.units import MAX_PRICE

# preset, "" for the reserve or a tier's name, year, published price: venues.md 1.11, 1.12
PUBLISHED: Final = (
    ("rggi", "CCR", 2021, 1_300), ("rggi", "CCR", 2022, 1_391), ("rggi", "CCR", 2023, 1_488),
    ("rggi", "CCR", 2024, 1_592), ("rggi", "CCR", 2025, 1_703), ("rggi", "CCR", 2026, 1_822),
    ("rggi", "ECR", 2021, 600), ("rggi", "ECR", 2022, 642), ("rggi", "ECR", 2023, 687),
    ("rggi", "ECR", 2024, 735), ("rggi", "ECR", 2025, 786), ("rggi", "ECR", 2026, 841),
    ("rggi", "", 2015, 205), ("rggi", "", 2025, 262),
    ("california", "", 2025, 2_587), ("california", "tier 1", 2025, 6_047),
    ("california", "tier 2", 2025, 7_770), ("california", "ceiling", 2025, 9_492),
)  # fmt: skip


@pytest.mark.parametrize(("preset", "tier", "year", "price"), PUBLISHED)
def test_a_preset_has_the_price_of_each_year(preset: str, tier: str, year: int, price: int) -> None:
    book = presets.load(preset)
    date, tick = year * 10_000 + 630, book.products[0].tick
    if not tier:
        assert reserve_on(book.auction, date, tick) == price
        return
    tiers = {each.name: each.trigger for each in containment_on(book.auction, date, tick)}
    assert tiers[tier] == price


def test_the_inflation_of_a_year_comes_on_top() -> None:
    book = presets.load("california")
    value = "{year = 2025, rate_bp = 500, inflation_bp = [300, 250]}"
    book = changed(book, "auction.growth", value)
    grown = [reserve_on(book.auction, year * 10_000 + 101, 1) for year in range(2024, 2029)]
    # 25.87 * 1.08 = 27.9396; 27.94 * 1.075 = 30.0355; 30.04 * 1.05 = 31.542
    assert grown == [2_587, 2_587, 2_794, 3_004, 3_154]


@given(
    st.integers(0, 10**6),
    st.integers(2000, 2060),
    st.integers(-500, 2_000),
    st.lists(st.integers(0, 1_000), max_size=5),
    st.integers(1990, 2070),
    st.sampled_from((1, 5)),
)
def test_each_year_is_rounded_before_the_next(
    value: int, start: int, rate: int, inflation: list[int], year: int, tick: int
) -> None:
    growth = Growth(start, rate, tuple(inflation))
    wanted = value
    for passed in range(1, year - start + 1):
        factor = 10_000 + rate + (inflation[passed - 1] if passed <= len(inflation) else 0)
        ticks, rest = divmod(wanted * factor, 10_000 * tick)
        wanted = min((ticks + (2 * rest >= 10_000 * tick)) * tick, MAX_PRICE)
    assert grown_to(value, growth, year * 10_000 + 1231, tick) == wanted
    assert grown_to(value, UNSET, year * 10_000 + 1231, tick) == value


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("auction.growth", "{year = 25}"),
        ("auction.growth", "{year = 2025, rate_bp = 100001}"),
        ("auction.containment[CCR].growth", "{year = 2025, inflation_bp = [-5001]}"),
    ],
)
def test_a_growth_that_cannot_be_is_refused(path: str, value: str) -> None:
    with pytest.raises(RulebookError, match=r"\$\.auction\..*growth"):
        changed(presets.load("rggi"), path, value)

"""Price triggers against averages that are written out as fractions, day by day."""

from __future__ import annotations

from fractions import Fraction
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from engine.markets.assets import Asset
from engine.markets.price_triggers import met, months_kept, propose
from engine.matching.reserve_prices import DayTraded
from engine.rulebook import presets
from engine.rulebook.amend import changed
from engine.rulebook.model import Auction, Product, Rulebook, RulebookError
from engine.rulebook.reserves import PriceTrigger
from engine.venue.venue import Venue
from engine.vocabulary import commands as c
from engine.vocabulary.auction_events import SaleProposed
from engine.vocabulary.enums import Phase, Side

TODAY: Final = 20250203
DATES: Final = (20241001, 20241031, 20241101, 20241202, 20241231, 20250102, 20250131, 20250203)

bars = st.lists(
    st.tuples(st.sampled_from(DATES), st.integers(80, 120), st.integers(1, 50)), max_size=9
).map(sorted)
levels = st.one_of(
    st.fixed_dictionaries({"level": st.integers(85, 115)}),
    st.fixed_dictionaries(
        {"multiple_bp": st.integers(8_000, 12_000), "base_months": st.integers(1, 3)}
    ),
)
spans = st.one_of(
    st.fixed_dictionaries({"days": st.integers(1, 4), "for_days": st.integers(1, 3)}),
    st.fixed_dictionaries({"months": st.integers(1, 3)}),
)
sides = st.sampled_from(Side)


def month(date: int) -> int:
    """Return how many calendar months a date lies before today's."""
    return (TODAY // 10_000 - date // 10_000) * 12 + TODAY // 100 % 100 - date // 100 % 100


def average(rows: list[tuple[int, int, int]]) -> Fraction | None:
    tonnes = sum(row[2] for row in rows)
    return Fraction(sum(row[1] * row[2] for row in rows), tonnes) if tonnes else None


def slow(rows: list[tuple[int, int, int]], t: PriceTrigger) -> tuple[int, int] | None:
    """Write a trigger out."""
    rows = [row for row in rows if row[0] < TODAY]
    level: Fraction | None = Fraction(t.level)
    if t.multiple_bp:
        base = average([r for r in rows if t.months < month(r[0]) <= t.months + t.base_months])
        level = None if base is None else base * Fraction(t.multiple_bp, 10_000)
    dates = sorted({row[0] for row in rows})
    if t.months:
        found = [average([r for r in rows if month(r[0]) == n + 1]) for n in range(t.months)]
    else:
        found = []
        for back in range(t.for_days):
            seen = dates[: len(dates) - back]
            chosen = seen[-t.days :] if len(seen) >= t.days else []
            found.append(average([r for r in rows if r[0] in chosen]))
    if level is None or any(each is None for each in found):
        return None
    sure = [each for each in found if each is not None]
    if not all(each > level if t.side is Side.SELL else each < level for each in sure):
        return None
    return (sure[0] + Fraction(1, 2)).__floor__(), (level + Fraction(1, 2)).__floor__()


@given(bars, sides, levels, spans)
def test_a_trigger_is_met_as_it_is_written_out(
    rows: list[tuple[int, int, int]], side: Side, level: dict[str, int], span: dict[str, int]
) -> None:
    trigger = PriceTrigger("t", "A", side, **level, **span)  # type: ignore[arg-type]
    days = [DayTraded(date, price * tonnes, tonnes) for date, price, tonnes in rows if date < TODAY]
    assert met(trigger, days, TODAY) == slow(rows, trigger)


def test_an_average_at_the_level_is_not_beyond_it() -> None:
    days = [DayTraded(20250131, 1_000, 10)]
    for side in Side:
        assert met(PriceTrigger("t", "A", side, level=100, days=1), days, TODAY) is None
    # 100.04 is above 100, though it is rounded to it
    days = [DayTraded(20250131, 2_501, 25)]
    assert met(PriceTrigger("t", "A", level=100, days=1), days, TODAY) == (100, 100)


def rules(*triggers: PriceTrigger) -> Rulebook:
    return Rulebook("w", (Product("A", 100),), auction=Auction(seller="s", triggers=triggers))


def test_what_stands_is_reported_once_and_is_forgotten_when_it_is_no_longer_met() -> None:
    trigger = PriceTrigger("high", "A", level=100, days=1)
    book, asset = rules(trigger), Asset(Product("A", 100))
    prices = {20250106: 101, 20250107: 102, 20250108: 100, 20250109: 103}
    seen = []
    for date, price in prices.items():
        asset.daily.begin(date)
        seen += propose(book, {"A": asset}, date)
        asset.daily.add("continuous", price, 1)
    seen += propose(book, {"A": asset}, 20250110)
    assert seen == [
        SaleProposed("A", "high", Side.SELL, 20250107, 101, 100),
        SaleProposed("A", "high", Side.SELL, 20250110, 103, 100),
    ]
    assert propose(rules(), {"A": asset}, 20250113) == []
    assert asset.proposals == {}


def test_a_trigger_that_is_met_is_part_of_the_state_and_moves_nothing() -> None:
    def run(book: Rulebook) -> Venue:
        venue = Venue(book)
        for command in (
            c.OpenAccount("a", cash=1_000),
            c.OpenAccount("s", allowances=(("A", 9),)),
            c.BeginDay(20250106),
            c.SetPhase(Phase.CONTINUOUS),
            c.NewOrder("s", 1, "A", Side.SELL, 1, 120),
            c.NewOrder("a", 1, "A", Side.BUY, 1, 120),
            c.SetPhase(Phase.CLOSED),
            c.BeginDay(20250107),
        ):
            venue.apply(command)
            venue.check()
        return venue

    trigger = PriceTrigger("high", "A", level=100, days=1)
    high, low = (run(rules(structs.replace(trigger, level=each))) for each in (100, 120))
    assert high.assets["A"].dump() == [*low.assets["A"].dump(), ["met", ["high", 20250107]]]
    assert high.state_hash() != low.state_hash()
    assert high.cash("a") == low.cash("a")


def test_days_are_kept_for_as_long_as_a_trigger_looks_back() -> None:
    assert months_kept(presets.load("rggi")) == 13
    assert months_kept(presets.load("uk-auction")) == 28


@pytest.mark.parametrize(
    "value",
    [
        '[{name = "", product = "BEA", level = 1, days = 1}]',
        '[{name = "a", product = "BEE", level = 1, days = 1}]',
        '[{name = "a", product = "BEA", level = 1, days = 1, modes = ["no"]}]',
        '[{name = "a", product = "BEA", days = 1}]',
        '[{name = "a", product = "BEA", level = 1, multiple_bp = 1, base_months = 1, days = 1}]',
        '[{name = "a", product = "BEA", multiple_bp = 1, days = 1}]',
        '[{name = "a", product = "BEA", level = 1}]',
        '[{name = "a", product = "BEA", level = 1, days = 1, months = 1}]',
        '[{name = "a", product = "BEA", level = 1, days = 1, for_days = 0}]',
        (
            '[{name = "a", product = "BEA", level = 1, days = 1}, '
            '{name = "a", product = "BEA", level = 2, days = 1}]'
        ),
    ],
)
def test_a_trigger_that_means_nothing_is_refused(value: str) -> None:
    with pytest.raises(RulebookError, match=r"\$\.auction\.triggers\["):
        changed(presets.load("beijing"), "auction.triggers", value)

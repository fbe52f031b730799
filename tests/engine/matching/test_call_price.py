"""The price of a call on any ladder and any tick table, against brute force; who trades at it."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.matching.call_fill import Filling, uncross
from engine.matching.call_price import (
    NOTHING,
    Crossing,
    Grid,
    Interest,
    Sides,
    cross,
)
from engine.rulebook.ladders import PRICE_RULES
from engine.rulebook.model import PriceRule, Product
from engine.rulebook.ticks import Ticks, ceil_to_tick, floor_to_tick, half_up, on_tick, tick_at
from engine.vocabulary.enums import CallStep, Candidates, LastRung, Tie
from engine.vocabulary.units import MAX_PRICE
from tests.engine.matching.test_ladders import KRX_BUYS, KRX_SELLS, MKT, Table
from tests.oracle.calls import Book, best_price
from tests.oracle.ticks import TickTable

if TYPE_CHECKING:
    from collections.abc import Callable

XETRA = PRICE_RULES["xetra"]


def interests(table: Table) -> list[Interest]:
    """Turn a table's ``tonnes, limit`` around."""
    return [(price, quantity) for quantity, price in table]


def test_krx_fills_in_price_then_time_order() -> None:
    crossing = Crossing(7830, 600, -150, CallStep.VOLUME)
    pairs = uncross(interests(KRX_BUYS), interests(KRX_SELLS), crossing, Filling())
    sold = [sum(q for _, ask, q in pairs if ask == i) for i in range(len(KRX_SELLS))]
    bought = [sum(q for bid, _, q in pairs if bid == i) for i in range(len(KRX_BUYS))]
    assert sold == [0, 0, 0, 150, 100, 0, 200, 150]
    assert bought == [100, 150, 200, 150, 0, 0, 0]


def test_nothing_trades_without_two_sides_that_meet() -> None:
    for bids, asks in ([], []), ([(100, 5)], [(101, 5)]), ([(MKT, 5)], []):
        assert cross(Sides(bids, asks), 100, Grid(), XETRA) is None
    assert cross(Sides([(MKT, 5)], [(MKT, 5)]), 0, Grid(), XETRA) is None, "without a reference"


def test_a_market_bid_has_no_limit_and_takes_no_part_where_its_cover_ends() -> None:
    asks = [(105, 5), (120, 5)]
    found = cross(Sides([], asks, [(110, 8)]), 100, Grid(), XETRA)
    assert found == Crossing(105, 5, 3, CallStep.VOLUME), "110 is no candidate"
    assert cross(Sides([], [(111, 5)], [(110, 8)]), 100, Grid(), XETRA) is None
    others = cross(Sides([(120, 100)], [(115, 100)], [(110, 8)]), 100, Grid(), XETRA)
    assert others is not None, "it bounds nobody else"
    assert others.volume == 100


def test_a_reference_off_the_table_is_never_a_price() -> None:
    market = Sides([(MKT, 5)], [(MKT, 5)])
    table = ((0, 1), (1000, 5))
    for reference, price in ((1003, 1005), (1002, 1000), (999, 999)):
        found = cross(market, reference, Grid(1, table), XETRA)
        assert found == (price, 5, 0, CallStep.NO_LIMITS)
    capped = cross(market, 1003, Grid(1, table, 900, 1000), XETRA)
    assert capped == (1000, 5, 0, CallStep.NO_LIMITS), "inside the day's limits"


@pytest.mark.parametrize("ladder", PRICE_RULES.values(), ids=PRICE_RULES)
def test_a_wide_range_costs_no_loop_over_its_ticks(ladder: PriceRule) -> None:
    found = cross(Sides([(MAX_PRICE, 5)], [(1, 5)]), 7, Grid(), ladder)
    assert found is not None
    assert found.volume == 5


# -- the tick table -----------------------------------------------------------------------------


@st.composite
def tables(draw: Callable[[st.SearchStrategy[int]], int]) -> Ticks:
    """Draw a tick table whose rows change among the prices of the books below."""
    rows = [(0, draw(st.sampled_from([1, 2, 5])))]
    for _ in range(draw(st.integers(0, 2))):
        step = draw(st.sampled_from([1, 2, 3, 4, 7, 10]))
        start = (rows[-1][0] // step + draw(st.integers(1, 40 // step + 1))) * step
        rows.append((start, step))
    return tuple(rows)


@given(tables())
def test_the_valid_prices_around_any_number(ticks: Ticks) -> None:
    table = TickTable(Product("P", 1, ticks=ticks))
    for number in range(130):
        below, above = floor_to_tick(number, 1, ticks), ceil_to_tick(number, 1, ticks)
        assert (below, above) == (table.step(number, -1), table.step(number, 1))
        assert (below == above) == (number % tick_at(number, 1, ticks) == 0)
        for parts in (1, 2, 3):
            assert on_tick(number, parts, 1, ticks) == table.nearest(number, parts)
        assert on_tick(number, 3, 5) == half_up(number, 3, 5)


# -- against brute force ------------------------------------------------------------------------

ANY_LADDER = st.builds(
    PriceRule,
    candidates=st.sampled_from(Candidates),
    pressure=st.booleans(),
    pressure_band_bp=st.sampled_from([0, 500]),
    last=st.sampled_from(LastRung),
    tie=st.sampled_from(Tie),
    better=st.booleans(),
    turning=st.booleans(),
).filter(lambda x: x.tie is not Tie.REFERENCE or x.last is LastRung.REFERENCE)
PLACES = st.one_of(st.just(-1), *[st.integers(0, 12)] * 4)  # of a valid price; -1: none
ORDERS = st.lists(st.tuples(PLACES, st.integers(1, 9)), max_size=7)


Places = list[tuple[int, int]]


def check_against_brute_force(
    ticks: Ticks, sides: list[Places], reference: int, ladder: PriceRule, random: Random
) -> None:
    """Compare a book whose orders stand at some places of a row of valid prices; -1: no limit."""
    table = TickTable(Product("P", 1, ticks=ticks))
    prices = [table.step(random.randint(10, 60), 1)]
    while len(prices) < 13:
        prices.append(table.above(prices[-1]))
    if random.random() < 0.5:  # the day's limits, which some orders stand at
        prices = prices[4:9]
        table = TickTable(Product("P", 1, ticks=ticks), prices[0], prices[-1])
    bids, asks, covered = (
        [(0 if at < 0 else prices[at % len(prices)], tonnes) for at, tonnes in side]
        for side in sides
    )
    covered = [(most or prices[-1], tonnes) for most, tonnes in covered]
    expected = best_price(Book(bids, asks, covered), reference, table, ladder)
    grid = Grid(1, ticks, table.low, table.high)
    told = f"{bids} {asks} {covered} reference {reference} {grid} {ladder}"
    found = cross(Sides(bids, asks, covered), reference, grid, ladder) or NOTHING
    assert found == expected, told
    assert not found.price or table.valid(found.price), told
    for side in (bids, asks, covered):  # the order of entry does not move the price
        random.shuffle(side)
    assert (cross(Sides(bids, asks, covered), reference, grid, ladder) or NOTHING) == expected, told


@given(
    tables(),
    st.tuples(ORDERS, ORDERS, ORDERS),
    st.integers(0, 90),
    ANY_LADDER,
    st.randoms(use_true_random=False),
)
def test_the_price_is_that_of_brute_force(
    ticks: Ticks,
    sides: tuple[Places, Places, Places],
    reference: int,
    ladder: PriceRule,
    random: Random,
) -> None:
    check_against_brute_force(ticks, list(sides), reference, ladder, random)


def test_the_price_is_that_of_brute_force_in_many_random_books() -> None:
    random = Random("calls")
    for _ in range(2_000):
        step = random.choice((1, 2, 4, 5))
        rows = [(0, random.choice((1, 2, 5))), (step * random.randint(2, 12), step)]
        last = random.choice(tuple(LastRung))
        ladder = PriceRule(
            random.choice(tuple(Candidates)),
            pressure=random.random() < 0.7,
            pressure_band_bp=random.choice((0, 500, 2_000)),
            last=last,
            tie=random.choice(tuple(Tie)[: 3 if last is LastRung.REFERENCE else 2]),
            better=random.random() < 0.3,
            turning=random.random() < 0.5,
        )
        sides = [
            [
                (random.choice((-1, *range(13))), random.randint(1, random.choice((2, 9))))
                for _ in range(random.randint(0, most))
            ]
            for most in (6, 6, 2)
        ]
        reference = random.choice((0, random.randint(1, 90)))
        check_against_brute_force(tuple(rows), sides, reference, ladder, random)


# -- who trades ---------------------------------------------------------------------------------

TICK = 5
LIMITS = st.integers(18, 30).map(lambda n: n * TICK)
SIDES = st.lists(
    st.tuples(st.one_of(st.just(MKT), LIMITS, LIMITS, LIMITS), st.integers(1, 9)), max_size=8
)
REFERENCES = st.one_of(st.just(0), LIMITS)


@given(SIDES, SIDES, REFERENCES, ANY_LADDER)
def test_uncrossing_trades_the_volume_and_passes_nobody_over(
    bids: list[Interest], asks: list[Interest], reference: int, ladder: PriceRule
) -> None:
    crossing = cross(Sides(bids, asks), reference, Grid(TICK), ladder)
    if crossing is None:
        return
    pairs = uncross(bids, asks, crossing, Filling())
    assert sum(quantity for *_, quantity in pairs) == crossing.volume
    assert all(quantity > 0 for *_, quantity in pairs)
    for side, which, better in ((bids, 0, -1), (asks, 1, 1)):
        filled = [sum(p[2] for p in pairs if p[which] == i) for i in range(len(side))]
        assert all(done <= quantity for done, (_, quantity) in zip(filled, side, strict=True))
        rank = sorted(range(len(side)), key=lambda i: (side[i][0] != MKT, better * side[i][0], i))
        open_seen = False
        for i in rank:
            price, quantity = side[i]
            if filled[i]:
                assert not open_seen, "an order trades although a better one is left open"
                assert price == MKT or better * price <= better * crossing.price
            open_seen = open_seen or filled[i] < quantity

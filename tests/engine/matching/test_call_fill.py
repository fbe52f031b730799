"""Who trades in a call: the worked example of an exchange, and what holds for every way."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.matching.call_fill import Filling, by_quantity, uncross
from engine.matching.call_price import Crossing
from engine.vocabulary.enums import CallFill, CallStep

PRICE = 100
LOT = 5
SIDES = st.lists(
    st.tuples(st.sampled_from((0, 90, PRICE, PRICE, 110)), st.integers(1, 900).map(LOT.__mul__)),
    max_size=7,
)


def test_krx_shares_at_the_limit_in_rounds() -> None:
    """KRX, GLB0602010202: bids of 10,000, 5,000, 1,000 and 200 for 13,100 at the upper limit."""
    assert by_quantity([10_000, 5_000, 1_000, 200], 13_100, 1) == [7_600, 4_300, 1_000, 200]


def test_half_of_what_is_left_is_rounded_to_the_lot() -> None:
    assert by_quantity([50_000, 46_800], 80_000, 10) == [43_000, 37_000]
    rounds = (100 + 500 + 1_000 + 2_000) * 5
    half = [rounds + 9_010, rounds + 9_005]  # of 18,015 and 18,005 that are left
    assert by_quantity([rounds + 18_015, rounds + 18_005], sum(half), 5) == half


@pytest.mark.parametrize("fill", CallFill)
@given(bids=SIDES, asks=SIDES, at_limit=st.booleans())
def test_the_volume_trades_and_nobody_better_is_left_behind(
    fill: CallFill, bids: list[tuple[int, int]], asks: list[tuple[int, int]], *, at_limit: bool
) -> None:
    able = [
        [sign * price <= sign * PRICE or not price for price, _ in side]
        for side, sign in ((bids, -1), (asks, 1))
    ]
    volume = min(
        sum(tonnes for (_, tonnes), can in zip(side, cans, strict=True) if can)
        for side, cans in zip((bids, asks), able, strict=True)
    )
    edge = PRICE if at_limit else 1_000
    filling = Filling(fill, LOT, low=edge, high=edge)
    pairs = uncross(bids, asks, Crossing(PRICE, volume, 0, CallStep.VOLUME), filling)
    assert sum(tonnes for *_, tonnes in pairs) == volume
    for which, side in enumerate((bids, asks)):
        got: Counter[int] = Counter()
        for pair in pairs:
            got[pair[which]] += pair[2]
        first = (0,) if fill is not CallFill.LIMITS_FIRST else (90, 110)
        for place, (price, tonnes) in enumerate(side):
            assert 0 <= got[place] <= tonnes
            assert not got[place] % LOT
            assert able[which][place] or not got[place]
            if not able[which][place] or (at_limit and fill is CallFill.QUANTITY_AT_LIMIT):
                continue
            left = got[place] < tonnes
            for other, (price2, _) in enumerate(side):
                if left and price in first and price2 not in first and price != price2:
                    assert not got[other], "an order of a later group trades"
                same = price == price2 and other > place
                if left and same and fill in (CallFill.TIME, CallFill.LIMITS_FIRST):
                    assert not got[other], "a later order trades"

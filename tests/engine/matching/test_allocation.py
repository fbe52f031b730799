"""Who gets how much at a price: against the rules' own words, a tonne after the other."""

from __future__ import annotations

from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from engine.matching.allocation import hybrid, pro_rata

SHOWN = st.lists(st.integers(1, 12), min_size=1, max_size=6)
LOT = st.sampled_from((1, 1, 5))


def give(shares: list[int], shown: list[int], amount: int) -> int:
    """Give by time; return what is over."""
    for place, each in enumerate(shown):
        while amount and shares[place] < each:
            shares[place] += 1
            amount -= 1
    return amount


@given(SHOWN, st.integers(1, 60), LOT)
def test_pro_rata(lots: list[int], wanted: int, lot: int) -> None:
    """In proportion, rounded down to lots, and a lot each by time of what is over."""
    shown, quantity = [each * lot for each in lots], wanted * lot
    total = sum(shown)
    if quantity >= total:
        assert pro_rata(shown, quantity, lot=lot) == shown
        return
    shares = [int(Fraction(each * quantity, total * lot)) * lot for each in shown]
    for place, each in enumerate(shown):
        if sum(shares) < quantity and shares[place] < each:
            shares[place] += lot
    assert sum(shares) == quantity
    assert pro_rata(shown, quantity, lot=lot) == shares


@given(SHOWN, st.integers(1, 60), LOT, st.integers(0, 14), st.integers(0, 9_999), st.integers(0, 9))
def test_hybrid(
    lots: list[int], wanted: int, lot: int, top: int, fifo_bp: int, min_share: int
) -> None:
    """The first gets a figure, a share goes by time, the rest in proportion."""
    shown, quantity = [each * lot for each in lots], wanted * lot
    found = hybrid(shown, quantity, lot, top, fifo_bp, min_share)
    if quantity >= sum(shown):
        assert found == shown
        return
    shares = [0] * len(shown)
    shares[0] = min(shown[0], top // lot * lot, quantity)
    timed = int(Fraction((quantity - shares[0]) * fifo_bp, 10_000 * lot)) * lot
    give(shares, shown, timed)
    rest, left = quantity - sum(shares), sum(shown) - sum(shares)
    more = [
        int(Fraction((each - has) * rest, left * lot)) * lot
        for each, has in zip(shown, shares, strict=True)
    ]
    shares = [
        has + (plus if plus >= min_share else 0) for has, plus in zip(shares, more, strict=True)
    ]
    assert give(shares, shown, quantity - sum(shares)) == 0
    assert found == shares

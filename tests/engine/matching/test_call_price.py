"""Call auctions: the published examples as a table, and every ladder against brute force."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.matching.call_price import PRICE_RULES, Crossing, Interest, cross, uncross
from engine.rulebook.model import PriceRule
from engine.vocabulary.enums import Candidates, LastRung, Tie

MKT = 0
BIDS_5 = [(400, 202), (200, 201)]
KRX_SELLS = [(450, 7860), (750, 7850), (300, 7840), (150, 7830), (200, 7830), (50, 7830),
             (200, 7820), (150, 7810)]  # fmt: skip
KRX_BUYS = [(100, 7850), (150, 7840), (200, 7830), (150, 7830), (400, 7820), (500, 7810),
            (650, 7800)]  # fmt: skip

# name, ladder, bids and asks as (tonnes, limit), reference -> price, volume, surplus
EXAMPLES = [
    # Xetra market model, release 14.0, chapter 13.1
    ("most volume", "xetra", [(200, 202), (200, 201), (300, 200)],
     [(100, 200), (200, 198), (400, 197)], 0, (200, 700, 0)),
    ("surplus of bids", "xetra", BIDS_5, [(300, 199), (200, 198)], 0, (201, 500, 100)),
    ("surplus of asks", "xetra", [(300, 202), (200, 201)], [(400, 199), (200, 198)], 0,
     (199, 500, -100)),
    ("no surplus, the middle", "xetra", [(300, 202), (200, 201)], [(300, 199), (200, 198)], 200,
     (201, 500, 0)),
    ("time at one price", "xetra", [(300, 200), (300, 200)], [(400, 200)], 0, (200, 400, 200)),
    # the KRX emissions market's own example
    ("KRX opening", "krx", KRX_BUYS, KRX_SELLS, 0, (7830, 600, -150)),
    # one rung each, from the rule
    ("only market orders", "xetra", [(100, MKT)], [(70, MKT)], 200, (200, 70, 30)),
    ("market orders between limits", "xetra", [(100, MKT), (50, 190)], [(100, MKT), (50, 210)],
     200, (200, 100, 0)),
    ("surplus on both sides", "xetra", [(100, 201), (100, 200)], [(100, 198), (100, 201)], 205,
     (201, 100, -100)),
    ("every tick has the reference itself", "asx", [(300, 202)], [(300, 198)], 200, (200, 300, 0)),
    ("limits do not", "xetra", [(300, 202)], [(300, 198)], 199, (198, 300, 0)),
    ("limits and the reference do", "euronext", [(300, 202)], [(300, 198)], 199, (199, 300, 0)),
    ("the middle price", "sse", [(300, 203)], [(300, 198)], 198, (201, 300, 0)),
    ("pressure stops at its band", "bnb", [(300, 300)], [(100, 100)], 200, (210, 100, 200)),
    ("no pressure: nearest to the close", "szse", [(300, 300)], [(100, 100)], 200, (200, 100, 200)),
]  # fmt: skip


def interests(orders: list[tuple[int, int]]) -> list[Interest]:
    """Turn a table's ``tonnes, limit`` around."""
    return [(price, quantity) for quantity, price in orders]


@pytest.mark.parametrize(("name", "ladder", "bids", "asks", "reference", "expected"), EXAMPLES)
def test_example(
    name: str,
    ladder: str,
    bids: list[tuple[int, int]],
    asks: list[tuple[int, int]],
    reference: int,
    expected: tuple[int, int, int],
) -> None:
    found = cross(interests(bids), interests(asks), reference, 1, PRICE_RULES[ladder])
    assert found == Crossing(*expected), name


def test_krx_fills_in_price_then_time_order() -> None:
    crossing = Crossing(7830, 600, -150)
    pairs = uncross(interests(KRX_BUYS), interests(KRX_SELLS), crossing)
    sold = [sum(q for _, ask, q in pairs if ask == i) for i in range(len(KRX_SELLS))]
    bought = [sum(q for bid, _, q in pairs if bid == i) for i in range(len(KRX_BUYS))]
    assert sold == [0, 0, 0, 150, 100, 0, 200, 150]
    assert bought == [100, 150, 200, 150, 0, 0, 0]


def test_nothing_trades_without_two_sides_that_meet() -> None:
    ladder = PRICE_RULES["xetra"]
    assert cross([], [], 200, 1, ladder) is None
    assert cross([(100, 5)], [(101, 5)], 100, 1, ladder) is None
    assert cross([(MKT, 5)], [(MKT, 5)], 0, 1, ladder) is None, "no price without a reference"
    assert cross([(MKT, 5)], [], 200, 1, ladder) is None


# -- properties -------------------------------------------------------------------------------

TICK = 5
LIMITS = st.integers(18, 30).map(lambda n: n * TICK)
SIDES = st.lists(
    st.tuples(st.one_of(st.just(MKT), LIMITS, LIMITS, LIMITS), st.integers(1, 9)), max_size=8
)
REFERENCES = st.one_of(st.just(0), LIMITS)
ANY_LADDER = st.builds(
    PriceRule,
    st.sampled_from(Candidates),
    st.booleans(),
    st.sampled_from([0, 500]),
    st.sampled_from(LastRung),
    st.sampled_from(Tie),
)


def at(bids: list[Interest], asks: list[Interest], price: int) -> tuple[int, int]:
    """Return volume and surplus at a price, the slow way."""
    wanted = sum(q for p, q in bids if p == MKT or p >= price)
    offered = sum(q for p, q in asks if p == MKT or p <= price)
    return min(wanted, offered), wanted - offered


@given(SIDES, SIDES, REFERENCES, ANY_LADDER)
def test_no_candidate_is_better(
    bids: list[Interest], asks: list[Interest], reference: int, ladder: PriceRule
) -> None:
    limits = sorted({p for p, _ in [*bids, *asks] if p})
    candidates = list(limits)
    if ladder.candidates is Candidates.TICKS and limits:
        candidates = list(range(limits[0], limits[-1] + 1, TICK))
    elif ladder.candidates is Candidates.LIMITS_AND_REFERENCE and reference:
        candidates.append(reference)
    found = cross(bids, asks, reference, TICK, ladder)
    best = max((at(bids, asks, price)[0] for price in candidates), default=0)
    if found is None:
        assert best == 0
        return
    volume, surplus = at(bids, asks, found.price)
    assert found == Crossing(found.price, volume, surplus)
    assert found.price % TICK == 0
    assert found.price in [*candidates, reference]
    assert volume >= best
    tied = [price for price in candidates if at(bids, asks, price)[0] == volume]
    assert all(abs(surplus) <= abs(at(bids, asks, price)[1]) for price in tied)
    level = [price for price in tied if abs(at(bids, asks, price)[1]) == abs(surplus)]
    if ladder.pressure and not ladder.pressure_band_bp and surplus and len(level) > 1:
        signs = {at(bids, asks, price)[1] > 0 for price in level}
        if signs == {True}:
            assert found.price == max(level)
        elif signs == {False}:
            assert found.price == min(level)
    elif ladder.last is LastRung.REFERENCE and reference and not ladder.pressure:
        assert abs(found.price - reference) == min(
            abs(price - reference) for price in [*level, found.price]
        )


@given(SIDES, SIDES, REFERENCES, ANY_LADDER)
def test_uncrossing_trades_the_volume_and_passes_nobody_over(
    bids: list[Interest], asks: list[Interest], reference: int, ladder: PriceRule
) -> None:
    crossing = cross(bids, asks, reference, TICK, ladder)
    if crossing is None:
        return
    pairs = uncross(bids, asks, crossing)
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


@given(SIDES, SIDES, REFERENCES, ANY_LADDER, st.randoms(use_true_random=False))
def test_the_order_of_entry_does_not_move_the_price(
    bids: list[Interest], asks: list[Interest], reference: int, ladder: PriceRule, rng: object
) -> None:
    expected = cross(bids, asks, reference, TICK, ladder)
    bids, asks = list(bids), list(asks)
    rng.shuffle(bids)  # type: ignore[attr-defined]
    rng.shuffle(asks)  # type: ignore[attr-defined]
    assert cross(bids, asks, reference, TICK, ladder) == expected

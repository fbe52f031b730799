"""PricingRule a one-way auction: the worked examples, and what must hold of any bids."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.matching.auction_clearing import Offer, Sealed, Win, clear
from engine.vocabulary.enums import BidTie, PricingRule, Undersubscribed

UNIFORM, WHOLE, AS_BID = PricingRule.UNIFORM, PricingRule.WHOLE, PricingRule.PAY_AS_BID
HIGHEST = PricingRule.HIGHEST_REJECTED
TIME, RANDOM, PRO_RATA = BidTie.TIME, BidTie.RANDOM, BidTie.PRO_RATA
SELL, RESERVE, CANCEL = (
    Undersubscribed.SELL,
    Undersubscribed.SELL_AT_RESERVE,
    Undersubscribed.CANCEL,
)


def offer(
    quantity: int,
    reserve: int = 1,
    tie: BidTie = TIME,
    under: Undersubscribed = SELL,
    pricing: PricingRule = UNIFORM,
    seed: int = 0,
    lot: int = 1,
) -> Offer:
    return Offer(quantity, reserve, lot, True, pricing, tie, under, seed)


def bids(text: str) -> list[Sealed]:
    """Read ``4@80.00 5@79.50``, in order of time."""
    pairs = (part.split("@") for part in text.split())
    return [Sealed(int(Fraction(price) * 100), int(quantity)) for quantity, price in pairs]


def got(wins: list[Win], count: int) -> list[int]:
    """Return what each bid gets, 0 for none."""
    shares = dict.fromkeys(range(count), 0)
    for win in wins:
        shares[win.bid] += win.quantity
    return list(shares.values())


# name, bids, what is offered, price in yuan (or the like), what each gets
WORKED = [
    ("UK: sold at the lowest bid, the rest unsold", "4@40 3@30",
     offer(10, 2200, RANDOM), "30", [4, 3]),
    ("Guangdong 2014: both fill at the lowest", "900000@30.00 600000@26.00",
     offer(2_000_000, 2500), "26", [900_000, 600_000]),
    ("California, 60 lots", "10@15 50@12 40@10", offer(60, 1000, PRO_RATA), "12", [10, 50, 0]),
    ("California, 120 lots", "10@15 50@12 40@10", offer(120, 1000, PRO_RATA), "10", [10, 50, 40]),
    ("KRX: ties by time",
     "1000@110 1500@110 2500@110 1000@105 2000@105 1000@103 1000@103 2000@103 1000@100 2000@100",
     offer(10_000, 10_000), "103", [1000, 1500, 2500, 1000, 2000, 1000, 1000, 0, 0, 0]),
    ("RGGI: the reserve where supply is not exhausted", "4@18 3@16",
     offer(10, 262, RANDOM, RESERVE), "2.62", [4, 3]),
    ("EU: cancelled where less is bid for", "4@40 3@30", offer(10, 1, RANDOM, CANCEL), "0", [0, 0]),
    ("the highest rejected price", "4@40 3@30 9@20", offer(10, pricing=HIGHEST), "20", [4, 3, 3]),
    ("the highest rejected price, of a whole bid", "4@40 6@30 9@20", offer(10, pricing=HIGHEST),
     "20", [4, 6, 0]),
    ("the last bid is cut", "4@40 3@30 9@20", offer(10), "20", [4, 3, 3]),
    ("whole: one takes all, parts do not count", "9@40 10@30 10@31", offer(10, pricing=WHOLE),
     "31", [0, 0, 10]),
]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "sold", "price", "shares"), [row[1:] for row in WORKED], ids=[row[0] for row in WORKED]
)
def test_worked_example(text: str, sold: Offer, price: str, shares: list[int]) -> None:
    wins = clear(bids(text), sold)
    assert got(wins, len(shares)) == shares
    assert {win.price for win in wins} <= {int(Fraction(price) * 100)}


def test_eu_ties_are_whole_bids_in_an_order_that_the_seed_draws() -> None:
    given_bids = bids("4@80.00 5@79.50 3@79.00 2@79.00")
    outcomes = set()
    for seed in range(40):
        wins = clear(given_bids, offer(10, tie=RANDOM, seed=seed))
        assert {win.price for win in wins} == {7900}
        outcomes.add(tuple(got(wins, 4)))
    assert outcomes == {(4, 5, 1, 0), (4, 5, 0, 1)}


def test_quebec_shares_are_floors_and_the_last_unit_is_drawn() -> None:
    given_bids = bids("700@10 500@10 300@10")
    outcomes = set()
    for seed in range(60):
        shares = got(clear(given_bids, offer(1_000, tie=PRO_RATA, seed=seed)), 3)
        assert sum(shares) == 1_000
        outcomes.add(tuple(a - b for a, b in zip(shares, (466, 333, 200), strict=True)))
    assert outcomes == {(1, 0, 0), (0, 1, 0), (0, 0, 1)}


BIDS = st.lists(st.builds(Sealed, st.integers(10, 16), st.integers(1, 9)), max_size=9)
OFFERS = st.builds(
    Offer,
    st.integers(1, 40),
    st.just(10),
    st.just(1),
    st.just(value=True),
    st.sampled_from((UNIFORM, AS_BID, WHOLE)),
    st.sampled_from((TIME, RANDOM, PRO_RATA)),
    st.sampled_from((SELL, RESERVE, CANCEL)),
    st.integers(0, 5),
)


@given(BIDS, OFFERS)
def test_what_holds_of_any_auction(given_bids: list[Sealed], sold: Offer) -> None:
    wins = clear(given_bids, sold)
    total = sum(bid.quantity for bid in given_bids)
    shares = got(wins, len(given_bids))
    if sold.pricing is WHOLE:
        able = [bid.price for bid in given_bids if bid.quantity >= sold.quantity]
        assert [win.price for win in wins] == ([max(able)] if able else [])
        assert sum(shares) == (sold.quantity if able else 0)
        return
    if total < sold.quantity and sold.undersubscribed is CANCEL:
        assert wins == []
        return
    assert sum(shares) == min(total, sold.quantity)
    assert all(share <= bid.quantity for share, bid in zip(shares, given_bids, strict=True))
    if not wins:
        return
    worst = min(bid.price for bid, share in zip(given_bids, shares, strict=True) if share)
    for bid, share in zip(given_bids, shares, strict=True):
        assert bid.price <= worst or share == bid.quantity, "a better bid was cut"
    short = total < sold.quantity and sold.undersubscribed is RESERVE
    price = sold.reserve if short else worst
    for win in wins:
        assert win.price == (price if sold.pricing is UNIFORM else given_bids[win.bid].price)
    _check_ties(given_bids, shares, sold, worst)


def _check_ties(given_bids: list[Sealed], shares: list[int], sold: Offer, worst: int) -> None:
    """Hold the shares at the worst accepted price against the tie rule."""
    tied = [n for n, bid in enumerate(given_bids) if bid.price == worst]
    wanted = sum(given_bids[n].quantity for n in tied)
    left = sold.quantity - sum(bid.quantity for bid in given_bids if bid.price > worst)
    if wanted <= left:
        assert all(shares[n] == given_bids[n].quantity for n in tied)
    elif sold.tie is PRO_RATA:
        for n in tied:
            floor = given_bids[n].quantity * left // wanted
            assert floor <= shares[n] <= floor + 1
    else:
        cut = [n for n in tied if 0 < shares[n] < given_bids[n].quantity]
        assert len(cut) <= 1
        if sold.tie is TIME:
            filled = [shares[n] == given_bids[n].quantity for n in tied]
            assert filled == sorted(filled, reverse=True), "a later bid came first"


@given(BIDS, st.one_of(OFFERS, OFFERS.map(lambda each: each._replace(pricing=HIGHEST))))
def test_an_auction_that_buys_is_its_mirror(given_bids: list[Sealed], sold: Offer) -> None:
    mirrored = [Sealed(100 - bid.price, bid.quantity) for bid in given_bids]
    bought = sold._replace(sells=False, reserve=100 - sold.reserve)
    wins = clear(given_bids, sold)
    assert [(w.bid, w.quantity, 100 - w.price) for w in clear(mirrored, bought)] == [
        (w.bid, w.quantity, w.price) for w in wins
    ]


@given(BIDS, OFFERS, st.integers(2, 5))
def test_lots_scale(given_bids: list[Sealed], sold: Offer, lot: int) -> None:
    large = [Sealed(bid.price, bid.quantity * lot) for bid in given_bids]
    scaled = sold._replace(quantity=sold.quantity * lot, lot=lot)
    assert [(w.bid, w.quantity, w.price) for w in clear(large, scaled)] == [
        (w.bid, w.quantity * lot, w.price) for w in clear(given_bids, sold)
    ]

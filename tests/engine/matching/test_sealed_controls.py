"""What must not change the outcome of a sealed auction, and a gate that notices a wrong price."""

from __future__ import annotations

import hashlib
from collections import Counter

import pytest

from engine.matching.auction_terms import AuctionTerms, BidBook, SealedBid, Seller
from engine.matching.sealed_auction import clear_sealed
from engine.vocabulary.enums import BidTie, PricingRule
from tests.engine.matching.sealed_books import random_book
from tests.oracles.auctions import (
    CONTAINED,
    HIGHEST,
    LOWEST,
    RESERVED,
    SMALL,
    Setting,
    auction,
    auctions,
    values,
)
from tests.oracles.rows import row

SETTINGS = pytest.mark.parametrize("setting", [SMALL, RESERVED, CONTAINED])
PRICINGS = pytest.mark.parametrize("pricing", [LOWEST, HIGHEST])


@SETTINGS
@PRICINGS
def test_an_auction_beside_itself_on_the_same_streams_differs_by_nothing(
    setting: Setting, pricing: PricingRule
) -> None:
    assert auctions(setting, pricing, 200, 7) == auctions(setting, pricing, 200, 7)


@SETTINGS
@PRICINGS
def test_a_constant_on_all_values_shifts_prices_and_nothing_else(
    setting: Setting, pricing: PricingRule
) -> None:
    for replication in range(200):
        bids = values(setting, 7, replication)
        one, other = (auction(setting, bids, pricing, shift) for shift in (0, 1_000_003))
        assert other.price - one.price == 1_000_003
        assert [award._replace(price=0) for award in one.awards] == [
            award._replace(price=0) for award in other.awards
        ]
        assert (one.sold, one.released, one.cuts) == (other.sold, other.released, other.cuts)


@pytest.mark.parametrize("seed", range(40))
def test_names_change_nothing(seed: int) -> None:
    book, terms = random_book(seed)
    # The reverse order of names, so that nothing that sorts them stays as it was.
    names = {f"b{n}": f"x{99 - n}" for n in range(10)} | {f"g{n}": f"y{9 - n}" for n in range(4)}
    renamed = BidBook(
        [SealedBid(names[bid.bidder], names[bid.group], *bid[2:]) for bid in book.bids],
        book.sellers,
        {names[group]: limit for group, limit in book.limits.items()},
        {names[bidder]: guarantee for bidder, guarantee in book.guarantees.items()},
    )
    assert clear_sealed(renamed, terms) == clear_sealed(book, terms)


def test_the_gate_notices_the_other_pricing_and_a_trigger_that_is_not_there() -> None:
    lowest = [each[0] for each in auctions(SMALL, LOWEST, 2_000, 7)]
    assert row("lowest accepted", 24 / 11, 0.0, lowest).holds
    assert not row("highest rejected", 21 / 11, 0.0, lowest).holds
    plain = [each[1] for each in auctions(CONTAINED._replace(tiers=()), HIGHEST, 2_000, 7)]
    assert not row("containment, sold", 10.4447, 0.0016, plain).holds


def test_the_draw_is_reproducible_and_its_hash_names_the_seed_and_the_order() -> None:
    tied = [SealedBid(f"b{n}", f"b{n}", 10, 2) for n in range(5)]
    book = BidBook(tied, (Seller("state", 3),))
    first, again = (clear_sealed(book, AuctionTerms(1, 1, seed=3)) for _ in range(2))
    assert first == again
    assert len({clear_sealed(book, AuctionTerms(1, 1, seed=n)).draw for n in range(50)}) == 50
    assert clear_sealed(book, AuctionTerms(1, 1, tie=BidTie.TIME)).draw == ""
    # SHA-256 of "3:" and the bids in the order of SHA-256 of "3:0" ... "3:4"
    order = sorted(range(5), key=lambda n: hashlib.sha256(f"3:{n}".encode()).digest())
    text = "3:" + ",".join(map(str, order))
    assert first.draw == hashlib.sha256(text.encode()).hexdigest()
    assert [award.bid for award in first.awards] == order[:2]


@pytest.mark.parametrize("tie", [BidTie.RANDOM, BidTie.PRO_RATA])
def test_the_draw_is_uniform_over_seeds(tie: BidTie) -> None:
    tied = [SealedBid(f"b{n}", f"b{n}", 10, 2) for n in range(4)]
    book = BidBook(tied, (Seller("state", 5),))  # pro rata: one each, and one more by draw
    best: Counter[int] = Counter()
    for seed in range(4_000):
        result = clear_sealed(book, AuctionTerms(1, 1, tie=tie, seed=seed))
        best[max(result.awards, key=lambda award: award.quantity).bid] += 1
        assert sum(award.quantity for award in result.awards) == 5
    chi_square = sum((best[n] - 1_000) ** 2 / 1_000 for n in range(4))
    assert chi_square < 16.3  # three degrees of freedom: one in a thousand is above

"""Sealed auctions: each programme's rule on its worked examples."""

from __future__ import annotations

from collections import Counter
from fractions import Fraction
from typing import Any

import pytest

from engine.matching.auction_terms import (
    AuctionResult,
    AuctionTerms,
    BidBook,
    GroupLimit,
    Moved,
    Sale,
    SealedBid,
    Seller,
    Tier,
)
from engine.matching.bid_limits import exceeds, guarantee_needed, purchase_limit
from engine.matching.sealed_auction import clear_sealed, split_sale
from engine.vocabulary.enums import (
    AuctionEnd,
    BidTie,
    CutReason,
    GuaranteeRule,
    LimitRule,
    PricingRule,
    TierKind,
    Undersubscribed,
)
from tests.scenarios.clearings import CLEARINGS, Clearing

TIME, RANDOM, PRO_RATA = BidTie.TIME, BidTie.RANDOM, BidTie.PRO_RATA
AT_RESERVE, CANCEL = Undersubscribed.SELL_AT_RESERVE, Undersubscribed.CANCEL


def bids(text: str) -> list[SealedBid]:
    """Read ``A 4@80.00 B 5@79.50`` in order of coming; a bidder stands until the next."""
    found, who = [], "A"
    for word in text.split():
        if "@" not in word:
            who = word
            continue
        quantity, price = word.split("@")
        found.append(SealedBid(who, who, int(Fraction(price) * 100), int(quantity)))
    return found


def cleared(text: str, supply: int, reserve: str = "0.01", **terms: Any) -> AuctionResult:
    """Clear an auction of lots of one tonne, without limits."""
    full = AuctionTerms(int(Fraction(reserve) * 100), 1, **terms)
    return clear_sealed(BidBook(bids(text), (Seller("state", supply),)), full)


def got(result: AuctionResult, count: int) -> list[int]:
    """Return what each bid gets in all."""
    shares: Counter[int] = Counter()
    for award in result.awards:
        shares[award.bid] += award.quantity
    return [shares[n] for n in range(count)]


def cut(result: AuctionResult) -> dict[int, tuple[int, CutReason]]:
    """Return what each bid is cut by, where it is cut for one reason."""
    return {each.bid: (each.quantity, each.reason) for each in result.cuts}


@pytest.mark.parametrize("row", CLEARINGS, ids=lambda row: row.name)
def test_clearing(row: Clearing) -> None:
    terms = AuctionTerms(**({"reserve": 1, "lot": 1} | dict(row.terms)))
    sellers = row.sellers or (Seller("state", row.supply),)
    result = clear_sealed(BidBook(bids(row.bids), sellers, row.limits, row.guarantees), terms)
    assert got(result, len(row.gets)) == row.gets
    assert (result.price, result.end) == (int(Fraction(row.price) * 100), row.end)
    assert (result.released, result.withheld) == (row.released, row.withheld)
    assert result.sold == sum(row.gets)
    assert result.unsold == row.supply + row.released - row.withheld - sum(row.gets)
    assert sum(tier.used for tier in result.tiers) == row.released + row.withheld
    assert not row.sales or [sale.sold for sale in result.sales] == list(row.sales)


def test_each_pays_his_own_price_in_a_discriminatory_auction() -> None:
    result = cleared("A 4@40 B 9@30", 10, pricing=PricingRule.PAY_AS_BID)
    assert [(award.quantity, award.price) for award in result.awards] == [(4, 4000), (6, 3000)]
    assert result.price == 3000


def test_eu_ties_are_whole_bids_in_the_order_drawn_and_the_last_is_cut() -> None:
    outcomes: Counter[tuple[int, ...]] = Counter()
    for seed in range(400):
        result = cleared("A 4@80.00 B 5@79.50 C 3@79.00 D 2@79.00", 10, seed=seed)
        assert result.price == 7900
        assert len(result.draw) == 64
        outcomes[tuple(got(result, 4))] += 1
        assert {each.reason for each in result.cuts} == {CutReason.TIE}
    assert set(outcomes) == {(4, 5, 1, 0), (4, 5, 0, 1)}
    assert abs(outcomes[4, 5, 1, 0] - 200) < 4 * 10  # four standard deviations of a fair coin


def test_why_bids_are_cut_where_the_supply_ends() -> None:
    alone = cleared("A 8@40 B 9@30 C 1@20", 10)
    assert cut(alone) == {1: (7, CutReason.NOT_REACHED), 2: (1, CutReason.NOT_REACHED)}
    tied = cleared("A 8@40 B 9@30 C 1@30 D 1@20", 10, tie=TIME)
    assert cut(tied) == {
        1: (7, CutReason.TIE),
        2: (1, CutReason.TIE),
        3: (1, CutReason.NOT_REACHED),
    }
    failed = cleared("A 8@40 B 1@0.50", 10, "1", undersubscribed=CANCEL)
    assert cut(failed) == {0: (8, CutReason.CANCELLED), 1: (1, CutReason.BELOW_RESERVE)}


def test_the_supply_sells_to_the_tonne_or_in_lots() -> None:
    text = "A 9000000@5 B 9000000@4"
    exact = clear_sealed(
        BidBook(bids(text), (Seller("RGGI", 15_272_670),)), AuctionTerms(205, 1_000)
    )
    assert (exact.sold, exact.unsold, got(exact, 2)) == (15_272_670, 0, [9_000_000, 6_272_670])
    lots = clear_sealed(
        BidBook(bids(text), (Seller("RGGI", 15_272_670),)), AuctionTerms(205, 1_000, 1_000)
    )
    assert (lots.sold, lots.unsold, got(lots, 2)) == (15_272_000, 670, [9_000_000, 6_272_000])
    assert lots.end is AuctionEnd.SOLD_IN_PART


def test_quebec_shares_are_floors_of_each_bidder_and_the_last_unit_is_drawn() -> None:
    outcomes: Counter[tuple[int, ...]] = Counter()
    for seed in range(600):
        result = cleared("A 700@10 B 200@10 300@10 C 300@10", 1_000, tie=PRO_RATA, seed=seed)
        a, b, more_b, c = got(result, 4)
        outcomes[a - 466, b + more_b - 333, c - 200] += 1
    assert set(outcomes) == {(1, 0, 0), (0, 1, 0), (0, 0, 1)}
    assert all(abs(count - 200) < 4 * 11.6 for count in outcomes.values())


def test_a_limit_takes_off_the_lowest_priced_lots_of_linked_accounts() -> None:
    book = BidBook(
        [SealedBid("a", "g", 1500, 4), SealedBid("b", "g", 1200, 4), SealedBid("a", "g", 1100, 4)],
        (Seller("state", 100),),
        {"g": GroupLimit(purchase=purchase_limit(100, 500, 1), holding=7)},
    )
    result = clear_sealed(book, AuctionTerms(1000, 1))
    assert got(result, 3) == [4, 1, 0]
    assert list(result.cuts) == [
        (1, 1, CutReason.HOLDING),
        (1, 2, CutReason.PURCHASE),
        (2, 4, CutReason.HOLDING),
    ]
    refusing = clear_sealed(book, AuctionTerms(1000, 1, limit_rule=LimitRule.REFUSE))
    assert got(refusing, 3) == [4, 0, 0]
    assert cut(refusing) == {1: (4, CutReason.HOLDING), 2: (4, CutReason.HOLDING)}


def test_what_a_guarantee_must_cover_is_the_dearest_step() -> None:
    steps = bids("A 10@15 50@12 40@10")
    assert guarantee_needed(steps, as_bid=False) == 100 * 1000
    assert guarantee_needed(steps, as_bid=True) == 1500 * 10 + 1200 * 50 + 1000 * 40
    terms = AuctionTerms(1000, 1, guarantee_rule=GuaranteeRule.REFUSE)
    assert exceeds(steps[:2], steps[2], terms, GroupLimit(), 100_000) is None
    assert exceeds(steps[:2], steps[2], terms, GroupLimit(), 99_999) is CutReason.GUARANTEE


def test_lots_beyond_the_guarantee_come_back_at_the_next_price_that_it_covers() -> None:
    # 150.00 cover 10 lots at 15, 12 at 12 (another bidder's price), 15 at 10
    book = BidBook(
        bids("A 14@15 B 20@12 30@10"), (Seller("state", 100),), {}, {"A": 15_000, "B": 10**9}
    )
    retried = clear_sealed(book, AuctionTerms(1000, 1, guarantee_rule=GuaranteeRule.RETRY))
    assert list(retried.moved) == [Moved(0, 2, 1200), Moved(0, 2, 1000)]
    assert got(retried, 3) == [14, 20, 30]
    trimmed = clear_sealed(book, AuctionTerms(1000, 1, guarantee_rule=GuaranteeRule.TRIM))
    assert got(trimmed, 3) == [10, 20, 30]
    assert cut(trimmed) == {0: (4, CutReason.GUARANTEE)}
    absent = clear_sealed(
        book._replace(guarantees={}), AuctionTerms(1000, 1, guarantee_rule=GuaranteeRule.RETRY)
    )
    assert (absent.sold, absent.end) == (0, AuctionEnd.NO_BIDS)


def test_a_reserve_sale_fills_the_cheapest_tier_first_and_shares_it() -> None:
    tiers = (Tier(TierKind.FIXED, 5000, 1_000), Tier(TierKind.FIXED, 6000, 10_000))
    text = "A 700@60 B 500@50 C 300@55"
    results = [
        clear_sealed(
            BidBook(bids(text), ()), AuctionTerms(1, 1, tie=PRO_RATA, seed=seed, tiers=tiers)
        )
        for seed in range(30)
    ]
    for result in results:
        cheap = {award.bid: award.quantity for award in result.awards if award.price == 5000}
        assert sum(cheap.values()) == 1_000
        assert all(0 <= cheap[n] - floor <= 1 for n, floor in enumerate((466, 333, 200)))
        dear = {award.bid: award.quantity for award in result.awards if award.price == 6000}
        assert dear == {0: 700 - cheap[0]}
        assert result.released == result.sold == 1_000 + dear[0]
        assert (result.offered, result.unsold, result.end) == (0, 0, AuctionEnd.SOLD)
    assert len({result.draw for result in results}) == 30


def test_consigned_units_are_sold_first_and_shared_exactly() -> None:
    sellers = (Seller("state", 100, 1), Seller("utility", 20), Seller("other", 10))
    assert split_sale(sellers, 16) == (
        Sale("state", 100, 0),
        Sale("utility", 20, 11),
        Sale("other", 10, 5),
    )
    assert [sale.sold for sale in split_sale(sellers, 35)] == [5, 20, 10]
    assert [sale.sold for sale in split_sale((Seller("x", 1), Seller("y", 1)), 1)] == [1, 0]


def test_the_cover_ratio_is_demand_over_what_was_offered() -> None:
    assert cleared("A 4@40 B 3@30 C 5@21", 10, "22").cover_bp == 7_000
    assert clear_sealed(BidBook([], ()), AuctionTerms(1, 1)).cover_bp == 0

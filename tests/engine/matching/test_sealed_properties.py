"""Any sealed auction comes out as the slow oracle says, and what must hold of it holds."""

from __future__ import annotations

from collections import Counter
from hashlib import sha256

from hypothesis import given, settings
from hypothesis import strategies as st

from engine.matching.auction_terms import AuctionResult, AuctionTerms, BidBook
from engine.matching.sealed_auction import clear_sealed
from engine.vocabulary.enums import (
    AuctionEnd,
    BelowMarket,
    BidTie,
    CutReason,
    GuaranteeRule,
    PricingRule,
    TierKind,
)
from tests.engine.matching.sealed_books import random_book
from tests.engine.matching.slow_auction import SlowAuction

SEEDS = st.integers(0, 10**9)
CANCELLED = (AuctionEnd.UNDERSUBSCRIBED, AuctionEnd.BELOW_MARKET)


def totals(result: AuctionResult) -> tuple[Counter[int], Counter[int]]:
    """Return tonnes and payments by bid."""
    gets: Counter[int] = Counter()
    pays: Counter[int] = Counter()
    for award in result.awards:
        gets[award.bid] += award.quantity
        pays[award.bid] += award.quantity * award.price
    return gets, pays


@settings(max_examples=500)
@given(SEEDS)
def test_it_comes_out_as_the_slow_oracle_says(seed: int) -> None:
    book, terms = random_book(seed)
    result = clear_sealed(book, terms)
    slow = SlowAuction(book, terms).clear()
    gets, pays = totals(result)
    assert dict(gets) == slow.gets
    assert dict(pays) == slow.pays
    assert (result.released, result.withheld) == (slow.released, slow.withheld)


@given(SEEDS)
def test_what_must_hold_of_any_auction(seed: int) -> None:
    book, terms = random_book(seed)
    result = clear_sealed(book, terms)
    gets, pays = totals(result)
    assert result.offered + result.released == result.sold + result.unsold + result.withheld
    assert min(result.unsold, result.withheld, result.released) >= 0
    assert result.sold == sum(gets.values())
    cuts: Counter[int] = Counter()
    for each in result.cuts:
        assert each.quantity > 0
        cuts[each.bid] += each.quantity
    for n, bid in enumerate(book.bids):
        assert gets[n] + cuts[n] == bid.quantity
        assert bid.price >= terms.reserve or not gets[n], "a bid below the reserve won"
        assert pays[n] <= bid.price * gets[n], "dearer than it was bid for"
    assert all(award.quantity % terms.cut_lot == 0 for award in result.awards)
    if result.end in CANCELLED:
        assert not gets
        assert all(each.reason is not CutReason.NOT_REACHED for each in result.cuts)
    _check_limits(book, terms, gets, pays)
    _check_tiers(terms, result)
    _check_sellers(book, result)


def _check_limits(
    book: BidBook, terms: AuctionTerms, gets: Counter[int], pays: Counter[int]
) -> None:
    """Limits of groups and guarantees of bidders hold after the clearing."""
    for group, limit in book.limits.items():
        total = sum(gets[n] for n, bid in enumerate(book.bids) if bid.group == group)
        assert total <= min(limit)
    if terms.guarantee_rule is not GuaranteeRule.NONE:
        for bidder in {bid.bidder for bid in book.bids}:
            owed = sum(pays[n] for n, bid in enumerate(book.bids) if bid.bidder == bidder)
            assert owed <= book.guarantees.get(bidder, 0)


def _check_tiers(terms: AuctionTerms, result: AuctionResult) -> None:
    """Containment acts at or beyond its trigger alone."""
    used = 0
    for tier in result.tiers:
        assert 0 <= tier.used <= tier.available
        if not tier.used:
            continue
        if tier.kind is TierKind.RELEASE:
            assert result.interim > tier.trigger
            assert result.price >= tier.trigger
        if tier.kind is TierKind.WITHHOLD:
            assert result.interim <= tier.trigger
            assert result.price <= tier.trigger or terms.below_market is BelowMarket.REACH
        used += tier.used if tier.kind is not TierKind.WITHHOLD else 0
    assert used == result.released


def _check_sellers(book: BidBook, result: AuctionResult) -> None:
    """Sellers sold in proportion within a rank, and a rank before the next."""
    fixed = sum(tier.used for tier in result.tiers if tier.kind is TierKind.FIXED)
    of_tiers = result.released - fixed
    assert sum(sale.sold for sale in result.sales) == result.sold - of_tiers - fixed
    for sale, seller in zip(result.sales, book.sellers, strict=True):
        assert 0 <= sale.sold <= seller.quantity
        for other, second in zip(result.sales, book.sellers, strict=True):
            if seller.rank < second.rank:
                assert sale.sold == seller.quantity or not other.sold
            elif seller.rank == second.rank:
                apart = sale.sold * second.quantity - other.sold * seller.quantity
                assert abs(apart) < seller.quantity + second.quantity


@given(SEEDS)
def test_price_comes_first_and_then_the_tie_rule(seed: int) -> None:
    """Without limits and tiers: a bid that lacks a tonne has none below it that got one."""
    book, terms = random_book(seed)
    book = BidBook(book.bids, book.sellers)
    terms = terms._replace(guarantee_rule=GuaranteeRule.NONE, tiers=())
    result = clear_sealed(book, terms)
    gets, _ = totals(result)
    if result.end in CANCELLED:
        return
    for n, bid in enumerate(book.bids):
        if gets[n] < bid.quantity:
            assert not any(gets[m] for m, other in enumerate(book.bids) if other.price < bid.price)
    prices = {award.price for award in result.awards}
    assert len(prices) <= 1 or terms.pricing is PricingRule.PAY_AS_BID


@settings(max_examples=300)
@given(SEEDS)
def test_the_tie_rule_holds_for_every_bidder(seed: int) -> None:
    """Who shares the last price: whole bids in order and one cut, or each within a cut lot."""
    book, terms = random_book(seed)
    book = BidBook([bid._replace(price=10 + bid.price % 2) for bid in book.bids], book.sellers)
    terms = terms._replace(
        guarantee_rule=GuaranteeRule.NONE, tiers=(), reserve=1, below_market=BelowMarket.IGNORE
    )
    result = clear_sealed(book, terms)
    gets, _ = totals(result)
    tied = sorted({each.bid for each in result.cuts if each.reason is CutReason.TIE})
    if not tied:
        return
    price = book.bids[tied[0]].price
    at_price = [n for n, bid in enumerate(book.bids) if bid.price == price]
    if terms.tie is BidTie.PRO_RATA:
        wants: Counter[str] = Counter()
        wins: Counter[str] = Counter()
        for n in at_price:
            wants[book.bids[n].bidder] += book.bids[n].quantity
            wins[book.bids[n].bidder] += gets[n]
        left, wanted = sum(wins.values()), sum(wants.values())
        for bidder, want in wants.items():
            share = want * left // wanted // terms.cut_lot * terms.cut_lot
            assert share <= wins[bidder] <= share + terms.cut_lot
        return
    order = at_price
    if terms.tie is BidTie.RANDOM:
        order = sorted(at_price, key=lambda n: sha256(f"{terms.seed}:{n}".encode()).digest())
    full = [gets[n] == book.bids[n].quantity for n in order]
    whole = full.index(False) if False in full else len(full)
    assert not any(gets[n] for n in order[whole + 1 :]), "somebody was filled out of turn"


@given(SEEDS, st.integers(0, 1_000))
def test_a_seed_decides_ties_and_nothing_else(seed: int, other: int) -> None:
    book, terms = random_book(seed)
    terms = terms._replace(tiers=tuple(t for t in terms.tiers if t.kind is not TierKind.FIXED))
    one, two = clear_sealed(book, terms), clear_sealed(book, terms._replace(seed=other))
    assert (one.price, one.sold, one.sales, one.tiers) == (
        two.price,
        two.sold,
        two.sales,
        two.tiers,
    )
    tied = {each.bid for each in (*one.cuts, *two.cuts) if each.reason is CutReason.TIE}
    (gets, _), (others, _) = totals(one), totals(two)
    assert {n for n in range(len(book.bids)) if gets[n] != others[n]} <= tied


def test_the_random_auctions_are_of_every_kind() -> None:
    results = [clear_sealed(*random_book(seed)) for seed in range(3_000)]
    ends = Counter(result.end for result in results)
    reasons = Counter(each.reason for result in results for each in result.cuts)
    used = Counter(tier.kind for result in results for tier in result.tiers if tier.used)
    assert set(ends) == set(AuctionEnd)
    assert set(reasons) == set(CutReason) - {CutReason.UNPAID}, "that comes after the clearing"
    assert set(used) == set(TierKind)
    assert min(*ends.values(), *reasons.values(), *used.values()) >= 20
    assert sum(bool(result.moved) for result in results) >= 100
    assert sum(bool(result.draw) for result in results) >= 100

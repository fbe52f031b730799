"""Random sealed auctions, small enough for every rule to bite, and the slow oracle of them."""

from __future__ import annotations

import random

from engine.matching.auction_terms import (
    AuctionTerms,
    BidBook,
    GroupLimit,
    SealedBid,
    Seller,
    Tier,
)
from engine.vocabulary.enums import (
    BelowMarket,
    BidTie,
    GuaranteeRule,
    LimitRule,
    PricingRule,
    TierKind,
    Undersubscribed,
)

PRICINGS = (PricingRule.UNIFORM, PricingRule.HIGHEST_REJECTED, PricingRule.PAY_AS_BID)
TIES = (BidTie.TIME, BidTie.RANDOM, BidTie.PRO_RATA)
SHORTAGES = (Undersubscribed.SELL, Undersubscribed.SELL_AT_RESERVE, Undersubscribed.CANCEL)


def random_book(seed: int) -> tuple[BidBook, AuctionTerms]:
    """Draw bids, supply, limits and terms; prices from 8 to 20, lots of 1, 2 or 4."""
    draw = random.Random(seed)
    lot = draw.choice((1, 2, 4))
    cut_lot = draw.choice([each for each in (1, 2, 4) if lot % each == 0])
    # The accounts b0 ... b5 belong to the groups g0 ... g2; b6 ... b9 to g3.
    bids = []
    for _ in range(draw.randrange(14)):
        bidder = draw.randrange(10)
        group = min(bidder // 2, 3)
        quantity = lot * draw.randrange(1, 9)
        bids.append(SealedBid(f"b{bidder}", f"g{group}", draw.randrange(8, 21), quantity))
    sellers = tuple(
        Seller(f"s{n}", draw.randrange(1, 40), draw.randrange(2))
        for n in range(draw.randrange(1, 4))
    )
    limits = {
        f"g{n}": GroupLimit(*(draw.randrange(0, 60) for _ in range(2)))
        for n in range(4)
        if draw.random() < 0.4
    }
    guarantees = {f"b{n}": draw.randrange(0, 600) for n in range(10) if draw.random() < 0.9}
    tiers = tuple(
        Tier(draw.choice(tuple(TierKind)), draw.randrange(9, 20), cut_lot * draw.randrange(1, 12))
        for _ in range(draw.choice((0, 0, 1, 2, 3)))
    )
    market_floor = draw.randrange(8, 18)
    terms = AuctionTerms(
        reserve=draw.randrange(1, 14),
        lot=lot,
        cut_lot=cut_lot,
        pricing=draw.choice(PRICINGS),
        tie=draw.choice(TIES),
        undersubscribed=draw.choice(SHORTAGES),
        seed=draw.randrange(1_000),
        limit_rule=draw.choice(tuple(LimitRule)),
        guarantee_rule=draw.choice(tuple(GuaranteeRule)),
        below_market=draw.choice((BelowMarket.IGNORE, *BelowMarket)),
        market_floor=market_floor,
        market_price=market_floor + draw.randrange(4),
        tiers=tiers,
    )
    return BidBook(bids, sellers, limits, guarantees), terms

"""Clear a one-way auction: who gets how much, and at what price.

A face of the clearing of sealed auctions for one-way bidding (单向竞价), where one initiator sells
or buys: bids are known by their place alone, without bidders' limits. An auction that buys is
cleared as its mirror, in which the lowest bid is the highest.
"""

from collections.abc import Sequence
from typing import NamedTuple

from engine.matching.auction_terms import AuctionTerms, BidBook, SealedBid, Seller
from engine.matching.sealed_auction import clear_sealed
from engine.vocabulary.enums import BidTie, PricingRule, Undersubscribed


class Offer(NamedTuple):
    """What is auctioned."""

    quantity: int  # tonnes
    reserve: int  # minor units; no bid is worse
    lot: int
    sells: bool  # whether the highest bid is the best
    pricing: PricingRule
    tie: BidTie
    undersubscribed: Undersubscribed
    seed: int  # decides random ties


class Sealed(NamedTuple):
    """One bid, in order of its coming."""

    price: int
    quantity: int


class Win(NamedTuple):
    """What a bid gets."""

    bid: int  # index among the bids
    quantity: int
    price: int


def clear(bids: Sequence[Sealed], offer: Offer) -> list[Win]:
    """Return what every successful bid gets, the best first; nothing where the auction fails."""
    top = max((bid.price for bid in bids), default=0) + offer.reserve

    def turned(price: int) -> int:
        return price if offer.sells else top - price

    terms = AuctionTerms(
        reserve=turned(offer.reserve),
        lot=offer.lot,
        cut_lot=offer.lot,
        pricing=offer.pricing,
        tie=offer.tie,
        undersubscribed=offer.undersubscribed,
        seed=offer.seed,
    )
    sealed = [
        SealedBid(str(n), str(n), turned(bid.price), bid.quantity) for n, bid in enumerate(bids)
    ]
    result = clear_sealed(BidBook(sealed, (Seller("", offer.quantity),)), terms)
    return [Win(award.bid, award.quantity, turned(award.price)) for award in result.awards]

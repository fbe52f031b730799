"""Limits and guarantees of sealed bids, before an auction is cleared."""

from collections.abc import Sequence

from engine.matching.auction_terms import AuctionTerms, GroupLimit, SealedBid
from engine.vocabulary.enums import CutReason
from engine.vocabulary.units import BASIS_POINTS


def purchase_limit(supply: int, share_bp: int, lot: int) -> int:
    """Return a share of the supply in whole lots, rounded down."""
    return supply * share_bp // BASIS_POINTS // lot * lot


def guarantee_needed(bids: Sequence[SealedBid], *, as_bid: bool) -> int:
    """Return the most that one bidder's bids may cost.

    At one price for all that is the dearest of its price steps, each with all that it bids for at
    that price or above; where each bid pays its own price it is the sum.
    """
    if as_bid:
        return sum(bid.price * bid.quantity for bid in bids)
    most = held = 0
    for bid in sorted(bids, key=lambda each: -each.price):
        held += bid.quantity
        most = max(most, bid.price * held)
    return most


def exceeds(
    bids: Sequence[SealedBid],
    bid: SealedBid,
    terms: AuctionTerms,
    limit: GroupLimit,
    guarantee: int,
) -> CutReason | None:
    """Return which limit a bid would exceed beside those of its group that stand, if any.

    For a market that refuses at entry.
    """
    raise NotImplementedError

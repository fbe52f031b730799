"""Clear a sealed-bid auction: limits, price, ties, containment and what each seller sold."""

from engine.matching.auction_terms import AuctionResult, AuctionTerms, BidBook


def clear_sealed(book: BidBook, terms: AuctionTerms) -> AuctionResult:
    """Return who gets how much at what price, and why others get nothing."""
    raise NotImplementedError

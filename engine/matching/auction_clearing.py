"""Clear a one-way auction: who gets how much, and at what price.

One function for one-way bidding (单向竞价) and for government auctions, which differ in three
choices: what winners pay, who comes first among equal bids, and what happens where less is bid
for than is offered. Prices are ranked for an auction that sells; one that buys ranks them upside
down. Sources: EU Reg. 1031/2010 art. 7, UK SI 2021/484 reg. 6-7, Quebec Q-2 r.46.1 s.52 and s.61,
Guangdong notices of 2014 and 2015, KRX.
"""

import hashlib
from collections.abc import Sequence
from typing import NamedTuple

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


def draw(seed: int, number: int) -> bytes:
    """Return the sort key of a bid among equals; the same seed always gives the same."""
    return hashlib.sha256(f"{seed}:{number}".encode()).digest()


def clear(bids: Sequence[Sealed], offer: Offer) -> list[Win]:
    """Return what every successful bid gets, the best first; nothing where the auction fails.

    Bids worse than the reserve must have been refused before.
    """
    sign = -1 if offer.sells else 1
    if offer.pricing is PricingRule.WHOLE:
        whole = [n for n, bid in enumerate(bids) if bid.quantity >= offer.quantity]
        ranked = _ranked(bids, whole, sign, offer)
        return [Win(ranked[0], offer.quantity, bids[ranked[0]].price)] if ranked else []
    ranked = _ranked(bids, list(range(len(bids))), sign, offer)
    total = sum(bid.quantity for bid in bids)
    if not ranked or (total < offer.quantity and offer.undersubscribed is Undersubscribed.CANCEL):
        return []
    shares = _filled(bids, ranked, offer)
    last = bids[shares[-1][0]].price
    if total < offer.quantity and offer.undersubscribed is Undersubscribed.SELL_AT_RESERVE:
        last = offer.reserve
    uniform = offer.pricing is PricingRule.UNIFORM
    return [Win(n, share, last if uniform else bids[n].price) for n, share in shares]


def _ranked(bids: Sequence[Sealed], among: list[int], sign: int, offer: Offer) -> list[int]:
    """Sort bids best first; equal ones by time, or as the seed draws them."""
    if offer.tie is BidTie.TIME:
        return sorted(among, key=lambda n: (sign * bids[n].price, n))
    return sorted(among, key=lambda n: (sign * bids[n].price, draw(offer.seed, n)))


def _filled(bids: Sequence[Sealed], ranked: list[int], offer: Offer) -> list[tuple[int, int]]:
    """Fill bids down the ranking until the supply is gone; the last one is cut."""
    shares: list[tuple[int, int]] = []
    left = offer.quantity
    place = 0
    while left and place < len(ranked):
        price = bids[ranked[place]].price
        tied = [n for n in ranked[place:] if bids[n].price == price]
        if offer.tie is BidTie.PRO_RATA and sum(bids[n].quantity for n in tied) > left:
            return shares + _in_proportion(bids, tied, left, offer)
        share = min(bids[ranked[place]].quantity, left)
        shares.append((ranked[place], share))
        left -= share
        place += 1
    return shares


def _in_proportion(
    bids: Sequence[Sealed], tied: list[int], left: int, offer: Offer
) -> list[tuple[int, int]]:
    """Share what is left among tied bids: proportions in whole lots, then a lot each as drawn."""
    wanted = sum(bids[n].quantity for n in tied)
    lot = offer.lot
    shares = {n: bids[n].quantity * left // wanted // lot * lot for n in tied}
    rest = left - sum(shares.values())
    while rest >= lot:
        before = rest
        for n in tied:  # in the order drawn
            if rest >= lot and shares[n] + lot <= bids[n].quantity:
                shares[n] += lot
                rest -= lot
        if rest == before:
            break
    return [(n, share) for n, share in shares.items() if share]

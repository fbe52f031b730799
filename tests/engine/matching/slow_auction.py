"""The clearing of a sealed auction tonne by tonne, from ``docs/rules.md`` alone; it is slow."""

from __future__ import annotations

import hashlib
from fractions import Fraction
from typing import TYPE_CHECKING, NamedTuple

from engine.vocabulary.enums import (
    BelowMarket,
    BidTie,
    GuaranteeRule,
    LimitRule,
    PricingRule,
    TierKind,
    Undersubscribed,
)

if TYPE_CHECKING:
    from engine.matching.auction_terms import AuctionTerms, BidBook

HIGHEST = PricingRule.HIGHEST_REJECTED


class Lot(NamedTuple):
    """One lot of a bid."""

    bid: int
    price: int
    late: bool  # whether it came back at a lower price


class Slow(NamedTuple):
    """What comes out."""

    gets: dict[int, int]  # by bid
    pays: dict[int, int]
    released: int
    withheld: int


def dearest(prices: list[int], lot: int, *, as_bid: bool) -> int:
    """Return what lots at these prices may cost at the worst."""
    if as_bid:
        return sum(prices) * lot
    return max((p * lot * sum(q >= p for q in prices) for p in prices), default=0)


def as_bid(terms: AuctionTerms) -> bool:
    fixed = any(tier.kind is TierKind.FIXED and tier.quantity for tier in terms.tiers)
    return fixed or terms.pricing is PricingRule.PAY_AS_BID


def enter(book: BidBook, terms: AuctionTerms) -> list[int]:
    """Return the bids that are taken: what is refused is whole bids, the later ones."""
    taken: list[int] = []
    for n, bid in enumerate(book.bids):
        if bid.price < terms.reserve:
            continue
        group = [each for each in taken if book.bids[each].group == bid.group]
        own = [each for each in [*group, n] if book.bids[each].bidder == bid.bidder]
        total = bid.quantity + sum(book.bids[each].quantity for each in group)
        limit = book.limits.get(bid.group)
        over = limit is not None and total > min(limit)
        prices = [book.bids[n].price for n in own for _ in range(book.bids[n].quantity)]
        short = dearest(prices, 1, as_bid=as_bid(terms)) > book.guarantees.get(bid.bidder, 0)
        if over and terms.limit_rule is LimitRule.REFUSE:
            continue
        if short and terms.guarantee_rule is GuaranteeRule.REFUSE:
            continue
        taken.append(n)
    return taken


def lots(book: BidBook, terms: AuctionTerms) -> list[Lot]:
    """Return the lots that take part."""
    kept = [
        Lot(n, book.bids[n].price, late=False)
        for n in enter(book, terms)
        for _ in range(book.bids[n].quantity // terms.lot)
    ]
    if terms.limit_rule is LimitRule.TRIM:
        for group, limit in book.limits.items():
            while True:
                of_group = [lot for lot in kept if book.bids[lot.bid].group == group]
                if len(of_group) * terms.lot <= min(limit):
                    break
                kept.remove(min(of_group, key=lambda lot: (lot.price, -lot.bid)))
    if terms.guarantee_rule not in {GuaranteeRule.TRIM, GuaranteeRule.RETRY}:
        return kept
    steps = sorted({lot.price for lot in kept}, reverse=True)
    covered = []
    for bidder in {book.bids[lot.bid].bidder for lot in kept}:
        own = [lot for lot in kept if book.bids[lot.bid].bidder == bidder]
        covered += cover(own, book.guarantees.get(bidder, 0), steps, terms)
    return covered


def cover(own: list[Lot], guarantee: int, steps: list[int], terms: AuctionTerms) -> list[Lot]:
    """Try lot after lot at its own price and, where the rule says so, at every lower step."""
    covered: list[Lot] = []
    waiting: list[int] = []

    def fits(bid: int, step: int, *, late: bool) -> bool:
        lot = Lot(bid, step, late)
        prices = [each.price for each in [*covered, lot]]
        if dearest(prices, terms.lot, as_bid=as_bid(terms)) > guarantee:
            return False
        covered.append(lot)
        return True

    for step in steps:
        here = sorted(lot.bid for lot in own if lot.price == step)
        short = [bid for bid in here if not fits(bid, step, late=False)]
        waiting = [bid for bid in waiting if not fits(bid, step, late=True)]
        if terms.guarantee_rule is GuaranteeRule.RETRY:
            waiting += short
    return covered


class Tonne(NamedTuple):
    """One tonne that is bid for."""

    lot: Lot

    @property
    def price(self) -> int:
        return self.lot.price


class SlowAuction:
    """One auction."""

    def __init__(self, book: BidBook, terms: AuctionTerms) -> None:
        self.book, self.terms = book, terms
        self.asked = [Tonne(lot) for lot in lots(book, terms) for _ in range(terms.lot)]
        self.asked.sort(key=lambda tonne: -tonne.price)
        self.gets: dict[int, int] = {}
        self.pays: dict[int, int] = {}

    def price(self, supply: int) -> int:
        """Return the uniform price of a supply, or the lowest own price."""
        rank = supply if self.terms.pricing is HIGHEST else supply - 1
        if self.terms.pricing is HIGHEST:
            best = self.asked[rank].price if rank < len(self.asked) else 0
            return max(best, self.terms.reserve)
        if 0 <= rank < len(self.asked):
            return self.asked[rank].price
        if self.asked and self.terms.undersubscribed is not Undersubscribed.SELL_AT_RESERVE:
            return self.asked[-1].price
        return self.terms.reserve

    def beyond(self, trigger: int) -> int:
        return sum(tonne.price >= trigger for tonne in self.asked)

    def clear(self) -> Slow:
        terms = self.terms
        offered = sum(seller.quantity for seller in self.book.sellers)
        base = supply = offered - offered % terms.cut_lot
        price, floor, withheld = self.price(base), terms.reserve, 0
        released = False
        acting = terms.tiers if base else ()
        for tier in sorted(acting, key=lambda tier: tier.trigger):
            wanted = self.beyond(tier.trigger)
            if tier.kind is not TierKind.RELEASE or price <= tier.trigger or wanted <= supply:
                if tier.kind is TierKind.RELEASE:
                    break
                continue
            supply, released = supply + tier.quantity, True
            floor = max(tier.trigger, terms.reserve)
            price = max(floor, self.price(supply)) if wanted >= supply else floor
        for tier in sorted(acting, key=lambda tier: -tier.trigger):
            if released or tier.kind is not TierKind.WITHHOLD:
                continue
            if price > tier.trigger:
                break
            kept = 0
            while kept < tier.quantity and supply and not self.reached(supply, tier.trigger):
                supply -= terms.cut_lot
                kept += terms.cut_lot
            withheld += kept
            if kept:
                price = min(tier.trigger, self.price(supply))
            if kept < tier.quantity:
                break
        cancelled = len(self.asked) < supply and terms.undersubscribed is Undersubscribed.CANCEL
        asks = terms.below_market is not BelowMarket.IGNORE
        if asks and not cancelled and price < terms.market_floor:
            least = terms.market_price
            reach = [tonne.price for tonne in self.asked if tonne.price >= least]
            cancelled = terms.below_market is BelowMarket.CANCEL or not reach
            price = floor = min(reach, default=0)
        if cancelled:
            return Slow({}, {}, 0, 0)
        main = self.sell(supply, floor, price)
        fixed = self.sell_fixed()
        return Slow(self.gets, self.pays, max(0, main - base) + fixed, withheld)

    def reached(self, supply: int, trigger: int) -> bool:
        """Whether a supply that shrinks has brought the price to a trigger."""
        rejected = self.terms.pricing is not HIGHEST or self.price(supply) >= trigger
        return supply <= self.beyond(trigger) and rejected

    def give(self, bid: int, tonnes: int, price: int) -> None:
        self.gets[bid] = self.gets.get(bid, 0) + tonnes
        self.pays[bid] = self.pays.get(bid, 0) + tonnes * price

    def sell(self, supply: int, floor: int, price: int) -> int:
        """Serve price after price, and within one by the tie rule."""
        left = supply
        own = self.terms.pricing is PricingRule.PAY_AS_BID
        for step in sorted({tonne.price for tonne in self.asked}, reverse=True):
            if step < floor or not left:
                break
            here = [tonne for tonne in self.asked if tonne.price == step]
            served = self.tied(here, left, f"{self.terms.seed}")
            for tonne in served:
                self.give(tonne.lot.bid, 1, step if own else price)
                self.asked.remove(tonne)
            left -= len(served)
            if len(served) < len(here):
                break
        return supply - left

    def sell_fixed(self) -> int:
        total = 0
        tiers = [(tier, n) for n, tier in enumerate(self.terms.tiers)]
        for tier, n in sorted(tiers, key=lambda pair: (pair[0].trigger, pair[1])):
            if tier.kind is TierKind.FIXED:
                here = [tonne for tonne in self.asked if tonne.price >= tier.trigger]
                served = self.tied(here, tier.quantity, f"{self.terms.seed}:{n}")
                for tonne in served:
                    self.give(tonne.lot.bid, 1, tier.trigger)
                    self.asked.remove(tonne)
                total += len(served)
        return total

    def tied(self, here: list[Tonne], left: int, seed: str) -> list[Tonne]:
        """Return the tonnes that are served of those with one claim."""
        if len(here) <= left:
            return here
        left -= left % self.terms.cut_lot

        def drawn(bid: int) -> bytes:
            return hashlib.sha256(f"{seed}:{bid}".encode()).digest()

        def time(tonne: Tonne) -> tuple[bool, int]:
            return (tonne.lot.late, tonne.lot.bid)

        if self.terms.tie is BidTie.TIME:
            return sorted(here, key=time)[:left]
        if self.terms.tie is BidTie.RANDOM:
            return sorted(here, key=lambda tonne: (drawn(tonne.lot.bid), time(tonne)))[:left]
        bidders: dict[str, list[Tonne]] = {}
        for tonne in sorted(here, key=time):
            bidders.setdefault(self.book.bids[tonne.lot.bid].bidder, []).append(tonne)
        unit = self.terms.cut_lot
        shares = {
            name: int(Fraction(len(own) * left, len(here) * unit)) * unit
            for name, own in bidders.items()
        }
        for name in sorted(bidders, key=lambda name: drawn(bidders[name][0].lot.bid)):
            if sum(shares.values()) < left:
                shares[name] += unit
        return [tonne for name, own in bidders.items() for tonne in own[: shares[name]]]

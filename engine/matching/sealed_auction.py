"""Clear a sealed-bid auction: limits, price, ties, containment and what each seller sold.

Sources: EU Reg. 1031/2010 art. 7, UK SI 2021/484 reg. 6-7, Quebec Q-2 r.46.1 s.52 and s.61,
17 CCR 95911 and 95913, RGGI's auction notices, Guangdong notices of 2014 and 2015, KRX.
"""

from collections.abc import Sequence

from engine.matching.auction_terms import (
    AuctionResult,
    AuctionTerms,
    Award,
    BidBook,
    Cut,
    Sale,
    Seller,
    TierResult,
)
from engine.matching.bid_limits import Piece, admit_bids
from engine.matching.bid_ties import Claims, draw_hash, share_tied
from engine.matching.containment import Supply, contain
from engine.matching.demand import Demand
from engine.vocabulary.enums import (
    AuctionEnd,
    BelowMarket,
    BidTie,
    CutReason,
    PricingRule,
    TierKind,
    Undersubscribed,
)


class _Filled:
    """How much each piece got in the main sale and in tiers of fixed price."""

    def __init__(self, book: BidBook, terms: AuctionTerms, demand: Demand) -> None:
        self.bidders = [bid.bidder for bid in book.bids]
        self.terms = terms
        self.demand = demand
        self.left = demand.wants.copy()
        self.tied: dict[int, None] = {}  # places that shared too little
        self.awards: list[Award] = []
        self.drawn: list[int] = []

    def sell(self, supply: Supply) -> int:
        """Sell a supply down the ranking; return how much."""
        demand, left = self.demand, self.left
        count = demand.count(supply.floor)
        last = demand.price_of(min(supply.quantity, demand.cumulated[count]))
        if not last:
            return 0
        first = demand.count(last + 1)  # the pieces before it are better than the last price
        better = demand.cumulated[first]
        tied = range(first, demand.count(last))
        shares = self.share(tied, supply.quantity - better, self.terms.seed)
        bids, ranks = demand.bids, demand.ranks
        if self.terms.pricing in (PricingRule.UNIFORM, PricingRule.HIGHEST_REJECTED):
            price = supply.price
            self.awards = [Award(bids[n], left[n], price) for n in range(first)]
            self.awards += [Award(bids[n], share, price) for n, share in shares]
        else:
            self.awards = [Award(bids[n], left[n], -ranks[n]) for n in range(first)]
            self.awards += [Award(bids[n], share, last) for n, share in shares]
        left[:first] = [0] * first
        return better + self.take(shares)

    def sell_fixed(self, tier: int) -> int:
        """Sell a tier at its trigger to what is left of the bids that reach it."""
        trigger, quantity = self.terms.tiers[tier].trigger, self.terms.tiers[tier].quantity
        reach = [n for n in range(self.demand.count(trigger)) if self.left[n]]
        reach.sort(key=self.demand.orders.__getitem__)
        shares = self.share(reach, quantity, f"{self.terms.seed}:{tier}")
        self.awards += [Award(self.demand.bids[n], share, trigger) for n, share in shares]
        return self.take(shares)

    def share(self, places: Sequence[int], over: int, seed: int | str) -> list[tuple[int, int]]:
        """Share tonnes among pieces that have the same claim to them."""
        claims = Claims(places, self.left, self.demand.bids, self.bidders)
        if claims.total <= over:
            return [(n, self.left[n]) for n in places]
        if len(places) > 1:
            self.tied.update(dict.fromkeys(places))
        shared = share_tied(claims, over, self.terms.tie, seed, self.terms.cut_lot)
        self.drawn += shared.drawn
        return shared.shares

    def take(self, shares: list[tuple[int, int]]) -> int:
        """Take what was sold off the pieces; return how much it is."""
        for n, share in shares:
            self.left[n] -= share
        return sum([share for _, share in shares])

    def cuts(self, *, cancelled: bool) -> list[Cut]:
        """Return what pieces did not get."""
        bids, tied = self.demand.bids, self.tied
        other = CutReason.CANCELLED if cancelled else CutReason.NOT_REACHED
        tie = CutReason.TIE
        return [
            Cut(bids[n], left, tie if n in tied else other)
            for n, left in enumerate(self.left)
            if left
        ]


def clear_sealed(book: BidBook, terms: AuctionTerms) -> AuctionResult:
    """Return who gets how much at what price, and why others get nothing."""
    assert terms.lot % terms.cut_lot == 0
    offered = sum(seller.quantity for seller in book.sellers)
    admitted = admit_bids(book, terms)
    pieces = admitted.pieces
    whole = terms.pricing is PricingRule.WHOLE
    unfit: list[Piece] = []
    if whole:
        unfit = [piece for piece in pieces if piece[3] < offered]
        pieces = [piece for piece in pieces if piece[3] >= offered]
    if whole and terms.tie is BidTie.PRO_RATA:
        terms = terms._replace(tie=BidTie.RANDOM)
    demand = Demand(pieces)
    base = offered // terms.cut_lot * terms.cut_lot
    supply, end = _priced(demand, base, terms)
    filled = _Filled(book, terms, demand)
    main = filled.sell(supply) if end is None else 0
    released = max(0, main - base)
    used = _used(terms, supply, released)
    for n in _ascending(terms, TierKind.FIXED) if end is None else ():
        used[n] = filled.sell_fixed(n)
    sold = main + sum(used[n] for n in _ascending(terms, TierKind.FIXED))
    withheld = sum(supply.withheld)
    unsold = offered - withheld - (main - released)
    cuts = [*admitted.cuts, *filled.cuts(cancelled=end is not None)]
    cuts += [Cut(bid, quantity, CutReason.NOT_REACHED) for _, _, bid, quantity in unfit]
    if end is None:
        end = _end(demand, sold, unsold)
    return AuctionResult(
        end=end,
        price=supply.price if main else 0,
        interim=supply.interim if demand.total and base else 0,
        offered=offered,
        released=sold - main + released,
        withheld=withheld,
        sold=sold,
        unsold=unsold,
        demand=demand.total,
        awards=tuple(filled.awards),
        cuts=tuple(sorted(cuts)),
        moved=tuple(admitted.moved),
        tiers=tuple(
            TierResult(tier.kind, tier.trigger, tier.quantity, used[n])
            for n, tier in enumerate(terms.tiers)
        ),
        sales=split_sale(book.sellers, main - released),
        draw=draw_hash(terms.seed, filled.drawn),
    )


def _priced(demand: Demand, base: int, terms: AuctionTerms) -> tuple[Supply, AuctionEnd | None]:
    """Return supply and price after containment, and why an auction is cancelled, if it is."""
    supply = contain(demand, base, terms)
    if demand.total < supply.quantity and terms.undersubscribed is Undersubscribed.CANCEL:
        cancelled = supply._replace(withheld=(0,) * len(terms.tiers))
        return cancelled, AuctionEnd.UNDERSUBSCRIBED
    if terms.below_market is BelowMarket.IGNORE or supply.price >= terms.market_floor:
        return supply, None
    reached = demand.lowest(max(terms.market_price, supply.price))
    if terms.below_market is BelowMarket.CANCEL or not reached:
        cancelled = supply._replace(withheld=(0,) * len(terms.tiers))
        return cancelled, AuctionEnd.BELOW_MARKET
    return supply._replace(price=reached, floor=reached), None


def _end(demand: Demand, sold: int, unsold: int) -> AuctionEnd:
    if not demand.total:
        return AuctionEnd.NO_BIDS
    return AuctionEnd.SOLD_IN_PART if unsold or not sold else AuctionEnd.SOLD


def _ascending(terms: AuctionTerms, kind: TierKind) -> list[int]:
    """Return the places of the tiers of a kind, the lowest trigger first."""
    tiers = terms.tiers
    of_kind = [n for n, tier in enumerate(tiers) if tier.kind is kind]
    return sorted(of_kind, key=lambda n: (tiers[n].trigger, n))


def _used(terms: AuctionTerms, supply: Supply, released: int) -> list[int]:
    """Return what each tier kept back or, the lowest first, released."""
    used = list(supply.withheld)
    for n in _ascending(terms, TierKind.RELEASE):
        used[n] = min(released, terms.tiers[n].quantity)
        released -= used[n]
    return used


def split_sale(sellers: Sequence[Seller], sold: int) -> tuple[Sale, ...]:
    """Split what was sold among sellers, exactly: by rank, and within a rank in proportion.

    Proportions are rounded down; the tonnes over go one each to the largest fractions lost, among
    equals to the seller that is named first.
    """
    shares = [0] * len(sellers)
    for rank in sorted({seller.rank: None for seller in sellers}):
        among = [n for n, seller in enumerate(sellers) if seller.rank == rank]
        offered = sum(sellers[n].quantity for n in among)
        part = min(sold, offered)
        sold -= part
        if not part:
            continue
        for n in among:
            shares[n] = sellers[n].quantity * part // offered
        lost = sorted(among, key=lambda n: (-(sellers[n].quantity * part % offered), n))
        for n in lost[: part - sum(shares[n] for n in among)]:
            shares[n] += 1
    return tuple(
        Sale(seller.name, seller.quantity, share)
        for seller, share in zip(sellers, shares, strict=True)
    )

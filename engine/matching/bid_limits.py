"""Limits and guarantees of sealed bids, before an auction is cleared.

Quebec's regulation (Q-2 r.46.1 s.52) in general: lots beyond a holding or purchase limit go from
the lowest price up; lots that a guarantee does not cover go from the bid that exceeds it, and are
tried again at the lower prices of all bidders.
"""

from bisect import bisect_right
from collections import deque
from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple, TypeAlias

from engine.matching.auction_terms import AuctionTerms, BidBook, Cut, GroupLimit, Moved, SealedBid
from engine.vocabulary.enums import CutReason, GuaranteeRule, LimitRule, PricingRule, TierKind
from engine.vocabulary.units import BASIS_POINTS

# Lots of a bid at one price: minus the price, order, bid, tonnes. So sorted they are served: the
# best first, then in the order of coming; what came back stands behind the bids at its new price.
Piece: TypeAlias = tuple[int, int, int, int]


class Admitted(NamedTuple):
    """What of the bids takes part."""

    pieces: list[Piece]  # the best first
    cuts: list[Cut]
    moved: list[Moved]


NO_LIMIT: Final = GroupLimit()


def purchase_limit(supply: int, share_bp: int, lot: int) -> int:
    """Return a share of the supply in whole lots, rounded down."""
    return supply * share_bp // BASIS_POINTS // lot * lot


def guarantee_needed(bids: Iterable[SealedBid], *, as_bid: bool) -> int:
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


def pays_as_bid(terms: AuctionTerms) -> bool:
    """Whether bids of one bidder may pay different prices."""
    one_price = terms.pricing in (PricingRule.UNIFORM, PricingRule.HIGHEST_REJECTED)
    fixed = any(tier.kind is TierKind.FIXED and tier.quantity for tier in terms.tiers)
    return not one_price or fixed


def exceeds(
    bids: Sequence[SealedBid],
    bid: SealedBid,
    terms: AuctionTerms,
    limit: GroupLimit,
    guarantee: int,
) -> CutReason | None:
    """Return which limit a bid would exceed beside those of its group that stand, if any.

    For a market that refuses at entry; what the terms do not refuse is not asked.
    """
    total = bid.quantity + sum(each.quantity for each in bids)
    own = [*(each for each in bids if each.bidder == bid.bidder), bid]
    return _over(total, limit, terms) or _short(own, guarantee, terms)


def _over(total: int, limit: GroupLimit, terms: AuctionTerms) -> CutReason | None:
    if terms.limit_rule is not LimitRule.REFUSE or total <= min(limit):
        return None
    return CutReason.HOLDING if total > limit.holding else CutReason.PURCHASE


def _short(own: list[SealedBid], guarantee: int, terms: AuctionTerms) -> CutReason | None:
    if terms.guarantee_rule is not GuaranteeRule.REFUSE:
        return None
    needed = guarantee_needed(own, as_bid=pays_as_bid(terms))
    return CutReason.GUARANTEE if needed > guarantee else None


def admit_bids(book: BidBook, terms: AuctionTerms) -> Admitted:
    """Take off the bids what the reserve, the limits and the guarantees do not allow."""
    bids, reserve = book.bids, terms.reserve
    left = [bid.quantity if bid.price >= reserve else 0 for bid in bids]
    cuts = [
        Cut(n, bid.quantity, CutReason.BELOW_RESERVE) for n, bid in enumerate(bids) if not left[n]
    ]
    ranks = [-bid.price for bid in bids]
    ranked = sorted(range(len(bids)), key=ranks.__getitem__)  # equal ones stay in order of coming
    if LimitRule.REFUSE is terms.limit_rule or GuaranteeRule.REFUSE is terms.guarantee_rule:
        cuts += _refuse(book, terms, left)
    if terms.limit_rule is LimitRule.TRIM and book.limits:
        cuts += _trim(book, terms.lot, ranked, left)
    moved: list[Moved] = []
    if terms.guarantee_rule in (GuaranteeRule.TRIM, GuaranteeRule.RETRY):
        cuts += _cover(book, terms, ranked, left, moved)
    pieces = [(ranks[n], n, n, left[n]) for n in ranked if left[n]]
    if moved:
        late = len(bids)
        pieces += [(-each.price, late + each.bid, each.bid, each.quantity) for each in moved]
        pieces.sort()
    return Admitted(pieces, cuts, moved)


def _refuse(book: BidBook, terms: AuctionTerms, left: list[int]) -> list[Cut]:
    """Refuse whole bids that exceed a limit beside the earlier ones of their group."""
    cuts = []
    totals: dict[str, int] = {}
    taken: dict[str, list[SealedBid]] = {}
    for n, bid in enumerate(book.bids):
        if not left[n]:
            continue
        total = totals.get(bid.group, 0) + bid.quantity
        own = [*taken.get(bid.bidder, ()), bid]
        reason = _over(total, book.limits.get(bid.group, NO_LIMIT), terms)
        reason = reason or _short(own, book.guarantees.get(bid.bidder, 0), terms)
        if reason is None:
            totals[bid.group] = total
            taken[bid.bidder] = own
        else:
            cuts.append(Cut(n, left[n], reason))
            left[n] = 0
    return cuts


def _trim(book: BidBook, lot: int, ranked: list[int], left: list[int]) -> list[Cut]:
    """Take lots off from the lowest price up, and the latest first, down to a group's limits."""
    groups: dict[str, list[int]] = {group: [] for group in book.limits}
    for n in ranked:
        group = book.bids[n].group
        if left[n] and group in groups:
            groups[group].append(n)
    cuts = []
    for group, own in groups.items():
        limit = book.limits[group]
        total = sum([left[n] for n in own])
        for most, reason in (
            (limit.holding, CutReason.HOLDING),
            (limit.purchase, CutReason.PURCHASE),
        ):
            over = total - max(0, most) // lot * lot
            if over <= 0:
                continue
            total -= over
            while over:
                n = own[-1]
                cut = min(left[n], over)
                cuts.append(Cut(n, cut, reason))
                left[n] -= cut
                over -= cut
                if not left[n]:
                    own.pop()
    return cuts


def _cover(
    book: BidBook, terms: AuctionTerms, ranked: list[int], left: list[int], moved: list[Moved]
) -> list[Cut]:
    """Keep what each bidder's guarantee covers."""
    bidders: dict[str, list[int]] = {}
    for n in ranked:
        if left[n]:
            bidders.setdefault(book.bids[n].bidder, []).append(n)
    prices = [bid.price for bid in book.bids]
    steps: list[int] = []  # all prices, lowest first
    if terms.guarantee_rule is GuaranteeRule.RETRY:
        steps = sorted(dict.fromkeys([prices[n] for n in ranked if left[n]]))
    as_bid = pays_as_bid(terms)
    cuts = []
    for bidder, own in bidders.items():
        guarantee = _Guarantee(book.guarantees.get(bidder, 0), terms.lot, as_bid=as_bid)
        if prices[own[0]] * sum([left[n] for n in own]) <= guarantee.amount:
            continue  # all of it at the best price is covered
        for bid, quantity in guarantee.keep(own, prices, left, steps, moved):
            cuts.append(Cut(bid, quantity, CutReason.GUARANTEE))
    return cuts


class _Guarantee:
    """One bidder's guarantee, used up from the highest price down."""

    __slots__ = ("amount", "as_bid", "held", "lot", "spent")

    def __init__(self, amount: int, lot: int, *, as_bid: bool) -> None:
        self.amount = amount
        self.lot = lot
        self.as_bid = as_bid
        self.held = 0  # tonnes that are covered
        self.spent = 0  # their value, each at its own price

    def keep(
        self,
        own: list[int],
        prices: list[int],
        left: list[int],
        steps: list[int],
        moved: list[Moved],
    ) -> list[tuple[int, int]]:
        """Cover the bids of one bidder, the best first; return what stays without cover.

        ``left`` keeps what is covered at a bid's own price, ``moved`` gets what comes back at one
        of the ``steps``.
        """
        waiting: deque[tuple[int, int]] = deque()
        for n in own:
            price = prices[n]
            while waiting and steps:
                step = self._next_step(steps)
                if step <= price:
                    break
                self._bring_back(waiting, step, moved)
            kept = self._take(left[n], price)
            if kept < left[n]:
                waiting.append((n, left[n] - kept))
                left[n] = kept
        while waiting and steps:
            step = self._next_step(steps)
            if not step:
                break
            self._bring_back(waiting, step, moved)
        return list(waiting)

    def _bring_back(self, waiting: deque[tuple[int, int]], price: int, moved: list[Moved]) -> None:
        """Bid again, at a lower price, with what waits; the earliest lots first."""
        while waiting:
            n, quantity = waiting[0]
            kept = self._take(quantity, price)
            if kept:
                moved.append(Moved(n, kept, price))
            if kept < quantity:
                waiting[0] = (n, quantity - kept)
                return
            waiting.popleft()

    def _take(self, quantity: int, price: int) -> int:
        """Cover as many lots as the guarantee allows at a price."""
        free = (self.amount - self.spent) // price if self.as_bid else self.amount // price
        room = free // self.lot * self.lot - (0 if self.as_bid else self.held)
        kept = max(0, min(quantity, room))
        self.held += kept
        self.spent += kept * price
        return kept

    def _next_step(self, steps: list[int]) -> int:
        """Return the next lower price in ``steps`` at which one lot more is covered, 0 for none."""
        if self.as_bid:
            fits = (self.amount - self.spent) // self.lot
        else:
            fits = self.amount // (self.held + self.lot)
        place = bisect_right(steps, fits)
        return steps[place - 1] if place else 0

"""Limits and guarantees of sealed bids, before an auction is cleared.

Quebec's regulation (Q-2 r.46.1 s.52) in general: lots beyond a holding or purchase limit go from
the lowest price up; lots that a guarantee does not cover go from the bid that exceeds it, and are
tried again at the lower prices of all bidders.
"""

from bisect import bisect_right
from collections import deque
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from engine.matching.auction_terms import AuctionTerms, BidBook, Cut, GroupLimit, Moved, SealedBid
from engine.vocabulary.enums import CutReason, GuaranteeRule, LimitRule, PricingRule, TierKind
from engine.vocabulary.units import BASIS_POINTS


class Piece(NamedTuple):
    """Lots of a bid at one price; in this order they are served."""

    rank: int  # minus the price: the best first
    order: int  # of coming; lots that came back stand behind the bids at their new price
    bid: int
    quantity: int

    @property
    def price(self) -> int:
        """What is bid."""
        return -self.rank


class Admitted(NamedTuple):
    """What of the bids takes part."""

    pieces: list[Piece]  # the best first
    cuts: list[Cut]
    moved: list[Moved]


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
    return not one_price or any(tier.kind is TierKind.FIXED for tier in terms.tiers)


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
    if terms.limit_rule is LimitRule.REFUSE:
        total = bid.quantity + sum(each.quantity for each in bids)
        if total > limit.holding:
            return CutReason.HOLDING
        if total > limit.purchase:
            return CutReason.PURCHASE
    if terms.guarantee_rule is GuaranteeRule.REFUSE:
        own = [*(each for each in bids if each.bidder == bid.bidder), bid]
        if guarantee_needed(own, as_bid=pays_as_bid(terms)) > guarantee:
            return CutReason.GUARANTEE
    return None


def admit_bids(book: BidBook, terms: AuctionTerms) -> Admitted:
    """Take off the bids what the reserve, the limits and the guarantees do not allow."""
    left = [bid.quantity if bid.price >= terms.reserve else 0 for bid in book.bids]
    cuts = [
        Cut(n, bid.quantity, CutReason.BELOW_RESERVE)
        for n, bid in enumerate(book.bids)
        if not left[n]
    ]
    if LimitRule.REFUSE is terms.limit_rule or GuaranteeRule.REFUSE is terms.guarantee_rule:
        cuts += _refuse(book, terms, left)
    if terms.limit_rule is LimitRule.TRIM and book.limits:
        cuts += _trim(book, terms.lot, left)
    moved: list[Moved] = []
    if terms.guarantee_rule in (GuaranteeRule.TRIM, GuaranteeRule.RETRY):
        cuts += _cover(book, terms, left, moved)
    pieces = [Piece(-bid.price, n, n, left[n]) for n, bid in enumerate(book.bids) if left[n]]
    late = len(book.bids)
    pieces += [Piece(-each.price, late + each.bid, each.bid, each.quantity) for each in moved]
    pieces.sort()
    return Admitted(pieces, cuts, moved)


def _by(keys: Iterable[str], left: Sequence[int]) -> dict[str, list[int]]:
    """Return the bids that are left by the name of their group or bidder."""
    found: dict[str, list[int]] = {}
    for n, key in enumerate(keys):
        if left[n]:
            found.setdefault(key, []).append(n)
    return found


def _refuse(book: BidBook, terms: AuctionTerms, left: list[int]) -> list[Cut]:
    """Refuse whole bids that exceed a limit beside the earlier ones of their group."""
    cuts = []
    for group, bids in _by((bid.group for bid in book.bids), left).items():
        limit = book.limits.get(group, GroupLimit())
        taken: list[SealedBid] = []
        for n in bids:
            bid = book.bids[n]
            guarantee = book.guarantees.get(bid.bidder, 0)
            reason = exceeds(taken, bid, terms, limit, guarantee)
            if reason is None:
                taken.append(bid)
            else:
                cuts.append(Cut(n, left[n], reason))
                left[n] = 0
    return cuts


def _trim(book: BidBook, lot: int, left: list[int]) -> list[Cut]:
    """Take lots off from the lowest price up, and the latest first, down to a group's limits."""
    cuts = []
    for group, bids in _by((bid.group for bid in book.bids), left).items():
        limit = book.limits.get(group, GroupLimit())
        bids.sort(key=lambda n: (-book.bids[n].price, n))
        for most, reason in (
            (limit.holding, CutReason.HOLDING),
            (limit.purchase, CutReason.PURCHASE),
        ):
            over = sum(left[n] for n in bids) - max(0, most) // lot * lot
            for n in reversed(bids):
                cut = min(left[n], over)
                if cut > 0:
                    cuts.append(Cut(n, cut, reason))
                    left[n] -= cut
                    over -= cut
    return cuts


def _cover(book: BidBook, terms: AuctionTerms, left: list[int], moved: list[Moved]) -> list[Cut]:
    """Keep what each bidder's guarantee covers."""
    steps: list[int] = []  # all prices, lowest first
    if terms.guarantee_rule is GuaranteeRule.RETRY:
        steps = sorted(dict.fromkeys(bid.price for n, bid in enumerate(book.bids) if left[n]))
    as_bid = pays_as_bid(terms)
    cuts = []
    for bidder, bids in _by((bid.bidder for bid in book.bids), left).items():
        guarantee = _Guarantee(book.guarantees.get(bidder, 0), terms.lot, as_bid=as_bid)
        prices: dict[int, list[int]] = {}
        for n in sorted(bids, key=lambda n: (-book.bids[n].price, n)):
            prices.setdefault(book.bids[n].price, []).append(n)
        for bid, quantity in guarantee.keep(prices, left, steps, moved):
            cuts.append(Cut(bid, quantity, CutReason.GUARANTEE))
    return cuts


class _Guarantee:
    """One bidder's guarantee, used up from the highest price down."""

    def __init__(self, amount: int, lot: int, *, as_bid: bool) -> None:
        self.amount = amount
        self.lot = lot
        self.as_bid = as_bid
        self.held = 0  # tonnes that are covered
        self.spent = 0  # their value, each at its own price

    def keep(
        self, prices: dict[int, list[int]], left: list[int], steps: list[int], moved: list[Moved]
    ) -> list[tuple[int, int]]:
        """Cover bids from the best price down; return what stays without cover.

        ``left`` keeps what is covered at a bid's own price, ``moved`` gets what comes back.
        """
        waiting: deque[tuple[int, int]] = deque()
        own = list(prices)
        place = 0
        price = own[0]
        while price:
            for n in prices.get(price, ()):
                kept = self._take(left[n], price)
                if kept < left[n]:
                    waiting.append((n, left[n] - kept))
                    left[n] = kept
            if steps:
                self._bring_back(waiting, price, moved)
            while place < len(own) and own[place] >= price:
                place += 1
            following = own[place] if place < len(own) else 0
            price = max(following, self._next_step(steps, price) if waiting else 0)
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

    def _next_step(self, steps: list[int], price: int) -> int:
        """Return the next lower price in ``steps`` at which one lot more is covered, 0 for none."""
        if self.as_bid:
            fits = (self.amount - self.spent) // self.lot
        else:
            fits = self.amount // (self.held + self.lot)
        place = bisect_right(steps, min(fits, price - 1))
        return steps[place - 1] if place else 0

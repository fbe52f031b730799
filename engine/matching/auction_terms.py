"""What a sealed auction is cleared from, and what comes of it: values only.

Quantities are tonnes, prices minor units per tonne, money minor units. A bid is known by its
place in the order of coming.
"""

from collections.abc import Mapping
from typing import NamedTuple

from engine.vocabulary.enums import (
    AuctionEnd,
    BelowMarket,
    BidTie,
    CutReason,
    GuaranteeRule,
    LimitRule,
    PricingRule,
    TierKind,
    Undersubscribed,
)
from engine.vocabulary.units import BASIS_POINTS, MAX_QUANTITY


class SealedBid(NamedTuple):
    """One bid; a bidder may have several."""

    bidder: str  # the account
    group: str  # of linked accounts, which share limits; the account itself where it has none
    price: int
    quantity: int  # a multiple of the auction's lot


class Seller(NamedTuple):
    """A part of the supply."""

    name: str
    quantity: int  # any number of tonnes
    rank: int = 0  # lower ones are sold first; sellers of one rank sell in proportion


class Tier(NamedTuple):
    """A part of the supply that answers to the price: CCR, ECR, APCR tier or ceiling."""

    kind: TierKind
    trigger: int
    quantity: int  # at most; MAX_QUANTITY for a ceiling


class GroupLimit(NamedTuple):
    """What the linked accounts of one group may buy in all."""

    purchase: int = MAX_QUANTITY  # the auction's purchase limit, in tonnes
    holding: int = MAX_QUANTITY  # what the holding limit leaves room for


class AuctionTerms(NamedTuple):
    """The choices of a programme. Tiers come in any order."""

    reserve: int  # no bid below it wins
    lot: int  # of bids; a multiple of cut_lot
    cut_lot: int = 1  # the last bids are cut to multiples of it; 1: the supply sells to the tonne
    pricing: PricingRule = PricingRule.UNIFORM
    tie: BidTie = BidTie.RANDOM
    undersubscribed: Undersubscribed = Undersubscribed.SELL
    seed: int = 0  # of the draw among ties
    limit_rule: LimitRule = LimitRule.TRIM
    guarantee_rule: GuaranteeRule = GuaranteeRule.NONE
    below_market: BelowMarket = BelowMarket.IGNORE
    market_floor: int = 0  # a price under this is well below the secondary market's
    market_price: int = 0  # what REACH reaches
    tiers: tuple[Tier, ...] = ()


class BidBook(NamedTuple):
    """All that is handed to the clearing beside the terms."""

    bids: tuple[SealedBid, ...] | list[SealedBid]  # in the order of their coming
    sellers: tuple[Seller, ...]
    limits: Mapping[str, GroupLimit] = {}  # by group; none for a group that is not named
    guarantees: Mapping[str, int] = {}  # by bidder; 0 for one who is not named


class Award(NamedTuple):
    """What a bid gets at one price."""

    bid: int
    quantity: int
    price: int


class Cut(NamedTuple):
    """What a bid does not get, and why. Awards and cuts of a bid add up to its quantity."""

    bid: int
    quantity: int
    reason: CutReason


class Moved(NamedTuple):
    """Lots that a guarantee did not cover and that came back at a lower price."""

    bid: int
    quantity: int
    price: int


class TierResult(NamedTuple):
    """What a tier released, kept back or sold."""

    kind: TierKind
    trigger: int
    available: int
    used: int


class Sale(NamedTuple):
    """What one seller sold."""

    name: str
    offered: int
    sold: int


class AuctionResult(NamedTuple):
    """The result: offered + released = sold + unsold + withheld."""

    end: AuctionEnd
    price: int  # the lowest that a winner pays in the auction; 0 where it sold nothing
    interim: int  # the price before containment, 0 where there was none
    offered: int
    released: int  # sold from tiers
    withheld: int
    sold: int  # tiers of fixed price included
    unsold: int
    demand: int  # bids at or above the reserve, inside limits and guarantees
    awards: tuple[Award, ...]  # the best bid first
    cuts: tuple[Cut, ...]  # by bid
    moved: tuple[Moved, ...]
    tiers: tuple[TierResult, ...]  # in the order of the terms
    sales: tuple[Sale, ...]  # in the order of the sellers
    draw: str  # SHA-256 of the seed and the order drawn among ties, in hex; "" where none was

    @property
    def cover_bp(self) -> int:
        """Demand over what was offered, in basis points, half-up; 0 where nothing was."""
        if not self.offered:
            return 0
        return (2 * self.demand * BASIS_POINTS + self.offered) // (2 * self.offered)

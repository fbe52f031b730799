"""Public market data: what everybody may see of a line, numbered line by line.

They are messages like those of ``wire``, which takes them into its unions; the same rules hold for
them.
"""

from msgspec import Struct

from engine.vocabulary.enums import (
    BidTie,
    CallStep,
    OfferKind,
    Phase,
    PricingRule,
    Side,
    Undersubscribed,
)


class BookLevel(Struct, frozen=True, array_like=True, gc=False):
    """A price and what is shown there; 0 tonnes: the level is gone."""

    side: Side
    price: int
    quantity: int


class BookSnapshot(Struct, frozen=True, array_like=True, tag=112):
    """The whole public book; increments go on from ``update``."""

    seq: int
    symbol: str
    update: int
    phase: Phase
    last: int  # last trade of the day, 0 for none
    levels: tuple[BookLevel, ...]  # each side best first


class BookUpdate(Struct, frozen=True, array_like=True, tag=113):
    """Levels that changed, and the best bid and offer after it (0: none)."""

    seq: int
    symbol: str
    update: int  # one more than the line's last
    bid: int
    bid_quantity: int
    ask: int
    ask_quantity: int
    levels: tuple[BookLevel, ...]


class Trade(Struct, frozen=True, array_like=True, gc=False, tag=114):
    """A trade, without names."""

    seq: int
    symbol: str
    update: int
    time: int
    trade: int
    side: Side  # the arriving order's: who was in a hurry
    price: int
    quantity: int


class PhaseChanged(Struct, frozen=True, array_like=True, gc=False, tag=115):
    """A market entered a phase."""

    seq: int
    symbol: str
    update: int
    time: int
    phase: Phase
    reason: str
    reference: int
    low_limit: int
    high_limit: int


class DayClosed(Struct, frozen=True, array_like=True, gc=False, tag=116):
    """A market's day, at its close."""

    seq: int
    symbol: str
    update: int
    time: int
    open: int
    high: int
    low: int
    close: int
    volume: int
    value: int
    trades: int


class AuctionIndicated(Struct, frozen=True, array_like=True, gc=False, tag=117):
    """What a call would give if it ended now; the best limits where nothing would trade."""

    seq: int
    symbol: str
    update: int
    time: int
    price: int
    volume: int
    surplus: int  # positive where bids are left, negative where asks are
    decided: CallStep = CallStep.NONE  # what would leave this one price
    bid: int = 0  # the highest limit, and the tonnes shown at it; 0 where something would trade
    bid_quantity: int = 0
    ask: int = 0
    ask_quantity: int = 0


class AuctionUncrossed(Struct, frozen=True, array_like=True, gc=False, tag=118):
    """A call ended: all of its volume traded at this price. All 0 where nothing did."""

    seq: int
    symbol: str
    update: int
    time: int
    price: int
    volume: int
    surplus: int
    decided: CallStep = CallStep.NONE  # what left this one price


class Offered(Struct, frozen=True, array_like=True, gc=False, tag=119):
    """A listing, or a quote or enquiry to everybody, as it stands now; 0 tonnes: it is gone."""

    seq: int
    symbol: str
    update: int
    time: int
    number: int  # the number to answer
    kind: OfferKind
    side: Side
    price: int
    quantity: int


class Announced(Struct, frozen=True, array_like=True, gc=False, tag=120):
    """A one-way auction was announced."""

    seq: int
    symbol: str
    update: int
    time: int
    number: int  # the number to bid for
    side: Side
    price: int
    quantity: int
    opens_at: int
    closes_at: int
    min_bid: int
    max_bid: int
    increment: int
    pricing: PricingRule
    tie: BidTie
    undersubscribed: Undersubscribed


class BestBid(Struct, frozen=True, array_like=True, gc=False, tag=121):
    """The best bid that stands in an auction with open bidding; zeros when none is left."""

    seq: int
    symbol: str
    update: int
    time: int
    number: int
    price: int
    quantity: int


class AuctionCleared(Struct, frozen=True, array_like=True, gc=False, tag=122):
    """A one-way auction is over; 0 tonnes and no bids where it was withdrawn."""

    seq: int
    symbol: str
    update: int
    time: int
    number: int
    price: int
    quantity: int
    unsold: int
    bids: int
    bidders: int

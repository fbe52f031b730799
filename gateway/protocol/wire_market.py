"""Public market data: what everybody may see of a line, numbered line by line.

They are messages like those of ``wire``, which takes them into its unions; the same rules hold for
them.
"""

from msgspec import Struct

from engine.vocabulary.enums import (
    AuctionEnd,
    BidTie,
    CallStep,
    Mechanism,
    OfferKind,
    Phase,
    PricingRule,
    Side,
    Undersubscribed,
)


class LineInfo(Struct, frozen=True, array_like=True, gc=False):
    """What a client must know to price an order. Prices in minor units."""

    symbol: str
    title: str
    currency: str
    minor_digits: int
    tick: int  # the only one where ``ticks`` is empty
    lot: int
    phase: Phase
    reference: int
    low_limit: int  # 0 where there is none
    high_limit: int
    product: str = ""  # what balances and deliveries name; ``symbol`` is the line
    mode: str = ""
    mechanism: Mechanism = Mechanism.ORDER_BOOK
    ticks: tuple[tuple[int, int], ...] = ()  # the tick table: (from this price on, tick), rising
    min_quantity: int = 1  # tonnes of one order, offer or pick
    max_quantity: int = 0  # 0 where the venue did not say


class BookLevel(Struct, frozen=True, array_like=True, gc=False):
    """A price and what is shown there; 0 tonnes: the level is gone."""

    side: Side
    price: int
    quantity: int


class BookSnapshot(Struct, frozen=True, array_like=True, tag=112):
    """The whole public book, and the line as it is now; increments go on from ``update``."""

    seq: int
    symbol: str
    update: int
    phase: Phase
    last: int  # last trade of the day, 0 for none
    levels: tuple[BookLevel, ...]  # each side best first
    line: LineInfo | None = None


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


class AuctionTrade(Struct, frozen=True, array_like=True, gc=False, tag=123):
    """A trade of a call, without names; nobody was in a hurry, so it has no side."""

    seq: int
    symbol: str
    update: int
    time: int
    trade: int
    price: int
    quantity: int


class LineChanged(Struct, frozen=True, array_like=True, tag=124):
    """A line's rules, reference or limits changed beside its phase, or a line was opened."""

    seq: int
    symbol: str
    update: int
    time: int
    line: LineInfo


class AuctionStated(Struct, frozen=True, array_like=True, tag=125):
    """The statement of an auction of the calendar, without names."""

    seq: int
    symbol: str
    update: int
    time: int
    number: int
    date: int
    end: AuctionEnd
    price: int  # 0 where nothing was sold
    interim: int  # before containment
    offered: int
    released: int
    withheld: int
    sold: int
    unsold: int
    demand: int  # bids at or above the reserve, inside the limits
    cover_bp: int  # demand over offered
    bidders: int
    winners: tuple[int, ...]  # tonnes that each winning bidder got, the largest first
    cuts: tuple[tuple[str, int], ...]  # tonnes that bids did not get, by reason
    tiers: tuple[tuple[str, int], ...]  # tonnes that each tier released, kept back or sold
    reoffered: tuple[tuple[str, int], ...]  # date of a later auction, tonnes it grows by
    seed: int
    draw: str  # SHA-256 of the seed and the order drawn; "" where nothing was
    consigned: int = 0  # tonnes of what was offered that accounts had consigned
    consigned_sold: int = 0
    # at each price: tonnes bid for and won, the best first; the last row has what is below it too
    levels: tuple[tuple[int, int, int], ...] = ()

"""Everything that happened in a venue, as one tagged union.

Events are what reports, public feeds, metrics and backtests are made of; none of those reaches
into a book. ``depth`` on an event is the displayed quantity, in tonnes, at the event's own
product, side and price *after* it happened, or -1 where the book at that price did not change:
the depths of all events add up to the public book.
"""

from typing import TypeAlias

from msgspec import Struct

from engine.vocabulary.auction_events import AuctionEvent
from engine.vocabulary.enums import (
    AuctionEnd,
    BidTie,
    CallStep,
    CancelReason,
    OfferKind,
    OrderState,
    Phase,
    PricingRule,
    RejectReason,
    Side,
    Undersubscribed,
)
from engine.vocabulary.link_events import LinkEvent
from engine.vocabulary.registry_events import RegistryEvent


class Rejected(Struct, frozen=True, array_like=True, gc=False, tag=1):
    """A command was refused and changed nothing (but used up its ``ref``)."""

    account: str
    ref: int  # 0 where the command carries none
    reason: RejectReason
    field: str
    rule: str  # what would have been accepted, in words and figures


class OrderAccepted(Struct, frozen=True, array_like=True, gc=False, tag=2):
    """An order passed admission and reservation."""

    account: str
    ref: int
    symbol: str
    side: Side
    price: int  # its limit; for market and stop orders the protection price
    quantity: int
    state: OrderState
    depth: int


class OrderResting(Struct, frozen=True, array_like=True, gc=False, tag=3):
    """What was left of an order after matching, or on release, now rests in the book."""

    account: str
    ref: int
    symbol: str
    side: Side
    price: int
    leaves: int
    depth: int


class Trade(Struct, frozen=True, array_like=True, gc=False, tag=4):
    """Two orders met. ``side`` is the resting order's side; ``depth`` is that side's."""

    symbol: str
    trade: int  # trade number in this line, from 1
    side: Side
    price: int
    quantity: int
    maker: str
    maker_ref: int
    maker_leaves: int
    maker_fee: int
    taker: str
    taker_ref: int
    taker_leaves: int
    taker_fee: int
    depth: int


class OrderCancelled(Struct, frozen=True, array_like=True, gc=False, tag=5):
    """An order left with ``quantity`` tonnes unfilled."""

    account: str
    ref: int
    symbol: str
    side: Side
    price: int
    quantity: int
    reason: CancelReason
    request: int  # ref of the client's cancel, 0 where no client asked
    depth: int


class OrderAmended(Struct, frozen=True, array_like=True, gc=False, tag=6):
    """An order changed. ``depth`` is at the new price, ``old_depth`` at ``old_price``."""

    account: str
    ref: int
    symbol: str
    side: Side
    price: int
    quantity: int
    leaves: int
    state: OrderState
    request: int
    old_price: int
    old_depth: int
    depth: int


class OrderReduced(Struct, frozen=True, array_like=True, gc=False, tag=7):
    """Self-trade prevention took ``quantity`` tonnes off an order that lives on."""

    account: str
    ref: int
    symbol: str
    side: Side
    price: int
    quantity: int
    leaves: int
    depth: int


class OrderTriggered(Struct, frozen=True, array_like=True, gc=False, tag=8):
    """A stop's price was reached; the order enters the market now."""

    account: str
    ref: int
    symbol: str


class MassCancelled(Struct, frozen=True, array_like=True, gc=False, tag=9):
    """A mass cancel is complete; ``count`` orders went."""

    account: str
    ref: int
    count: int


class KillSwitchSet(Struct, frozen=True, array_like=True, gc=False, tag=10):
    """An account's kill switch was turned."""

    account: str
    on: bool
    count: int


class PhaseChanged(Struct, frozen=True, array_like=True, gc=False, tag=11):
    """A market entered a phase. The price limits are those now in force (0: none)."""

    symbol: str
    phase: Phase
    reason: str
    reference: int
    low_limit: int
    high_limit: int


class DayClosed(Struct, frozen=True, array_like=True, gc=False, tag=12):
    """A line's day as a bar. Prices are 0 on a day without a trade, except ``close``."""

    symbol: str
    open: int
    high: int
    low: int
    close: int  # by the venue's closing rule; the previous close where nothing traded
    volume: int  # tonnes
    value: int  # minor units
    trades: int


class AccountOpened(Struct, frozen=True, array_like=True, gc=False, tag=13):
    """An account exists."""

    account: str
    owner: str
    group: str
    member: str
    role: str = ""
    allocation: int = 0


class CashMoved(Struct, frozen=True, array_like=True, gc=False, tag=14):
    """Money moved in or out; ``balance`` is the new total, reserved part included."""

    account: str
    currency: str
    amount: int
    balance: int


class AllowancesMoved(Struct, frozen=True, array_like=True, gc=False, tag=15):
    """Tonnes moved in or out; ``balance`` is the new total, reserved part included."""

    account: str
    product: str
    quantity: int
    balance: int


class DayBegan(Struct, frozen=True, array_like=True, gc=False, tag=16):
    """A trading day began: ``number`` counts them from 1."""

    date: int
    number: int


class ReferenceSet(Struct, frozen=True, array_like=True, gc=False, tag=17):
    """The price that a product's next limits start from was set by the operator."""

    product: str
    price: int


class AmendmentTaken(Struct, frozen=True, array_like=True, gc=False, tag=18):
    """An amendment of the rulebook waits for its day."""

    path: str
    value: str
    effective: int


class RulebookAmended(Struct, frozen=True, array_like=True, gc=False, tag=19):
    """An amendment came into force; ``digest`` is that of the rulebook from now on."""

    path: str
    value: str
    digest: str


class AuctionIndicated(Struct, frozen=True, array_like=True, gc=False, tag=20):
    """What a call would give if it ended now; the best limits where nothing would trade."""

    symbol: str
    price: int
    volume: int  # tonnes
    surplus: int  # tonnes; positive where bids are left at the price, negative where asks are
    decided: CallStep  # what would leave this one price
    bid: int = 0  # the highest limit, and the tonnes shown at it; 0 where something would trade
    bid_quantity: int = 0
    ask: int = 0
    ask_quantity: int = 0


class AuctionUncrossed(Struct, frozen=True, array_like=True, gc=False, tag=21):
    """A call ended: all its trades follow, at this one price. All 0 where nothing trades."""

    symbol: str
    price: int
    volume: int
    surplus: int
    decided: CallStep  # what left this one price


class AuctionTrade(Struct, frozen=True, array_like=True, gc=False, tag=22):
    """Two orders met in a call; neither made the other wait."""

    symbol: str
    trade: int
    price: int
    quantity: int
    buyer: str
    buyer_ref: int
    buyer_leaves: int
    buyer_fee: int
    seller: str
    seller_ref: int
    seller_leaves: int
    seller_fee: int


class DepthChanged(Struct, frozen=True, array_like=True, gc=False, tag=23):
    """The book at a price changed in a way that no other event shows."""

    symbol: str
    side: Side
    price: int
    depth: int


class Offered(Struct, frozen=True, array_like=True, tag=24):
    """A listing, quote or enquiry is open for others to answer by its number."""

    account: str
    ref: int
    symbol: str
    number: int  # counts up in its line
    kind: OfferKind
    side: Side
    price: int  # 0 for an enquiry
    quantity: int
    to: tuple[str, ...]  # who may answer; () is everybody
    answers: int  # the enquiry that a quote answers, else 0
    expire_at: int


class Announced(Struct, frozen=True, array_like=True, gc=False, tag=25):
    """A one-way auction takes bids in its window, under its number."""

    account: str
    ref: int
    symbol: str
    number: int
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


class BestBid(Struct, frozen=True, array_like=True, gc=False, tag=26):
    """The best bid that stands in an open one-way auction, whenever it changes; 0s for none."""

    symbol: str
    number: int
    price: int
    quantity: int


class AuctionCleared(Struct, frozen=True, array_like=True, gc=False, tag=27):
    """A one-way auction is over; its trades went before."""

    symbol: str
    number: int
    price: int  # the worst accepted bid; what uniform clearing costs each; 0 where nothing sold
    quantity: int
    unsold: int
    bids: int
    bidders: int


class Delivered(Struct, frozen=True, array_like=True, gc=False, tag=28):
    """The registry moved an account's tonnes and cash, in net: negative is what it gave."""

    account: str
    product: str
    quantity: int
    currency: str
    amount: int


class Released(Struct, frozen=True, array_like=True, gc=False, tag=29):
    """What was bought (or sold for) is the account's to use: its lag is over."""

    account: str
    name: str  # product or currency
    amount: int


class Declined(Struct, frozen=True, array_like=True, gc=False, tag=30):
    """A quote was turned down by one of those that it was made to."""

    account: str
    ref: int
    symbol: str
    number: int
    maker: str
    maker_ref: int


class AccountClassSet(Struct, frozen=True, array_like=True, gc=False, tag=31):
    """An account belongs to a class of the rulebook; ``""`` is none."""

    account: str
    role: str


class AuctionStated(Struct, frozen=True, array_like=True, tag=32):
    """The statement of an auction of the calendar, behind its ``AuctionCleared``; no names."""

    symbol: str
    number: int
    date: int
    end: AuctionEnd
    price: int  # 0 where nothing was sold
    interim: int  # the price before containment
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
    draw: str  # SHA-256 of the seed and the order drawn, in hex; "" where nothing was drawn
    consigned: int = 0  # tonnes of what was offered that accounts had consigned
    consigned_sold: int = 0
    # at each price: tonnes bid for and won, the best first; the last row has what is below it too
    levels: tuple[tuple[int, int, int], ...] = ()


Event: TypeAlias = (
    Rejected
    | OrderAccepted
    | OrderResting
    | Trade
    | OrderCancelled
    | OrderAmended
    | OrderReduced
    | OrderTriggered
    | MassCancelled
    | KillSwitchSet
    | PhaseChanged
    | DayClosed
    | AccountOpened
    | CashMoved
    | AllowancesMoved
    | DayBegan
    | ReferenceSet
    | AmendmentTaken
    | RulebookAmended
    | AuctionIndicated
    | AuctionUncrossed
    | AuctionTrade
    | DepthChanged
    | Offered
    | Announced
    | BestBid
    | AuctionCleared
    | Delivered
    | Released
    | Declined
    | AccountClassSet
    | AuctionStated
    | AuctionEvent
    | RegistryEvent
    | LinkEvent
)

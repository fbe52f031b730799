"""The messages of modes other than the order book: listings, blocks, auctions, deliveries.

They are messages like those of ``wire``, which takes them into its unions; the same rules hold for
them.
"""

from msgspec import Struct

from engine.vocabulary.enums import BidTie, OfferKind, PricingRule, Side, Undersubscribed
from gateway.protocol.bounds import Int63

# -- client to venue -------------------------------------------------------------------------------


class Pick(Struct, frozen=True, array_like=True, gc=False, tag=11):
    """Take tonnes of a listing, or confirm a quote."""

    ref: Int63
    symbol: str
    number: Int63
    quantity: Int63 = 0  # 0: all of it
    price: Int63 = 0  # what the taker saw; 0: whatever it says


class Quote(Struct, frozen=True, array_like=True, tag=12):
    """Offer a block to chosen accounts, or (without a price) ask them for quotes."""

    ref: Int63
    symbol: str
    side: Side
    quantity: Int63
    price: Int63 = 0  # 0: an enquiry
    to: tuple[str, ...] = ()  # accounts; none: everybody
    answers: Int63 = 0  # the number of the enquiry it answers
    expire_at: Int63 = 0  # ns UTC; 0: the end of the day
    agreed_at: Int63 = 0  # ns UTC, where it reports a deal made elsewhere


class Decline(Struct, frozen=True, array_like=True, gc=False, tag=13):
    """Turn down a quote."""

    ref: Int63
    symbol: str
    number: Int63


class Announce(Struct, frozen=True, array_like=True, gc=False, tag=14):
    """Start a one-way auction."""

    ref: Int63
    symbol: str
    side: Side  # of the initiator
    quantity: Int63
    price: Int63  # the reserve
    opens_at: Int63  # ns UTC
    closes_at: Int63  # ns UTC
    min_bid: Int63 = 1
    max_bid: Int63 = 0  # of one bidder in all; 0: no limit
    increment: Int63 = 0  # open bidding, each better by so much; 0: sealed
    pricing: PricingRule = PricingRule.RULEBOOK
    tie: BidTie = BidTie.RULEBOOK
    undersubscribed: Undersubscribed = Undersubscribed.RULEBOOK


class Bid(Struct, frozen=True, array_like=True, gc=False, tag=15):
    """Bid in a one-way auction."""

    ref: Int63
    symbol: str
    number: Int63
    quantity: Int63
    price: Int63


# -- venue to client: reports ----------------------------------------------------------------------


class NumberAssigned(Struct, frozen=True, array_like=True, gc=False, tag=92):
    """What this account offers stands under a number for others to answer."""

    seq: int
    time: int
    ref: int
    symbol: str
    number: int


class QuoteReceived(Struct, frozen=True, array_like=True, gc=False, tag=93):
    """Somebody made this account a quote, or sent it an enquiry."""

    seq: int
    time: int
    symbol: str
    number: int
    kind: OfferKind
    account: str  # whose it is
    side: Side  # the maker's
    price: int  # 0 for an enquiry
    quantity: int
    answers: int  # the enquiry that it answers, 0 for none
    expire_at: int


class QuoteEnded(Struct, frozen=True, array_like=True, gc=False, tag=94):
    """A quote that this account had received can no longer be confirmed: it may have taken it."""

    seq: int
    time: int
    symbol: str
    number: int


class Declined(Struct, frozen=True, array_like=True, gc=False, tag=95):
    """A quote was turned down: by this account (``ref`` is its own), or its own quote (0)."""

    seq: int
    time: int
    ref: int
    symbol: str
    number: int
    account: str  # who turned it down


class Delivered(Struct, frozen=True, array_like=True, gc=False, tag=96):
    """The registry moved tonnes and cash, in net: negative is what this account gave."""

    seq: int
    time: int
    product: str
    quantity: int
    currency: str
    amount: int


class Released(Struct, frozen=True, array_like=True, gc=False, tag=97):
    """What was bought (or sold for) may now be used."""

    seq: int
    time: int
    name: str  # product or currency
    amount: int

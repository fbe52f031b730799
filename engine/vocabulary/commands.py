"""Everything that may change a venue's state, as one tagged union.

A command is a plain value without a time: the log's record around it has that.
On the wire and in the log a command is a msgpack array whose first element is its tag; the
fields follow in the order in which they are written here. New fields go to the end, with a
default, so that an old log still reads.
"""

from typing import TypeAlias

from msgspec import Struct

from engine.vocabulary.enums import (
    BidTie,
    OrderType,
    Phase,
    PricingRule,
    Side,
    TimeInForce,
    Undersubscribed,
)
from engine.vocabulary.link_commands import LinkCommand
from engine.vocabulary.registry_commands import RegistryCommand
from engine.vocabulary.units import Int


class NewOrder(Struct, frozen=True, array_like=True, gc=False, tag=1):
    """Enter an order. ``ref`` is the client's own number, strictly increasing per account."""

    account: str
    ref: Int
    symbol: str
    side: Side
    quantity: Int  # tonnes
    price: Int = 0  # minor units per tonne; 0 for MARKET and STOP
    order_type: OrderType = OrderType.LIMIT
    tif: TimeInForce = TimeInForce.DAY
    stop_price: Int = 0  # minor units per tonne; STOP and STOP_LIMIT only
    display: Int = 0  # tonnes shown at a time (iceberg); 0 shows everything
    post_only: bool = False
    expire_at: Int = 0  # ns UTC; GTD only


class CancelOrder(Struct, frozen=True, array_like=True, gc=False, tag=2):
    """Cancel the account's order whose own reference was ``target``."""

    account: str
    ref: Int
    target: Int


class AmendOrder(Struct, frozen=True, array_like=True, gc=False, tag=3):
    """Change an order's total quantity (filled part included), its price, or both."""

    account: str
    ref: Int
    target: Int
    quantity: Int = 0  # new total tonnes; 0 keeps it
    price: Int = 0  # new limit; 0 keeps it


class MassCancel(Struct, frozen=True, array_like=True, gc=False, tag=4):
    """Cancel all orders of an account, in one line or (``""``) in all."""

    account: str
    ref: Int
    symbol: str = ""


class CancelOnDisconnect(Struct, frozen=True, array_like=True, gc=False, tag=5):
    """The gateway saw an account's last cancel-on-disconnect session go."""

    account: str


class SetCancelOnDisconnect(Struct, frozen=True, array_like=True, gc=False, tag=99):
    """The gateway's session of an account asks for cancel-on-disconnect, or none does any more.

    It changes nothing: it tells the gateway of the next start what it has to do.
    """

    account: str
    on: bool


class SetKillSwitch(Struct, frozen=True, array_like=True, gc=False, tag=6):
    """Operator: cancel everything an account has and refuse its entry until switched off."""

    account: str
    on: bool


class SetPhase(Struct, frozen=True, array_like=True, gc=False, tag=7):
    """Operator: move one market, or (``""``) every market, to a phase."""

    phase: Phase
    symbol: str = ""
    reason: str = ""


class AdvanceTime(Struct, frozen=True, array_like=True, gc=False, tag=8):
    """Time as a command: good-till-date orders at or before ``time`` (ns UTC) expire."""

    time: Int


class OpenAccount(Struct, frozen=True, array_like=True, gc=False, tag=9):
    """Open an account with what it starts with, or not at all.

    ``owner`` and ``group`` drive self-trade prevention.
    """

    account: str
    owner: str = ""  # defaults to the account's own name
    group: str = ""  # defaults to the owner
    member: str = ""  # the broker that clears it
    role: str = ""  # the rulebook's account class, which may limit what it does
    allocation: Int = 0  # tonnes allocated to it, where a limit stands on top of them
    cash: Int = 0  # minor units of the venue's own currency
    allowances: tuple[tuple[str, Int], ...] = ()  # tonnes by product: {"SZA-2019": 100}


class MoveCash(Struct, frozen=True, array_like=True, gc=False, tag=10):
    """Money in (positive) or out (negative) of an account, in minor units."""

    account: str
    amount: Int
    currency: str = ""  # "" is the venue's own currency


class MoveAllowances(Struct, frozen=True, array_like=True, gc=False, tag=11):
    """Tonnes in (positive) or out (negative) of an account's holding of a product."""

    account: str
    product: str
    quantity: Int


class BeginDay(Struct, frozen=True, array_like=True, gc=False, tag=12):
    """Operator: the next trading day, as a number such as 20210628; every line must be closed.

    Rulebook amendments that are due come into force, deliveries that are due are made, and what
    was bought may be sold where its lag is over.
    """

    date: Int
    draw: Int = 0  # what was drawn for the day's random ends, for whoever keeps its timetable


class SetReference(Struct, frozen=True, array_like=True, gc=False, tag=13):
    """Operator: the price that a product's next limits start from: a listing price, a fixing."""

    product: str
    price: Int  # minor units per tonne


class AmendRulebook(Struct, frozen=True, array_like=True, gc=False, tag=14):
    """Operator: a figure of the rulebook changes with the trading day ``effective``."""

    path: str  # such as modes[continuous].limit_up_bp or calendar.holidays
    value: str  # as in TOML; for a list the whole list, or after a path ending in + one more
    effective: Int = 0  # the first trading day it holds for; 0: the next


class Pick(Struct, frozen=True, array_like=True, gc=False, tag=15):
    """Take tonnes of the listing, or confirm the quote, with a number."""

    account: str
    ref: Int
    symbol: str
    number: Int
    quantity: Int = 0  # 0: all of it
    price: Int = 0  # what the taker saw; 0: whatever the listing says


class Quote(Struct, frozen=True, array_like=True, gc=False, tag=16):
    """Offer a block to chosen accounts, or (with no price) ask them for their quotes."""

    account: str
    ref: Int
    symbol: str
    side: Side
    quantity: Int
    price: Int = 0  # 0: an enquiry, which is not binding
    to: tuple[str, ...] = ()  # accounts; () is everybody
    answers: Int = 0  # the number of the enquiry it answers
    expire_at: Int = 0  # ns UTC; 0: the end of the day
    agreed_at: Int = 0  # ns UTC, where it reports a deal made elsewhere


class Decline(Struct, frozen=True, array_like=True, gc=False, tag=17):
    """Turn down a quote that was made to this account."""

    account: str
    ref: Int
    symbol: str
    number: Int


class Announce(Struct, frozen=True, array_like=True, gc=False, tag=18):
    """Start a one-way auction: sell (or buy) ``quantity`` to the best bidders of a window."""

    account: str
    ref: Int
    symbol: str
    side: Side  # of the initiator
    quantity: Int
    price: Int  # the reserve: bids worse than it are not taken
    opens_at: Int  # ns UTC
    closes_at: Int  # ns UTC
    min_bid: Int = 1  # tonnes
    max_bid: Int = 0  # tonnes of one bidder in all; 0 means no limit
    increment: Int = 0  # open bidding: each must better the best by so much; 0: sealed
    pricing: PricingRule = PricingRule.RULEBOOK
    tie: BidTie = BidTie.RULEBOOK
    undersubscribed: Undersubscribed = Undersubscribed.RULEBOOK


class Bid(Struct, frozen=True, array_like=True, gc=False, tag=19):
    """Bid in the one-way auction that was announced under a number."""

    account: str
    ref: Int
    symbol: str
    number: Int
    quantity: Int
    price: Int


class ClearAuction(Struct, frozen=True, array_like=True, gc=False, tag=20):
    """Operator: clear a one-way auction whose window is over; ``seed`` decides random ties.

    Or call it off, at any time: nothing is sold.
    """

    symbol: str
    number: Int
    seed: Int = 0
    call_off: bool = False


class SetAccountClass(Struct, frozen=True, array_like=True, gc=False, tag=21):
    """Operator: an account belongs to another class of the rulebook from now on."""

    account: str
    role: str = ""  # "" is none, so that nothing limits it


class PostGuarantee(Struct, frozen=True, array_like=True, gc=False, tag=22):
    """Operator: set cash of an account aside for its bids in a line's auctions of the calendar."""

    account: str
    symbol: str  # the line
    amount: Int  # minor units


class ReturnGuarantee(Struct, frozen=True, array_like=True, gc=False, tag=23):
    """Operator: set what an account put up for its bids free again."""

    account: str
    symbol: str
    amount: Int = 0  # minor units; 0: all of it


class ConsignUnits(Struct, frozen=True, array_like=True, gc=False, tag=24):
    """Operator: set allowances of an account aside, to be sold in a line's next auction.

    A negative quantity takes back what is not yet offered.
    """

    account: str
    symbol: str  # the line
    quantity: Int  # tonnes


class DiscretionarySale(Struct, frozen=True, array_like=True, gc=False, tag=25):
    """Operator: let the authority sell, or buy, by a one-way auction beside the calendar."""

    symbol: str  # the line
    quantity: Int
    price: Int  # the reserve: bids worse than it are not taken
    opens_at: Int  # ns UTC
    closes_at: Int  # ns UTC
    side: Side = Side.SELL
    trigger: str = ""  # of the rulebook, which it answers; "" is none


class PledgeGuarantee(Struct, frozen=True, array_like=True, gc=False, tag=26):
    """Operator: a bank or an insurer guarantees an account's bids, as far as an amount.

    It takes the place of what the account had of the kind; 0 is none any more.
    """

    account: str
    symbol: str  # the line
    kind: str  # of the rulebook's, such as a letter of credit
    amount: Int  # minor units


# From clients: these carry an account and a reference.
ClientCommand: TypeAlias = (
    NewOrder | CancelOrder | AmendOrder | MassCancel | Pick | Quote | Decline | Announce | Bid
)

Command: TypeAlias = (
    ClientCommand
    | CancelOnDisconnect
    | SetCancelOnDisconnect
    | SetKillSwitch
    | SetPhase
    | AdvanceTime
    | OpenAccount
    | MoveCash
    | MoveAllowances
    | BeginDay
    | SetReference
    | AmendRulebook
    | ClearAuction
    | SetAccountClass
    | PostGuarantee
    | ReturnGuarantee
    | ConsignUnits
    | DiscretionarySale
    | PledgeGuarantee
    | RegistryCommand
    | LinkCommand
)

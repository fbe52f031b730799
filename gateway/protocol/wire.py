"""The messages between a client and a venue.

Each is a msgpack array whose first element is the tag, the fields following in the order in which
they stand here; new fields go to the end, with a default. ``docs/protocol.md`` is their table.

Every message to a client carries ``seq``. A *report* is numbered 1, 2, 3 ... per account and
kept; on any other message ``seq`` is the number of the account's last report, so that a client
always knows whether it has missed one.

An integer of a client's message that does not fit in 63 bits is refused where it is decoded.
"""

from enum import IntEnum
from typing import Final, TypeAlias

import msgspec
from msgspec import Struct

from engine.vocabulary.enums import (
    CancelReason,
    OrderState,
    OrderType,
    RejectReason,
    Side,
    TimeInForce,
)
from gateway.protocol.bounds import Int63
from gateway.protocol.wire_account import (
    AccountStatus,
    AllowancesMoved,
    Balances,
    CashMoved,
    KillSwitchSet,
)
from gateway.protocol.wire_copies import AskCopies, CopyOf
from gateway.protocol.wire_history import AskHistory, AskTrades, DayTrades, History
from gateway.protocol.wire_links import LinkReport
from gateway.protocol.wire_market import (
    Announced,
    AuctionCleared,
    AuctionIndicated,
    AuctionStated,
    AuctionTrade,
    AuctionUncrossed,
    BestBid,
    BookSnapshot,
    BookUpdate,
    DayClosed,
    LineChanged,
    LineInfo,
    Offered,
    PhaseChanged,
    Trade,
)
from gateway.protocol.wire_modes import (
    Announce,
    Bid,
    Decline,
    Declined,
    Delivered,
    NumberAssigned,
    Pick,
    Quote,
    QuoteEnded,
    QuoteReceived,
    Released,
)
from gateway.protocol.wire_notices import RegistryNotice
from gateway.protocol.wire_operator import Operate, Operated
from gateway.protocol.wire_registry import RegistryReport

VERSION: Final = 3  # 2: a logon said its key
MAX_FRAME: Final = 16_384  # bytes of one client message; the largest real one has about 150
MAX_REPLY: Final = 1 << 24  # bytes of one server message: an account's status can be long
HEADER_SIZE: Final = 4  # a frame's length, unsigned, big-endian, not counting itself


class LogoutReason(IntEnum):
    """Why a venue ends a session."""

    REQUESTED = 1  # the client logged out
    VERSION = 2  # the client speaks another version
    CREDENTIALS = 3  # unknown member or account, or a wrong proof
    BAD_FRAME = 4  # a frame too long or not a message
    OUT_OF_ORDER = 5  # a message that the session's state does not allow
    SILENT = 6  # no message for two heartbeat intervals
    SLOW_READER = 7  # reports pile up faster than they are read
    TAKEN_OVER = 8  # the account logged on from elsewhere
    SHUTDOWN = 9  # the venue stops
    FULL = 10  # no more sessions
    SEQUENCE = 11  # the client says it saw reports that were never sent
    RECOVERING = 12  # the venue has started and replays its log
    STORAGE = 13  # the venue cannot read the account's older reports
    OPERATOR = 14  # an operator ended it


# -- client to venue ----------------------------------------------------------------------------


class Logon(Struct, frozen=True, array_like=True, gc=False, tag=1):
    """The first message; a ``Challenge`` follows.

    ``last_seen`` asks for all reports after it; below 0, for so many of the last ones.
    """

    version: Int63
    member: str
    account: str
    nonce: str  # drawn anew by the client for each logon: 32 random bytes, hexadecimal
    last_seen: Int63 = 0
    cancel_on_disconnect: bool = False
    heartbeat_ms: Int63 = 10_000  # silence after which either side sends a heartbeat
    instance: Int63 = 0  # tells clients of one account apart: drawn by the client, kept
    again: bool = False  # it was logged on before, and comes back
    follow_balances: bool = False  # be sent ``Balances`` whenever they change
    key_name: str = ""  # which of the account's keys


class Logout(Struct, frozen=True, array_like=True, gc=False, tag=2):
    """The client goes in good order; cancel-on-disconnect does not fire."""


class Heartbeat(Struct, frozen=True, array_like=True, gc=False, tag=3):
    """The client lives."""


class NewOrder(Struct, frozen=True, array_like=True, gc=False, tag=4):
    """Enter an order; fields as in ``engine.vocabulary.commands.NewOrder``."""

    ref: Int63
    symbol: str
    side: Side
    quantity: Int63
    price: Int63 = 0
    order_type: OrderType = OrderType.LIMIT
    tif: TimeInForce = TimeInForce.DAY
    stop_price: Int63 = 0
    display: Int63 = 0
    post_only: bool = False
    expire_at: Int63 = 0


class CancelOrder(Struct, frozen=True, array_like=True, gc=False, tag=5):
    """Cancel the order that was placed as ``target``."""

    ref: Int63
    target: Int63


class AmendOrder(Struct, frozen=True, array_like=True, gc=False, tag=6):
    """Change an order's total quantity, its price, or both; 0 keeps."""

    ref: Int63
    target: Int63
    quantity: Int63 = 0
    price: Int63 = 0


class MassCancel(Struct, frozen=True, array_like=True, gc=False, tag=7):
    """Cancel all orders in one product, or (``""``) in all."""

    ref: Int63
    symbol: str = ""


class Subscribe(Struct, frozen=True, array_like=True, gc=False, tag=8):
    """Ask for a line's public data: a snapshot, then increments; ``""`` means all."""

    symbol: str = ""


class Unsubscribe(Struct, frozen=True, array_like=True, gc=False, tag=9):
    """Ask for no more of it."""

    symbol: str = ""


class AskStatus(Struct, frozen=True, array_like=True, gc=False, tag=10):
    """Ask for the account's balances, and for its live orders with a reference above ``after``."""

    after: Int63 = 0


class Proof(Struct, frozen=True, array_like=True, gc=False, tag=18):
    """The answer to a challenge: that the client has the key. ``docs/protocol.md`` says how."""

    proof: str  # 64 hexadecimal digits


# What asks for a command of the same name, and what concerns the session alone.
OrderMessage: TypeAlias = (
    NewOrder | CancelOrder | AmendOrder | MassCancel | Pick | Quote | Decline | Announce | Bid
)
SessionMessage: TypeAlias = (
    Logon
    | Proof
    | Logout
    | Heartbeat
    | Subscribe
    | Unsubscribe
    | AskStatus
    | AskTrades
    | AskHistory
    | AskCopies
    | Operate
)
FromClient: TypeAlias = OrderMessage | SessionMessage
SESSION_MESSAGES: Final = (Logon, Proof, Logout, Heartbeat, Subscribe, Unsubscribe, AskStatus,
                           AskTrades, AskHistory, AskCopies, Operate)  # fmt: skip


# -- venue to client: the session ---------------------------------------------------------------


class Challenge(Struct, frozen=True, array_like=True, gc=False, tag=73):
    """The answer to a logon, whoever it is: prove that you have the key."""

    seq: int  # 0
    nonce: str  # drawn anew by the venue for each logon: 32 random bytes, hexadecimal


class LoggedOn(Struct, frozen=True, array_like=True, tag=64):
    """The proof is right; reports after ``last_seen`` follow at once."""

    seq: int
    last_ref: int  # the highest reference the venue has taken from this account
    version: int
    venue: str
    rulebook: str  # its digest, hex
    durability: str  # what an acknowledgement promises: "sync", "interval 100 ms", "none"
    heartbeat_ms: int
    lines: tuple[LineInfo, ...]
    status: AccountStatus | None = None  # the account as of ``seq``; none where it is long
    signature: str = ""  # the venue's, by which a client knows that it is the venue


class LoggedOut(Struct, frozen=True, array_like=True, gc=False, tag=65):
    """The session ends; nothing follows."""

    seq: int
    reason: LogoutReason
    text: str


class VenueHeartbeat(Struct, frozen=True, array_like=True, gc=False, tag=66):
    """The venue lives."""

    seq: int


class Throttled(Struct, frozen=True, array_like=True, gc=False, tag=67):
    """A message came too fast and was *not* taken: its ``ref`` may be used again."""

    seq: int
    ref: int
    per_second: int


class NotTaken(Struct, frozen=True, array_like=True, gc=False, tag=72):
    """A message was *not* taken, nor would others be: its ``ref`` may be used again.

    With ``ref`` 0 it answers nothing: it says to all sessions that this has begun, or is ``over``.
    """

    seq: int
    ref: int
    reason: RejectReason
    rule: str
    over: bool = False


# -- venue to client: reports, numbered and kept --------------------------------------------------


class OrderAccepted(Struct, frozen=True, array_like=True, gc=False, tag=80):
    """The order ``ref`` is in the venue."""

    seq: int
    time: int  # ns UTC
    ref: int
    symbol: str
    side: Side
    price: int  # its limit, or the protection price of a market or stop order
    quantity: int
    state: OrderState


class Rejected(Struct, frozen=True, array_like=True, gc=False, tag=81):
    """The message ``ref`` changed nothing."""

    seq: int
    time: int
    ref: int
    reason: RejectReason
    field: str
    rule: str


class OrderResting(Struct, frozen=True, array_like=True, gc=False, tag=82):
    """What is left of the order rests in the book now."""

    seq: int
    time: int
    ref: int
    leaves: int


class OrderFilled(Struct, frozen=True, array_like=True, gc=False, tag=83):
    """A trade of the order, settled."""

    seq: int
    time: int
    ref: int
    symbol: str
    side: Side  # the order's own
    price: int
    quantity: int
    leaves: int
    fee: int  # minor units
    maker: bool  # it rested before the trade
    trade: int  # the public trade number


class OrderCancelled(Struct, frozen=True, array_like=True, gc=False, tag=84):
    """The order is gone, ``quantity`` tonnes unfilled."""

    seq: int
    time: int
    ref: int
    quantity: int
    reason: CancelReason
    request: int  # the cancel that asked for it, 0 where no client did


class OrderAmended(Struct, frozen=True, array_like=True, gc=False, tag=85):
    """The order changed."""

    seq: int
    time: int
    ref: int
    price: int
    quantity: int
    leaves: int
    state: OrderState
    request: int


class OrderReduced(Struct, frozen=True, array_like=True, gc=False, tag=86):
    """Self-trade prevention took ``quantity`` tonnes off the order."""

    seq: int
    time: int
    ref: int
    quantity: int
    leaves: int


class OrderTriggered(Struct, frozen=True, array_like=True, gc=False, tag=87):
    """The stop order enters the market."""

    seq: int
    time: int
    ref: int


class MassCancelled(Struct, frozen=True, array_like=True, gc=False, tag=88):
    """The mass cancel ``ref`` is complete."""

    seq: int
    time: int
    ref: int
    count: int


Report: TypeAlias = (
    OrderAccepted
    | Rejected
    | OrderResting
    | OrderFilled
    | OrderCancelled
    | OrderAmended
    | OrderReduced
    | OrderTriggered
    | MassCancelled
    | KillSwitchSet
    | CashMoved
    | AllowancesMoved
    | NumberAssigned
    | QuoteReceived
    | QuoteEnded
    | Declined
    | Delivered
    | Released
    | RegistryReport
    | LinkReport
)


# -- venue to client: public market data ----------------------------------------------------------

MarketData: TypeAlias = (
    BookSnapshot
    | BookUpdate
    | Trade
    | PhaseChanged
    | DayClosed
    | AuctionIndicated
    | AuctionUncrossed
    | Offered
    | Announced
    | BestBid
    | AuctionCleared
    | AuctionTrade
    | LineChanged
    | AuctionStated
    | RegistryNotice
)

# The answers to what concerns the session alone, in the order of the questions.
Reply: TypeAlias = AccountStatus | DayTrades | History
FromVenue: TypeAlias = (
    Challenge
    | LoggedOn
    | LoggedOut
    | VenueHeartbeat
    | Throttled
    | NotTaken
    | Balances
    | Reply
    | Report
    | CopyOf
    | Operated
    | MarketData
)

encode = msgspec.msgpack.Encoder().encode
decode_from_client = msgspec.msgpack.Decoder(FromClient).decode
decode_from_venue = msgspec.msgpack.Decoder(FromVenue).decode

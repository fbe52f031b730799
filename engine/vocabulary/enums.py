"""The words of the venue: enums shared by commands, events and rulebooks.

Units everywhere in the engine: prices are integers in the currency's minor unit per tonne,
money is integers in the minor unit, quantities are integer tonnes, times are integer
nanoseconds since 1970-01-01 UTC. Decimals exist only where people type and read.

Each enum is an ``IntEnum``: a small integer in the log and on the wire, a name where people
read (see ``engine.vocabulary.json_codec``).
"""

from enum import IntEnum
from typing import Final


class Side(IntEnum):
    """Which side of the market an order is on."""

    BUY = 1
    SELL = 2


class OrderType(IntEnum):
    """How an order's price is decided (FIX tag 40 in spirit)."""

    LIMIT = 1
    MARKET = 2
    STOP = 3
    STOP_LIMIT = 4


class TimeInForce(IntEnum):
    """How long an order lives (FIX tag 59 in spirit)."""

    DAY = 1
    GTC = 2
    GTD = 3
    IOC = 4
    FOK = 5
    AT_OPEN = 6
    AT_CLOSE = 7


class Phase(IntEnum):
    """What a market is doing. A halt promises a return, a close the next session."""

    CLOSED = 1
    PRE_OPEN = 2
    CONTINUOUS = 3
    HALTED = 4
    OPENING_CALL = 5
    CLOSING_CALL = 6
    INTRADAY_CALL = 7  # after a halt, on a price far from the last, or one of a series of batches
    FREEZE = 8  # the end of a call: orders still come, none is changed or cancelled


CALL_PHASES: Final = (
    Phase.OPENING_CALL, Phase.INTRADAY_CALL, Phase.CLOSING_CALL, Phase.FREEZE,
)  # fmt: skip


class OrderState(IntEnum):
    """Where an accepted order went."""

    RESTING = 1  # all of it rests in the book
    MATCHING = 2  # it meets resting orders now: the reports that follow tell the rest
    HELD = 3  # it waits outside the book for the next open or close
    PENDING_TRIGGER = 4  # it waits outside the book for its stop price


class SelfTrade(IntEnum):
    """What happens when an order meets one of the same owner (or owner group)."""

    ALLOW = 0
    CANCEL_RESTING = 1
    CANCEL_ARRIVING = 2
    CANCEL_BOTH = 3
    DECREMENT_BOTH = 4


class SelfTradeScope(IntEnum):
    """Which accounts count as one for self-trade prevention."""

    OWNER = 1
    GROUP = 2


class Matching(IntEnum):
    """How a quantity is shared among the resting orders at one price."""

    PRICE_TIME = 1
    PRO_RATA = 2
    HYBRID = 3  # the first in the queue, then a share by time, then the rest in proportion


class Mechanism(IntEnum):
    """How interest becomes trades in a mode."""

    ORDER_BOOK = 1  # automatic matching: continuous, in calls, or both
    LISTING = 2  # firm listings, one of which a taker picks (挂牌点选)
    FIXED_PRICE = 3  # listings that anybody may pick at their price (定价点选)
    NEGOTIATED = 4  # quotes to chosen counterparties, confirmed by them (大宗/协议转让)
    ONE_WAY = 5  # one initiator, many bidders, one clearing (单向竞价; government auctions)


WITH_CALLS: Final = (Mechanism.ORDER_BOOK,)  # the only ones that hold call auctions


class PickRule(IntEnum):
    """Which listings a taker may pick."""

    BEST_FIRST = 1  # the best price only, and the earliest at it
    WITHIN_LEVELS = 2  # any at the best so many prices
    ANY = 3


class CloseRule(IntEnum):
    """What a day's closing price is; on a day without a trade the previous one stays."""

    LAST = 1
    VWAP = 2
    VWAP_ABOVE = 3  # the average where more than a minimum traded, else the open
    AUCTION = 4  # of the closing call, else the last trade
    FIXING = 5  # what the operator fixes, else the last trade


class OpenRule(IntEnum):
    """What a day's opening price is."""

    FIRST_TRADE = 1
    PREVIOUS_CLOSE = 2


class Delivery(IntEnum):
    """When a trade is settled."""

    AT_ONCE = 1
    DAY_END = 2  # usable at once; the registry moves each account's net at the close
    LATER = 3  # payment and delivery together, some trading days on


class Instrument(IntEnum):
    """What a product is."""

    ALLOWANCE = 1
    OFFSET = 2  # a certified reduction
    FUTURE = 3


class Dst(IntEnum):
    """When a venue's clocks are an hour ahead."""

    NONE = 1
    EU = 2  # last Sunday of March to last Sunday of October, changing at 01:00 UTC
    US = 3  # second Sunday of March to first Sunday of November, changing at 02:00 local


class PricingRule(IntEnum):
    """What the winners of a one-way auction pay."""

    RULEBOOK = 0  # in an announcement: what the mode says
    UNIFORM = 1  # all of them the price of the last accepted bid
    PAY_AS_BID = 2
    WHOLE = 3  # one bidder takes all of it, at his price
    HIGHEST_REJECTED = 4  # all of them the price of the best tonne that got nothing


class BidTie(IntEnum):
    """Who comes first among bids at one price."""

    RULEBOOK = 0
    TIME = 1
    RANDOM = 2  # whole bids in an order drawn with the seed of the clearing command
    PRO_RATA = 3  # in proportion, rounded down to lots, the lots left over drawn at random


class Undersubscribed(IntEnum):
    """What happens where less is bid for than is offered."""

    RULEBOOK = 0
    SELL = 1  # what is bid for goes at the lowest accepted bid
    SELL_AT_RESERVE = 2  # what is bid for goes at the reserve price
    CANCEL = 3


class LimitRule(IntEnum):
    """What happens to a sealed bid beyond a purchase or holding limit."""

    TRIM = 1  # lots are taken off the lowest-priced bids up
    REFUSE = 2  # the bid that exceeds the limit is not taken, the later one


class GuaranteeRule(IntEnum):
    """What happens to sealed bids that may cost more than their bidder's guarantee."""

    NONE = 1  # there is no guarantee
    TRIM = 2  # the lots it does not cover are taken off the bid that exceeds it, from the top down
    RETRY = 3  # and come back at the next lower price of any bid at which it covers them
    REFUSE = 4  # the bid that exceeds the guarantee is not taken, the later one


class BelowMarket(IntEnum):
    """What happens where an auction's price lies well below the secondary market's."""

    IGNORE = 1
    CANCEL = 2
    REACH = 3  # the price is that of the lowest bid which reaches the secondary market's


class ConsignedRest(IntEnum):
    """What becomes of consigned units that an auction left unsold."""

    RETURN = 1  # their owner has them back
    WAIT = 2  # they are offered in the line's next auction


class TierKind(IntEnum):
    """How a part of an auction's supply answers to the price."""

    RELEASE = 1  # added where the price would be above the trigger
    WITHHOLD = 2  # kept back where the price would be below the trigger
    FIXED = 3  # sold after the auction, at the trigger itself


class CutReason(IntEnum):
    """Why a sealed bid, or a part of it, got nothing."""

    BELOW_RESERVE = 1
    HOLDING = 2
    PURCHASE = 3
    GUARANTEE = 4
    TIE = 5  # among bids at the last price others were drawn, or came, first
    NOT_REACHED = 6  # the supply ended before
    CANCELLED = 7  # with the whole auction
    UNPAID = 8  # it won, and its bidder did not pay


class AuctionEnd(IntEnum):
    """How a sealed auction ended."""

    SOLD = 1  # all of the supply
    SOLD_IN_PART = 2
    NO_BIDS = 3  # none that counts
    UNDERSUBSCRIBED = 4  # cancelled: less was bid for than offered
    BELOW_MARKET = 5  # cancelled: well below the secondary market


class Candidates(IntEnum):
    """The prices that a call auction looks at. Where no limit stands at all: the reference."""

    LIMITS = 1  # those of the orders
    TICKS = 2  # every valid price from the lowest limit to the highest
    LIMITS_AND_REFERENCE = 3
    TICKS_AND_BEYOND = 4  # TICKS, and the next price below the lowest and above the highest
    OVERLAP = 5  # limits from the lowest ask to the highest bid; if these do not meet the reference


class CallStep(IntEnum):
    """What leaves fewer of the prices of a call, until there is one."""

    NONE = 0  # nothing trades
    VOLUME = 1  # the most tonnes
    BETTER = 2  # where market orders and better limits trade in full; nowhere: nothing trades
    SURPLUS = 3  # the fewest tonnes left over at the price
    PRESSURE = 4  # bids alone are left over: the highest; asks alone: the lowest
    TURNING = 5  # the highest with bids left over and the lowest with asks, if there are both
    REFERENCE = 6  # the nearest to the reference
    MIDDLE = 7  # halfway between the lowest and the highest
    TIE = 8  # the ladder's ``tie``
    NO_LIMITS = 9  # no limit gives a price: the reference


class CallFill(IntEnum):
    """Which of the orders that could trade at the price of a call do."""

    TIME = 1  # market orders, then the better limit, then time
    PRO_RATA = 2  # the same, but the last group that is served shares in proportion
    LIMITS_FIRST = 3  # limits before market orders, then as TIME
    QUANTITY_AT_LIMIT = 4  # as TIME; where the price is the day's limit, by quantity in rounds


class MarketRest(IntEnum):
    """What a call does with what it leaves of market orders."""

    CANCEL = 1
    CONVERT = 2  # it becomes a limit order at the auction's price


class LastRung(IntEnum):
    """What decides a call auction where the steps before it leave several prices."""

    REFERENCE = 1  # the nearest to the reference price
    MIDDLE = 2  # halfway between the lowest and the highest, rounded half-up to the tick


class Tie(IntEnum):
    """Which price a call auction takes where its ladder leaves several."""

    HIGHER = 1
    LOWER = 2
    REFERENCE = 3  # the reference, which is halfway between them; without one the higher


class OfferKind(IntEnum):
    """What others may answer by its number."""

    LISTING = 1
    QUOTE = 2
    ENQUIRY = 3  # not binding: it asks for quotes


class CancelReason(IntEnum):
    """Why an order left without (or before) being filled."""

    REQUESTED = 1  # the client's cancel
    MASS = 2  # the client's mass cancel
    KILLED = 3  # the kill switch
    DISCONNECTED = 4  # cancel-on-disconnect
    IOC_REST = 5  # immediate-or-cancel, the part that found nothing
    FOK_KILLED = 6  # fill-or-kill that could not be filled whole
    MARKET_REST = 7  # a market order never rests
    SELF_TRADE = 8
    DAY_ENDED = 9
    EXPIRED = 10  # good-till-date reached
    POST_ONLY = 11  # a held post-only order that would have traded at the open
    AUCTION_REST = 12  # what a call auction left and its rules do not carry over
    LIMITS = 13  # outside the new day's price limits
    RULES = 14  # the rulebook of its market was amended
    DECLINED = 15  # a quote that its last counterparty turned down
    LOST = 16  # a bid, or what of an announcement, an auction left without a trade
    UNPAID = 17  # a bid that won in an auction and was not paid for: a default


class LinkKind(IntEnum):
    """What a link between two venues lets pass."""

    NONE = 0  # nothing new: what is on its way arrives
    ROUTING = 1  # orders that find a better price there
    SHARED = 2  # all orders: there is one book, and it is there
    HOSTING = 3  # orders from there alone: the one book is here
    RECOGNITION = 4  # allowances that count against an obligation there
    RECOGNISING = 5  # allowances from there, which count against an obligation here
    AUCTION = 6  # bids in auctions there, and tonnes to be sold in them
    AUCTIONEER = 7  # bids and tonnes from there, in auctions here


class RejectReason(IntEnum):
    """Why a command was refused. ``docs/protocol.md`` lists each with its field and rule."""

    UNKNOWN_ACCOUNT = 1
    UNKNOWN_SYMBOL = 2
    UNKNOWN_ORDER = 3
    DUPLICATE_REF = 4
    ACCOUNT_KILLED = 5
    PHASE = 6
    TRANSITION = 7
    PRICE_TICK = 8
    PRICE_RANGE = 9
    PRICE_LIMIT = 10
    PRICE_UNEXPECTED = 11
    STOP_PRICE = 12
    QUANTITY_RANGE = 13
    QUANTITY_LOT = 14
    DISPLAY = 15
    POST_ONLY = 16
    TIME_IN_FORCE = 17
    EXPIRY = 18
    CASH = 19
    ALLOWANCES = 20
    QUANTITY_FILLED = 21
    NOTHING_TO_CHANGE = 22
    ACCOUNT_EXISTS = 23
    TIME_BACKWARDS = 24
    CURRENCY = 25
    VALUE = 26
    MODE = 27  # not done in this mode of trading
    ORDER_TYPE = 28
    FROZEN = 29
    HOLDING = 30
    ROLE = 31
    UNKNOWN_NUMBER = 32
    NOT_BEST = 33
    OWN_ORDER = 34
    COUNTERPARTY = 35
    WINDOW = 36
    OUTBID = 37
    RULEBOOK = 38
    UNKNOWN_PRODUCT = 39
    STORAGE = 40  # the log has no space: given by a server, never by an engine
    PERMISSION = 41  # the key is not for it: given by a server, never by an engine
    LIVE_ORDERS = 42  # an account's live orders are as many as a server takes: the same
    REFERENCE_JUMP = 43  # a reference lies too far above the account's last: the same
    PROGRAMME = 60  # the rulebook has no compliance programme
    UNKNOWN_ENTITY = 61
    UNKNOWN_CYCLE = 62
    CAP = 63
    ELIGIBILITY = 64  # it does not count for the cycle
    QUOTA = 65
    DEADLINE = 66
    DUE = 67  # more than is owed
    OFFICER = 68

"""The words of the venue: enums shared by commands, events and rulebooks.

Units everywhere in the engine: prices are integers in the currency's minor unit per tonne,
money is integers in the minor unit, quantities are integer tonnes, times are integer
nanoseconds since 1970-01-01 UTC. Decimals exist only where people type and read.

Each enum is an ``IntEnum``: a small integer in the log and on the wire, a name where people
read (see ``engine.text``).
"""

from enum import IntEnum


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


class OrderState(IntEnum):
    """Where an accepted order went."""

    BOOKED = 1  # all of it rests in the book
    TAKING = 2  # it meets resting orders now: the reports that follow tell the rest
    HELD = 3  # it waits outside the book for the next open or close
    STOPPED = 4  # it waits outside the book for its stop price


class SelfTrade(IntEnum):
    """What happens when an order meets one of the same owner (or owner group)."""

    ALLOW = 0
    CANCEL_RESTING = 1
    CANCEL_ARRIVING = 2
    CANCEL_BOTH = 3
    DECREMENT_BOTH = 4


class SelfTradeScope(IntEnum):
    """Which accounts count as the same person for self-trade prevention."""

    OWNER = 1
    GROUP = 2


class Matching(IntEnum):
    """How a quantity is shared among the resting orders at one price."""

    PRICE_TIME = 1
    PRO_RATA = 2


class Candidates(IntEnum):
    """The prices that a call auction looks at."""

    LIMITS = 1  # those of the orders
    TICKS = 2  # every tick between them
    LIMITS_AND_REFERENCE = 3


class LastRung(IntEnum):
    """What decides a call auction where volume, surplus and pressure leave several prices."""

    REFERENCE = 1  # the nearest to the reference price
    MIDDLE = 2  # the middle of the range


class Tie(IntEnum):
    """Which of two prices as good as each other a call auction takes."""

    HIGHER = 1
    LOWER = 2


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
    AUCTION_REST = 12  # at-the-open or at-the-close, the part that found nothing


class Reason(IntEnum):
    """Why a command was refused. ``docs/protocol.md`` lists each with its field and rule."""

    UNKNOWN_ACCOUNT = 1
    UNKNOWN_PRODUCT = 2
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


MAX_PRICE = 10**12  # minor units per tonne: far above any market, small enough to stay cheap
MAX_QUANTITY = 10**12  # tonnes: a thousand times the world's yearly emissions
MAX_MONEY = 10**18  # minor units a single command may move
MAX_TOTAL = 9 * 10**18  # of one currency or product in a whole venue: all sums fit 63 bits
MAX_REF = 2**62  # a client's reference

"""A venue's rules as a frozen value.

A rulebook is data: integers, strings and enums, read from TOML (``toml_codec``), written into the
first record of every log, hashed. Nothing in it is code, so a log and nothing else is enough to
replay. Rates are exact: basis points (1/10,000) or ppm (1/1,000,000).
"""

import hashlib
from collections.abc import Mapping

import msgspec
from msgspec import UNSET, Struct, UnsetType

from engine.rulebook.programme import Programme
from engine.rulebook.reserves import Growth, PriceTrigger, ReserveFormula, SecondaryMarket
from engine.vocabulary.enums import (
    BidTie,
    CallFill,
    CallStep,
    Candidates,
    CloseRule,
    ConsignedRest,
    Delivery,
    Dst,
    GuaranteeRule,
    Instrument,
    LastRung,
    LimitRule,
    MarketRest,
    Matching,
    Mechanism,
    OpenRule,
    Phase,
    PickRule,
    PricingRule,
    SelfTrade,
    SelfTradeScope,
    Tie,
    Undersubscribed,
)
from engine.vocabulary.units import BASIS_POINTS


class RulebookError(ValueError):
    """A rulebook that cannot be used; the text names the path, the value and the rule."""


class Product(Struct, frozen=True, forbid_unknown_fields=True):
    """What is traded: an allowance (or offset, or future) of one vintage in one currency."""

    symbol: str
    reference: int  # previous close, minor units per tonne; limits start from it; 0: none yet
    vintage: int = 0  # year; 0 where vintages are fungible on screen
    currency: str = "CNY"
    tick: int = 1  # minor units
    lot: int = 1  # tonnes
    min_quantity: int = 1
    max_quantity: int = 1_000_000_000
    title: str = ""
    instrument: Instrument = Instrument.ALLOWANCE
    registry: str = ""  # the registry, or account class in it, that holds it
    fungible: str = ""  # products of one such group count alike for compliance
    compliance_bp: int = BASIS_POINTS  # the share of an obligation that it may cover
    compliance_from: int = 0  # first compliance year it counts for; 0: any
    compliance_to: int = 0  # the last one; 0: any
    modes: tuple[str, ...] = ()  # those it trades in; () means all
    ticks: tuple[tuple[int, int], ...] = ()  # (from this price on, tick), rising; () means ``tick``


class PriceRule(Struct, frozen=True, forbid_unknown_fields=True):
    """How the price of a call is found: from the candidates each step leaves fewer, the tie one.

    In TOML an exchange's name stands for its ladder (``ladder = "jpx"``), and ``like`` names one
    of which the other keys change a part: ``ladder = { like = "jpx", tie = "lower" }``.
    """

    candidates: Candidates = Candidates.LIMITS
    pressure: bool = True  # bids alone left over take the highest price, asks alone the lowest
    pressure_band_bp: int = 0  # how far from the reference pressure may take it; 0: any distance
    last: LastRung = LastRung.REFERENCE
    tie: Tie = Tie.HIGHER  # of several prices that the steps leave
    better: bool = False  # only where market orders and better limits trade in full
    turning: bool = True  # left over on both sides: the two prices between which that turns

    @property
    def steps(self) -> tuple[CallStep, ...]:
        """What leaves fewer and fewer of the candidates, in order."""
        return (
            CallStep.VOLUME,
            *((CallStep.BETTER,) if self.better else ()),
            CallStep.SURPLUS,
            *((CallStep.PRESSURE,) if self.pressure else ()),
            *((CallStep.TURNING,) if self.turning else ()),
            CallStep.MIDDLE if self.last is LastRung.MIDDLE else CallStep.REFERENCE,
        )


class Mode(Struct, frozen=True, forbid_unknown_fields=True):
    """One way of trading, with its own rules; a product may trade in several at once.

    A product in a mode is a *line*. Its name is the product's symbol for the product's first
    mode and ``symbol@mode`` for the others; orders, events and public data name lines.
    """

    name: str = "continuous"
    title: str = ""
    mechanism: Mechanism = Mechanism.ORDER_BOOK
    matching: Matching = Matching.PRICE_TIME
    top_order: int = 0  # HYBRID: tonnes that the first in the queue gets before all others
    fifo_bp: int = 0  # HYBRID: share of the rest that goes by time
    min_share: int = 0  # HYBRID: a proportional share below this is none
    min_quantity: int = 0  # tonnes; 0 takes the product's
    max_quantity: int = 0
    lot: int = 0  # tonnes; 0 takes the product's
    limit_up_bp: int = 0  # daily limits around the previous close; both 0 means none
    limit_down_bp: int = 0
    protection_bp: int = 1_000  # a market order's worst price, around the last price
    maker_fee_ppm: int = 0
    taker_fee_ppm: int = 0
    buyer_fee_ppm: int = 0  # on top of the maker's or taker's
    seller_fee_ppm: int = 0
    limit_orders_only: bool = False
    iceberg_max_parts: int = 100  # a display must be at least quantity / this
    moves_close: bool = False  # exactly one of a product's modes does; a lone one always
    resale_lag: int = 0  # trading days before what was bought may be sold
    proceeds_lag: int = 0  # trading days before what a sale brought may be spent
    delivery: Delivery = Delivery.AT_ONCE
    delivery_days: int = 0  # LATER: trading days after the trade
    ladder: PriceRule = PriceRule()  # how the price of a call is found
    call_fill: CallFill = CallFill.TIME  # who trades at it
    market_rest: MarketRest = MarketRest.CANCEL  # what a call leaves of market orders
    volatility_bp: int = 0  # a trade this far from the last price starts a call; 0: none does
    volatility_seconds: int = 0  # how long that call lasts; 0: until the operator ends it
    volatility_immediate: bool = True  # orders that never rest start it too; else they end there
    call_self_trade: bool = False  # self-trade prevention acts in calls too
    carry_over: bool = True  # what one batch leaves takes part in the next
    batch_seconds: int = 0  # how long each of a series of intraday calls lasts; 0: no series
    pick: PickRule = PickRule.BEST_FIRST
    pick_levels: int = 5  # WITHIN_LEVELS: prices on each side
    report_seconds: int = 0  # NEGOTIATED: how late a deal may be entered; 0: any time that day
    pricing: PricingRule = PricingRule.UNIFORM  # ONE_WAY, where the announcement does not say
    bid_tie: BidTie = BidTie.TIME
    undersubscribed: Undersubscribed = Undersubscribed.SELL


class Session(Struct, frozen=True, forbid_unknown_fields=True):
    """One step of a trading day's timetable."""

    at: int  # seconds after local midnight; "09:30" in TOML
    phase: Phase
    modes: tuple[str, ...] = ()  # () means all
    random_seconds: int = 0  # it comes up to this much later, as drawn that day
    reason: str = ""


class Calendar(Struct, frozen=True, forbid_unknown_fields=True):
    """When a venue trades. Days are numbers such as 20210626."""

    utc_offset_minutes: int = 480
    dst: Dst = Dst.NONE
    weekdays: tuple[int, ...] = (1, 2, 3, 4, 5)  # 1 is Monday
    holidays: tuple[int, ...] = ()  # weekdays without trading; in a file also a market's name
    extra_days: tuple[int, ...] = ()  # that trade all the same, such as a weekend at a deadline
    sessions: tuple[Session, ...] = ()


class AccountClass(Struct, frozen=True, forbid_unknown_fields=True):
    """What the accounts of one role may do."""

    name: str
    title: str = ""
    holding_limit: int = 0  # tonnes of a product held and bid for; 0 means no limit
    per_owner: bool = False  # all accounts of one owner share the holding limit
    over_allocation: bool = False  # the limit stands on top of the account's allocation
    purchase_limit_bp: int = 0  # of what an auction offers; 0 means no limit
    bid_limit: int = 0  # tonnes in one bid; 0 means no limit
    bid_minimum: int = 0  # tonnes in one bid, at least
    modes: tuple[str, ...] = ()  # those it may trade in; () means all
    no_purchases: bool = False  # it sells alone


class Containment(Struct, frozen=True, forbid_unknown_fields=True):
    """A reserve that changes an auction's supply once its price is known."""

    name: str
    trigger: int  # minor units per tonne
    quantity: int = 0  # tonnes a year; 0 where it is a share
    share_bp: int = 0  # of the cap or of the offer
    withhold: bool = False  # takes supply away at or below the trigger instead of adding it
    fixed: bool = False  # sold after the auction, at the trigger itself
    growth: Growth | UnsetType = UNSET  # of the trigger


class PlannedAuction(Struct, frozen=True, forbid_unknown_fields=True):
    """One auction of a venue's auction calendar. The trading day announces it."""

    date: int
    product: str
    mode: str
    quantity: int  # tonnes, in no lots
    opens: int  # seconds after local midnight; "09:00" in TOML
    closes: int  # bids are taken until just before
    reserve: int = 0  # minor units per tonne; 0 takes the auction table's


class Auction(Struct, frozen=True, forbid_unknown_fields=True):
    """The standing terms of a venue's government auctions."""

    lot: int = 1
    reserve: int = 0  # minor units per tonne; bids below it do not count
    min_bid: int = 0
    max_bid: int = 0
    reoffer_over: int = 0  # what is not sold is spread over so many auctions
    reoffer_cap_bp: int = 0  # of a later auction's first planned volume; 0 means no cap
    containment: tuple[Containment, ...] = ()
    seller: str = ""  # the account whose allowances the calendar's auctions sell
    limit_rule: LimitRule = LimitRule.REFUSE  # REFUSE: at entry; TRIM: at the clearing
    calendar: tuple[PlannedAuction, ...] = ()
    guarantees: GuaranteeRule | UnsetType = UNSET  # what covers bids; else each reserves its cash
    pledges: tuple[str, ...] | UnsetType = UNSET  # kinds of guarantee beside cash
    market: SecondaryMarket | UnsetType = UNSET
    growth: Growth | UnsetType = UNSET  # of the table's reserve
    triggers: tuple[PriceTrigger, ...] | UnsetType = UNSET  # of sales beside the calendar
    consigned: ConsignedRest | UnsetType = UNSET  # what is unsold of them; else none are taken
    formula: ReserveFormula | UnsetType = UNSET  # of reserves that the calendar leaves open


class Rulebook(Struct, frozen=True, forbid_unknown_fields=True):
    """All rules of one venue."""

    name: str
    products: tuple[Product, ...]
    title: str = ""
    currency: str = "CNY"
    minor_digits: int = 2  # decimals of the currency as people write it
    modes: tuple[Mode, ...] = (Mode(),)
    close: CloseRule = CloseRule.LAST
    close_min_volume: int = 0  # VWAP_ABOVE: tonnes
    open: OpenRule = OpenRule.FIRST_TRADE
    self_trade: SelfTrade = SelfTrade.CANCEL_RESTING
    self_trade_scope: SelfTradeScope = SelfTradeScope.OWNER
    classes: tuple[AccountClass, ...] = ()
    calendar: Calendar = Calendar()
    auction: Auction = Auction()
    programme: Programme | UnsetType = UNSET  # what is not there is not in the bytes either
    sources: Mapping[str, str] = {}  # path -> document, article, year, or "default to confirm"

    def digest(self) -> str:
        """Return the SHA-256 of the canonical bytes, in hex."""
        return hashlib.sha256(canonical(self)).hexdigest()

    def modes_of(self, product: Product) -> list[Mode]:
        """Return the modes that a product trades in, its main one first."""
        return [mode for mode in self.modes if not product.modes or mode.name in product.modes]


def line_name(product: Product, mode: Mode, first: Mode) -> str:
    """Return the name of a product in a mode."""
    return product.symbol if mode is first else f"{product.symbol}@{mode.name}"


def canonical(rulebook: Rulebook) -> bytes:
    """Return the rulebook's canonical bytes: msgpack of sorted maps, enums as integers."""
    return msgspec.msgpack.encode(rulebook, order="sorted")

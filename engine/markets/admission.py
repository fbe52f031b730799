"""The only gate: what an order must look like to be let in.

``docs/rules.md`` section 2 is the table; the checks stand here in its order. A refusal names the
reason, the field and the rule, with the figures that would have been accepted.
"""

from typing import Final, NamedTuple

from engine.matching.prices import limits
from engine.rulebook.model import Mode, Product
from engine.rulebook.ticks import Ticks, tick_at
from engine.vocabulary.commands import NewOrder
from engine.vocabulary.enums import OrderType, Phase, RejectReason, TimeInForce
from engine.vocabulary.json_codec import decimal_text
from engine.vocabulary.units import MAX_PRICE

_CONTINUOUS: Final = Phase.CONTINUOUS
_LIMIT: Final = OrderType.LIMIT
_MARKET: Final = OrderType.MARKET
_STOP: Final = OrderType.STOP
_DAY: Final = TimeInForce.DAY
_GTC: Final = TimeInForce.GTC
_GTD: Final = TimeInForce.GTD
_IOC: Final = TimeInForce.IOC
_FOK: Final = TimeInForce.FOK
_AT_OPEN: Final = TimeInForce.AT_OPEN
_AT_CLOSE: Final = TimeInForce.AT_CLOSE


# Phases in which orders may be entered, and the calls that at-the-open orders wait for.
ENTRY: Final = (
    Phase.PRE_OPEN,
    Phase.CONTINUOUS,
    Phase.OPENING_CALL,
    Phase.INTRADAY_CALL,
    Phase.CLOSING_CALL,
    Phase.FREEZE,
)
_ENTRY_NAMES: Final = ", ".join(phase.name.lower() for phase in ENTRY)
CALLS: Final = (Phase.OPENING_CALL, Phase.INTRADAY_CALL, Phase.CLOSING_CALL)
_OPENINGS: Final = (Phase.CLOSED, Phase.OPENING_CALL)


SMALL: Final = (1 << 30) - 1  # the largest integer that CPython compares in one step


class Refusal(NamedTuple):
    """Why something is refused."""

    reason: RejectReason
    field: str
    rule: str


class Gate:
    """The figures of one market that admission compares with, as they stand today."""

    __slots__ = ("banded", "call", "digits", "down", "frozen", "high", "limits_only", "lot", "low",
                 "max_parts", "max_quantity", "min_quantity", "phase", "plain_high", "plain_low",
                 "short_way", "stepped", "tick", "ticks", "up")  # fmt: skip

    def __init__(self) -> None:
        """Make the gate of a closed market; ``adopt`` gives it its figures."""
        self.phase = Phase.CLOSED
        self.call = Phase.CLOSED  # the call that is on or frozen, CLOSED where none is
        self.low = 1
        self.high = MAX_PRICE
        self.ticks: Ticks = ()
        self.frozen = False  # cancels and amendments are refused
        self.short_way = True  # plain orders need no closer look
        self._refresh()

    def adopt(self, mode: Mode, product: Product, digits: int) -> None:
        """Take the figures of a product in a mode; ``digits`` are the currency's decimals."""
        self.digits = digits
        self.tick = product.tick
        self.ticks = product.ticks
        self.lot = mode.lot or product.lot
        self.min_quantity = max(mode.min_quantity, product.min_quantity)
        self.max_quantity = min(mode.max_quantity or product.max_quantity, product.max_quantity)
        self.max_parts = mode.iceberg_max_parts
        self.limits_only = mode.limit_orders_only
        self.down, self.up = mode.limit_down_bp, mode.limit_up_bp
        self.banded = self.up > 0
        self.stepped = self.tick > 1 or self.lot > 1
        self._refresh()

    def new_day(self, reference: int) -> None:
        """Compute the day's price limits from the reference; none follow where there is none."""
        self.banded = self.up > 0 and reference > 0
        if self.banded:
            self.low, self.high = limits(reference, self.down, self.up, self.tick, self.ticks)
        else:
            self.low, self.high = 1, MAX_PRICE
        self._refresh()

    def money(self, minor: int) -> str:
        """Write minor units as people read them."""
        return decimal_text(minor, self.digits)

    def enter(self, phase: Phase) -> None:
        """Take over a phase; a freeze leaves the call that it is the end of."""
        self.phase = phase
        self.frozen = phase is Phase.FREEZE
        if not self.frozen:
            self.call = phase if phase in CALLS else Phase.CLOSED
        self._refresh()

    def _refresh(self) -> None:
        """Say which prices of a limit order need no closer look: none unless trading goes on."""
        if self.short_way and self.phase is _CONTINUOUS and not self.ticks:
            self.plain_low, self.plain_high = self.low, min(self.high, SMALL)
        else:
            self.plain_low, self.plain_high = 1, 0


def admit(order: NewOrder, gate: Gate, time: int) -> Refusal | None:
    """Check a new order against the gate; ``None`` lets it in. ``time`` is the venue's."""
    tif = order.tif
    if gate.phase is not _CONTINUOUS or tif is _AT_OPEN:
        refusal = _phase(order, gate)
        if refusal is not None:
            return refusal
    quantity = order.quantity
    if not gate.min_quantity <= quantity <= gate.max_quantity or quantity % gate.lot:
        return check_quantity(quantity, gate)
    if order.order_type is _LIMIT:
        price = order.price
        if not gate.low <= price <= gate.high or price % gate.tick or gate.ticks:
            refusal = check_price(price, gate)
            if refusal is not None:
                return refusal
        if order.stop_price:
            return _stop_price(order, gate)
    else:
        refusal = _special(order, gate)
        if refusal is not None:
            return refusal
    if order.display or order.post_only:
        refusal = _extras(order, gate)
        if refusal is not None:
            return refusal
    if tif is _GTD:
        if order.expire_at <= time:
            rule = f"a good-till-date order expires after the venue's time, {time} ns"
            return Refusal(RejectReason.EXPIRY, "expire_at", rule)
    elif order.expire_at:
        return Refusal(RejectReason.EXPIRY, "expire_at", "must be 0 unless tif is gtd")
    return None


def _phase(order: NewOrder, gate: Gate) -> Refusal | None:
    tif = order.tif
    phase = gate.phase
    if phase not in ENTRY:
        rule = f"orders are taken in {_ENTRY_NAMES}; the market is {phase.name.lower()}"
        return Refusal(RejectReason.PHASE, "symbol", rule)
    if tif is _AT_OPEN and (phase is _CONTINUOUS or gate.call not in _OPENINGS):
        rule = "at-the-open orders are taken before the open only"
        return Refusal(RejectReason.PHASE, "tif", rule)
    if tif is _IOC or tif is _FOK:
        rule = f"{tif.name.lower()} orders are taken in continuous only"
        return Refusal(RejectReason.PHASE, "tif", rule)
    if order.post_only and gate.call is not Phase.CLOSED:
        rule = "a post-only order takes no part in a call"
        return Refusal(RejectReason.POST_ONLY, "post_only", rule)
    return None


def check_quantity(quantity: int, gate: Gate) -> Refusal | None:
    """Check a quantity's range and lot."""
    if not gate.min_quantity <= quantity <= gate.max_quantity:
        rule = f"{gate.min_quantity} to {gate.max_quantity} tonnes"
        return Refusal(RejectReason.QUANTITY_RANGE, "quantity", rule)
    if quantity % gate.lot:
        return Refusal(RejectReason.QUANTITY_LOT, "quantity", f"a multiple of {gate.lot} tonnes")
    return None


def check_price(price: int, gate: Gate) -> Refusal | None:
    """Check a limit price's range, tick and daily limits."""
    if not 1 <= price <= MAX_PRICE:
        rule = f"{gate.money(1)} to {gate.money(MAX_PRICE)}"
        return Refusal(RejectReason.PRICE_RANGE, "price", rule)
    tick = tick_at(price, gate.tick, gate.ticks)
    if price % tick:
        return Refusal(RejectReason.PRICE_TICK, "price", f"a multiple of {gate.money(tick)}")
    if not gate.low <= price <= gate.high:
        rule = f"{gate.money(gate.low)} to {gate.money(gate.high)} today"
        return Refusal(RejectReason.PRICE_LIMIT, "price", rule)
    return None


def _stop_price(order: NewOrder, gate: Gate) -> Refusal | None:
    if order.order_type is _LIMIT or order.order_type is _MARKET:
        if order.stop_price:
            return Refusal(
                RejectReason.STOP_PRICE, "stop_price", "must be 0 unless the order is a stop"
            )
        return None
    tick = tick_at(order.stop_price, gate.tick, gate.ticks)
    if not 1 <= order.stop_price <= MAX_PRICE or order.stop_price % tick:
        step = gate.money(tick)
        rule = f"{step} to {gate.money(MAX_PRICE)}, a multiple of {step}"
        return Refusal(RejectReason.STOP_PRICE, "stop_price", rule)
    return None


def _special(order: NewOrder, gate: Gate) -> Refusal | None:
    """Check the prices and the time in force of market and stop orders."""
    kind, tif = order.order_type, order.tif
    if gate.limits_only:
        return Refusal(RejectReason.ORDER_TYPE, "order_type", "limit orders only")
    if kind is _MARKET or kind is _STOP:
        if order.price:
            rule = f"a {kind.name.lower()} order has no price: it must be 0"
            return Refusal(RejectReason.PRICE_UNEXPECTED, "price", rule)
        refusal = None
    else:
        refusal = check_price(order.price, gate)
    refusal = refusal or _stop_price(order, gate)
    if refusal is not None:
        return refusal
    if kind is _MARKET:
        if tif is _GTC or tif is _GTD:
            return Refusal(
                RejectReason.TIME_IN_FORCE, "tif", "a market order never rests: not gtc, gtd"
            )
    elif tif is not _DAY and tif is not _GTC and tif is not _GTD:
        return Refusal(RejectReason.TIME_IN_FORCE, "tif", "a stop order is day, gtc or gtd")
    return None


def _extras(order: NewOrder, gate: Gate) -> Refusal | None:
    tif = order.tif
    rests = order.order_type is _LIMIT and (tif is _DAY or tif is _GTC or tif is _GTD)
    if order.display:
        if not rests:
            rule = "only limit orders that may rest (day, gtc, gtd) can be icebergs"
            return Refusal(RejectReason.DISPLAY, "display", rule)
        refusal = check_display(order.display, order.quantity, gate)
        if refusal is not None:
            return refusal
    if order.post_only and not rests:
        rule = "only limit orders that may rest (day, gtc, gtd) can be post-only"
        return Refusal(RejectReason.POST_ONLY, "post_only", rule)
    return None


def check_display(display: int, quantity: int, gate: Gate) -> Refusal | None:
    """Check an iceberg's displayed quantity against its total."""
    holds = 0 < display <= quantity and display * gate.max_parts >= quantity
    if not holds or display % gate.lot:
        least = -(-quantity // gate.max_parts)
        rule = f"{least} to {quantity} tonnes in lots of {gate.lot}, or 0 to show all"
        return Refusal(RejectReason.DISPLAY, "display", rule)
    return None

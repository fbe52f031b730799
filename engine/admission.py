"""The only gate: what an order must look like to be let in.

``docs/rules.md`` section 2 is the table; the checks stand here in its order. A refusal names the
reason, the field and the rule, with the figures that would have been accepted.
"""

from typing import Final, NamedTuple

from engine.commands import NewOrder
from engine.money import limits
from engine.rulebook import Product, Rulebook
from engine.types import MAX_PRICE, OrderType, Phase, Reason, TimeInForce

_CONTINUOUS: Final = Phase.CONTINUOUS
_LIMIT: Final = OrderType.LIMIT
_MARKET: Final = OrderType.MARKET
_STOP: Final = OrderType.STOP
_STOP_LIMIT: Final = OrderType.STOP_LIMIT
_DAY: Final = TimeInForce.DAY
_GTC: Final = TimeInForce.GTC
_GTD: Final = TimeInForce.GTD
_IOC: Final = TimeInForce.IOC
_FOK: Final = TimeInForce.FOK
_AT_OPEN: Final = TimeInForce.AT_OPEN
_AT_CLOSE: Final = TimeInForce.AT_CLOSE


class Refusal(NamedTuple):
    """Why something is refused."""

    reason: Reason
    field: str
    rule: str


class Gate:
    """The figures of one market that admission compares with, as they stand today."""

    __slots__ = ("banded", "high", "lot", "low", "max_parts", "max_quantity", "min_quantity",
                 "phase", "tick")  # fmt: skip

    def __init__(self, rulebook: Rulebook, product: Product) -> None:
        """Take the figures from the rulebook; the market starts closed."""
        self.phase = Phase.CLOSED
        self.tick = product.tick
        self.lot = product.lot
        self.min_quantity = product.min_quantity
        self.max_quantity = product.max_quantity
        self.max_parts = rulebook.iceberg_max_parts
        self.low = 1
        self.high = MAX_PRICE
        self.banded = rulebook.price_limit_bp > 0
        self.new_day(product.reference, rulebook.price_limit_bp)

    def new_day(self, reference: int, band_bp: int) -> None:
        """Compute the day's price limits from the reference."""
        if self.banded:
            self.low, self.high = limits(reference, band_bp, self.tick)


def admit(order: NewOrder, gate: Gate, time: int) -> Refusal | None:
    """Check a new order against the gate; ``None`` lets it in. ``time`` is the venue's."""
    tif = order.tif
    if gate.phase is not _CONTINUOUS or tif is _AT_OPEN:
        refusal = _phase(order, gate.phase)
        if refusal is not None:
            return refusal
    quantity = order.quantity
    if not gate.min_quantity <= quantity <= gate.max_quantity or quantity % gate.lot:
        return check_quantity(quantity, gate)
    if order.order_type is _LIMIT:
        price = order.price
        if not gate.low <= price <= gate.high or price % gate.tick:
            return check_price(price, gate)
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
            return Refusal(Reason.EXPIRY, "expire_at", rule)
    elif order.expire_at:
        return Refusal(Reason.EXPIRY, "expire_at", "must be 0 unless tif is gtd")
    return None


def _phase(order: NewOrder, phase: Phase) -> Refusal | None:
    tif = order.tif
    if phase is Phase.CONTINUOUS:
        rule = "at-the-open orders are taken in pre_open only"
        return Refusal(Reason.PHASE, "tif", rule)
    if phase is not Phase.PRE_OPEN:
        rule = f"orders are taken in pre_open and continuous; the market is {phase.name.lower()}"
        return Refusal(Reason.PHASE, "product", rule)
    if tif is _IOC or tif is _FOK:
        rule = f"{tif.name.lower()} orders are taken in continuous only"
        return Refusal(Reason.PHASE, "tif", rule)
    return None


def check_quantity(quantity: int, gate: Gate) -> Refusal | None:
    """Check a quantity's range and lot."""
    if not gate.min_quantity <= quantity <= gate.max_quantity:
        rule = f"{gate.min_quantity} to {gate.max_quantity} tonnes"
        return Refusal(Reason.QUANTITY_RANGE, "quantity", rule)
    if quantity % gate.lot:
        return Refusal(Reason.QUANTITY_LOT, "quantity", f"a multiple of {gate.lot} tonnes")
    return None


def check_price(price: int, gate: Gate) -> Refusal | None:
    """Check a limit price's range, tick and daily limits."""
    if not 1 <= price <= MAX_PRICE:
        return Refusal(Reason.PRICE_RANGE, "price", f"1 to {MAX_PRICE} minor units")
    if price % gate.tick:
        return Refusal(Reason.PRICE_TICK, "price", f"a multiple of {gate.tick} minor units")
    if not gate.low <= price <= gate.high:
        rule = f"{gate.low} to {gate.high} minor units today"
        return Refusal(Reason.PRICE_LIMIT, "price", rule)
    return None


def _stop_price(order: NewOrder, gate: Gate) -> Refusal | None:
    if order.order_type is _LIMIT or order.order_type is _MARKET:
        if order.stop_price:
            return Refusal(Reason.STOP_PRICE, "stop_price", "must be 0 unless the order is a stop")
        return None
    if not 1 <= order.stop_price <= MAX_PRICE or order.stop_price % gate.tick:
        rule = f"1 to {MAX_PRICE} minor units, a multiple of {gate.tick}"
        return Refusal(Reason.STOP_PRICE, "stop_price", rule)
    return None


def _special(order: NewOrder, gate: Gate) -> Refusal | None:
    """Check the prices and the time in force of market and stop orders."""
    kind, tif = order.order_type, order.tif
    if kind is _MARKET or kind is _STOP:
        if order.price:
            rule = f"a {kind.name.lower()} order has no price: it must be 0"
            return Refusal(Reason.PRICE_UNEXPECTED, "price", rule)
        refusal = None
    else:
        refusal = check_price(order.price, gate)
    refusal = refusal or _stop_price(order, gate)
    if refusal is not None:
        return refusal
    if kind is _MARKET:
        if tif is _GTC or tif is _GTD:
            return Refusal(Reason.TIME_IN_FORCE, "tif", "a market order never rests: not gtc, gtd")
    elif tif is not _DAY and tif is not _GTC and tif is not _GTD:
        return Refusal(Reason.TIME_IN_FORCE, "tif", "a stop order is day, gtc or gtd")
    return None


def _extras(order: NewOrder, gate: Gate) -> Refusal | None:
    tif = order.tif
    rests = order.order_type is _LIMIT and (tif is _DAY or tif is _GTC or tif is _GTD)
    if order.display:
        if not rests:
            rule = "only limit orders that may rest (day, gtc, gtd) can be icebergs"
            return Refusal(Reason.DISPLAY, "display", rule)
        refusal = check_display(order.display, order.quantity, gate)
        if refusal is not None:
            return refusal
    if order.post_only and not rests:
        rule = "only limit orders that may rest (day, gtc, gtd) can be post-only"
        return Refusal(Reason.POST_ONLY, "post_only", rule)
    return None


def check_display(display: int, quantity: int, gate: Gate) -> Refusal | None:
    """Check an iceberg's displayed quantity against its total."""
    holds = 0 < display <= quantity and display * gate.max_parts >= quantity
    if not holds or display % gate.lot:
        least = -(-quantity // gate.max_parts)
        rule = f"{least} to {quantity} tonnes in lots of {gate.lot}, or 0 to show all"
        return Refusal(Reason.DISPLAY, "display", rule)
    return None

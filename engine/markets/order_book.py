"""The order book: the one door for orders, and how they meet.

Every order, whatever its kind, passes admission, reservation, matching, settlement and rest, once
each; stops, held orders and amended ones come back in through ``arrive``.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Final

from engine.book.orders import EXPIRES, FLAGS, NO_LIMIT, OUTSIDE, POST_ONLY, TAKES, WAITS, Order
from engine.markets.admission import Refusal, admit
from engine.markets.amend_order import amend
from engine.markets.book_phases import BookPhases
from engine.markets.limits import admit_role
from engine.markets.settlement import shortage
from engine.matching.allocation import share_of
from engine.matching.continuous import SWEEPS, can_fill, prevent_ahead
from engine.matching.prices import limits, protection
from engine.vocabulary.enums import (
    CancelReason,
    OrderState,
    OrderType,
    Phase,
    RejectReason,
    Side,
    TimeInForce,
)
from engine.vocabulary.events import (
    Event,
    OrderAccepted,
    OrderCancelled,
    OrderResting,
    OrderTriggered,
    PhaseChanged,
    Rejected,
)

if TYPE_CHECKING:
    from engine.book.levels import BookSide
    from engine.book.orders import Seat
    from engine.rulebook.model import Mode, Product, Rulebook
    from engine.vocabulary.commands import AmendOrder, NewOrder

_BUY: Final = Side.BUY
_LIMIT: Final = OrderType.LIMIT
_DAY: Final = TimeInForce.DAY
_GTC: Final = TimeInForce.GTC
_IOC: Final = TimeInForce.IOC
_FOK: Final = TimeInForce.FOK
_AT_CLOSE: Final = TimeInForce.AT_CLOSE
_CONTINUOUS: Final = Phase.CONTINUOUS
_RESTING: Final = OrderState.RESTING
_MATCHING: Final = OrderState.MATCHING
_PENDING_TRIGGER: Final = OrderState.PENDING_TRIGGER
_HELD: Final = OrderState.HELD
_IOC_REST: Final = CancelReason.IOC_REST
_SECOND: Final = 1_000_000_000
_NO_PRICE_YET: Final = Refusal(
    RejectReason.ORDER_TYPE, "order_type", "no price was made here yet: a limit is needed"
)


def rest_of(tif: TimeInForce, flags: int) -> CancelReason:
    """Say why what is left of an order that never rests is cancelled."""
    if tif is _FOK:
        return CancelReason.FOK_KILLED
    if flags & NO_LIMIT:
        return CancelReason.MARKET_REST
    return _IOC_REST if tif is _IOC else CancelReason.AUCTION_REST


class OrderBook(BookPhases):
    """Automatic matching: continuous, in calls, or both."""

    __slots__ = ("_collar_bp", "_matching", "_self_trade", "_share", "_sweep")

    def adopt(self, rulebook: Rulebook, product: Product, mode: Mode) -> None:
        """Take the rules from a rulebook; nothing that they concern may be live."""
        super().adopt(rulebook, product, mode)
        self._matching = mode.matching
        self._sweep = SWEEPS[mode.matching]
        self._share = share_of(mode, self.gate.lot)
        self._self_trade = rulebook.self_trade
        self._collar_bp = mode.volatility_bp

    # -- the door ---------------------------------------------------------------------------

    def enter(self, order: NewOrder, seat: Seat) -> list[Event]:
        """Admit, reserve and match a new order; return what happened."""
        gate = self.gate
        ref = order.ref
        side = order.side
        price = order.price
        quantity = order.quantity
        tif = order.tif
        flags = 0 if tif is _DAY else FLAGS[tif]
        # What nearly every order is needs no closer look; ``admit`` would find nothing.
        if (
            price < gate.plain_low
            or price > gate.plain_high
            or quantity < gate.min_quantity
            or quantity > gate.max_quantity
            or flags >= WAITS
            or order.order_type is not _LIMIT
            or order.display
            or order.post_only
            or order.stop_price
            or order.expire_at
            or seat.participant.limits is not None
            or (gate.stepped and (price % gate.tick or quantity % gate.lot))
        ):
            return self._enter_special(order, seat)
        rests = True
        if side is _BUY:
            balance = seat.cash
            need = self.needs(price, quantity) if self.reserve_ppm else price * quantity
            own = self._bids
            other = self._asks
            if other.best <= price:  # as ``reached`` does
                rests = other.best_level is None and other.search() > price
        else:
            balance = seat.holding
            need = quantity
            own = self._asks
            other = self._bids
            if other.best <= -price:
                rests = other.best_level is None and other.search() > -price
        reserved = balance.reserved + need
        if reserved > balance.total:
            return [Rejected(order.account, ref, *shortage(balance, side, need, self.gate))]
        if flags and rests and flags & TAKES:  # over before it began
            return [OrderAccepted(order.account, ref, self.symbol, side, price, quantity,
                                  _MATCHING, -1),
                    OrderCancelled(order.account, ref, self.symbol, side, price, quantity,
                                   rest_of(tif, flags), 0, -1)]  # fmt: skip
        balance.reserved = reserved
        live = Order(seat, ref, side, price, quantity, quantity, quantity, flags)
        if rests:
            seat.orders[ref] = live
            return [OrderAccepted(order.account, ref, self.symbol, side, price, quantity,
                                  _RESTING, own.rest(live))]  # fmt: skip
        events: list[Event] = [OrderAccepted(order.account, ref, self.symbol, side, price,
                                             quantity, _MATCHING, -1)]  # fmt: skip
        listed = bool(flags or self._collar_bp)  # others are filled at once, or rest
        if listed:
            seat.orders[ref] = live
        reached = self._take(live, events, listed=listed)  # as ``arrive`` does
        if live.leaves and not listed:
            seat.orders[ref] = live
        if reached:
            self._work_off(reached, events)
        return events

    def _enter_special(self, order: NewOrder, seat: Seat) -> list[Event]:
        """Do the same with an order that is refused, waits, or is not a plain limit order."""
        self.changed = True
        side = order.side
        refusal = admit(order, self.gate, self.clock.now)
        role = seat.participant.limits
        if refusal is None and role is not None:
            refusal = admit_role(role, seat, side, order.quantity)
        flags, price = 0, 0
        if refusal is None:
            flags, price, refusal = self._unusual(order)
        quantity, display = order.quantity, order.display
        refusal = refusal or self.reserve(seat, side, quantity, price)
        if refusal is not None:
            return [Rejected(order.account, order.ref, *refusal)]
        live = Order(seat, order.ref, side, price, quantity, quantity, display or quantity,
                     flags, display)  # fmt: skip
        seat.orders[order.ref] = live
        if flags & OUTSIDE or self.gate.phase is not _CONTINUOUS:
            waited = self._wait(live, order)
            if waited is not None:
                return waited
        own, other = (self._bids, self._asks) if side is _BUY else (self._asks, self._bids)
        if not flags & TAKES and not other.reached(price * other.sign):
            return [OrderAccepted(order.account, order.ref, self.symbol, side, price, quantity,
                                  _RESTING, own.rest(live))]  # fmt: skip
        events: list[Event] = [OrderAccepted(order.account, order.ref, self.symbol, side, price,
                                             quantity, _MATCHING, -1)]  # fmt: skip
        self.arrive(live, events)
        return events

    def _unusual(self, order: NewOrder) -> tuple[int, int, Refusal | None]:
        """Return flags, price and perhaps a refusal of an order that is not a plain limit."""
        flags = FLAGS[order.tif]
        price = order.price
        kind = order.order_type
        if kind is not _LIMIT:
            if kind is not OrderType.MARKET:
                flags |= WAITS
            if kind is not OrderType.STOP_LIMIT:
                flags |= NO_LIMIT | TAKES
                around = order.stop_price or self.day.last or self.asset.reference
                if not around:
                    return flags, 0, _NO_PRICE_YET
                gate = self.gate
                price = protection(around, self.mode.protection_bp, gate.tick, gate.low,
                                   gate.high, buy=order.side is _BUY,
                                   ticks=gate.ticks)  # fmt: skip
                if gate.banded and gate.call is not Phase.CLOSED and kind is OrderType.MARKET:
                    price = gate.high if order.side is _BUY else gate.low
        if order.post_only:
            flags |= POST_ONLY
            if self.gate.phase is _CONTINUOUS:
                return flags, price, self.refuse_trading(order.side, price)
        return flags, price, None

    def refuse_trading(self, side: Side, price: int) -> Refusal | None:
        """Refuse a post-only order that would trade at once."""
        other = self._asks if side is _BUY else self._bids
        if not other.reached(price * other.sign):
            return None
        word = "below" if side is _BUY else "above"
        rule = f"post-only: the price must be {word} {self.gate.money(abs(other.best))} now"
        return Refusal(RejectReason.POST_ONLY, "price", rule)

    def _wait(self, live: Order, order: NewOrder) -> list[Event] | None:
        """Remember an expiry; let a stop or a held order wait outside the book."""
        name = order.account
        key = (name, order.ref)
        if live.flags & EXPIRES:
            self.expiries.add(key, live, order.expire_at)
        continuous = self.gate.phase is _CONTINUOUS
        if order.stop_price:
            state = _PENDING_TRIGGER
        elif continuous and live.tif is not _AT_CLOSE:
            return None
        else:
            state = _HELD
            self.held[key] = live
        events: list[Event] = [OrderAccepted(name, order.ref, self.symbol, live.side, live.price,
                                             live.quantity, state, -1)]  # fmt: skip
        if state is _PENDING_TRIGGER:
            last = self.day.last
            self.stops.add(key, live, order.stop_price)
            if continuous and last:
                self.trigger(last, last, events)
        return events

    def drop(self, order: Order) -> Event:
        """Cancel what is left of an order that never rests."""
        return self.cancel(order, rest_of(order.tif, order.flags))

    def amend(self, order: Order, command: AmendOrder) -> list[Event]:
        """Change a live order."""
        return amend(self, order, command)

    def arrive(self, order: Order, events: list[Event]) -> None:
        """Match an order as one that arrives now, then every stop that this triggers."""
        reached = self._take(order, events)
        if reached:
            self._work_off(reached, events)

    def trigger(self, low: int, high: int, events: list[Event]) -> None:
        """Enter the stops that trades between two prices reach, and those that they trigger."""
        self._work_off(self.stops.reached(low, high), events)

    def _work_off(self, reached: list[Order], events: list[Event]) -> None:
        queue = deque(reached)
        while queue:
            stop = queue.popleft()
            events.append(OrderTriggered(stop.seat.name, stop.ref, self.symbol))
            queue.extend(self._take(stop, events))

    def _take(self, order: Order, events: list[Event], *, listed: bool = True) -> list[Order]:
        """Match one order and deal with its rest; return the stops that its trades reached.

        One that is not ``listed`` among its account's live orders yet is a plain new one.
        """
        if order.side is _BUY:
            own, other, limit = self._bids, self._asks, order.price
        else:
            own, other, limit = self._asks, self._bids, -order.price
        widest = limit
        around = 0
        if self._collar_bp:
            if self.gate.phase is not _CONTINUOUS:
                self.hold(order, events)
                return []
            around = self.day.last or self.asset.reference
            if around:
                limit = min(limit, self._collar(order.side, around))
        if (
            order.flags & TAKES
            and order.tif is _FOK
            and not can_fill(other, order, limit, self._self_trade, self._matching)
        ):
            events.append(self.drop(order))
            return []
        reached: list[Order] = []
        if other.best <= limit and (other.best_level is not None or other.search() <= limit):
            before = order.leaves
            sweep = self._sweep  # looked up first: calling an attribute at once costs more
            outcomes = sweep(other, order, limit, self._self_trade, self._share)
            first = self._settle(order, before, outcomes, events, listed=listed)
            stops = self.stops
            if first and stops.waiting:
                last = self.day.last
                low, high = (first, last) if first <= last else (last, first)
                if high >= stops.lowest_buy or low <= stops.highest_sell:
                    reached = stops.reached(low, high)
        stops_there = (limit < widest and order.leaves and other.reached(widest)
                       and self._stops_at_band(order, other, widest, around, events))  # fmt: skip
        if order.leaves and not stops_there:
            if order.flags & TAKES:
                events.append(self.drop(order))
            else:
                order.shown = min(order.display or order.leaves, order.leaves)
                depth = own.rest(order)
                events.append(OrderResting(order.seat.name, order.ref, self.symbol, order.side,
                                          order.price, order.leaves, depth))  # fmt: skip
        return reached

    def _collar(self, side: Side, around: int) -> int:
        """Return the key beyond which a trade would start a call."""
        band = self._collar_bp
        low, high = limits(around, band, band, self.gate.tick, self.gate.ticks)
        return high if side is _BUY else -low

    def _stops_at_band(
        self, order: Order, other: BookSide, widest: int, around: int, events: list[Event]
    ) -> bool:
        """Stop an order that would trade beyond the band, by a call or without one; say if it did.

        Self-trade prevention acts beyond the band as within it, up to the first trade: what an
        order meets of its own owner starts no call.
        """
        before = order.leaves
        outcomes = prevent_ahead(other, order, widest, self._self_trade, self._matching)
        self._settle(order, before, outcomes, events)
        if not order.leaves or not other.reached(widest):
            return False
        if order.flags & TAKES and not self.mode.volatility_immediate:
            events.append(self.drop(order))
        else:
            self._begin_call(order, abs(other.best), around, events)
        return True

    def _begin_call(self, order: Order, beyond: int, around: int, events: list[Event]) -> None:
        """Stop continuous trading for a call: a trade would have left the band."""
        gate = self.gate
        self.enter_phase(Phase.INTRADAY_CALL)
        seconds = self.mode.volatility_seconds
        self.call_ends_at = self.clock.now + seconds * _SECOND if seconds else 0
        why = f"volatility: a trade at {beyond} is too far from {around}"
        low, high = self.price_limits()
        events.append(PhaseChanged(self.symbol, gate.phase, why, self.asset.reference, low, high))
        self.hold(order, events)

"""One product's market: the one door for orders, settlement of what they do, every way out.

Every order, whatever its kind, passes admission, reservation, matching, settlement and rest, once
each; stops, held orders and amended ones come back in through ``_arrive``.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Final

from engine.admission import Refusal, admit
from engine.book import Order
from engine.events import Event, OrderAccepted, OrderBooked, OrderTriggered, Rejected
from engine.mechanisms.continuous import SWEEPS, can_fill
from engine.money import protection
from engine.settlement import (
    EXPIRES,
    NO_LIMIT,
    OUTSIDE,
    POST_ONLY,
    TAKES,
    WAITS,
    Seat,
    Settlement,
    no_allowances,
    no_cash,
)
from engine.types import (
    CancelReason,
    OrderState,
    OrderType,
    Phase,
    Reason,
    Side,
    TimeInForce,
)

if TYPE_CHECKING:
    from engine.commands import NewOrder
    from engine.ledger import Account, Ledger
    from engine.rulebook import Product, Rulebook
    from engine.triggers import Expiries

_TIF_FLAGS: Final = {
    TimeInForce.GTD: EXPIRES,
    TimeInForce.IOC: TAKES,
    TimeInForce.FOK: TAKES,
    TimeInForce.AT_OPEN: TAKES | WAITS,
    TimeInForce.AT_CLOSE: TAKES | WAITS,
}

_BUY: Final = Side.BUY
_LIMIT: Final = OrderType.LIMIT
_DAY: Final = TimeInForce.DAY
_GTC: Final = TimeInForce.GTC
_IOC: Final = TimeInForce.IOC
_FOK: Final = TimeInForce.FOK
_AT_CLOSE: Final = TimeInForce.AT_CLOSE
_CONTINUOUS: Final = Phase.CONTINUOUS
_BOOKED: Final = OrderState.BOOKED
_TAKING: Final = OrderState.TAKING
_STOPPED: Final = OrderState.STOPPED
_HELD: Final = OrderState.HELD
_PPM: Final = 1_000_000


class Market(Settlement):
    """A product's book and everything that waits around it."""

    def __init__(
        self, rulebook: Rulebook, product: Product, ledger: Ledger, expiries: Expiries
    ) -> None:
        """Make an empty, closed market."""
        super().__init__(rulebook, product, ledger, expiries)
        self.seats: dict[str, Seat] = {}
        self.reference = product.reference
        self._ledger = ledger
        self._rulebook = rulebook
        self._matching = rulebook.matching
        self._sweep = SWEEPS[rulebook.matching]
        self._self_trade = rulebook.self_trade

    def seat(self, account: Account) -> Seat:
        """Return the account's seat here, making it at its first order."""
        seat = self.seats.get(account.name)
        if seat is None:
            purse = self._ledger.purse(account, self.product.currency)
            holding = self._ledger.holding(account, self.symbol)
            seat = self.seats[account.name] = Seat(account, self, purse, holding)
        return seat

    # -- the door ---------------------------------------------------------------------------

    def enter(self, order: NewOrder, account: Account, time: int) -> list[Event]:
        """Admit, reserve and match a new order; return what happened."""
        gate = self.gate
        refusal = admit(order, gate, time)
        if refusal is not None:
            return [Rejected(order.account, order.ref, *refusal)]
        seat = self.seats.get(order.account)
        if seat is None:
            seat = self.seat(account)
        side = order.side
        price = order.price
        quantity = order.quantity
        tif = order.tif
        flags = 0
        if (
            (tif is not _DAY and tif is not _GTC)
            or order.order_type is not _LIMIT
            or order.post_only
        ):
            flags, price, refusal = self._unusual(order)
            if refusal is not None:
                return [Rejected(order.account, order.ref, *refusal)]
        if side is _BUY:
            purse = seat.purse
            need = price * quantity
            if self._reserve_ppm:
                need += need * self._reserve_ppm // _PPM
            if purse.total - purse.reserved < need:
                return [Rejected(order.account, order.ref, *no_cash(purse, need))]
            purse.reserved += need
            rests = self._asks.best > price
            own = self._bids
        else:
            holding = seat.holding
            if holding.total - holding.reserved < quantity:
                return [Rejected(order.account, order.ref, *no_allowances(holding))]
            holding.reserved += quantity
            rests = self._bids.best > -price
            own = self._asks
        display = order.display
        live = Order(seat, order.ref, account.person, side, price, quantity, quantity,
                     display or quantity, display, tif, flags)  # fmt: skip
        account.orders[order.ref] = live
        if flags & OUTSIDE or gate.phase is not _CONTINUOUS:
            waited = self._wait(live, order)
            if waited is not None:
                return waited
        if rests and not flags & TAKES:
            depth = own.rest(live)
            return [OrderAccepted(order.account, order.ref, self.symbol, side, price, quantity,
                                  _BOOKED, depth)]  # fmt: skip
        events: list[Event] = [OrderAccepted(order.account, order.ref, self.symbol, side, price,
                                             quantity, _TAKING, -1)]  # fmt: skip
        self.arrive(live, events)
        return events

    def _unusual(self, order: NewOrder) -> tuple[int, int, Refusal | None]:
        """Return flags, price and perhaps a refusal of an order that is not a plain limit."""
        flags = _TIF_FLAGS.get(order.tif, 0)
        price = order.price
        kind = order.order_type
        if kind is not _LIMIT:
            if kind is not OrderType.MARKET:
                flags |= WAITS
            if kind is not OrderType.STOP_LIMIT:
                flags |= NO_LIMIT | TAKES
                around = order.stop_price or self.day.last or self.reference
                gate = self.gate
                price = protection(around, self._rulebook.protection_bp, gate.tick, gate.low,
                                   gate.high, buy=order.side is _BUY)  # fmt: skip
        if order.post_only:
            flags |= POST_ONLY
            if self.gate.phase is _CONTINUOUS:
                return flags, price, self.refuse_trading(order.side, price)
        return flags, price, None

    def refuse_trading(self, side: Side, price: int) -> Refusal | None:
        """Refuse a post-only order that would trade at once."""
        other = self._asks if side is _BUY else self._bids
        if other.best > price * other.sign:
            return None
        word = "below" if side is _BUY else "above"
        rule = f"post-only: the price must be {word} {abs(other.best)} now"
        return Refusal(Reason.POST_ONLY, "price", rule)

    def _wait(self, live: Order, order: NewOrder) -> list[Event] | None:
        """Remember an expiry; let a stop or a held order wait outside the book."""
        name = order.account
        key = (name, order.ref)
        if live.flags & EXPIRES:
            self.expiries.add(key, live, order.expire_at)
        continuous = self.gate.phase is _CONTINUOUS
        if order.stop_price:
            state = _STOPPED
        elif continuous and live.tif is not _AT_CLOSE:
            return None
        else:
            state = _HELD
            self.held[key] = live
        events: list[Event] = [OrderAccepted(name, order.ref, self.symbol, live.side, live.price,
                                             live.quantity, state, -1)]  # fmt: skip
        if state is _STOPPED:
            last = self.day.last
            self.stops.add(key, live, order.stop_price)
            if continuous and last:
                self.trigger(last, last, events)
        return events

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

    def _take(self, order: Order, events: list[Event]) -> list[Order]:
        """Match one order and deal with its rest; return the stops that its trades reached."""
        if order.side is _BUY:
            own, other, limit = self._bids, self._asks, order.price
        else:
            own, other, limit = self._asks, self._bids, -order.price
        if order.tif is _FOK and not can_fill(
            other, order, limit, self._self_trade, self._matching
        ):
            events.append(self.cancel(order, CancelReason.FOK_KILLED))
            return []
        reached: list[Order] = []
        if other.best <= limit:
            before = order.leaves
            outcomes = self._sweep(other, order, limit, self._self_trade, self.gate.lot)
            reached = self._settle(order, before, outcomes, events)
        if order.leaves:
            flags = order.flags
            if flags & TAKES:
                if flags & NO_LIMIT:
                    why = CancelReason.MARKET_REST
                else:
                    why = CancelReason.IOC_REST if order.tif is _IOC else CancelReason.AUCTION_REST
                events.append(self.cancel(order, why))
            else:
                order.shown = min(order.display or order.leaves, order.leaves)
                depth = own.rest(order)
                events.append(OrderBooked(order.seat.name, order.ref, self.symbol, order.side,
                                          order.price, order.leaves, depth))  # fmt: skip
        return reached

    # -- views ------------------------------------------------------------------------------

    def state(self, order: Order) -> OrderState:
        """Say where a live order is."""
        if order.level is not None:
            return _BOOKED
        return _HELD if (order.seat.name, order.ref) in self.held else _STOPPED

    def price_limits(self) -> tuple[int, int]:
        """Return the day's price limits, (0, 0) where there are none."""
        return (self.gate.low, self.gate.high) if self.gate.banded else (0, 0)

    def new_limits(self) -> None:
        """Compute the price limits that follow from the reference."""
        self.gate.new_day(self.reference, self._rulebook.price_limit_bp)

    def check(self) -> None:
        """Assert the invariants of the book, of what waits, and of their agreement."""
        self.book.check()
        self.stops.check()
        for order in (*self.book.orders(_BUY), *self.book.orders(Side.SELL)):
            assert order.seat.account.orders.get(order.ref) is order, "a stranger in the book"
        bid, ask = self._bids.best_level, self._asks.best_level
        assert bid is None or ask is None or bid.price < ask.price, "a crossed book at rest"
        for key, order in self.held.items():
            assert order.level is None, "a held order that rests"
            assert key == (order.seat.name, order.ref), "a held order under a wrong key"

"""One product's market: the one door for orders, settlement of what they do, every way out.

Every order, whatever its kind, passes admission, reservation, matching, settlement and rest, once
each; stops, held orders and amended ones come back in through ``_arrive``.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Final

from engine.book.orders import EXPIRES, FLAGS, NO_LIMIT, OUTSIDE, POST_ONLY, TAKES, WAITS, Order
from engine.ledger.accounts import Seat
from engine.markets.admission import Refusal, admit
from engine.markets.amend_order import amend
from engine.markets.limits import admit_role, role_of
from engine.markets.settlement import Settlement, shortage
from engine.matching.allocation import share_of
from engine.matching.continuous import SWEEPS, can_fill
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
    Announced,
    Event,
    Offered,
    OrderAccepted,
    OrderCancelled,
    OrderResting,
    OrderTriggered,
    PhaseChanged,
    Rejected,
)

if TYPE_CHECKING:
    from engine.book.stops import Expiries
    from engine.ledger.accounts import Account, Ledger
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


def rest_of(tif: TimeInForce, flags: int) -> CancelReason:
    """Say why what is left of an order that never rests is cancelled."""
    if tif is _FOK:
        return CancelReason.FOK_KILLED
    if flags & NO_LIMIT:
        return CancelReason.MARKET_REST
    return _IOC_REST if tif is _IOC else CancelReason.AUCTION_REST


class Market(Settlement):
    """A product's book and everything that waits around it."""

    __slots__ = ("_collar_bp", "_matching", "_self_trade", "_share", "_sweep", "call_ends_at",
                 "fixing", "leads", "lines", "reference", "rulebook")  # fmt: skip

    def __init__(
        self, rulebook: Rulebook, product: Product, mode: Mode, ledger: Ledger, expiries: Expiries
    ) -> None:
        """Make an empty, closed market."""
        super().__init__(rulebook, product, mode, ledger, expiries)
        self.lines: list[Market] = [self]  # all lines of the product, this one too
        self.reference = product.reference
        self.fixing = 0  # the day's close where the operator fixes it
        self.call_ends_at = 0  # ns UTC; 0 where no clock ends the call
        self.new_limits()

    def adopt(self, rulebook: Rulebook, product: Product, mode: Mode) -> None:
        """Take the rules from a rulebook; nothing that they concern may be live."""
        super().adopt(rulebook, product, mode)
        self.rulebook = rulebook
        self.leads = mode.moves_close or len(rulebook.modes_of(product)) == 1
        self._matching = mode.matching
        self._sweep = SWEEPS[mode.matching]
        self._share = share_of(mode, self.gate.lot)
        self._self_trade = rulebook.self_trade
        self._collar_bp = mode.volatility_bp

    def seat(self, account: Account) -> Seat:
        """Return the account's seat here, making it at its first order."""
        seat = account.seats.get(self.symbol)
        if seat is None:
            cash = self._ledger.cash(account, self.product.currency)
            holding = self._ledger.holding(account, self.product.symbol)
            seat = account.seats[self.symbol] = Seat(account, self, cash, holding)
            seat.role = role_of(self.rulebook, account)
        return seat

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
            or seat.role is not None
            or (gate.stepped and (price % gate.tick or quantity % gate.lot))
        ):
            return self._enter_special(order, seat)
        if side is _BUY:
            balance = seat.cash
            need = self.needs(price, quantity) if self.reserve_ppm else price * quantity
            own = self._bids
            rests = self._asks.best > price
        else:
            balance = seat.holding
            need = quantity
            own = self._asks
            rests = self._bids.best > -price
        reserved = balance.reserved + need
        if reserved > balance.total:
            return [Rejected(order.account, ref, *shortage(balance, side, need))]
        if flags and rests and flags & TAKES:  # over before it began
            return [OrderAccepted(order.account, ref, self.symbol, side, price, quantity,
                                  _MATCHING, -1),
                    OrderCancelled(order.account, ref, self.symbol, side, price, quantity,
                                   rest_of(tif, flags), 0, -1)]  # fmt: skip
        balance.reserved = reserved
        live = Order(seat, ref, side, price, quantity, quantity, quantity, flags)
        seat.orders[ref] = live
        if rests:
            return [OrderAccepted(order.account, ref, self.symbol, side, price, quantity,
                                  _RESTING, own.rest(live))]  # fmt: skip
        events: list[Event] = [OrderAccepted(order.account, ref, self.symbol, side, price,
                                             quantity, _MATCHING, -1)]  # fmt: skip
        self.arrive(live, events)
        return events

    def _enter_special(self, order: NewOrder, seat: Seat) -> list[Event]:
        """Do the same with an order that is refused, waits, or is not a plain limit order."""
        side = order.side
        refusal = admit(order, self.gate, self.expiries.now)
        if refusal is None and seat.role is not None:
            refusal = admit_role(seat.role, seat, side, order.quantity)
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
        if other.best > price * other.sign and not flags & TAKES:
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
                around = order.stop_price or self.day.last or self.reference
                gate = self.gate
                price = protection(around, self.mode.protection_bp, gate.tick, gate.low,
                                   gate.high, buy=order.side is _BUY)  # fmt: skip
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
        if other.best > price * other.sign:
            return None
        word = "below" if side is _BUY else "above"
        rule = f"post-only: the price must be {word} {abs(other.best)} now"
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

    def hold(self, order: Order, events: list[Event]) -> None:
        """Let an order that was about to match wait for the call that has begun instead."""
        if order.tif is _IOC or order.tif is _FOK:
            why = CancelReason.FOK_KILLED if order.tif is _FOK else _IOC_REST
            events.append(self.cancel(order, why))
            return
        order.shown = min(order.display or order.leaves, order.leaves)
        self.held[(order.seat.name, order.ref)] = order

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

    def _take(self, order: Order, events: list[Event]) -> list[Order]:
        """Match one order and deal with its rest; return the stops that its trades reached."""
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
            around = self.day.last or self.reference
            limit = min(limit, self._collar(order.side, around))
        if order.tif is _FOK and not can_fill(
            other, order, limit, self._self_trade, self._matching
        ):
            events.append(self.drop(order))
            return []
        reached: list[Order] = []
        if other.best <= limit:
            before = order.leaves
            sweep = self._sweep  # looked up first: calling an attribute at once costs more
            outcomes = sweep(other, order, limit, self._self_trade, self._share)
            reached = self._settle(order, before, outcomes, events)
        if order.leaves and limit < other.best <= widest:
            self._begin_call(order, abs(other.best), around, events)
        elif order.leaves:
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

    def _begin_call(self, order: Order, beyond: int, around: int, events: list[Event]) -> None:
        """Stop continuous trading for a call: a trade would have left the band."""
        gate = self.gate
        gate.enter(Phase.INTRADAY_CALL)
        seconds = self.mode.volatility_seconds
        self.call_ends_at = self.expiries.now + seconds * _SECOND if seconds else 0
        why = f"volatility: a trade at {beyond} is too far from {around}"
        low, high = self.price_limits()
        events.append(PhaseChanged(self.symbol, gate.phase, why, self.reference, low, high))
        self.hold(order, events)

    def end_day(self) -> None:
        """Forget what lives for a day and is no order."""

    # -- calls ------------------------------------------------------------------------------

    def auction_rates(self) -> tuple[int, int]:
        """Return what buyer and seller pay in a call, in ppm: both take, neither makes."""
        return self._taker_buy, self._taker_sell

    def filled_in_call(self, order: Order) -> None:
        """Give an order that traded in a call its new size in the book, or let it go."""
        if not order.leaves:
            if order.level is not None:
                self.book.side(order.side).remove(order)
            else:
                del self.held[(order.seat.name, order.ref)]
            self._finish(order)
            return
        shown = min(order.display or order.leaves, order.leaves)
        if order.level is not None:
            order.level.quantity += shown - order.shown
        order.shown = shown

    def depth_at(self, side: Side, price: int) -> int:
        """Return the tonnes shown at a price."""
        own = self.book.side(side)
        level = own.levels.get(price)
        return level.quantity if level is not None else 0

    # -- views ------------------------------------------------------------------------------

    def state(self, order: Order) -> OrderState:
        """Say where a live order is."""
        if order.level is not None:
            return _RESTING
        return _HELD if (order.seat.name, order.ref) in self.held else _PENDING_TRIGGER

    def price_limits(self) -> tuple[int, int]:
        """Return the day's price limits, (0, 0) where there are none."""
        return (self.gate.low, self.gate.high) if self.gate.banded else (0, 0)

    def new_limits(self) -> None:
        """Compute the price limits that follow from the reference."""
        self.gate.new_day(self.reference)

    def clock(self) -> tuple[bool, int]:
        """Say whether somebody should look at the clock, and when next it changes something.

        The time is ns UTC, 0 where there is none.
        """
        return self.gate.call is not Phase.CLOSED, self.call_ends_at

    def standing(self) -> list[Offered | Announced]:
        """Return what stands under numbers for everybody to answer."""
        return []

    def dump(self) -> list[object]:
        """Return what the state holds beyond what every market has, for its hash."""
        return []

    def places(self) -> int:
        """Return how many live orders this market knows the place of."""
        booked = sum(1 for side in Side for _ in self.book.orders(side))
        return len(self.held) + len(self.stops.waiting) + booked

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

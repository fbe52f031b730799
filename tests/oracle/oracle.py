"""An independent venue, written from ``docs/rules.md`` alone: plain lists, no speed, no sharing.

It computes what the engine keeps: what is reserved is summed over the live orders whenever
somebody asks, the best price is searched for, a queue is a list comprehension. It takes the
vocabulary of the engine (commands, events, rulebook) and nothing else from it. The words in
``Rejected.rule`` are for people and are left empty here: who compares must leave them out.

This half is the gate, the commands, the phases and the views; ``matching.py`` is the rest.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.vocabulary import commands as c
from engine.vocabulary import events as e
from engine.vocabulary.enums import (
    CancelReason,
    OrderState,
    OrderType,
    Phase,
    RejectReason,
    Side,
    TimeInForce,
)
from engine.vocabulary.units import MAX_PRICE, MAX_REF
from tests.oracle.accounts import (
    check_role,
    move_allowances,
    move_cash,
    open_account,
    set_account_class,
)
from tests.oracle.calls import CALLS, after_call, published, uncross
from tests.oracle.days import amend_rulebook, begin_day, close_day, drop_outside, end_day
from tests.oracle.matching import OracleMatching
from tests.oracle.parts import (
    AT_ONCE,
    LASTING,
    UNPRICED,
    Account,
    Market,
    Order,
    Refusal,
    refuse_unless,
)
from tests.oracle.ticks import TickTable

if TYPE_CHECKING:
    from collections.abc import Callable

    from engine.rulebook.model import Product

STOPS = (OrderType.STOP, OrderType.STOP_LIMIT)
MOVES = {
    Phase.CLOSED: (Phase.PRE_OPEN, Phase.CONTINUOUS, Phase.OPENING_CALL, Phase.INTRADAY_CALL),
    Phase.PRE_OPEN: (
        Phase.CONTINUOUS, Phase.HALTED, Phase.CLOSED, Phase.OPENING_CALL, Phase.INTRADAY_CALL,
    ),
    Phase.CONTINUOUS: (Phase.HALTED, Phase.CLOSED, Phase.INTRADAY_CALL, Phase.CLOSING_CALL),
    Phase.HALTED: (Phase.PRE_OPEN, Phase.CONTINUOUS, Phase.CLOSED, *CALLS),
    Phase.OPENING_CALL: (
        Phase.FREEZE, Phase.CONTINUOUS, Phase.HALTED, Phase.CLOSED, Phase.INTRADAY_CALL,
    ),
    Phase.INTRADAY_CALL: (
        Phase.FREEZE, Phase.CONTINUOUS, Phase.HALTED, Phase.CLOSED, Phase.INTRADAY_CALL,
        Phase.CLOSING_CALL,
    ),
    Phase.CLOSING_CALL: (Phase.FREEZE, Phase.HALTED, Phase.CLOSED),
}  # fmt: skip
ENTRY = (Phase.PRE_OPEN, Phase.CONTINUOUS, Phase.FREEZE, *CALLS)


class OracleVenue(OracleMatching):
    """The venue of ``docs/rules.md``. ``apply`` returns the events of one command."""

    def apply(self, command: c.Command) -> list[e.Event]:
        verbs: dict[type, Callable[..., None]] = {
            c.NewOrder: self.new_order,
            c.CancelOrder: self.cancel_order,
            c.AmendOrder: self.amend_order,
            c.MassCancel: self.mass_cancel,
            c.CancelOnDisconnect: self.cancel_on_disconnect,
            c.SetCancelOnDisconnect: self.set_cancel_on_disconnect,
            c.SetKillSwitch: self.set_kill_switch,
            c.SetPhase: self.set_phase,
            c.AdvanceTime: self.advance_time,
            c.BeginDay: lambda command: begin_day(self, command),
            c.AmendRulebook: lambda command: amend_rulebook(self, command),
            c.OpenAccount: lambda command: open_account(self, command),
            c.SetAccountClass: lambda command: set_account_class(self, command),
            c.MoveCash: lambda command: move_cash(self, command),
            c.MoveAllowances: lambda command: move_allowances(self, command),
        }
        self.out = []
        try:
            verbs[type(command)](command)
        except Refusal as no:
            self.reject(command, no)
        return self.out

    def reject(self, command: c.Command, no: Refusal) -> None:
        account = getattr(command, "account", "")
        ref = getattr(command, "ref", 0)
        self.out.append(e.Rejected(account, ref, no.reason, no.field, ""))

    def check_affordable(self, account: Account) -> None:
        """Refuse when the account's live orders reserve more than there is."""
        for currency in {p.product.currency for p in self.markets.values()}:
            total, reserved = self.cash(account.name, currency)
            refuse_unless(reserved <= total, RejectReason.CASH, "quantity")
        for product in self.markets:
            total, reserved = self.allowances(account.name, product)
            refuse_unless(reserved <= total, RejectReason.ALLOWANCES, "quantity")

    # -- the gate --------------------------------------------------------------------------------

    def known(self, command: object) -> Account:
        """Check rules 2.1 and 2.2: the account, and its reference, which is now used up."""
        name = getattr(command, "account", "")
        refuse_unless(name in self.accounts, RejectReason.UNKNOWN_ACCOUNT, "account")
        account = self.accounts[name]
        ref = getattr(command, "ref", None)
        if ref is not None:
            refuse_unless(account.last_ref < ref <= MAX_REF, RejectReason.DUPLICATE_REF, "ref")
            account.last_ref = ref
        return account

    def check_phase(self, market: Market, tif: TimeInForce, *, post_only: bool) -> None:
        phase = market.phase
        refuse_unless(phase in ENTRY, RejectReason.PHASE, "symbol")
        continuous = phase is Phase.CONTINUOUS
        too_late = continuous or market.call in (Phase.INTRADAY_CALL, Phase.CLOSING_CALL)
        barred = [] if continuous else list(AT_ONCE)
        barred += [TimeInForce.AT_OPEN] if too_late else []
        refuse_unless(tif not in barred, RejectReason.PHASE, "tif")
        in_call = market.call is not Phase.CLOSED
        refuse_unless(not (post_only and in_call), RejectReason.POST_ONLY, "post_only")

    def check_quantity(self, product: Product, quantity: int) -> None:
        in_range = product.min_quantity <= quantity <= product.max_quantity
        refuse_unless(in_range, RejectReason.QUANTITY_RANGE, "quantity")
        refuse_unless(quantity % product.lot == 0, RejectReason.QUANTITY_LOT, "quantity")

    def check_price(self, product: Product, price: int) -> None:
        refuse_unless(1 <= price <= MAX_PRICE, RejectReason.PRICE_RANGE, "price")
        refuse_unless(TickTable(product).valid(price), RejectReason.PRICE_TICK, "price")
        low, high = self.limits(product.symbol)
        refuse_unless(not high or low <= price <= high, RejectReason.PRICE_LIMIT, "price")

    def check_display(self, product: Product, display: int, quantity: int) -> None:
        fits = 0 < display <= quantity <= display * self.mode.iceberg_max_parts
        refuse_unless(fits and display % product.lot == 0, RejectReason.DISPLAY, "display")

    def admit(self, n: c.NewOrder, market: Market) -> None:
        """Check rules 2.5 to 2.16 of a new order."""
        product = market.product
        kind, tif = n.order_type, n.tif
        self.check_phase(market, tif, post_only=n.post_only)
        self.check_quantity(product, n.quantity)
        if kind in UNPRICED:
            refuse_unless(n.price == 0, RejectReason.PRICE_UNEXPECTED, "price")
        else:
            self.check_price(product, n.price)
        if kind in STOPS:
            good = 1 <= n.stop_price <= MAX_PRICE and TickTable(product).valid(n.stop_price)
            refuse_unless(good, RejectReason.STOP_PRICE, "stop_price")
            refuse_unless(tif in LASTING, RejectReason.TIME_IN_FORCE, "tif")
        else:
            refuse_unless(n.stop_price == 0, RejectReason.STOP_PRICE, "stop_price")
        if kind is OrderType.MARKET:
            bad = tif in (TimeInForce.GTC, TimeInForce.GTD)
            refuse_unless(not bad, RejectReason.TIME_IN_FORCE, "tif")
        plain = kind is OrderType.LIMIT and tif in LASTING
        if n.display != 0:
            self.check_display(product, n.display, n.quantity)
            refuse_unless(plain, RejectReason.DISPLAY, "display")
        refuse_unless(plain or not n.post_only, RejectReason.POST_ONLY, "post_only")
        timed = n.expire_at > self.time if tif is TimeInForce.GTD else n.expire_at == 0
        refuse_unless(timed, RejectReason.EXPIRY, "expire_at")

    # -- a new order -----------------------------------------------------------------------------

    def new_order(self, n: c.NewOrder) -> None:
        account = self.known(n)
        refuse_unless(n.symbol in self.markets, RejectReason.UNKNOWN_SYMBOL, "symbol")
        refuse_unless(not account.killed, RejectReason.ACCOUNT_KILLED, "account")
        market = self.markets[n.symbol]
        self.admit(n, market)
        base = n.stop_price or market.last or market.reference
        unpriced = n.order_type in UNPRICED
        price = (self.protection(market, n.side, base) if base else 0) if unpriced else n.price
        low, high = self.limits(n.symbol)
        if high and market.call is not Phase.CLOSED and n.order_type is OrderType.MARKET:
            price = high if n.side is Side.BUY else low
        self.entries += 1
        order = Order(n, price, self.entries)
        check_role(self, account, order, n.quantity)
        refuse_unless(base or not unpriced, RejectReason.ORDER_TYPE, "order_type")
        crossing = market.phase is Phase.CONTINUOUS and bool(market.prices_for(order))
        refuse_unless(not (n.post_only and crossing), RejectReason.POST_ONLY, "price")
        account.orders.append(order)
        try:
            self.check_affordable(account)
        except Refusal:
            account.orders.pop()
            raise
        if n.order_type in STOPS:
            self.accept(order, OrderState.PENDING_TRIGGER)
            market.stops.append(order)
            if market.phase is Phase.CONTINUOUS and market.last and order.reached_by(market.last):
                self.work_off(market, [order])
        elif market.phase is not Phase.CONTINUOUS or n.tif is TimeInForce.AT_CLOSE:
            self.accept(order, OrderState.HELD)
            market.held.append(order)
        elif not crossing and order.tif in LASTING and not unpriced:
            self.accept(order, OrderState.RESTING, self.rest(market, order))
        else:
            self.accept(order, OrderState.MATCHING)
            self.arrive(market, order)

    def accept(self, order: Order, state: OrderState, depth: int = -1) -> None:
        order.state = state
        self.out.append(e.OrderAccepted(*order.name, order.quantity, state, depth))

    # -- cancel and amend ------------------------------------------------------------------------

    def find(self, account: Account, target: int) -> Order:
        for order in account.orders:
            if order.ref == target:
                return order
        raise Refusal(RejectReason.UNKNOWN_ORDER, "target")

    def cancel_order(self, command: c.CancelOrder) -> None:
        order = self.find(self.known(command), command.target)
        frozen = self.markets[order.symbol].phase is Phase.FREEZE
        refuse_unless(not frozen, RejectReason.FROZEN, "target")
        self.drop(order, CancelReason.REQUESTED, request=command.ref)

    def cancel_live(
        self, account: Account, reason: CancelReason, product: str = "", request: int = 0
    ) -> int:
        going = [o for o in account.orders if product in ("", o.symbol)]
        if reason is not CancelReason.KILLED:
            going = [o for o in going if self.markets[o.symbol].phase is not Phase.FREEZE]
        for order in going:
            self.drop(order, reason, request=request)
        return len(going)

    def mass_cancel(self, command: c.MassCancel) -> None:
        account = self.known(command)
        named = command.symbol == "" or command.symbol in self.markets
        refuse_unless(named, RejectReason.UNKNOWN_SYMBOL, "symbol")
        count = self.cancel_live(account, CancelReason.MASS, command.symbol, command.ref)
        self.out.append(e.MassCancelled(account.name, command.ref, count))

    def cancel_on_disconnect(self, command: c.CancelOnDisconnect) -> None:
        self.cancel_live(self.known(command), CancelReason.DISCONNECTED)

    def set_cancel_on_disconnect(self, command: c.SetCancelOnDisconnect) -> None:
        self.known(command)

    def set_kill_switch(self, command: c.SetKillSwitch) -> None:
        account = self.known(command)
        account.killed = command.on
        count = self.cancel_live(account, CancelReason.KILLED) if command.on else 0
        self.out.append(e.KillSwitchSet(account.name, command.on, count))

    def check_amend(self, command: c.AmendOrder, account: Account) -> Order:
        order = self.find(account, command.target)
        refuse_unless(not account.killed, RejectReason.ACCOUNT_KILLED, "account")
        market = self.markets[order.symbol]
        refuse_unless(market.phase is not Phase.FREEZE, RejectReason.FROZEN, "target")
        refuse_unless(market.phase in ENTRY, RejectReason.PHASE, "symbol")
        total = command.quantity or order.quantity
        price = command.price or order.price
        changed = total != order.quantity or price != order.price
        refuse_unless(changed, RejectReason.NOTHING_TO_CHANGE, "quantity")
        priced = order.order_type not in UNPRICED
        refuse_unless(priced or not command.price, RejectReason.PRICE_UNEXPECTED, "price")
        self.check_quantity(market.product, total)
        if command.price:
            self.check_price(market.product, price)
        gone = order.filled + order.taken_off
        refuse_unless(total > gone, RejectReason.QUANTITY_FILLED, "quantity")
        if order.display:
            self.check_display(market.product, order.display, total)
        if total > order.quantity:
            check_role(self, account, order, total - gone)
        return order

    def amend_order(self, command: c.AmendOrder) -> None:
        account = self.known(command)
        order = self.check_amend(command, account)
        market = self.markets[order.symbol]
        old_price, old_total = order.price, order.quantity
        order.price = command.price or order.price
        order.quantity = command.quantity or order.quantity
        keeps_place = order.price == old_price and order.quantity <= old_total
        booked = order.state is OrderState.RESTING
        crossing = bool(market.prices_for(order)) and market.phase is Phase.CONTINUOUS
        try:
            entering = order.post_only and booked and not keeps_place
            refuse_unless(not (entering and crossing), RejectReason.POST_ONLY, "price")
            self.check_affordable(account)
        except Refusal:
            order.price, order.quantity = old_price, old_total
            raise
        old = depth = -1
        if keeps_place and booked:
            order.shown = min(order.shown, order.leaves)
            depth = market.depth(order.side, order.price)
        elif booked:
            self.remove(order)
            left = market.depth(order.side, old_price)
            if order.price != old_price:
                old = left
            if market.phase is not Phase.CONTINUOUS:
                order.state = OrderState.HELD
                market.held.append(order)
                depth = left if order.price == old_price else -1
            elif crossing:
                order.state = OrderState.MATCHING
            else:
                depth = self.rest(market, order)
        elif not keeps_place:
            self.remove(order)
            (market.stops if order.state is OrderState.PENDING_TRIGGER else market.held).append(
                order
            )
        sizes = (order.quantity, order.leaves, order.state)
        self.out.append(e.OrderAmended(*order.name, *sizes, command.ref, old_price, old, depth))
        if order.state is OrderState.MATCHING:
            self.arrive(market, order)

    # -- phases and time -------------------------------------------------------------------------

    def set_phase(self, command: c.SetPhase) -> None:
        named = command.symbol == "" or command.symbol in self.markets
        refuse_unless(named, RejectReason.UNKNOWN_SYMBOL, "symbol")
        for symbol, market in self.markets.items():
            if command.symbol in ("", symbol):
                try:
                    self.change_phase(market, command.phase, command.reason)
                except Refusal as no:
                    self.reject(command, no)

    def change_phase(self, market: Market, phase: Phase, reason: str) -> None:
        frozen = market.phase is Phase.FREEZE
        moves = MOVES[market.call if frozen else market.phase]
        allowed = phase in moves and not (frozen and phase is Phase.FREEZE)
        refuse_unless(allowed, RejectReason.TRANSITION, "phase")
        if market.call is not Phase.CLOSED and phase not in (Phase.FREEZE, Phase.HALTED):
            price = uncross(self, market)
            after_call(self, market, phase, price)
        market.call_ends_at = 0
        morning = market.phase is Phase.CLOSED
        if morning:
            market.day = []
        if market.phase is Phase.CONTINUOUS and phase is Phase.CLOSED:
            self.release(market, [o for o in market.held if o.tif is TimeInForce.AT_CLOSE])
        if phase is Phase.CLOSED:
            end_day(self, market)
        market.phase = phase
        if phase is not Phase.FREEZE:
            market.published = None
        if phase is not Phase.FREEZE:
            market.call = phase if phase in CALLS else Phase.CLOSED
        figures = (market.reference, *self.limits(market.product.symbol))
        self.out.append(e.PhaseChanged(market.product.symbol, phase, reason, *figures))
        if morning:
            drop_outside(self, market)
        if phase is Phase.CLOSED:
            close_day(self, market)
        if phase is Phase.CONTINUOUS:
            self.release(market, [o for o in market.held if o.tif is not TimeInForce.AT_CLOSE])
            reached = [s for s in market.stops if market.last and s.reached_by(market.last)]
            self.work_off(market, reached)

    def release(self, market: Market, orders: list[Order]) -> None:
        for order in orders:
            if market.phase is not Phase.CONTINUOUS:
                return
            market.held.remove(order)
            if order.post_only and market.prices_for(order):
                self.drop(order, CancelReason.POST_ONLY)
            else:
                self.arrive(market, order)

    def advance_time(self, command: c.AdvanceTime) -> None:
        refuse_unless(command.time > self.time, RejectReason.TIME_BACKWARDS, "time")
        self.time = command.time
        live = [o for account in self.accounts.values() for o in account.orders]
        due = [o for o in live if o.tif is TimeInForce.GTD and o.expire_at <= self.time]
        for order in sorted(due, key=lambda o: (o.expire_at, o.entry)):
            self.drop(order, CancelReason.EXPIRED)
        for market in self.markets.values():
            if 0 < market.call_ends_at <= self.time:
                self.change_phase(market, Phase.CONTINUOUS, "the call is over")
            elif market.call is not Phase.CLOSED and market.publishes(self.time):
                self.out.append(published(self, market))

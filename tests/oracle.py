"""An independent venue, written from ``docs/rules.md`` alone: plain lists, no speed, no sharing.

It computes what the engine keeps: what is reserved is summed over the live orders whenever
somebody asks, the best price is searched for, a queue is a list comprehension. It takes the
vocabulary of the engine (commands, events, rulebook) and nothing else from it. The words in
``Rejected.rule`` are for people and are left empty here: who compares must leave them out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine import commands as c
from engine import events as e
from engine.types import (
    MAX_MONEY,
    MAX_PRICE,
    MAX_QUANTITY,
    MAX_REF,
    CancelReason,
    Matching,
    OrderState,
    OrderType,
    Phase,
    Reason,
    SelfTrade,
    SelfTradeScope,
    Side,
    TimeInForce,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from engine.rulebook import Product, Rulebook

LASTING = (TimeInForce.DAY, TimeInForce.GTC, TimeInForce.GTD)
AT_ONCE = (TimeInForce.IOC, TimeInForce.FOK)
AUCTION = (TimeInForce.AT_OPEN, TimeInForce.AT_CLOSE)
STOPS = (OrderType.STOP, OrderType.STOP_LIMIT)
UNPRICED = (OrderType.MARKET, OrderType.STOP)
MOVES = {
    Phase.CLOSED: (Phase.PRE_OPEN, Phase.CONTINUOUS),
    Phase.PRE_OPEN: (Phase.CONTINUOUS, Phase.HALTED, Phase.CLOSED),
    Phase.CONTINUOUS: (Phase.HALTED, Phase.CLOSED),
    Phase.HALTED: (Phase.PRE_OPEN, Phase.CONTINUOUS, Phase.CLOSED),
}


class Refusal(Exception):  # noqa: N818 - not an error: the answer to a command
    """The first check of the gate that failed."""

    def __init__(self, reason: Reason, field: str) -> None:
        super().__init__(reason.name, field)
        self.reason = reason
        self.field = field


def refuse_unless(holds: object, reason: Reason, field: str) -> None:
    if not holds:
        raise Refusal(reason, field)


class Order:
    """A live order and everything about it."""

    def __init__(self, command: c.NewOrder, price: int, entry: int) -> None:
        self.account = command.account
        self.ref = command.ref
        self.product = command.product
        self.side = command.side
        self.order_type = command.order_type
        self.tif = command.tif
        self.price = price  # its limit, or the protection price that stands for it
        self.stop_price = command.stop_price
        self.quantity = command.quantity
        self.filled = 0
        self.taken_off = 0  # by self-trade prevention
        self.display = command.display
        self.shown = 0
        self.post_only = command.post_only
        self.expire_at = command.expire_at
        self.entry = entry
        self.state = OrderState.TAKING

    @property
    def leaves(self) -> int:
        return self.quantity - self.filled - self.taken_off

    def within(self, price: int) -> bool:
        return price <= self.price if self.side is Side.BUY else price >= self.price

    def reached_by(self, price: int) -> bool:
        return price >= self.stop_price if self.side is Side.BUY else price <= self.stop_price


class Account:
    """One customer: totals only, what is reserved follows from the orders."""

    def __init__(self, command: c.OpenAccount) -> None:
        self.name = command.account
        self.owner = command.owner or command.account
        self.group = command.group or self.owner
        self.last_ref = 0
        self.killed = False
        self.cash: dict[str, int] = {}
        self.tonnes: dict[str, int] = {}
        self.orders: list[Order] = []  # in the order of entry


class Market:
    """One product: three plain lists, each in the order in which its orders wait."""

    def __init__(self, product: Product) -> None:
        self.product = product
        self.phase = Phase.CLOSED
        self.reference = product.reference
        self.book: list[Order] = []
        self.held: list[Order] = []
        self.stops: list[Order] = []
        self.trade_number = 0
        self.day: list[tuple[int, int]] = []  # (price, quantity) of each trade of the day

    @property
    def last(self) -> int:
        return self.day[-1][0] if self.day else 0

    def depth(self, side: Side, price: int) -> int:
        return sum(o.shown for o in self.book if o.side is side and o.price == price)

    def queue(self, side: Side, price: int) -> list[Order]:
        return [o for o in self.book if o.side is side and o.price == price]

    def prices_for(self, taker: Order) -> list[int]:
        """Return the other side's prices within an order's limit, best first."""
        prices = {o.price for o in self.book if o.side is not taker.side and taker.within(o.price)}
        return sorted(prices, reverse=taker.side is Side.SELL)


def round_to_tick(numerator: int, denominator: int, tick: int) -> int:
    return (2 * numerator + denominator * tick) // (2 * denominator * tick) * tick


class OracleVenue:
    """The venue of ``docs/rules.md``. ``apply`` returns the events of one command."""

    def __init__(self, rulebook: Rulebook) -> None:
        self.rules = rulebook
        self.time = 0
        self.accounts: dict[str, Account] = {}
        self.markets = {p.symbol: Market(p) for p in rulebook.products}
        self.collected: dict[str, int] = {}
        self.entries = 0
        self.out: list[e.Event] = []
        self.verbs: dict[type, Callable[..., None]] = {
            c.NewOrder: self.new_order,
            c.CancelOrder: self.cancel_order,
            c.AmendOrder: self.amend_order,
            c.MassCancel: self.mass_cancel,
            c.CancelOnDisconnect: self.cancel_on_disconnect,
            c.SetKillSwitch: self.set_kill_switch,
            c.SetPhase: self.set_phase,
            c.AdvanceTime: self.advance_time,
            c.OpenAccount: self.open_account,
            c.MoveCash: self.move_cash,
            c.MoveAllowances: self.move_allowances,
        }

    def apply(self, command: c.Command) -> list[e.Event]:
        self.out = []
        try:
            self.verbs[type(command)](command)
        except Refusal as no:
            self.reject(command, no)
        return self.out

    def reject(self, command: c.Command, no: Refusal) -> None:
        account = getattr(command, "account", "")
        ref = getattr(command, "ref", 0)
        self.out.append(e.Rejected(account, ref, no.reason, no.field, ""))

    # -- what anybody may ask ------------------------------------------------------------

    def cash(self, account: str, currency: str = "") -> tuple[int, int]:
        currency = currency or self.rules.currency
        owner = self.accounts[account]
        reserved = sum(
            self.cost(o)
            for o in owner.orders
            if o.side is Side.BUY and self.markets[o.product].product.currency == currency
        )
        return owner.cash.get(currency, 0), reserved

    def allowances(self, account: str, product: str) -> tuple[int, int]:
        owner = self.accounts[account]
        live = [o for o in owner.orders if o.side is Side.SELL and o.product == product]
        return owner.tonnes.get(product, 0), sum(o.leaves for o in live)

    def fees(self, currency: str = "") -> int:
        return self.collected.get(currency or self.rules.currency, 0)

    def depth(self, product: str, side: Side) -> list[tuple[int, int]]:
        market = self.markets[product]
        prices = sorted({o.price for o in market.book if o.side is side}, reverse=side is Side.BUY)
        return [(price, market.depth(side, price)) for price in prices]

    def open_orders(self, account: str) -> list[Order]:
        return self.accounts[account].orders

    def limits(self, product: str) -> tuple[int, int]:
        market = self.markets[product]
        spread = self.rules.price_limit_bp
        if not spread:
            return 0, 0
        tick = market.product.tick
        low = round_to_tick(market.reference * (10_000 - spread), 10_000, tick)
        high = round_to_tick(market.reference * (10_000 + spread), 10_000, tick)
        return max(low, tick), max(high, tick)

    # -- money -----------------------------------------------------------------------------

    def fee(self, value: int, rate: int) -> int:
        return value * rate // 1_000_000

    def cost(self, order: Order) -> int:
        value = order.price * order.leaves
        return value + self.fee(value, max(self.rules.maker_fee_ppm, self.rules.taker_fee_ppm))

    def protection(self, market: Market, side: Side, base: int) -> int:
        tick = market.product.tick
        sign = 1 if side is Side.BUY else -1
        price = round_to_tick(base * (10_000 + sign * self.rules.protection_bp), 10_000, tick)
        price = min(max(price, tick), MAX_PRICE // tick * tick)
        low, high = self.limits(market.product.symbol)
        return min(max(price, low), high) if high else price

    def check_affordable(self, account: Account) -> None:
        """Refuse when the account's live orders reserve more than there is."""
        for currency in {p.product.currency for p in self.markets.values()}:
            total, reserved = self.cash(account.name, currency)
            refuse_unless(reserved <= total, Reason.CASH, "quantity")
        for product in self.markets:
            total, reserved = self.allowances(account.name, product)
            refuse_unless(reserved <= total, Reason.ALLOWANCES, "quantity")

    # -- the gate ----------------------------------------------------------------------------

    def known(self, command: object) -> Account:
        """Checks 1 and 2: the account, and its reference, which is used up from here on."""
        name = getattr(command, "account", "")
        refuse_unless(name in self.accounts, Reason.UNKNOWN_ACCOUNT, "account")
        account = self.accounts[name]
        ref = getattr(command, "ref", None)
        if ref is not None:
            refuse_unless(account.last_ref < ref <= MAX_REF, Reason.DUPLICATE_REF, "ref")
            account.last_ref = ref
        return account

    def check_phase(self, phase: Phase, tif: TimeInForce) -> None:
        open_now = phase in (Phase.PRE_OPEN, Phase.CONTINUOUS)
        refuse_unless(open_now, Reason.PHASE, "product")
        barred = AT_ONCE if phase is Phase.PRE_OPEN else (TimeInForce.AT_OPEN,)
        refuse_unless(tif not in barred, Reason.PHASE, "tif")

    def check_quantity(self, product: Product, quantity: int) -> None:
        in_range = product.min_quantity <= quantity <= product.max_quantity
        refuse_unless(in_range, Reason.QUANTITY_RANGE, "quantity")
        refuse_unless(quantity % product.lot == 0, Reason.QUANTITY_LOT, "quantity")

    def check_price(self, product: Product, price: int) -> None:
        refuse_unless(1 <= price <= MAX_PRICE, Reason.PRICE_RANGE, "price")
        refuse_unless(price % product.tick == 0, Reason.PRICE_TICK, "price")
        low, high = self.limits(product.symbol)
        refuse_unless(not high or low <= price <= high, Reason.PRICE_LIMIT, "price")

    def check_display(self, product: Product, display: int, quantity: int) -> None:
        fits = 0 < display <= quantity and display % product.lot == 0
        refuse_unless(fits, Reason.DISPLAY, "display")
        enough = display * self.rules.iceberg_max_parts >= quantity
        refuse_unless(enough, Reason.DISPLAY, "display")

    def admit(self, n: c.NewOrder, market: Market) -> None:
        """Checks 5 to 15 of a new order."""
        product = market.product
        kind, tif = n.order_type, n.tif
        self.check_phase(market.phase, tif)
        self.check_quantity(product, n.quantity)
        if kind in UNPRICED:
            refuse_unless(n.price == 0, Reason.PRICE_UNEXPECTED, "price")
        else:
            self.check_price(product, n.price)
        if kind in STOPS:
            good = 1 <= n.stop_price <= MAX_PRICE and n.stop_price % product.tick == 0
            refuse_unless(good, Reason.STOP_PRICE, "stop_price")
            refuse_unless(tif in LASTING, Reason.TIME_IN_FORCE, "tif")
        else:
            refuse_unless(n.stop_price == 0, Reason.STOP_PRICE, "stop_price")
        if kind is OrderType.MARKET:
            bad = tif in (TimeInForce.GTC, TimeInForce.GTD)
            refuse_unless(not bad, Reason.TIME_IN_FORCE, "tif")
        plain = kind is OrderType.LIMIT and tif in LASTING
        if n.display != 0:
            self.check_display(product, n.display, n.quantity)
            refuse_unless(plain, Reason.DISPLAY, "display")
        refuse_unless(plain or not n.post_only, Reason.POST_ONLY, "post_only")
        timed = n.expire_at > self.time if tif is TimeInForce.GTD else n.expire_at == 0
        refuse_unless(timed, Reason.EXPIRY, "expire_at")

    # -- a new order ---------------------------------------------------------------------------

    def new_order(self, n: c.NewOrder) -> None:
        account = self.known(n)
        refuse_unless(n.product in self.markets, Reason.UNKNOWN_PRODUCT, "product")
        refuse_unless(not account.killed, Reason.ACCOUNT_KILLED, "account")
        market = self.markets[n.product]
        self.admit(n, market)
        base = n.stop_price or market.last or market.reference
        unpriced = n.order_type in UNPRICED
        price = self.protection(market, n.side, base) if unpriced else n.price
        order = Order(n, price, self.entries)
        crossing = market.phase is Phase.CONTINUOUS and bool(market.prices_for(order))
        refuse_unless(not (n.post_only and crossing), Reason.POST_ONLY, "price")
        account.orders.append(order)
        try:
            self.check_affordable(account)
        except Refusal:
            account.orders.pop()
            raise
        self.entries += 1
        if n.order_type in STOPS:
            self.accept(order, OrderState.STOPPED)
            market.stops.append(order)
            if market.phase is Phase.CONTINUOUS and market.last and order.reached_by(market.last):
                self.work_off(market, [order])
        elif market.phase is Phase.PRE_OPEN or n.tif is TimeInForce.AT_CLOSE:
            self.accept(order, OrderState.HELD)
            market.held.append(order)
        elif not crossing and order.tif in LASTING and not unpriced:
            self.rest(market, order)
            self.accept(order, OrderState.BOOKED, market.depth(order.side, order.price))
        else:
            self.accept(order, OrderState.TAKING)
            self.arrive(market, order)

    def accept(self, o: Order, state: OrderState, depth: int = -1) -> None:
        o.state = state
        self.out.append(
            e.OrderAccepted(o.account, o.ref, o.product, o.side, o.price, o.quantity, state, depth)
        )

    def rest(self, market: Market, order: Order) -> None:
        order.state = OrderState.BOOKED
        order.shown = min(order.display or order.leaves, order.leaves)
        market.book.append(order)

    def remove(self, order: Order) -> bool:
        """Take an order out of wherever it waits; tell whether that was the book."""
        market = self.markets[order.product]
        for waiting in (market.book, market.held, market.stops):
            if order in waiting:
                waiting.remove(order)
                return waiting is market.book
        return False

    def drop(self, order: Order, reason: CancelReason, quantity: int = 0, request: int = 0) -> None:
        """Cancel a live order and report it."""
        quantity = quantity or order.leaves
        booked = self.remove(order)
        self.accounts[order.account].orders.remove(order)
        o = order
        depth = self.markets[o.product].depth(o.side, o.price) if booked else -1
        self.out.append(
            e.OrderCancelled(
                o.account, o.ref, o.product, o.side, o.price, quantity, reason, request, depth
            )
        )

    # -- matching --------------------------------------------------------------------------------

    def arrive(self, market: Market, order: Order) -> None:
        """Section 5 for one order that enters, then the stops its trades reach."""
        before = len(market.day)
        self.take(market, order)
        prices = [price for price, _ in market.day[before:]]
        self.work_off(market, [s for s in market.stops if any(map(s.reached_by, prices))])

    def work_off(self, market: Market, queue: list[Order]) -> None:
        """Section 6: each triggered stop enters, and may put more at the end of the queue."""
        queue = list(queue)
        for stop in queue:
            market.stops.remove(stop)
        while queue:
            order = queue.pop(0)
            self.out.append(e.OrderTriggered(order.account, order.ref, order.product))
            before = len(market.day)
            self.take(market, order)
            prices = [price for price, _ in market.day[before:]]
            more = [s for s in market.stops if any(map(s.reached_by, prices))]
            for stop in more:
                market.stops.remove(stop)
            queue += more

    def take(self, market: Market, order: Order) -> None:
        """Match an arriving order, then rest or cancel what is left of it."""
        order.state = OrderState.TAKING
        if order.tif is TimeInForce.FOK and self.fillable(market, order) < order.quantity:
            self.drop(order, CancelReason.FOK_KILLED)
            return
        for price in market.prices_for(order):
            if self.alive(order) and order.leaves:
                if self.rules.matching is Matching.PRICE_TIME:
                    self.take_in_time_order(market, order, price)
                else:
                    self.take_in_proportion(market, order, price)
        if not self.alive(order):
            return
        if order.order_type in UNPRICED:
            self.drop(order, CancelReason.MARKET_REST)
        elif order.tif in AT_ONCE:
            self.drop(order, CancelReason.IOC_REST)
        elif order.tif in AUCTION:
            self.drop(order, CancelReason.AUCTION_REST)
        else:
            self.rest(market, order)
            o, depth = order, market.depth(order.side, order.price)
            self.out.append(
                e.OrderBooked(o.account, o.ref, o.product, o.side, o.price, o.leaves, depth)
            )

    def alive(self, order: Order) -> bool:
        return order in self.accounts[order.account].orders

    def same_person(self, one: Order, other: Order) -> bool:
        a, b = self.accounts[one.account], self.accounts[other.account]
        if self.rules.self_trade_scope is SelfTradeScope.GROUP:
            return a.group == b.group
        return a.owner == b.owner

    def prevented(self, one: Order, other: Order) -> bool:
        return self.rules.self_trade is not SelfTrade.ALLOW and self.same_person(one, other)

    def fillable(self, market: Market, taker: Order) -> int:
        """Return what a fill-or-kill order could trade."""
        total = 0
        for price in market.prices_for(taker):
            queue = market.queue(Side(3 - taker.side), price)
            own = [i for i, o in enumerate(queue) if self.prevented(taker, o)]
            if own and self.rules.self_trade is not SelfTrade.CANCEL_RESTING:
                if self.rules.matching is Matching.PRICE_TIME:
                    total += sum(o.shown for o in queue[: own[0]])
                return total
            total += sum(o.leaves for o in queue if not self.prevented(taker, o))
        return total

    def take_in_time_order(self, market: Market, taker: Order, price: int) -> None:
        side = Side(3 - taker.side)
        while self.alive(taker) and (queue := market.queue(side, price)):
            head = queue[0]
            if self.prevented(taker, head):
                self.prevent(market, taker, head)
            else:
                self.trade(market, taker, [(head, min(taker.leaves, head.shown))])

    def take_in_proportion(self, market: Market, taker: Order, price: int) -> None:
        side, lot = Side(3 - taker.side), market.product.lot
        for own in [o for o in market.queue(side, price) if self.prevented(taker, o)]:
            if self.alive(taker):
                self.prevent(market, taker, own)
        while self.alive(taker) and (queue := market.queue(side, price)):
            shown = sum(o.shown for o in queue)
            total = min(taker.leaves, shown)
            parts = [o.shown * total // shown // lot * lot for o in queue]
            left = total - sum(parts)
            for i, o in enumerate(queue):
                extra = min(lot, left, o.shown - parts[i])
                parts[i] += extra
                left -= extra
            assert left == 0
            self.trade(market, taker, [(o, q) for o, q in zip(queue, parts, strict=True) if q])

    def prevent(self, market: Market, taker: Order, resting: Order) -> None:
        mode = self.rules.self_trade
        if mode is SelfTrade.DECREMENT_BOTH:
            step = min(taker.leaves, resting.leaves)
            self.reduce(market, resting, step)
            self.reduce(market, taker, step)
            return
        if mode in (SelfTrade.CANCEL_RESTING, SelfTrade.CANCEL_BOTH):
            self.drop(resting, CancelReason.SELF_TRADE)
        if mode in (SelfTrade.CANCEL_ARRIVING, SelfTrade.CANCEL_BOTH):
            self.drop(taker, CancelReason.SELF_TRADE)

    def reduce(self, market: Market, order: Order, step: int) -> None:
        if step == order.leaves:
            self.drop(order, CancelReason.SELF_TRADE, step)
            return
        order.taken_off += step
        order.shown = min(order.shown, order.leaves)
        o, booked = order, order in market.book
        depth = market.depth(o.side, o.price) if booked else -1
        self.out.append(
            e.OrderReduced(o.account, o.ref, o.product, o.side, o.price, step, o.leaves, depth)
        )

    def trade(self, market: Market, taker: Order, parts: list[tuple[Order, int]]) -> None:
        """Carry out one sharing: every fill, then refills at the tail, then the prints."""
        side, price = parts[0][0].side, parts[0][0].price
        taker_leaves = taker.leaves
        for maker, quantity in parts:
            maker.filled += quantity
            maker.shown -= quantity
            taker.filled += quantity
            if not maker.shown:
                market.book.remove(maker)
        for maker, _ in parts:
            if not maker.shown and maker.leaves:
                self.rest(market, maker)
        depth = market.depth(side, price)
        for maker, quantity in parts:
            taker_leaves -= quantity
            value = price * quantity
            maker_fee = self.fee(value, self.rules.maker_fee_ppm)
            taker_fee = self.fee(value, self.rules.taker_fee_ppm)
            self.deliver(market.product, maker, quantity, value, maker_fee)
            self.deliver(market.product, taker, quantity, value, taker_fee)
            market.trade_number += 1
            market.day.append((price, quantity))
            fill = (maker.account, maker.ref, maker.leaves, maker_fee)
            other = (taker.account, taker.ref, taker_leaves, taker_fee)
            number, symbol = market.trade_number, market.product.symbol
            self.out.append(e.Trade(symbol, number, side, price, quantity, *fill, *other, depth))
        for order in [taker, *(maker for maker, _ in parts)]:
            if not order.leaves:
                self.accounts[order.account].orders.remove(order)

    def deliver(self, product: Product, order: Order, quantity: int, value: int, fee: int) -> None:
        account, sign = self.accounts[order.account], 1 if order.side is Side.BUY else -1
        symbol, currency = product.symbol, product.currency
        account.tonnes[symbol] = account.tonnes.get(symbol, 0) + sign * quantity
        account.cash[currency] = account.cash.get(currency, 0) - sign * value - fee
        self.collected[currency] = self.collected.get(currency, 0) + fee

    # -- cancel and amend --------------------------------------------------------------------------

    def find(self, account: Account, target: int) -> Order:
        for order in account.orders:
            if order.ref == target:
                return order
        raise Refusal(Reason.UNKNOWN_ORDER, "target")

    def cancel_order(self, command: c.CancelOrder) -> None:
        order = self.find(self.known(command), command.target)
        self.drop(order, CancelReason.REQUESTED, request=command.ref)

    def cancel_all(
        self, account: Account, reason: CancelReason, product: str = "", request: int = 0
    ) -> int:
        going = [o for o in account.orders if product in ("", o.product)]
        for order in going:
            self.drop(order, reason, request=request)
        return len(going)

    def mass_cancel(self, command: c.MassCancel) -> None:
        account = self.known(command)
        named = command.product == "" or command.product in self.markets
        refuse_unless(named, Reason.UNKNOWN_PRODUCT, "product")
        count = self.cancel_all(account, CancelReason.MASS, command.product, command.ref)
        self.out.append(e.MassCancelled(account.name, command.ref, count))

    def cancel_on_disconnect(self, command: c.CancelOnDisconnect) -> None:
        self.cancel_all(self.known(command), CancelReason.DISCONNECTED)

    def set_kill_switch(self, command: c.SetKillSwitch) -> None:
        account = self.known(command)
        account.killed = command.on
        count = self.cancel_all(account, CancelReason.KILLED) if command.on else 0
        self.out.append(e.KillSwitchSet(account.name, command.on, count))

    def check_amend(self, command: c.AmendOrder, account: Account) -> Order:
        order = self.find(account, command.target)
        refuse_unless(not account.killed, Reason.ACCOUNT_KILLED, "account")
        market = self.markets[order.product]
        open_now = market.phase in (Phase.PRE_OPEN, Phase.CONTINUOUS)
        refuse_unless(open_now, Reason.PHASE, "product")
        total = command.quantity or order.quantity
        price = command.price or order.price
        changed = total != order.quantity or price != order.price
        refuse_unless(changed, Reason.NOTHING_TO_CHANGE, "quantity")
        priced = order.order_type not in UNPRICED
        refuse_unless(priced or not command.price, Reason.PRICE_UNEXPECTED, "price")
        self.check_quantity(market.product, total)
        if command.price:
            self.check_price(market.product, price)
        gone = order.filled + order.taken_off
        refuse_unless(total > gone, Reason.QUANTITY_FILLED, "quantity")
        if order.display:
            self.check_display(market.product, order.display, total)
        return order

    def amend_order(self, command: c.AmendOrder) -> None:
        account = self.known(command)
        order = self.check_amend(command, account)
        market = self.markets[order.product]
        old_price, old_total = order.price, order.quantity
        order.price = command.price or order.price
        order.quantity = command.quantity or order.quantity
        keeps_place = order.price == old_price and order.quantity <= old_total
        booked = order.state is OrderState.BOOKED
        crossing = bool(market.prices_for(order)) and market.phase is Phase.CONTINUOUS
        try:
            entering = order.post_only and booked and not keeps_place
            refuse_unless(not (entering and crossing), Reason.POST_ONLY, "price")
            self.check_affordable(account)
        except Refusal:
            order.price, order.quantity = old_price, old_total
            raise
        if keeps_place:
            if booked:
                order.shown = min(order.shown, order.leaves)
            depth = market.depth(order.side, order.price) if booked else -1
            self.report_amend(order, command.ref, old_price, -1, depth)
            return
        self.remove(order)
        if not booked:
            (market.stops if order.state is OrderState.STOPPED else market.held).append(order)
            self.report_amend(order, command.ref, old_price, -1, -1)
            return
        old = market.depth(order.side, old_price)
        if market.phase is not Phase.CONTINUOUS:
            order.state = OrderState.HELD
            market.held.append(order)
            depths = (-1, old) if order.price == old_price else (old, -1)
            self.report_amend(order, command.ref, old_price, *depths)
            return
        old_depth = -1 if order.price == old_price else old
        if crossing:
            order.state = OrderState.TAKING
            self.report_amend(order, command.ref, old_price, old_depth, -1)
            self.arrive(market, order)
            return
        self.rest(market, order)
        depth = market.depth(order.side, order.price)
        self.report_amend(order, command.ref, old_price, old_depth, depth)

    def report_amend(self, o: Order, request: int, old_price: int, old: int, depth: int) -> None:
        head = (o.account, o.ref, o.product, o.side, o.price, o.quantity, o.leaves, o.state)
        self.out.append(e.OrderAmended(*head, request, old_price, old, depth))

    # -- phases and time -----------------------------------------------------------------------------

    def set_phase(self, command: c.SetPhase) -> None:
        named = command.product == "" or command.product in self.markets
        refuse_unless(named, Reason.UNKNOWN_PRODUCT, "product")
        for symbol, market in self.markets.items():
            if command.product in ("", symbol):
                try:
                    self.change_phase(market, command.phase, command.reason)
                except Refusal as no:
                    self.reject(command, no)

    def change_phase(self, market: Market, phase: Phase, reason: str) -> None:
        refuse_unless(phase in MOVES[market.phase], Reason.TRANSITION, "phase")
        if market.phase is Phase.CLOSED:
            market.day = []
        if market.phase is Phase.CONTINUOUS and phase is Phase.CLOSED:
            self.release(market, [o for o in market.held if o.tif is TimeInForce.AT_CLOSE])
        if phase is Phase.CLOSED:
            self.end_day(market)
        market.phase = phase
        symbol = market.product.symbol
        limits = self.limits(symbol)
        self.out.append(e.PhaseChanged(symbol, phase, reason, market.reference, *limits))
        if phase is Phase.CLOSED:
            self.close_day(market)
        if phase is Phase.CONTINUOUS:
            self.release(market, [o for o in market.held if o.tif is not TimeInForce.AT_CLOSE])
            reached = [s for s in market.stops if market.last and s.reached_by(market.last)]
            self.work_off(market, reached)

    def release(self, market: Market, orders: list[Order]) -> None:
        for order in orders:
            market.held.remove(order)
            if order.post_only and market.prices_for(order):
                self.drop(order, CancelReason.POST_ONLY)
            else:
                self.arrive(market, order)

    def end_day(self, market: Market) -> None:
        """Cancel what does not outlive the day."""
        over = (TimeInForce.DAY, *AUCTION)
        for account in self.accounts.values():
            for order in list(account.orders):
                if order.product == market.product.symbol and order.tif in over:
                    self.drop(order, CancelReason.DAY_ENDED)

    def close_day(self, market: Market) -> None:
        prices = [price for price, _ in market.day] or [0]
        volume = sum(quantity for _, quantity in market.day)
        value = sum(price * quantity for price, quantity in market.day)
        market.reference = market.last or market.reference
        bar = (prices[0], max(prices), min(prices), market.reference)
        symbol = market.product.symbol
        self.out.append(e.DayClosed(symbol, *bar, volume, value, len(market.day)))

    def advance_time(self, command: c.AdvanceTime) -> None:
        refuse_unless(command.time > self.time, Reason.TIME_BACKWARDS, "time")
        self.time = command.time
        live = [o for account in self.accounts.values() for o in account.orders]
        due = [o for o in live if o.tif is TimeInForce.GTD and o.expire_at <= self.time]
        for order in sorted(due, key=lambda o: (o.expire_at, o.entry)):
            self.drop(order, CancelReason.EXPIRED)

    # -- accounts ---------------------------------------------------------------------------------------

    def open_account(self, command: c.OpenAccount) -> None:
        refuse_unless(command.account, Reason.VALUE, "account")
        new = command.account not in self.accounts
        refuse_unless(new, Reason.ACCOUNT_EXISTS, "account")
        account = Account(command)
        self.accounts[account.name] = account
        names = (account.name, account.owner, account.group, command.member)
        self.out.append(e.AccountOpened(*names))

    def move_cash(self, command: c.MoveCash) -> None:
        account = self.known(command)
        currency = command.currency or self.rules.currency
        currencies = [self.rules.currency, *(m.product.currency for m in self.markets.values())]
        refuse_unless(currency in currencies, Reason.CURRENCY, "currency")
        refuse_unless(0 < abs(command.amount) <= MAX_MONEY, Reason.VALUE, "amount")
        total, reserved = self.cash(account.name, currency)
        refuse_unless(total + command.amount >= reserved, Reason.CASH, "amount")
        account.cash[currency] = total + command.amount
        balance = account.cash[currency]
        self.out.append(e.CashMoved(account.name, currency, command.amount, balance))

    def move_allowances(self, command: c.MoveAllowances) -> None:
        account = self.known(command)
        refuse_unless(command.product in self.markets, Reason.UNKNOWN_PRODUCT, "product")
        refuse_unless(0 < abs(command.quantity) <= MAX_QUANTITY, Reason.VALUE, "quantity")
        total, reserved = self.allowances(account.name, command.product)
        refuse_unless(total + command.quantity >= reserved, Reason.ALLOWANCES, "quantity")
        account.tonnes[command.product] = total + command.quantity
        balance = account.tonnes[command.product]
        moved = (account.name, command.product, command.quantity, balance)
        self.out.append(e.AllowancesMoved(*moved))

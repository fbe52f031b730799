"""The oracle's half below the gate: orders, who trades with whom, money. See ``oracle.py``.

Written from sections 3 to 6 of ``docs/rules.md``. A market is three lists in the order in which
orders wait; a queue, a depth, a reservation is looked up by going through them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.vocabulary import events as e
from engine.vocabulary.enums import (
    CancelReason,
    Matching,
    OrderState,
    Phase,
    SelfTrade,
    SelfTradeScope,
    Side,
    TimeInForce,
)
from tests.oracle.parts import (
    AT_ONCE,
    AUCTION,
    UNPRICED,
    Account,
    Lock,
    Market,
    Order,
    fee,
)
from tests.oracle.ticks import TickTable

if TYPE_CHECKING:
    from engine.rulebook.model import Product, Rulebook
    from engine.vocabulary import commands as c


class OracleMatching:
    """State, money and matching: what happens to an order once it is let in."""

    def __init__(self, rulebook: Rulebook) -> None:
        self.rules = rulebook
        self.mode = rulebook.modes[0]
        self.time = 0
        self.date = self.days = 0
        self.amendments: list[c.AmendRulebook] = []
        self.accounts: dict[str, Account] = {}
        self.markets = {p.symbol: Market(p) for p in rulebook.products}
        self.collected: dict[str, int] = {}
        self.locks: list[Lock] = []
        self.entries = 0
        self.out: list[e.Event] = []

    # -- prices that are computed, and money -----------------------------------------------------

    def limits(self, product: str) -> tuple[int, int]:
        market = self.markets[product]
        if not self.mode.limit_up_bp or not market.reference:
            return 0, 0
        table = TickTable(market.product)
        low = table.rounded(market.reference * (10_000 - self.mode.limit_down_bp), 10_000)
        return low, table.rounded(market.reference * (10_000 + self.mode.limit_up_bp), 10_000)

    def protection(self, market: Market, side: Side, base: int) -> int:
        table, sign = TickTable(market.product), 1 if side is Side.BUY else -1
        price = table.rounded(base * (10_000 + sign * self.mode.protection_bp), 10_000)
        low, high = self.limits(market.product.symbol)
        return min(max(price, low), high) if high else price

    def cost(self, order: Order) -> int:
        value = order.price * order.leaves
        return value + fee(value, max(self.mode.maker_fee_ppm, self.mode.taker_fee_ppm))

    # -- what anybody may ask --------------------------------------------------------------------

    def cash(self, account: str, currency: str = "") -> tuple[int, int]:
        currency = currency or self.rules.currency
        owner = self.accounts[account]
        reserved = sum(
            self.cost(o)
            for o in owner.orders
            if o.side is Side.BUY and self.markets[o.symbol].product.currency == currency
        )
        return owner.cash.get(currency, 0), reserved + self.locked(account, currency)

    def allowances(self, account: str, product: str) -> tuple[int, int]:
        owner = self.accounts[account]
        live = [o for o in owner.orders if o.side is Side.SELL and o.symbol == product]
        offered = sum(o.leaves for o in live)
        return owner.tonnes.get(product, 0), offered + self.locked(account, product)

    def locked(self, account: str, name: str) -> int:
        return sum(lock.amount for lock in self.locks if lock[1:3] == (account, name))

    def fees(self, currency: str = "") -> int:
        return self.collected.get(currency or self.rules.currency, 0)

    def depth(self, product: str, side: Side) -> list[tuple[int, int]]:
        market = self.markets[product]
        prices = sorted({o.price for o in market.book if o.side is side}, reverse=side is Side.BUY)
        return [(price, market.depth(side, price)) for price in prices]

    def open_orders(self, account: str) -> list[Order]:
        return self.accounts[account].orders

    def deliver(self, product: Product, order: Order, quantity: int, value: int, paid: int) -> None:
        account, sign = self.accounts[order.account], 1 if order.side is Side.BUY else -1
        symbol, currency = product.symbol, product.currency
        account.tonnes[symbol] = account.tonnes.get(symbol, 0) + sign * quantity
        account.cash[currency] = account.cash.get(currency, 0) - sign * value - paid
        self.collected[currency] = self.collected.get(currency, 0) + paid

    def lock(self, product: Product, orders: tuple[Order, Order], quantity: int, gain: int) -> None:
        """Rule 10.6: keep back what a buyer bought, then what a seller's sale brought him."""
        buyer, seller = sorted(orders, key=lambda order: order.side is not Side.BUY)
        for order, name, amount, days in (
            (buyer, product.symbol, quantity, self.mode.resale_lag),
            (seller, product.currency, gain, self.mode.proceeds_lag),
        ):
            if days and amount > 0:
                self.locks.append(Lock(self.days + days, order.account, name, amount))

    # -- into the book and out of it -------------------------------------------------------------

    def rest(self, market: Market, order: Order) -> int:
        """Put an order at the tail of its price; return the depth there."""
        order.state = OrderState.RESTING
        order.shown = min(order.display or order.leaves, order.leaves)
        market.book.append(order)
        return market.depth(order.side, order.price)

    def remove(self, order: Order) -> bool:
        """Take an order out of wherever it waits; tell whether that was the book."""
        market = self.markets[order.symbol]
        for waiting in (market.book, market.held, market.stops):
            if order in waiting:
                waiting.remove(order)
                return waiting is market.book
        return False

    def drop(self, order: Order, reason: CancelReason, quantity: int = 0, request: int = 0) -> None:
        """Cancel a live order and report it."""
        quantity = quantity or order.leaves
        depth = -1
        if self.remove(order):
            depth = self.markets[order.symbol].depth(order.side, order.price)
        self.accounts[order.account].orders.remove(order)
        self.out.append(e.OrderCancelled(*order.name, quantity, reason, request, depth))

    def alive(self, order: Order) -> bool:
        return order in self.accounts[order.account].orders

    # -- an order arrives ------------------------------------------------------------------------

    def arrive(self, market: Market, order: Order) -> None:
        """Match one order that enters, then work off the stops that its trades reach."""
        self.work_off(market, self.take(market, order))

    def work_off(self, market: Market, queue: list[Order]) -> None:
        """Let triggered stops enter one by one; each may put more at the end of the queue."""
        market.stops = [s for s in market.stops if s not in queue]
        while queue:
            stop, *queue = queue
            self.out.append(e.OrderTriggered(stop.account, stop.ref, stop.symbol))
            more = self.take(market, stop)
            market.stops = [s for s in market.stops if s not in more]
            queue += more

    def take(self, market: Market, order: Order) -> list[Order]:
        """Match an order, rest or cancel what is left; return the stops that were reached."""
        order.state = OrderState.MATCHING
        before = len(market.day)
        around = market.last or market.reference
        if self.mode.volatility_bp and market.phase is not Phase.CONTINUOUS:
            self.hold(market, order)
            return []
        if order.tif is TimeInForce.FOK and self.fillable(market, order, around) < order.quantity:
            self.drop(order, CancelReason.FOK_KILLED)
            return []
        by_time = self.mode.matching is Matching.PRICE_TIME
        share = self.take_in_time_order if by_time else self.take_in_proportion
        for price in self.inside(market, order, around):
            share(market, order, price)
        self.prevent_beyond(market, order)
        if self.alive(order):
            why = self.why_it_cannot_rest(order)
            starts = self.mode.volatility_immediate or why is None
            if starts and market.prices_for(order):
                self.begin_call(market, order, around)
            elif why is not None:
                self.drop(order, why)
            else:
                depth = self.rest(market, order)
                self.out.append(e.OrderResting(*order.name, order.leaves, depth))
        prices = [price for price, _ in market.day[before:]]
        return [s for s in market.stops if any(map(s.reached_by, prices))]

    def inside(self, market: Market, order: Order, around: int) -> list[int]:
        """Return the prices for an order that no volatility band keeps it from."""
        prices, band = market.prices_for(order), self.mode.volatility_bp
        if not band or not around:
            return prices
        table, sign = TickTable(market.product), 1 if order.side is Side.BUY else -1
        edge = table.rounded(around * (10_000 + sign * band), 10_000)
        return [price for price in prices if sign * price <= sign * edge]

    def prevent_beyond(self, market: Market, taker: Order) -> None:
        """Let prevention act beyond the band, up to the first order that it could trade with."""
        side, by_time = Side(3 - taker.side), self.mode.matching is Matching.PRICE_TIME
        while self.alive(taker) and (prices := market.prices_for(taker)):
            queue = market.queue(side, prices[0])
            own = [o for o in (queue[:1] if by_time else queue) if self.prevented(taker, o)]
            for resting in own:
                if self.alive(taker):
                    self.prevent(market, taker, resting)
            if not own:
                return

    def why_it_cannot_rest(self, order: Order) -> CancelReason | None:
        if order.order_type in UNPRICED:
            return CancelReason.MARKET_REST
        if order.tif in AT_ONCE:
            return CancelReason.IOC_REST
        return CancelReason.AUCTION_REST if order.tif in AUCTION else None

    def begin_call(self, market: Market, order: Order, around: int) -> None:
        """Stop for a call, for which the order waits with what it has left."""
        symbol, beyond = market.product.symbol, market.prices_for(order)[0]
        market.phase = market.call = Phase.INTRADAY_CALL
        market.published = None
        seconds = self.mode.volatility_seconds
        market.call_ends_at = self.time + seconds * 10**9 if seconds else 0
        why = f"volatility: a trade at {beyond} is too far from {around}"
        figures = (market.reference, *self.limits(symbol))
        self.out.append(e.PhaseChanged(symbol, market.phase, why, *figures))
        self.hold(market, order)

    def hold(self, market: Market, order: Order) -> None:
        if order.tif in AT_ONCE:
            fok = order.tif is TimeInForce.FOK
            self.drop(order, CancelReason.FOK_KILLED if fok else CancelReason.IOC_REST)
            return
        order.state = OrderState.HELD
        market.held.append(order)

    def fillable(self, market: Market, taker: Order, around: int) -> int:
        """Return what a fill-or-kill order could trade."""
        total = 0
        for price in self.inside(market, taker, around):
            queue = market.queue(Side(3 - taker.side), price)
            own = [i for i, o in enumerate(queue) if self.prevented(taker, o)]
            if own and self.rules.self_trade is not SelfTrade.CANCEL_RESTING:
                by_time = self.mode.matching is Matching.PRICE_TIME
                return total + sum(o.shown for o in queue[: own[0] if by_time else 0])
            total += sum(o.leaves for o in queue if not self.prevented(taker, o))
        return total

    def take_in_time_order(self, market: Market, taker: Order, price: int) -> None:
        while self.alive(taker) and (queue := market.queue(Side(3 - taker.side), price)):
            if self.prevented(taker, queue[0]):
                self.prevent(market, taker, queue[0])
            else:
                self.trade(market, taker, [(queue[0], min(taker.leaves, queue[0].shown))])

    def take_in_proportion(self, market: Market, taker: Order, price: int) -> None:
        side, lot = Side(3 - taker.side), market.product.lot
        for resting in market.queue(side, price):
            if self.alive(taker) and self.prevented(taker, resting):
                self.prevent(market, taker, resting)
        while self.alive(taker) and (queue := market.queue(side, price)):
            shown = sum(o.shown for o in queue)
            total = min(taker.leaves, shown)
            if self.mode.matching is Matching.HYBRID:
                parts = self.hybrid([o.shown for o in queue], total, lot)
            else:
                parts = [o.shown * total // shown // lot * lot for o in queue]
                for i, o in enumerate(queue):
                    parts[i] += min(lot, total - sum(parts), o.shown - parts[i])
            assert sum(parts) == total
            self.trade(market, taker, [(o, q) for o, q in zip(queue, parts, strict=True) if q])

    def hybrid(self, shown: list[int], total: int, lot: int) -> list[int]:
        """Share by place, then by time, then in proportion, lot by lot."""
        mode = self.mode
        parts = [0] * len(shown)

        def by_time(tonnes: int) -> None:
            for i, most in enumerate(shown):
                while tonnes and parts[i] < most:
                    parts[i] += lot
                    tonnes -= lot

        if sum(shown) == total:
            return shown
        parts[0] = min(shown[0], mode.top_order // lot * lot, total)
        by_time((total - sum(parts)) * mode.fifo_bp // 10_000 // lot * lot)
        rest, still = total - sum(parts), [s - p for s, p in zip(shown, parts, strict=True)]
        everything = sum(still)
        for i, each in enumerate(still):
            share = each * rest // everything // lot * lot
            parts[i] += share if share >= mode.min_share else 0
        by_time(total - sum(parts))
        return parts

    def trade(self, market: Market, taker: Order, parts: list[tuple[Order, int]]) -> None:
        """Carry out one sharing: every fill, then refills at the tail, then the prints."""
        symbol, side, price = market.product.symbol, parts[0][0].side, parts[0][0].price
        taker_leaves = taker.leaves
        for maker, quantity in parts:
            maker.filled += quantity
            maker.shown -= quantity
            taker.filled += quantity
        empty = [maker for maker, _ in parts if not maker.shown]
        market.book = [o for o in market.book if o not in empty]
        for maker in empty:
            if maker.leaves:
                self.rest(market, maker)
        depth = market.depth(side, price)
        for maker, quantity in parts:
            taker_leaves -= quantity
            value = price * quantity
            maker_fee = fee(value, self.mode.maker_fee_ppm)
            taker_fee = fee(value, self.mode.taker_fee_ppm)
            self.deliver(market.product, maker, quantity, value, maker_fee)
            self.deliver(market.product, taker, quantity, value, taker_fee)
            selling_fee = maker_fee if maker.side is Side.SELL else taker_fee
            self.lock(market.product, (maker, taker), quantity, value - selling_fee)
            market.trade_number += 1
            market.day.append((price, quantity))
            one = (maker.account, maker.ref, maker.leaves, maker_fee)
            two = (taker.account, taker.ref, taker_leaves, taker_fee)
            head = (symbol, market.trade_number, side, price, quantity)
            self.out.append(e.Trade(*head, *one, *two, depth))
        for order in (taker, *empty):
            if not order.leaves:
                self.accounts[order.account].orders.remove(order)

    # -- self-trade prevention -------------------------------------------------------------------

    def prevented(self, one: Order, other: Order) -> bool:
        a, b = self.accounts[one.account], self.accounts[other.account]
        by_group = self.rules.self_trade_scope is SelfTradeScope.GROUP
        same = a.group == b.group if by_group else a.owner == b.owner
        return same and self.rules.self_trade is not SelfTrade.ALLOW

    def prevent(self, market: Market, taker: Order, resting: Order) -> None:
        mode = self.rules.self_trade
        if mode is SelfTrade.DECREMENT_BOTH:
            step = min(taker.leaves, resting.leaves)
            self.reduce(market, resting, step)
            self.reduce(market, taker, step)
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
        depth = market.depth(order.side, order.price) if order in market.book else -1
        self.out.append(e.OrderReduced(*order.name, step, order.leaves, depth))

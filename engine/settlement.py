"""What an order holds, what a trade delivers, and every way out of a market.

A trade settles at once, delivery against payment. Whatever way an order leaves, ``_finish`` lets go
of all that it still holds. Rules: ``docs/rules.md`` section 4.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from engine.admission import Gate, Refusal
from engine.book import Book, Order
from engine.events import Event, OrderCancelled, OrderReduced, Trade
from engine.ledger import Due
from engine.mechanisms.continuous import (
    ARRIVING_CANCELLED,
    FILLED,
    RESTING_CANCELLED,
    Outcome,
)
from engine.money import cost
from engine.rulebook import line_name
from engine.triggers import Expiries, Key, Stops
from engine.types import MAX_TOTAL, CancelReason, Delivery, Reason, Side

if TYPE_CHECKING:
    from engine.ledger import Account, Balance, Ledger
    from engine.rulebook import AccountClass, Mode, Product, Rulebook

# What sets an order apart from a plain limit order, as bits of ``Order.flags``.
NO_LIMIT: Final = 1  # a market order, or a stop that becomes one: its price is a protection
POST_ONLY: Final = 2
TAKES: Final = 4  # never rests: what it cannot trade is cancelled
WAITS: Final = 8  # enters outside the book
EXPIRES: Final = 16  # good till date
OUTSIDE: Final = WAITS | EXPIRES
_GONE: Final = -1  # left to trade of an arriving order that was cancelled on the way
_BUY: Final = Side.BUY
_SELF_TRADE: Final = CancelReason.SELF_TRADE
_PPM: Final = 1_000_000


class Seat:
    """One account in one market: what an order needs at hand to be settled."""

    __slots__ = ("account", "holding", "market", "name", "purse", "role")

    def __init__(
        self, account: Account, market: Settlement, purse: Balance, holding: Balance
    ) -> None:
        """Bind an account's cash and holding to a market."""
        self.account = account
        self.name = account.name
        self.market = market
        self.purse = purse
        self.holding = holding
        self.role: AccountClass | None = None  # what the rulebook allows such accounts


class Day:
    """The day's trades in figures: prices in minor units, volume in tonnes."""

    __slots__ = ("auction", "first", "high", "last", "low", "trades", "value", "volume")

    def __init__(self) -> None:
        """Start with no trade."""
        self.first = self.high = self.low = self.last = 0
        self.volume = self.value = self.trades = 0
        self.auction = 0  # the price of the last closing call

    @property
    def turnover(self) -> tuple[int, int]:
        """Volume and value as they are told: both stop at ``MAX_TOTAL``, which fits 63 bits."""
        return min(self.volume, MAX_TOTAL), min(self.value, MAX_TOTAL)

    def add(self, first: int, last: int) -> None:
        """Take in the prices of some trades, the first and the last of them its extremes."""
        low, high = (first, last) if first <= last else (last, first)
        self.first = self.first or first
        self.low = min(self.low, low) if self.low else low
        self.high = max(self.high, high)
        self.last = last


class Settlement:
    """The part of a market that moves money and tonnes and lets orders go."""

    def __init__(
        self, rulebook: Rulebook, product: Product, mode: Mode, ledger: Ledger, expiries: Expiries
    ) -> None:
        """Make an empty, closed market."""
        self.gate = Gate()
        self.book = Book()
        self.held: dict[Key, Order] = {}  # waits for the open or the close, in order
        self.stops = Stops()
        self.expiries = expiries
        self.day = Day()
        self.trades = 0
        self.net: dict[str, list[int]] = {}  # DAY_END: account -> tonnes, cash; in order
        self._ledger = ledger
        self._bids = self.book.bids
        self._asks = self.book.asks
        self.adopt(rulebook, product, mode)

    def adopt(self, rulebook: Rulebook, product: Product, mode: Mode) -> None:
        """Take the rules from a rulebook; nothing that they concern may be live."""
        self.product = product
        self.mode = mode
        self.symbol = line_name(product, mode, rulebook.modes_of(product)[0])
        self.gate.adopt(mode, product)
        self._takings = self._ledger.takings(product.currency)
        self._maker_buy = mode.maker_fee_ppm + mode.buyer_fee_ppm
        self._maker_sell = mode.maker_fee_ppm + mode.seller_fee_ppm
        self._taker_buy = mode.taker_fee_ppm + mode.buyer_fee_ppm
        self._taker_sell = mode.taker_fee_ppm + mode.seller_fee_ppm
        self._reserve_ppm = max(self._maker_buy, self._taker_buy)
        self._charges = bool(self._reserve_ppm or self._maker_sell or self._taker_sell)
        self._waits = bool(mode.resale_lag or mode.proceeds_lag
                           or mode.delivery is not Delivery.AT_ONCE)  # fmt: skip

    def _settle(
        self, taker: Order, left: int, outcomes: list[Outcome], events: list[Event]
    ) -> list[Order]:
        """Deliver against payment for what a sweep did; return the stops that it reached.

        ``left`` is what the taker had open before the sweep.
        """
        buying = taker.side is _BUY
        name = taker.seat.name
        day = self.day
        maker_ppm = self._maker_sell if buying else self._maker_buy
        taker_ppm = self._taker_buy if buying else self._taker_sell
        first = price = maker_fee = taker_fee = 0
        for what, maker, quantity, leaves, depth in outcomes:
            if what is not FILLED:
                self._prevented(what, maker, quantity, leaves, events, depth)
                if maker is taker:
                    left = _GONE if what is ARRIVING_CANCELLED else leaves
                continue
            price = maker.price
            first = first or price
            value = price * quantity
            if self._charges:
                maker_fee = value * maker_ppm // _PPM
                taker_fee = value * taker_ppm // _PPM
            self.trades += 1
            day.trades += 1
            day.volume += quantity
            day.value += value
            if buying:
                self._deliver(taker, left, maker, quantity, value, taker_fee, maker_fee)
            else:
                self._deliver(maker, leaves + quantity, taker, quantity, value, maker_fee,
                              taker_fee)  # fmt: skip
            left -= quantity
            events.append(Trade(self.symbol, self.trades, maker.side, price, quantity,
                                maker.seat.name, maker.ref, leaves, maker_fee,
                                name, taker.ref, left, taker_fee, depth))  # fmt: skip
            if not leaves:
                self._finish(maker, 0)
        if not left:
            self._finish(taker, 0)
        if not price:
            return []
        day.add(first, price)
        low, high = (first, price) if first <= price else (price, first)
        if high >= self.stops.lowest_buy or low <= self.stops.highest_sell:
            return self.stops.reached(low, high)
        return []

    def settle_at(self, price: int, quantity: int, bid: Order, ask: Order, rates: tuple[int, int]
                  ) -> tuple[int, int]:  # fmt: skip
        """Settle a trade at a price that neither order made; return the fees of both.

        ``rates`` are the buyer's and the seller's, in ppm. The orders' own ``leaves`` shrink;
        their places in book and queue are the caller's business, as is reporting.
        """
        value = price * quantity
        fees = (value * rates[0] // _PPM, value * rates[1] // _PPM)
        self.trades += 1
        day = self.day
        day.trades += 1
        day.volume += quantity
        day.value += value
        day.add(price, price)
        self._deliver(bid, bid.leaves, ask, quantity, value, *fees)
        bid.leaves -= quantity
        ask.leaves -= quantity
        return fees

    def _deliver(
        self, buyer: Order, open_before: int, seller: Order, quantity: int, value: int,
        buyer_fee: int, seller_fee: int,
    ) -> None:  # fmt: skip
        """Move money one way and tonnes the other; release what the two orders held for it."""
        if self._waits and not self._deliver_with_lag(buyer, open_before, seller, quantity, value,
                                                      buyer_fee, seller_fee):  # fmt: skip
            return
        seat = buyer.seat
        purse = seat.purse
        rate = self._reserve_ppm
        if rate:
            purse.total -= value + buyer_fee
            held = cost(buyer.price, open_before, rate)
            purse.reserved -= held - cost(buyer.price, open_before - quantity, rate)
            self._takings.total += buyer_fee
        else:
            purse.total -= value
            purse.reserved -= buyer.price * quantity
        seat.holding.total += quantity
        seat = seller.seat
        if seller_fee:
            value -= seller_fee
            self._takings.total += seller_fee
        seat.purse.total += value
        holding = seat.holding
        holding.total -= quantity
        holding.reserved -= quantity

    def _deliver_with_lag(
        self, buyer: Order, open_before: int, seller: Order, quantity: int, value: int,
        buyer_fee: int, seller_fee: int,
    ) -> bool:  # fmt: skip
        """See to what makes somebody wait; say whether the trade is still to be settled now."""
        mode = self.mode
        if mode.delivery is Delivery.LATER:
            self._release(buyer, open_before, open_before - quantity)
            seller.seat.holding.reserved -= quantity
            due = Due(buyer.seat.account, seller.seat.account, self.product.symbol,
                      self.product.currency, quantity, value, buyer_fee, seller_fee)  # fmt: skip
            self._ledger.owe(due, mode.delivery_days)
            return False
        if mode.resale_lag:
            seat = buyer.seat
            self._ledger.lock(seat.account, self.product.symbol, seat.holding, quantity,
                              mode.resale_lag)  # fmt: skip
        if mode.proceeds_lag and value > seller_fee:
            seat = seller.seat
            self._ledger.lock(seat.account, self.product.currency, seat.purse, value - seller_fee,
                              mode.proceeds_lag)  # fmt: skip
        if mode.delivery is Delivery.DAY_END:
            bought = self.net.setdefault(buyer.seat.name, [0, 0])
            bought[0] += quantity
            bought[1] -= value + buyer_fee
            sold = self.net.setdefault(seller.seat.name, [0, 0])
            sold[0] -= quantity
            sold[1] += value - seller_fee
        return True

    def _prevented(
        self, what: int, order: Order, quantity: int, leaves: int, events: list[Event], depth: int
    ) -> None:
        """Account for what self-trade prevention took off an order."""
        name, ref, side, price = order.seat.name, order.ref, order.side, order.price
        if what is RESTING_CANCELLED or what is ARRIVING_CANCELLED:
            self._finish(order, quantity)
            events.append(OrderCancelled(name, ref, self.symbol, side, price, quantity,
                                         _SELF_TRADE, 0, depth))  # fmt: skip
        else:
            self._release(order, leaves + quantity, leaves)
            events.append(
                OrderReduced(name, ref, self.symbol, side, price, quantity, leaves, depth)
            )

    def _release(self, order: Order, before: int, after: int) -> None:
        """Shrink a reservation from ``before`` open tonnes to ``after``."""
        if order.side is _BUY:
            held = self.needs(order.price, before) - self.needs(order.price, after)
            order.seat.purse.reserved -= held
        else:
            order.seat.holding.reserved -= before - after

    # -- the ways out -----------------------------------------------------------------------

    def cancel(self, order: Order, why: CancelReason, request: int = 0) -> OrderCancelled:
        """Take a live order out, wherever it waits."""
        seat = order.seat
        side = order.side
        leaves = order.leaves
        if order.level is not None:
            depth = self._bids.remove(order) if side is _BUY else self._asks.remove(order)
        else:
            depth = -1
            key = (seat.name, order.ref)
            if self.held.pop(key, None) is None and key in self.stops.waiting:
                self.stops.remove(key)
        self._finish(order, leaves)
        return OrderCancelled(seat.name, order.ref, self.symbol, side, order.price, leaves,
                              why, request, depth)  # fmt: skip

    def _finish(self, order: Order, leaves: int) -> None:
        """Let go of all that an order still holds: the end of every order, whatever the reason."""
        seat = order.seat
        del seat.account.orders[order.ref]
        if order.flags & EXPIRES:
            self.expiries.remove((seat.name, order.ref))
        if leaves:
            if order.side is not _BUY:
                seat.holding.reserved -= leaves
            elif self._reserve_ppm:
                seat.purse.reserved -= cost(order.price, leaves, self._reserve_ppm)
            else:
                seat.purse.reserved -= order.price * leaves

    def needs(self, price: int, quantity: int) -> int:
        """Return the cash that a buy order of this size has to reserve."""
        return cost(price, quantity, self._reserve_ppm)


def no_cash(purse: Balance, need: int) -> Refusal:
    """Refuse for want of cash, with the figures."""
    rule = f"needs {need} minor units, {purse.total - purse.reserved} available"
    return Refusal(Reason.CASH, "quantity", rule)


def no_allowances(holding: Balance) -> Refusal:
    """Refuse for want of allowances, with the figures."""
    rule = f"at most the {holding.total - holding.reserved} tonnes available"
    return Refusal(Reason.ALLOWANCES, "quantity", rule)

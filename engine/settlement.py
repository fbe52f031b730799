"""What an order holds, what a trade delivers, and every way out of a market.

A trade settles at once, delivery against payment. Whatever way an order leaves, ``_finish`` lets go
of all that it still holds. Rules: ``docs/rules.md`` section 4.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from engine.admission import Gate, Refusal
from engine.book import Book, Order
from engine.events import Event, OrderCancelled, OrderReduced, Trade
from engine.mechanisms.continuous import (
    ARRIVING_CANCELLED,
    FILLED,
    RESTING_CANCELLED,
    Outcome,
)
from engine.money import cost
from engine.triggers import Expiries, Key, Stops
from engine.types import MAX_TOTAL, CancelReason, Reason, Side

if TYPE_CHECKING:
    from engine.ledger import Account, Balance, Ledger
    from engine.rulebook import Product, Rulebook

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

    __slots__ = ("account", "holding", "market", "name", "purse")

    def __init__(
        self, account: Account, market: Settlement, purse: Balance, holding: Balance
    ) -> None:
        """Bind an account's cash and holding to a market."""
        self.account = account
        self.name = account.name
        self.market = market
        self.purse = purse
        self.holding = holding


class Day:
    """The day's trades in figures: prices in minor units, volume in tonnes."""

    __slots__ = ("first", "high", "last", "low", "trades", "value", "volume")

    def __init__(self) -> None:
        """Start with no trade."""
        self.first = self.high = self.low = self.last = 0
        self.volume = self.value = self.trades = 0

    @property
    def turnover(self) -> tuple[int, int]:
        """Volume and value as they are told: both stop at ``MAX_TOTAL``, which fits 63 bits."""
        return min(self.volume, MAX_TOTAL), min(self.value, MAX_TOTAL)


class Settlement:
    """The part of a market that moves money and tonnes and lets orders go."""

    def __init__(
        self, rulebook: Rulebook, product: Product, ledger: Ledger, expiries: Expiries
    ) -> None:
        """Make an empty, closed market."""
        self.product = product
        self.symbol = product.symbol
        self.gate = Gate(rulebook, product)
        self.book = Book()
        self.held: dict[Key, Order] = {}  # waits for the open or the close, in order
        self.stops = Stops()
        self.expiries = expiries
        self.day = Day()
        self.trades = 0
        self._bids = self.book.bids
        self._asks = self.book.asks
        self._maker_ppm = rulebook.maker_fee_ppm
        self._taker_ppm = rulebook.taker_fee_ppm
        self._reserve_ppm = max(rulebook.maker_fee_ppm, rulebook.taker_fee_ppm)
        self._takings = ledger.takings(product.currency)

    def _settle(
        self, taker: Order, left: int, outcomes: list[Outcome], events: list[Event]
    ) -> list[Order]:
        """Deliver against payment for what a sweep did; return the stops that it reached.

        ``left`` is what the taker had open before the sweep.
        """
        buying = taker.side is _BUY
        name = taker.seat.name
        day = self.day
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
            if self._reserve_ppm:
                maker_fee = value * self._maker_ppm // _PPM
                taker_fee = value * self._taker_ppm // _PPM
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
        low, high = (first, price) if first <= price else (price, first)
        day.first = day.first or first
        day.low = min(day.low, low) if day.low else low
        day.high = max(day.high, high)
        day.last = price
        if high >= self.stops.lowest_buy or low <= self.stops.highest_sell:
            return self.stops.reached(low, high)
        return []

    def _deliver(
        self, buyer: Order, open_before: int, seller: Order, quantity: int, value: int,
        buyer_fee: int, seller_fee: int,
    ) -> None:  # fmt: skip
        """Move money one way and tonnes the other; release what the two orders held for it."""
        seat = buyer.seat
        purse = seat.purse
        rate = self._reserve_ppm
        if rate:
            purse.total -= value + buyer_fee
            held = cost(buyer.price, open_before, rate)
            purse.reserved -= held - cost(buyer.price, open_before - quantity, rate)
            self._takings.total += buyer_fee + seller_fee
        else:
            purse.total -= value
            purse.reserved -= buyer.price * quantity
        seat.holding.total += quantity
        seat = seller.seat
        seat.purse.total += value - seller_fee
        holding = seat.holding
        holding.total -= quantity
        holding.reserved -= quantity

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

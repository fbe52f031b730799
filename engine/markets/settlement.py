"""What an order holds, what a trade delivers, and every way out of a market.

A trade settles at once, delivery against payment. An order leaves filled, through ``_finish``, or
through ``end``, which also releases all that it still reserves. Rules: ``docs/rules.md`` section 4.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from engine.book.levels import Book
from engine.book.orders import EXPIRES, Market, Order
from engine.ledger.accounts import Due
from engine.markets.admission import Gate, Refusal
from engine.matching.continuous import ARRIVING_CANCELLED, FILLED, RESTING_CANCELLED, Outcome
from engine.matching.prices import cost
from engine.rulebook.model import line_name
from engine.vocabulary.enums import CancelReason, Delivery, RejectReason, Side
from engine.vocabulary.events import Event, OrderCancelled, OrderReduced, Trade
from engine.vocabulary.units import MAX_TOTAL

if TYPE_CHECKING:
    from engine.book.clock import Clock
    from engine.book.orders import Participant, Seat
    from engine.book.stops import Expiries
    from engine.ledger.accounts import Balance, Ledger
    from engine.rulebook.model import Mode, Product, Rulebook

_GONE: Final = -1  # left to trade of an arriving order that was cancelled on the way
_BUY: Final = Side.BUY
_SELF_TRADE: Final = CancelReason.SELF_TRADE
_PPM: Final = 1_000_000


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
        """Volume and value as they are reported: both stop at ``MAX_TOTAL``, which fits 63 bits."""
        return min(self.volume, MAX_TOTAL), min(self.value, MAX_TOTAL)

    def add(self, first: int, last: int) -> None:
        """Take in the prices of some trades, the first and the last of them its extremes."""
        low, high = (first, last) if first <= last else (last, first)
        if not self.first:
            self.first = self.low = first
        if low < self.low:
            self.low = low
        if high > self.high:
            self.high = high
        self.last = last


class Shared(NamedTuple):
    """What all lines of a venue have in common."""

    ledger: Ledger
    clock: Clock
    expiries: Expiries
    participants: dict[str, Participant]  # in the order in which their accounts were opened


class Settlement(Market):
    """The part of a market that moves money and tonnes and lets orders go."""

    __slots__ = (
        "_asks", "_bids", "_charges", "_fees", "_ledger", "_maker_buy", "_maker_sell",
        "_taker_buy", "_taker_sell", "_waits", "book", "clock", "day", "expiries",
        "gate", "net", "reserve_ppm", "shared", "trades",
    )  # fmt: skip

    def __init__(self, rulebook: Rulebook, product: Product, mode: Mode, shared: Shared) -> None:
        """Make an empty, closed market."""
        self.gate = Gate()
        self.book = Book()
        self.shared = shared
        self.clock = shared.clock
        self.expiries = shared.expiries
        self.day = Day()
        self.trades = 0
        self.net: dict[str, list[int]] = {}  # DAY_END: account -> tonnes, cash; in order
        self._ledger = shared.ledger
        self._bids = self.book.bids
        self._asks = self.book.asks
        self.adopt(rulebook, product, mode)

    def adopt(self, rulebook: Rulebook, product: Product, mode: Mode) -> None:
        """Take the rules from a rulebook; nothing that they concern may be live."""
        self.product = product
        self.mode = mode
        self.symbol = line_name(product, mode, rulebook.modes_of(product)[0])
        self.gate.adopt(mode, product, rulebook.minor_digits)
        self._fees = self._ledger.fees_in(product.currency)
        self._maker_buy = mode.maker_fee_ppm + mode.buyer_fee_ppm
        self._maker_sell = mode.maker_fee_ppm + mode.seller_fee_ppm
        self._taker_buy = mode.taker_fee_ppm + mode.buyer_fee_ppm
        self._taker_sell = mode.taker_fee_ppm + mode.seller_fee_ppm
        self.reserve_ppm = max(self._maker_buy, self._taker_buy)
        self._charges = bool(self.reserve_ppm or self._maker_sell or self._taker_sell)
        self._waits = bool(mode.resale_lag or mode.proceeds_lag
                           or mode.delivery is not Delivery.AT_ONCE)  # fmt: skip

    def _settle(
        self, taker: Order, left: int, outcomes: list[Outcome], events: list[Event],
        *, listed: bool = True,
    ) -> int:  # fmt: skip
        """Deliver against payment for what a sweep did; return its first price, 0 for no trade.

        ``left`` is what the taker had open before the sweep; ``listed`` says whether it is among
        its account's live orders. The last price is ``day.last``.
        """
        buying = taker.side is _BUY
        seat = taker.seat
        name = seat.name
        day = self.day
        plain = not (self._charges or self._waits)
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
            other = maker.seat
            self.trades = number = self.trades + 1
            day.trades += 1
            day.volume += quantity
            day.value += value
            if plain:  # as ``_deliver`` would, without the call
                buyer, seller = (seat, other) if buying else (other, seat)
                cash = buyer.cash
                cash.reserved -= taker.price * quantity if buying else value
                cash.total -= value
                buyer.holding.total += quantity
                seller.cash.total += value
                holding = seller.holding
                holding.total -= quantity
                holding.reserved -= quantity
            elif buying:
                maker_fee = value * self._maker_sell // _PPM
                taker_fee = value * self._taker_buy // _PPM
                self._deliver(taker, left, maker, quantity, value, taker_fee, maker_fee)
            else:
                maker_fee = value * self._maker_buy // _PPM
                taker_fee = value * self._taker_sell // _PPM
                self._deliver(maker, leaves + quantity, taker, quantity, value, maker_fee,
                              taker_fee)  # fmt: skip
            left -= quantity
            events.append(Trade(self.symbol, number, maker.side, price, quantity,
                                other.name, maker.ref, leaves, maker_fee,
                                name, taker.ref, left, taker_fee, depth))  # fmt: skip
            if not leaves:
                del other.orders[maker.ref]
                if maker.flags:
                    self._unlist(maker)
        if not left and listed:
            self._finish(taker)
        if price:
            day.add(first, price)
        return first

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
        cash = seat.cash
        rate = self.reserve_ppm
        if rate:
            cash.total -= value + buyer_fee
            held = cost(buyer.price, open_before, rate)
            cash.reserved -= held - cost(buyer.price, open_before - quantity, rate)
            self._fees.total += buyer_fee
        else:
            cash.total -= value
            cash.reserved -= buyer.price * quantity
        seat.holding.total += quantity
        seat = seller.seat
        if seller_fee:
            value -= seller_fee
            self._fees.total += seller_fee
        seat.cash.total += value
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
            due = Due(
                buyer.seat.participant.account, seller.seat.participant.account,
                self.product.symbol, self.product.currency, quantity, value, buyer_fee, seller_fee,
            )  # fmt: skip
            self._ledger.owe(due, mode.delivery_days)
            return False
        if mode.resale_lag:
            seat = buyer.seat
            self._ledger.lock(seat.participant.account, self.product.symbol, seat.holding, quantity,
                              mode.resale_lag)  # fmt: skip
        if mode.proceeds_lag and value > seller_fee:
            seat = seller.seat
            self._ledger.lock(seat.participant.account, self.product.currency, seat.cash,
                              value - seller_fee, mode.proceeds_lag)  # fmt: skip
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
            self._release(order, quantity, 0)
            self._finish(order)
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
            order.seat.cash.reserved -= held
        else:
            order.seat.holding.reserved -= before - after

    # -- the ways out -----------------------------------------------------------------------

    def end(self, order: Order, why: CancelReason, request: int = 0) -> list[Event]:
        """Take a live order out, with whatever cannot stand without it."""
        seat = order.seat
        ref = order.ref
        side = order.side
        price = order.price
        leaves = order.leaves
        if side is _BUY:
            own = self._bids
            held = self.needs(price, leaves) if self.reserve_ppm else price * leaves
            seat.cash.reserved -= held
        else:
            own = self._asks
            seat.holding.reserved -= leaves
        if order.level is not None or own.levels.get(price) is order:  # as ``rests`` does
            depth = own.remove(order)
        else:
            depth = -1
            self._leave(order)
        del seat.orders[ref]
        if order.flags:
            self._unlist(order)
        return [OrderCancelled(seat.name, ref, self.symbol, side, price, leaves, why, request,
                               depth)]  # fmt: skip

    def _leave(self, order: Order) -> None:
        """Take an order that does not rest out of wherever it waits."""

    def cancel(self, order: Order, why: CancelReason, request: int = 0) -> Event:
        """Take a live order out, wherever it waits, and nothing else."""
        return Settlement.end(self, order, why, request)[0]

    def _finish(self, order: Order) -> None:
        """Forget an order of which nothing is open any more: it holds nothing either."""
        order.seat.orders.pop(order.ref, None)  # it may be new, and not listed yet
        if order.flags:
            self._unlist(order)

    def _unlist(self, order: Order) -> None:
        """Take an order that is over off every list beside its account's."""
        if order.flags & EXPIRES:
            self.expiries.remove((order.seat.name, order.ref))

    def reserve(self, seat: Seat, side: Side, quantity: int, price: int) -> Refusal | None:
        """Set aside what an order may cost or deliver, or say what is missing."""
        return self.reserve_more(
            seat, side, self.needs(price, quantity) if side is _BUY else quantity
        )

    def reserve_more(self, seat: Seat, side: Side, need: int) -> Refusal | None:
        """Set aside minor units (to buy) or tonnes (to sell); a negative figure gives some back."""
        balance = seat.cash if side is _BUY else seat.holding
        if balance.total - balance.reserved < need:
            return shortage(balance, side, need, self.gate)
        balance.reserved += need
        return None

    def needs(self, price: int, quantity: int) -> int:
        """Return the cash that a buy order of this size has to reserve."""
        return cost(price, quantity, self.reserve_ppm)

    def holds(self, order: Order) -> int:
        """Return what a live order has reserved."""
        return self.needs(order.price, order.leaves) if order.side is _BUY else order.leaves

    def set_aside(self) -> dict[str, int]:
        """Return the cash that accounts have put up here for no order by itself."""
        return {}

    def tonnes_aside(self) -> dict[str, int]:
        """Return the tonnes that accounts have set aside here for no order of theirs."""
        return {}


def shortage(balance: Balance, side: Side, need: int, gate: Gate) -> Refusal:
    """Refuse for want of cash (to buy) or of allowances (to sell), with the figures."""
    available = balance.total - balance.reserved
    if side is _BUY:
        rule = f"needs {gate.money(need)}, {gate.money(available)} available"
        return Refusal(RejectReason.CASH, "quantity", rule)
    return Refusal(RejectReason.ALLOWANCES, "quantity", f"at most the {available} tonnes available")

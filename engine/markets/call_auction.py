"""Call auctions of a market: who takes part, what the call would give, and its end.

Orders that wait outside the book take part with those that rest in it, whole quantity, hidden
part included. Self-trade prevention does not act in a call: no order arrives at another.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from engine.book.orders import NO_LIMIT, POST_ONLY, TAKES, WAITS
from engine.matching.call_fill import Filling, uncross
from engine.matching.call_price import NOTHING, Grid, Sides, cross
from engine.vocabulary.enums import (
    CancelReason,
    MarketRest,
    OrderState,
    Phase,
    Side,
    TimeInForce,
)
from engine.vocabulary.events import (
    AuctionTrade,
    AuctionUncrossed,
    DepthChanged,
    Event,
    OrderAmended,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from engine.book.orders import Order
    from engine.markets.book_line import BookLine
    from engine.matching.call_price import Crossing, Interest

_BUY: Final = Side.BUY
NO_BEST: Final = (0, 0, 0, 0)
_SPECIAL: Final = POST_ONLY | WAITS  # what may keep an order out of a call


def _sides(market: BookLine) -> tuple[list[Order], list[Order]]:
    """Return who bids and who offers, each in time priority."""
    bids = list(market.book.orders(_BUY))
    asks = list(market.book.orders(Side.SELL))
    closing = market.gate.call is Phase.CLOSING_CALL
    for order in market.held.values():
        if order.flags & _SPECIAL and (
            order.flags & POST_ONLY or (order.tif is TimeInForce.AT_CLOSE and not closing)
        ):
            continue
        (bids if order.side is _BUY else asks).append(order)
    return bids, asks


def _limits(orders: list[Order]) -> list[Interest]:
    """Return limit and tonnes of each order; a market order has no limit (0)."""
    return [(0 if order.flags & NO_LIMIT else order.price, order.leaves) for order in orders]


def _sums(orders: list[Order]) -> tuple[list[Interest], list[Interest]]:
    """Return the tonnes at each limit, and those of market orders at what they were reserved at."""
    limits: dict[int, int] = {}
    market: dict[int, int] = {}
    for order in orders:
        sums = market if order.flags & NO_LIMIT else limits
        sums[order.price] = sums.get(order.price, 0) + order.leaves
    return list(limits.items()), list(market.items())


def _cross(market: BookLine, bids: list[Order], asks: list[Order]) -> Crossing:
    gate = market.gate
    wanted, covered = _sums(bids)
    offered, unpriced = _sums(asks)
    found = cross(
        Sides(wanted, [*((0, tonnes) for _, tonnes in unpriced), *offered], covered),
        market.day.last or market.asset.reference,
        Grid(gate.tick, gate.ticks, gate.low, gate.high),
        market.mode.ladder,
    )
    return found or NOTHING


def indicative(market: BookLine) -> Crossing:
    """Return what the call would give if it ended now; all 0 where nothing would trade."""
    return _cross(market, *_sides(market))


def best_limits(market: BookLine) -> tuple[int, int, int, int]:
    """Return the best bid and the best ask of a call, each with the tonnes shown at it."""
    bids, asks = _sides(market)
    return (*_best(bids, max), *_best(asks, min))


def _best(orders: list[Order], better: Callable[[list[int]], int]) -> tuple[int, int]:
    priced = [order for order in orders if not order.flags & NO_LIMIT]
    if not priced:
        return 0, 0
    best = better([order.price for order in priced])
    return best, sum(order.shown for order in priced if order.price == best)


def end_call(market: BookLine, events: list[Event]) -> int:
    """Trade what crosses, all at one price, and report it; return the price, 0 for no trade."""
    bids, asks = _sides(market)
    crossing = _cross(market, bids, asks)
    events.append(AuctionUncrossed(market.symbol, *crossing))
    if crossing.volume:
        price = crossing.price
        # What is reserved for a market bid covers it up to its own price: beyond it has no part.
        bids = [order for order in bids if order.price >= price]
        _trade(market, bids, asks, crossing, events)
        if market.gate.call is Phase.CLOSING_CALL:
            market.day.auction = price
    return crossing.price


def _trade(
    market: BookLine, bids: list[Order], asks: list[Order], crossing: Crossing, events: list[Event]
) -> None:
    gate = market.gate
    filling = Filling(market.mode.call_fill, gate.lot)
    if gate.banded:
        filling = filling._replace(low=gate.low, high=gate.high)
    pairs = uncross(_limits(bids), _limits(asks), crossing, filling)
    rates = market.auction_rates()
    touched: dict[tuple[Side, int], None] = {}
    for buyer, seller, quantity in pairs:
        bid, ask = bids[buyer], asks[seller]
        fees = market.settle_at(crossing.price, quantity, bid, ask, rates)
        events.append(
            AuctionTrade(
                symbol=market.symbol,
                trade=market.trades,
                price=crossing.price,
                quantity=quantity,
                buyer=bid.seat.name,
                buyer_ref=bid.ref,
                buyer_leaves=bid.leaves,
                buyer_fee=fees[0],
                seller=ask.seat.name,
                seller_ref=ask.ref,
                seller_leaves=ask.leaves,
                seller_fee=fees[1],
            )
        )
        for order in (bid, ask):
            if order.level is not None:
                touched[order.side, order.price] = None
            market.filled_in_call(order)
    for side, price in touched:
        depth = market.depth_at(side, price)
        events.append(DepthChanged(market.symbol, side, price, depth))


def settle_rests(market: BookLine, events: list[Event], price: int, *, everything: bool) -> None:
    """Deal with what a call left: cancel what lived for it alone, or (no carry-over) all of it.

    ``price`` is the auction's, 0 where nothing traded.
    """
    ended = market.gate.call
    for order in list(market.held.values()):
        if order.tif is TimeInForce.AT_CLOSE:
            if ended is Phase.CLOSING_CALL:
                events.append(market.cancel(order, CancelReason.AUCTION_REST))
        elif order.tif is TimeInForce.AT_OPEN or everything:
            events.append(market.cancel(order, CancelReason.AUCTION_REST))
        elif order.flags & NO_LIMIT:
            events.append(_market_rest(market, order, price))


def _market_rest(market: BookLine, order: Order, price: int) -> Event:
    """Cancel what is left of a market order, or make it a limit order at the auction's price."""
    converts = market.mode.market_rest is MarketRest.CONVERT
    if not converts or not price or (order.side is _BUY and order.price < price):
        return market.cancel(order, CancelReason.MARKET_REST)
    before = order.price
    if order.side is _BUY:  # a market bid takes part up to what is reserved: nothing more is needed
        less = market.needs(before, order.leaves) - market.needs(price, order.leaves)
        order.seat.cash.reserved -= less
    order.price = price
    order.flags &= ~(NO_LIMIT | TAKES)
    return OrderAmended(
        account=order.seat.name,
        ref=order.ref,
        symbol=market.symbol,
        side=order.side,
        price=price,
        quantity=order.quantity,
        leaves=order.leaves,
        state=OrderState.HELD,
        request=0,
        old_price=before,
        old_depth=-1,
        depth=-1,
    )

"""Call auctions of a market: who takes part, what the call would give, and its end.

Orders that wait outside the book take part with those that rest in it, whole quantity, hidden
part included. Self-trade prevention acts in a call only where the mode says so: then, before
anything trades, two orders of one owner that would trade are kept apart and the price is found
anew, until no such two are left.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec import structs

from engine.book.orders import NO_LIMIT, POST_ONLY, TAKES, WAITS
from engine.matching.call_fill import Filling, uncross
from engine.matching.call_price import NOTHING, Grid, Sides, cross
from engine.vocabulary.enums import (
    CancelReason,
    MarketRest,
    OrderState,
    Phase,
    SelfTrade,
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
    from collections.abc import Callable, Iterable

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
        if order.side is _BUY:
            bids.append(order)
        else:
            asks.append(order)
    return bids, asks


def _limits(orders: list[Order]) -> list[Interest]:
    """Return limit and tonnes of each order; a market order has no limit (0)."""
    return [(0 if order.flags & NO_LIMIT else order.price, order.leaves) for order in orders]


def _cross(market: BookLine, bids: Iterable[Order], asks: Iterable[Order]) -> Crossing:
    """Find the price of a call for some of its orders."""
    wanted: dict[int, int] = {}
    covered: dict[int, int] = {}  # market bids, by what was reserved for a tonne
    offered: dict[int, int] = {}
    for order in bids:
        sums = covered if order.flags & NO_LIMIT else wanted
        price = order.price
        sums[price] = sums.get(price, 0) + order.leaves
    for order in asks:
        price = 0 if order.flags & NO_LIMIT else order.price
        offered[price] = offered.get(price, 0) + order.leaves
    gate = market.gate
    found = cross(
        Sides(list(wanted.items()), list(offered.items()), list(covered.items())),
        market.day.last or market.asset.reference,
        Grid(gate.tick, gate.ticks, gate.low, gate.high),
        market.mode.ladder,
    )
    return found or NOTHING


def indicative(market: BookLine) -> Crossing:
    """Return what the call would give if it ended now; all 0 where nothing would trade."""
    bids, asks = _sides(market)
    if _prevents(market):
        bids, asks = _apart(market, bids, asks)
    return _cross(market, bids, asks)


def interest(market: BookLine) -> tuple[list[Interest], list[Interest]]:
    """Return limit and tonnes of all that takes part in the call, bids and asks; no names.

    Each side has its limits rising; 0 stands for the orders without one.
    """
    sides = []
    for orders in _sides(market):
        sums: dict[int, int] = {}
        for limit, tonnes in _limits(orders):
            sums[limit] = sums.get(limit, 0) + tonnes
        sides.append(sorted(sums.items()))
    return sides[0], sides[1]


# -- self-trade prevention, where the mode has it in calls ------------------------------------


def _prevents(market: BookLine) -> bool:
    return market.mode.call_self_trade and market.rulebook.self_trade is not SelfTrade.ALLOW


def _own_pair(
    market: BookLine, bids: list[Order], asks: list[Order]
) -> tuple[tuple[Order, int], tuple[Order, int]] | None:
    """Return the first two orders of one owner that would trade, the earlier one first.

    With each goes what prevention leaves of it.
    """
    for bid, ask, _ in _pairs(market, bids, asks, _cross(market, bids, asks)):
        if bid.seat.stp_id == ask.seat.stp_id:
            earlier, later = (bid, ask) if _came_first(market, bid, ask) else (ask, bid)
            break
    else:
        return None
    mode = market.rulebook.self_trade
    step = min(bid.leaves, ask.leaves) if mode is SelfTrade.DECREMENT_BOTH else 0
    left = [earlier.leaves - step, later.leaves - step]
    if mode in (SelfTrade.CANCEL_RESTING, SelfTrade.CANCEL_BOTH):
        left[0] = 0
    if mode in (SelfTrade.CANCEL_ARRIVING, SelfTrade.CANCEL_BOTH):
        left[1] = 0
    return (earlier, left[0]), (later, left[1])


def _came_first(market: BookLine, bid: Order, ask: Order) -> bool:
    """Say whether of two orders that would trade the bid waits longer: at most one of them rests.

    What rests was there before what waits for the call.
    """
    rests = market.book.rests
    if rests(bid) or rests(ask):
        return rests(bid)
    keys = ((bid.seat.name, bid.ref), (ask.seat.name, ask.ref))
    return next(key for key in market.held if key in keys) == keys[0]


def _apart(
    market: BookLine, bids: list[Order], asks: list[Order]
) -> tuple[list[Order], list[Order]]:
    """Return copies of the orders as prevention would leave them."""
    bids, asks = ([structs.replace(order) for order in side] for side in (bids, asks))
    while (pair := _own_pair(market, bids, asks)) is not None:
        for order, leaves in pair:
            order.leaves = leaves
        bids, asks = ([order for order in side if order.leaves] for side in (bids, asks))
    return bids, asks


def _keep_apart(market: BookLine, events: list[Event]) -> None:
    """Cancel or reduce, pair by pair, the orders of one owner that would trade."""
    while (pair := _own_pair(market, *_sides(market))) is not None:
        for order, leaves in pair:
            if not leaves:
                events.append(market.cancel(order, CancelReason.SELF_TRADE))
            elif leaves < order.leaves:
                events.append(market.take_off(order, order.leaves - leaves))


# -- its end ----------------------------------------------------------------------------------


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
    if _prevents(market):
        _keep_apart(market, events)
    bids, asks = _sides(market)
    crossing = _cross(market, bids, asks)
    events.append(AuctionUncrossed(market.symbol, *crossing))
    if crossing.volume:
        _trade(market, bids, asks, crossing, events)
        if market.gate.call is Phase.CLOSING_CALL:
            market.day.auction = crossing.price
    return crossing.price


def _pairs(
    market: BookLine, bids: list[Order], asks: list[Order], crossing: Crossing
) -> list[tuple[Order, Order, int]]:
    """Return who trades how much with whom."""
    if not crossing.volume:
        return []
    # What is reserved for a market bid covers it up to its own price: beyond it has no part.
    bids = [order for order in bids if order.price >= crossing.price]
    gate = market.gate
    filling = Filling(market.mode.call_fill, gate.lot)
    if gate.banded:
        filling = filling._replace(low=gate.low, high=gate.high)
    pairs = uncross(_limits(bids), _limits(asks), crossing, filling)
    return [(bids[buyer], asks[seller], quantity) for buyer, seller, quantity in pairs]


def _trade(
    market: BookLine, bids: list[Order], asks: list[Order], crossing: Crossing, events: list[Event]
) -> None:
    rates = market.auction_rates()
    touched: dict[tuple[Side, int], None] = {}
    for bid, ask, quantity in _pairs(market, bids, asks, crossing):
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
            if market.book.rests(order):
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

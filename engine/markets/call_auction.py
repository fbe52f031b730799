"""Call auctions of a market: who takes part, what the call would give, and its end.

Orders that wait outside the book take part with those that rest in it, whole quantity, hidden
part included. Self-trade prevention acts in a call only where the mode says so: then, before
anything trades, two orders of one owner that would trade are kept apart and the price is found
anew, until no such two are left.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec import structs

from engine.book.orders import NO_LIMIT, POST_ONLY, WAITS
from engine.matching.call_price import Crossing, Interest, cross, uncross
from engine.vocabulary.enums import CancelReason, Phase, SelfTrade, Side, TimeInForce
from engine.vocabulary.events import AuctionTrade, AuctionUncrossed, DepthChanged, Event

if TYPE_CHECKING:
    from engine.book.orders import Order
    from engine.markets.book_line import BookLine

_BUY: Final = Side.BUY
NOTHING: Final = Crossing(0, 0, 0)
_SPECIAL: Final = POST_ONLY | WAITS  # what may keep an order out of a call


def _limit(market: BookLine, order: Order) -> int:
    """Return an order's limit; a market order has none (0).

    On a venue without daily limits a market order's protection price is its limit; with them it
    is reserved at the day's limit and takes part without one.
    """
    gate = market.gate
    if order.flags & NO_LIMIT and gate.banded:
        edge = gate.high if order.side is _BUY else gate.low
        if order.price == edge:
            return 0
    return order.price


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


def _curve(market: BookLine, orders: list[Order]) -> list[Interest]:
    """Return the tonnes that orders want or offer at each limit."""
    sums: dict[int, int] = {}
    for order in orders:
        limit = _limit(market, order) if order.flags & NO_LIMIT else order.price
        sums[limit] = sums.get(limit, 0) + order.leaves
    return list(sums.items())


def _cross(market: BookLine, bids: list[Order], asks: list[Order]) -> Crossing:
    found = cross(
        _curve(market, bids),
        _curve(market, asks),
        market.day.last or market.asset.reference,
        market.gate.tick,
        market.mode.ladder,
    )
    return found or NOTHING


def indicative(market: BookLine) -> Crossing:
    """Return what the call would give if it ended now; all 0 where nothing would trade."""
    bids, asks = _sides(market)
    if _prevents(market):
        bids, asks = _apart(market, bids, asks)
    return _cross(market, bids, asks)


# -- self-trade prevention, where the mode has it in calls ------------------------------------


def _prevents(market: BookLine) -> bool:
    return market.mode.call_self_trade and market.rulebook.self_trade is not SelfTrade.ALLOW


def _own_pair(
    market: BookLine, bids: list[Order], asks: list[Order]
) -> tuple[tuple[Order, int], tuple[Order, int]] | None:
    """Return the first two orders of one owner that would trade, the earlier one first.

    With each goes what prevention leaves of it.
    """
    crossing = _cross(market, bids, asks)
    pairs = _pairs(market, bids, asks, crossing) if crossing.volume else ()
    for buyer, seller, _ in pairs:
        bid, ask = bids[buyer], asks[seller]
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
    if bid.level is not None or ask.level is not None:
        return bid.level is not None
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


def end_call(market: BookLine, events: list[Event]) -> None:
    """Trade what crosses, all at one price, and report it."""
    if _prevents(market):
        _keep_apart(market, events)
    bids, asks = _sides(market)
    crossing = _cross(market, bids, asks)
    events.append(AuctionUncrossed(market.symbol, *crossing))
    if crossing.volume:
        _trade(market, bids, asks, crossing, events)
        if market.gate.call is Phase.CLOSING_CALL:
            market.day.auction = crossing.price


def _pairs(
    market: BookLine, bids: list[Order], asks: list[Order], crossing: Crossing
) -> list[tuple[int, int, int]]:
    """Return who trades how much with whom: index of the bid, of the ask, tonnes."""
    return uncross([(_limit(market, order), order.leaves) for order in bids],
                   [(_limit(market, order), order.leaves) for order in asks],
                   crossing)  # fmt: skip


def _trade(
    market: BookLine, bids: list[Order], asks: list[Order], crossing: Crossing, events: list[Event]
) -> None:
    pairs = _pairs(market, bids, asks, crossing)
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


def drop_rests(market: BookLine, events: list[Event], *, everything: bool) -> None:
    """Cancel what a call left of orders that live for it alone, or (no carry-over) of all."""
    ended = market.gate.call
    for order in list(market.held.values()):
        if order.tif is TimeInForce.AT_CLOSE:
            if ended is Phase.CLOSING_CALL:
                events.append(market.cancel(order, CancelReason.AUCTION_REST))
        elif order.tif is TimeInForce.AT_OPEN or everything:
            events.append(market.cancel(order, CancelReason.AUCTION_REST))
        elif order.flags & NO_LIMIT:
            events.append(market.cancel(order, CancelReason.MARKET_REST))

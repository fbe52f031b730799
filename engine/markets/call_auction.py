"""Call auctions of a market: who takes part, what the call would give, and its end.

Orders that wait outside the book take part with those that rest in it, whole quantity, hidden
part included. Self-trade prevention does not act in a call: no order arrives at another.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from engine.book.orders import NO_LIMIT, POST_ONLY, WAITS
from engine.matching.call_price import Crossing, Interest, cross, uncross
from engine.vocabulary.enums import CancelReason, Phase, Side, TimeInForce
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
    return _cross(market, *_sides(market))


def end_call(market: BookLine, events: list[Event]) -> None:
    """Trade what crosses, all at one price, and report it."""
    bids, asks = _sides(market)
    crossing = _cross(market, bids, asks)
    events.append(AuctionUncrossed(market.symbol, *crossing))
    if crossing.volume:
        _trade(market, bids, asks, crossing, events)
        if market.gate.call is Phase.CLOSING_CALL:
            market.day.auction = crossing.price


def _trade(
    market: BookLine, bids: list[Order], asks: list[Order], crossing: Crossing, events: list[Event]
) -> None:
    pairs = uncross([(_limit(market, order), order.leaves) for order in bids],
                    [(_limit(market, order), order.leaves) for order in asks],
                    crossing)  # fmt: skip
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

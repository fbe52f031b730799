"""The oracle's call auctions: brute force over every candidate price, written from the rules."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from engine.vocabulary import events as e
from engine.vocabulary.enums import (
    CancelReason,
    Candidates,
    LastRung,
    OrderType,
    Phase,
    Side,
    Tie,
    TimeInForce,
)

if TYPE_CHECKING:
    from engine.rulebook.model import PriceRule
    from tests.oracle.matching import Market, OracleMatching, Order

CALLS = (Phase.OPENING_CALL, Phase.INTRADAY_CALL, Phase.CLOSING_CALL)
Interest = tuple[int, int]  # limit (0: none), tonnes
Result = tuple[int, int, int]


def half_up(numerator: int, denominator: int, tick: int) -> int:
    return (2 * numerator + denominator * tick) // (2 * denominator * tick) * tick


def candidates(
    bids: list[Interest], asks: list[Interest], reference: int, tick: int, which: Candidates
) -> list[int]:
    limits = sorted({limit for limit, _ in bids + asks if limit})
    prices = list(limits)
    if which is Candidates.TICKS and limits:
        prices = list(range(limits[0], limits[-1] + 1, tick))
    no_limits_meet = max((limit for limit, _ in bids if limit), default=-1) < min(
        (limit for limit, _ in asks if limit), default=1 << 60
    )
    both_market = any(not limit for limit, _ in bids) and any(not limit for limit, _ in asks)
    if which is Candidates.LIMITS_AND_REFERENCE or (both_market and no_limits_meet):
        prices.append(reference)
    return sorted(set(prices))


def best_price(
    bids: list[Interest], asks: list[Interest], reference: int, tick: int, ladder: PriceRule
) -> Result:
    """Return price, volume and surplus, all 0 where nothing trades."""

    def figures(price: int) -> tuple[int, int]:
        demand = sum(q for limit, q in bids if not limit or limit >= price)
        supply = sum(q for limit, q in asks if limit <= price)
        return min(demand, supply), demand - supply

    looked_at = candidates(bids, asks, reference, tick, ladder.candidates)
    table = {price: figures(price) for price in looked_at}
    most = max((volume for volume, _ in table.values()), default=0)
    if not most:
        return 0, 0, 0
    least = min(abs(surplus) for volume, surplus in table.values() if volume == most)
    prices = [p for p, (volume, left) in table.items() if volume == most and abs(left) == least]
    surpluses = [table[p][1] for p in prices]
    wanted = reference
    if ladder.pressure and all(surplus > 0 for surplus in surpluses):
        wanted = prices[-1]
        if ladder.pressure_band_bp:
            edge = half_up(reference * (10_000 + ladder.pressure_band_bp), 10_000, tick)
            wanted = min(wanted, edge)
    elif ladder.pressure and all(surplus < 0 for surplus in surpluses):
        wanted = prices[0]
        if ladder.pressure_band_bp:
            edge = half_up(reference * (10_000 - ladder.pressure_band_bp), 10_000, tick)
            wanted = max(wanted, edge)
    else:
        if ladder.pressure and any(surplus > 0 for surplus in surpluses):
            low = max(p for p in prices if table[p][1] > 0)
            high = min(p for p in prices if table[p][1] < 0)
            prices = [p for p in prices if low <= p <= high]
        if ladder.last is LastRung.MIDDLE:
            wanted = half_up(prices[0] + prices[-1], 2, tick)
    sign = -1 if ladder.tie is Tie.HIGHER else 1
    price = min(prices, key=lambda p: (abs(p - wanted), sign * p))
    return price, *table[price]


def participants(
    oracle: OracleMatching, market: Market, side: Side
) -> list[tuple[Interest, Order]]:
    """Return (interest, order) of a side, in time priority."""
    low, high = oracle.limits(market.product.symbol)
    edge = high if side is Side.BUY else low
    found = []
    booked = [o for o in market.book if o.side is side]
    waiting = [o for o in market.held if o.side is side and not o.post_only]
    if market.call is not Phase.CLOSING_CALL:
        waiting = [o for o in waiting if o.tif is not TimeInForce.AT_CLOSE]
    for order in booked + waiting:
        unpriced = order.order_type in (OrderType.MARKET, OrderType.STOP)
        limit = 0 if unpriced and edge and order.price == edge else order.price
        found.append(((limit, order.leaves), order))
    return found


def indicated(oracle: OracleMatching, market: Market) -> Result:
    bids = [interest for interest, _ in participants(oracle, market, Side.BUY)]
    asks = [interest for interest, _ in participants(oracle, market, Side.SELL)]
    reference = market.last or market.reference
    return best_price(bids, asks, reference, market.product.tick, oracle.mode.ladder)


def uncross(oracle: OracleMatching, market: Market) -> None:
    """End a call: pair the best of both sides until the volume is reached."""
    price, volume, surplus = indicated(oracle, market)
    symbol = market.product.symbol
    oracle.out.append(e.AuctionUncrossed(symbol, price, volume, surplus))
    if not volume:
        return
    bids = participants(oracle, market, Side.BUY)
    asks = participants(oracle, market, Side.SELL)
    buyers = [x for x in bids if not x[0][0] or x[0][0] >= price]
    buyers.sort(key=lambda x: (bool(x[0][0]), -x[0][0]))
    sellers = [x for x in asks if x[0][0] <= price]
    sellers.sort(key=lambda x: x[0][0])
    queues = [[order for _, order in side] for side in (buyers, sellers)]
    touched: list[tuple[Side, int]] = []
    while volume:
        quantity = min(queues[0][0].leaves, queues[1][0].leaves, volume)
        volume -= quantity
        pair(oracle, market, (queues[0][0], queues[1][0]), (price, quantity), touched)
        queues = [[o for o in queue if o.leaves] for queue in queues]
    for side, level in touched:
        oracle.out.append(e.DepthChanged(symbol, side, level, market.depth(side, level)))


def pair(
    oracle: OracleMatching,
    market: Market,
    orders: tuple[Order, Order],
    print_: tuple[int, int],
    touched: list[tuple[Side, int]],
) -> None:
    """Let two orders trade."""
    price, quantity = print_
    paid = quantity * price * oracle.mode.taker_fee_ppm // 1_000_000
    rows: list[Any] = []
    for order in orders:
        order.filled += quantity
        oracle.deliver(market.product, order, quantity, quantity * price, paid)
        rows += [order.account, order.ref, order.leaves, paid]
        if order in market.book and (order.side, order.price) not in touched:
            touched.append((order.side, order.price))
        if order.leaves:
            order.shown = min(order.display or order.leaves, order.leaves)
        else:
            oracle.remove(order)
            oracle.accounts[order.account].orders.remove(order)
    market.trade_number += 1
    market.day.append((price, quantity))
    head = (market.product.symbol, market.trade_number, price, quantity)
    oracle.out.append(e.AuctionTrade(*head, *rows))


def after_call(oracle: OracleMatching, market: Market, phase: Phase) -> None:
    """Cancel what lived for the call only."""
    batch = phase not in (Phase.CONTINUOUS, Phase.CLOSED) and not oracle.mode.carry_over
    for order in list(market.held):
        if order.tif is TimeInForce.AT_CLOSE:
            if market.call is Phase.CLOSING_CALL:
                oracle.drop(order, CancelReason.AUCTION_REST)
        elif order.tif is TimeInForce.AT_OPEN or batch:
            oracle.drop(order, CancelReason.AUCTION_REST)
        elif order.order_type in (OrderType.MARKET, OrderType.STOP):
            oracle.drop(order, CancelReason.MARKET_REST)

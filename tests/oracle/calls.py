"""The oracle's call auctions: brute force over every candidate price, written from the rules."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from engine.vocabulary import events as e
from engine.vocabulary.enums import (
    CancelReason,
    Candidates,
    LastRung,
    OrderType,
    Phase,
    SelfTrade,
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
    there = []
    booked = [o for o in market.book if o.side is side]
    waiting = [o for o in market.held if o.side is side and not o.post_only]
    if market.call is not Phase.CLOSING_CALL:
        waiting = [o for o in waiting if o.tif is not TimeInForce.AT_CLOSE]
    for order in booked + waiting:
        unpriced = order.order_type in (OrderType.MARKET, OrderType.STOP)
        limit = 0 if unpriced and edge and order.price == edge else order.price
        there.append(((limit, order.leaves), order))
    return there


@dataclass
class Claim:
    """What an order takes part with in a call."""

    order: Order
    limit: int
    leaves: int
    waits: int  # its place among all that rest or wait: the smaller, the earlier


def claims(oracle: OracleMatching, market: Market) -> list[Claim]:
    places = [*market.book, *market.held]
    return [
        Claim(order, limit, leaves, places.index(order))
        for side in Side
        for (limit, leaves), order in participants(oracle, market, side)
    ]


def found(oracle: OracleMatching, market: Market, those: list[Claim]) -> Result:
    bids = [(x.limit, x.leaves) for x in those if x.order.side is Side.BUY]
    asks = [(x.limit, x.leaves) for x in those if x.order.side is Side.SELL]
    reference = market.last or market.reference
    return best_price(bids, asks, reference, market.product.tick, oracle.mode.ladder)


def meetings(those: list[Claim], price: int, volume: int) -> list[tuple[Claim, Claim, int]]:
    """Return who meets whom: market orders, then the better limit, then time."""
    buyers = [x for x in those if x.order.side is Side.BUY and (not x.limit or x.limit >= price)]
    buyers.sort(key=lambda x: (bool(x.limit), -x.limit))
    sellers = [x for x in those if x.order.side is Side.SELL and x.limit <= price]
    sellers.sort(key=lambda x: x.limit)
    tonnes = [[x for x in side for _ in range(x.leaves)][:volume] for side in (buyers, sellers)]
    met: list[tuple[Claim, Claim, int]] = []
    for buyer, seller in zip(*tonnes, strict=True):
        if met and met[-1][0] is buyer and met[-1][1] is seller:
            met[-1] = (buyer, seller, met[-1][2] + 1)
        else:
            met.append((buyer, seller, 1))
    return met


def separate(oracle: OracleMatching, market: Market) -> tuple[list[Claim], list[tuple[Order, int]]]:
    """Take off what prevention takes off; return who is left, and of whom how much went."""
    those, steps = claims(oracle, market), []
    mode = oracle.rules.self_trade
    while oracle.mode.call_self_trade:
        price, volume, _ = found(oracle, market, those)
        own = [sorted((one, other), key=lambda x: x.waits)
               for one, other, _ in meetings(those, price, volume)
               if oracle.prevented(one.order, other.order)]  # fmt: skip
        if not own:
            break
        step = min(x.leaves for x in own[0])
        spared = {SelfTrade.CANCEL_RESTING: 1, SelfTrade.CANCEL_ARRIVING: 0}.get(mode)
        for place, claim in enumerate(own[0]):
            off = step if mode is SelfTrade.DECREMENT_BOTH else claim.leaves
            if place != spared:
                claim.leaves -= off
                steps.append((claim.order, off))
        those = [x for x in those if x.leaves]
    return those, steps


def indicated(oracle: OracleMatching, market: Market) -> Result:
    return found(oracle, market, separate(oracle, market)[0])


def uncross(oracle: OracleMatching, market: Market) -> None:
    """End a call: keep owners from themselves, then let the best of both sides trade."""
    for order, off in separate(oracle, market)[1]:
        oracle.reduce(market, order, off)
    those = claims(oracle, market)
    price, volume, surplus = found(oracle, market, those)
    symbol = market.product.symbol
    oracle.out.append(e.AuctionUncrossed(symbol, price, volume, surplus))
    touched: list[tuple[Side, int]] = []
    for buyer, seller, quantity in meetings(those, price, volume):
        pair(oracle, market, (buyer.order, seller.order), (price, quantity), touched)
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

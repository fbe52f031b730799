"""The oracle's call auctions: brute force over every valid price, written from the rules."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from engine.vocabulary import events as e
from engine.vocabulary.enums import (
    CallFill,
    CallStep,
    CancelReason,
    Candidates,
    LastRung,
    MarketRest,
    OrderState,
    OrderType,
    Phase,
    SelfTrade,
    Side,
    Tie,
    TimeInForce,
)
from tests.oracle.ticks import TickTable

if TYPE_CHECKING:
    from engine.rulebook.model import PriceRule
    from tests.oracle.matching import OracleMatching
    from tests.oracle.parts import Market, Order

CALLS = (Phase.OPENING_CALL, Phase.INTRADAY_CALL, Phase.CLOSING_CALL)
Interest = tuple[int, int]  # limit (0: none), tonnes
Result = tuple[int, int, int, CallStep]
NO_PRICE: Result = (0, 0, 0, CallStep.NONE)


class Book(NamedTuple):
    """What stands in a call: limits, market orders, and how far each market bid is paid for."""

    bids: list[Interest]
    asks: list[Interest]
    market_bids: list[Interest] = []  # (what is reserved a tonne, tonnes)  # noqa: RUF012

    def wanted(self, price: int) -> int:
        limits = sum(q for limit, q in self.bids if not limit or limit >= price)
        return limits + sum(q for paid, q in self.market_bids if paid >= price)

    def offered(self, price: int) -> int:
        return sum(q for limit, q in self.asks if limit <= price)

    def volume(self, price: int) -> int:
        return min(self.wanted(price), self.offered(price))

    def surplus(self, price: int) -> int:
        return self.wanted(price) - self.offered(price)

    def better_in_full(self, price: int) -> bool:
        bids = self.wanted(price) - sum(q for limit, q in self.bids if limit == price)
        asks = self.offered(price) - sum(q for limit, q in self.asks if limit == price)
        return max(bids, asks) <= self.volume(price)

    def limits(self) -> list[int]:
        return [limit for limit, _ in self.bids + self.asks if limit]


def candidates(book: Book, reference: int, table: TickTable, which: Candidates) -> list[int]:
    limits = book.limits()
    if not limits:
        return []
    low, high = min(limits), max(limits)
    if which is Candidates.TICKS:
        return table.between(low, high)
    if which is Candidates.TICKS_AND_BEYOND:
        return table.between(table.below(low), table.above(high))
    if which is Candidates.OVERLAP:
        bids = [limit for limit, _ in book.bids if limit]
        asks = [limit for limit, _ in book.asks if limit]
        return [p for p in sorted(set(limits)) if bids and asks and min(asks) <= p <= max(bids)]
    if which is Candidates.LIMITS_AND_REFERENCE and reference:
        limits.append(reference)
    return sorted(set(limits))


def nearest(prices: list[int], wanted: int) -> list[int]:
    least = min(abs(price - wanted) for price in prices)
    return [price for price in prices if abs(price - wanted) == least]


def pressed(
    book: Book, prices: list[int], reference: int, table: TickTable, band: int
) -> list[int]:
    surpluses = [book.surplus(price) for price in prices]
    if all(surplus > 0 for surplus in surpluses):
        edge = table.rounded(reference * (10_000 + band), 10_000) if band and reference else 0
        return nearest(prices, min(edge or prices[-1], prices[-1]))
    if all(surplus < 0 for surplus in surpluses):
        edge = table.rounded(reference * (10_000 - band), 10_000) if band and reference else 0
        return nearest(prices, max(edge, prices[0]))
    return prices


def turning(book: Book, prices: list[int]) -> list[int]:
    bids = [price for price in prices if book.surplus(price) > 0]
    asks = [price for price in prices if book.surplus(price) < 0]
    return [max(bids), min(asks)] if bids and asks else prices


def left_by(  # noqa: PLR0911 - a line for each step
    step: CallStep, book: Book, prices: list[int], reference: int, table: TickTable, band: int
) -> list[int]:
    """Return what a step of rule 9.5 leaves."""
    if step is CallStep.VOLUME:
        most = max(book.volume(price) for price in prices)
        return [price for price in prices if book.volume(price) == most]
    if step is CallStep.BETTER:
        return [price for price in prices if book.better_in_full(price)]
    if step is CallStep.SURPLUS:
        least = min(abs(book.surplus(price)) for price in prices)
        return [price for price in prices if abs(book.surplus(price)) == least]
    if step is CallStep.PRESSURE:
        return pressed(book, prices, reference, table, band)
    if step is CallStep.TURNING:
        return turning(book, prices)
    if step is CallStep.MIDDLE:
        return [table.rounded(prices[0] + prices[-1], 2)]
    return nearest(prices, reference) if reference else prices


def best_price(book: Book, reference: int, table: TickTable, ladder: PriceRule) -> Result:
    """Return price, volume, surplus and what decided; all 0 where nothing trades."""
    reference = table.rounded(reference, 1) if reference else 0
    prices = candidates(book, reference, table, ladder.candidates)
    decided = CallStep.NONE
    if not prices and reference:
        prices, decided = [reference], CallStep.NO_LIMITS
    if not any(book.volume(price) for price in prices):
        return NO_PRICE
    steps = [
        CallStep.VOLUME,
        CallStep.BETTER,
        CallStep.SURPLUS,
        CallStep.PRESSURE,
        CallStep.TURNING,
        CallStep.MIDDLE if ladder.last is LastRung.MIDDLE else CallStep.REFERENCE,
    ]
    skipped = [] if ladder.better else [CallStep.BETTER]
    skipped += [] if ladder.pressure else [CallStep.PRESSURE]
    skipped += [] if ladder.turning else [CallStep.TURNING]
    for step in steps:
        if step in skipped:
            continue
        prices = left_by(step, book, prices, reference, table, ladder.pressure_band_bp)
        if not prices:
            return NO_PRICE
        if decided is CallStep.NONE and len(prices) == 1:
            decided = step
    price = prices[0] if ladder.tie is Tie.LOWER else prices[-1]
    if len(prices) > 1:
        decided = CallStep.TIE
        if ladder.tie is Tie.REFERENCE and reference:
            price = reference
    return price, book.volume(price), book.surplus(price), decided


def participants(market: Market, side: Side) -> list[Order]:
    """Return who takes part on a side, in time priority."""
    booked = [o for o in market.book if o.side is side]
    waiting = [o for o in market.held if o.side is side and not o.post_only]
    if market.call is not Phase.CLOSING_CALL:
        waiting = [o for o in waiting if o.tif is not TimeInForce.AT_CLOSE]
    return booked + waiting


def unpriced(order: Order) -> bool:
    return order.order_type in (OrderType.MARKET, OrderType.STOP)


@dataclass
class Claim:
    """What an order takes part with in a call."""

    order: Order
    leaves: int
    waits: int  # its place among all that rest or wait: the smaller, the earlier


def claims(market: Market) -> list[Claim]:
    places = [*market.book, *market.held]
    return [
        Claim(order, order.leaves, places.index(order))
        for side in Side
        for order in participants(market, side)
    ]


def found(oracle: OracleMatching, market: Market, those: list[Claim]) -> Result:
    bids = [x for x in those if x.order.side is Side.BUY]
    asks = [x for x in those if x.order.side is Side.SELL]
    book = Book(
        [(x.order.price, x.leaves) for x in bids if not unpriced(x.order)],
        [(0 if unpriced(x.order) else x.order.price, x.leaves) for x in asks],
        [(x.order.price, x.leaves) for x in bids if unpriced(x.order)],
    )
    table = TickTable(market.product, *oracle.limits(market.product.symbol))
    return best_price(book, market.last or market.reference, table, oracle.mode.ladder)


def meetings(
    oracle: OracleMatching, market: Market, those: list[Claim], price: int, volume: int
) -> list[tuple[Claim, Claim, int]]:
    """Return who meets whom, in the order in which each side is served."""
    buyers = [x for x in those if x.order.side is Side.BUY and x.order.price >= price]
    sellers = [x for x in those if x.order.side is Side.SELL]
    sellers = [x for x in sellers if unpriced(x.order) or x.order.price <= price]
    low, high = oracle.limits(market.product.symbol)
    fill, lot = oracle.mode.call_fill, market.product.lot
    tonnes = [
        [x for x, share in served(fill, side, volume, lot, at_limit=at_limit) for _ in range(share)]
        for side, at_limit in ((buyers, price == high), (sellers, price == low))
    ]
    met: list[tuple[Claim, Claim, int]] = []
    for buyer, seller in zip(*tonnes, strict=True):
        if met and met[-1][0] is buyer and met[-1][1] is seller:
            met[-1] = (buyer, seller, met[-1][2] + 1)
        else:
            met.append((buyer, seller, 1))
    return met


def separate(oracle: OracleMatching, market: Market) -> tuple[list[Claim], list[tuple[Order, int]]]:
    """Take off what prevention takes off; return who is left, and of whom how much went."""
    those, steps = claims(market), []
    mode = oracle.rules.self_trade
    while oracle.mode.call_self_trade:
        price, volume, *_ = found(oracle, market, those)
        own = [
            sorted((one, other), key=lambda x: x.waits)
            for one, other, _ in meetings(oracle, market, those, price, volume)
            if oracle.prevented(one.order, other.order)
        ]
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


def published(oracle: OracleMatching, market: Market) -> e.AuctionIndicated:
    """Return rules 9.10 and 9.17: the price, or the best limits where there is none."""
    found = indicated(oracle, market)
    best: list[int] = []
    for side, choose in ((Side.BUY, max), (Side.SELL, min)):
        orders = [o for o in participants(market, side) if not unpriced(o)]
        price = choose((o.price for o in orders), default=0) if not found[1] else 0
        best += [price, sum(o.shows for o in orders if o.price == price)]
    return e.AuctionIndicated(market.product.symbol, *found, *best)


def uncross(oracle: OracleMatching, market: Market) -> int:
    """End a call: keep owners from themselves, then let the best of both sides trade."""
    for order, off in separate(oracle, market)[1]:
        oracle.reduce(market, order, off)
    those = claims(market)
    price, volume, surplus, decided = found(oracle, market, those)
    symbol = market.product.symbol
    oracle.out.append(e.AuctionUncrossed(symbol, price, volume, surplus, decided))
    touched: list[tuple[Side, int]] = []
    for buyer, seller, quantity in meetings(oracle, market, those, price, volume):
        pair(oracle, market, (buyer.order, seller.order), (price, quantity), touched)
    for side, level in touched:
        oracle.out.append(e.DepthChanged(symbol, side, level, market.depth(side, level)))
    return price


def served(
    fill: CallFill, those: list[Claim], volume: int, lot: int, *, at_limit: bool
) -> list[tuple[Claim, int]]:
    """Return who trades how much on a side, in the order of rules 9.7 and 9.19 to 9.21."""
    if fill is CallFill.QUANTITY_AT_LIMIT and at_limit:
        return in_rounds(those, volume, lot)

    def rank(claim: Claim) -> tuple[bool, int]:
        order = claim.order
        if unpriced(order):
            return fill is CallFill.LIMITS_FIRST, 0
        away = -order.price if order.side is Side.BUY else order.price
        return fill is not CallFill.LIMITS_FIRST, away

    served: list[tuple[Claim, int]] = []
    for place in sorted({rank(claim) for claim in those}):
        group = [claim for claim in those if rank(claim) == place]
        left = volume - sum(share for _, share in served)
        whole = sum(claim.leaves for claim in group)
        if fill is CallFill.PRO_RATA and whole > left:
            shares = [claim.leaves * left // whole // lot * lot for claim in group]
            left -= sum(shares)
            for index, claim in enumerate(group):
                if left and shares[index] < claim.leaves:
                    shares[index] += lot
                    left -= lot
        else:
            shares = []
            for claim in group:
                shares.append(min(claim.leaves, left))
                left -= shares[-1]
        served += zip(group, shares, strict=True)
    return served


def in_rounds(those: list[Claim], volume: int, lot: int) -> list[tuple[Claim, int]]:
    """Rule 9.21, a lot at a time."""
    ranked = sorted(those, key=lambda claim: -claim.leaves)
    given = [0] * len(ranked)
    for lots in (100, 500, 1_000, 2_000, None, 10**9):
        for place, claim in enumerate(ranked):
            missing = (claim.leaves - given[place]) // lot
            wanted = (missing + 1) // 2 if lots is None else lots
            for _ in range(min(wanted, missing)):
                if volume:
                    given[place] += lot
                    volume -= lot
    return list(zip(ranked, given, strict=True))


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
    oracle.lock(market.product, orders, quantity, quantity * price - paid)
    market.trade_number += 1
    market.day.append((price, quantity))
    head = (market.product.symbol, market.trade_number, price, quantity)
    oracle.out.append(e.AuctionTrade(*head, *rows))


def after_call(oracle: OracleMatching, market: Market, phase: Phase, price: int) -> None:
    """Cancel what lived for the call only; what is left of market orders may become a limit."""
    batch = phase not in (Phase.CONTINUOUS, Phase.CLOSED) and not oracle.mode.carry_over
    for order in list(market.held):
        if order.tif is TimeInForce.AT_CLOSE:
            if market.call is Phase.CLOSING_CALL:
                oracle.drop(order, CancelReason.AUCTION_REST)
        elif order.tif is TimeInForce.AT_OPEN or batch:
            oracle.drop(order, CancelReason.AUCTION_REST)
        elif unpriced(order):
            paid = order.side is Side.SELL or order.price >= price
            if price and paid and oracle.mode.market_rest is MarketRest.CONVERT:
                old, order.price, order.order_type = order.price, price, OrderType.LIMIT
                sizes = (order.quantity, order.leaves, OrderState.HELD)
                oracle.out.append(e.OrderAmended(*order.name, *sizes, 0, old, -1, -1))
            else:
                oracle.drop(order, CancelReason.MARKET_REST)

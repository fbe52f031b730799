"""The oracle's call auctions: brute force over every valid price, written from the rules."""

from __future__ import annotations

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
    Side,
    Tie,
    TimeInForce,
)
from tests.oracle.ticks import TickTable

if TYPE_CHECKING:
    from engine.rulebook.model import PriceRule
    from tests.oracle.matching import Market, OracleMatching, Order

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
    steps = [CallStep.VOLUME, CallStep.BETTER, CallStep.SURPLUS, CallStep.PRESSURE,
             CallStep.TURNING,
             CallStep.MIDDLE if ladder.last is LastRung.MIDDLE else CallStep.REFERENCE]  # fmt: skip
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


def indicated(oracle: OracleMatching, market: Market) -> Result:
    bids = participants(market, Side.BUY)
    asks = participants(market, Side.SELL)
    book = Book(
        [(o.price, o.leaves) for o in bids if not unpriced(o)],
        [(0 if unpriced(o) else o.price, o.leaves) for o in asks],
        [(o.price, o.leaves) for o in bids if unpriced(o)],
    )
    table = TickTable(market.product, *oracle.limits(market.product.symbol))
    return best_price(book, market.last or market.reference, table, oracle.mode.ladder)


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
    """End a call: pair the best of both sides until the volume is reached; return its price."""
    price, volume, surplus, decided = indicated(oracle, market)
    symbol = market.product.symbol
    oracle.out.append(e.AuctionUncrossed(symbol, price, volume, surplus, decided))
    if not volume:
        return 0
    buyers = [o for o in participants(market, Side.BUY) if o.price >= price]
    asks = participants(market, Side.SELL)
    sellers = [o for o in asks if unpriced(o) or o.price <= price]
    low, high = oracle.limits(symbol)
    lot = market.product.lot
    queues = [
        served(oracle.mode.call_fill, buyers, volume, lot, at_limit=price == high),
        served(oracle.mode.call_fill, sellers, volume, lot, at_limit=price == low),
    ]
    touched: list[tuple[Side, int]] = []
    while queues[0]:
        (buyer, wanted), (seller, offered) = queues[0][0], queues[1][0]
        quantity = min(wanted, offered)
        pair(oracle, market, (buyer, seller), (price, quantity), touched)
        for queue in queues:
            order, share = queue.pop(0)
            if share > quantity:
                queue.insert(0, (order, share - quantity))
    for side, level in touched:
        oracle.out.append(e.DepthChanged(symbol, side, level, market.depth(side, level)))
    return price


def served(
    fill: CallFill, orders: list[Order], volume: int, lot: int, *, at_limit: bool
) -> list[tuple[Order, int]]:
    """Return who trades how much on a side, in the order of rules 9.7 and 9.19 to 9.21."""
    if fill is CallFill.QUANTITY_AT_LIMIT and at_limit:
        return in_rounds(orders, volume, lot)

    def rank(order: Order) -> tuple[bool, int]:
        if unpriced(order):
            return fill is CallFill.LIMITS_FIRST, 0
        away = -order.price if order.side is Side.BUY else order.price
        return fill is not CallFill.LIMITS_FIRST, away

    found: list[tuple[Order, int]] = []
    for place in sorted({rank(order) for order in orders}):
        group = [order for order in orders if rank(order) == place]
        left = volume - sum(share for _, share in found)
        shares = dict.fromkeys(((o.account, o.ref) for o in group), 0)
        whole = sum(order.leaves for order in group)
        if fill is CallFill.PRO_RATA and whole > left:
            for order in group:
                shares[order.account, order.ref] = order.leaves * left // whole // lot * lot
            left -= sum(shares.values())
            for order in group:
                if left and shares[order.account, order.ref] < order.leaves:
                    shares[order.account, order.ref] += lot
                    left -= lot
        else:
            for order in group:
                shares[order.account, order.ref] = min(order.leaves, left)
                left -= shares[order.account, order.ref]
        found += [(order, shares[order.account, order.ref]) for order in group]
    return [(order, share) for order, share in found if share]


def in_rounds(orders: list[Order], volume: int, lot: int) -> list[tuple[Order, int]]:
    """Rule 9.21, a lot at a time."""
    ranked = sorted(orders, key=lambda order: -order.leaves)
    given = [0] * len(ranked)
    for lots in (100, 500, 1_000, 2_000, None, 10**9):
        for place, order in enumerate(ranked):
            missing = (order.leaves - given[place]) // lot
            wanted = (missing + 1) // 2 if lots is None else lots
            for _ in range(min(wanted, missing)):
                if volume:
                    given[place] += lot
                    volume -= lot
    return [(order, share) for order, share in zip(ranked, given, strict=True) if share]


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

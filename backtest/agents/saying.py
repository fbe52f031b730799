"""An interest in trading, in the words of a line's design.

Somebody wants to buy or sell so many tonnes at a price or better. In a book or a call that is an
order; on a board, picks of listings and a listing of one's own; where blocks are negotiated,
confirmations of quotes and a quote to everybody; in auctions, a bid or an auction of one's own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from engine.rulebook.ticks import ceil_to_tick, floor_to_tick
from engine.vocabulary.commands import Announce, Bid, NewOrder, Pick, Quote
from engine.vocabulary.enums import Mechanism, OrderType, PricingRule, Side, TimeInForce

if TYPE_CHECKING:
    from collections.abc import Container

    from backtest.agents.market import Market
    from backtest.agents.market_picture import LinePicture
    from engine.vocabulary.commands import ClientCommand
    from engine.vocabulary.events import Announced, Offered

WINDOW: Final = 1_800_000_000_000  # ns that an auction of somebody's own takes bids
_SECOND: Final = 1_000_000_000
_MOST_PICKS: Final = 20  # of one interest at one time


class Wanted(NamedTuple):
    """So many tonnes at a price (minor units) or better, said at a time and over by another."""

    side: Side
    tonnes: int
    price: int
    now: int  # ns UTC
    until: int = 0  # when an auction of one's own should be over, ns UTC; 0: when it likes
    takes: bool = False  # whether it only answers others, and nothing of its own is put up


class Said(NamedTuple):
    """What to send, and the tonnes that it is for."""

    commands: list[ClientCommand]
    tonnes: int


_NOTHING: Final = Said([], 0)


def say(line: LinePicture, wanted: Wanted, own: Container[tuple[str, int]] = ()) -> Said:
    """Say an interest in the way of a line's design.

    What the line cannot take, such as a price beyond the day's limits, is left out: what is better
    for the venue's side of a limit is said at the limit. ``own`` has line and number of what the
    account itself offers. Account and reference of the commands are for the market to fill in.
    """
    price = at_limit(line, wanted.side, wanted.price)
    tonnes = wanted.tonnes // line.lot * line.lot
    if not price or tonnes < line.min_quantity:
        return _NOTHING
    if line.max_quantity:
        tonnes = min(tonnes, line.max_quantity // line.lot * line.lot)
    wanted = wanted._replace(tonnes=tonnes, price=price)
    if line.mechanism is Mechanism.ORDER_BOOK:
        tif = TimeInForce.IOC if wanted.takes else TimeInForce.DAY
        order = NewOrder("", 0, line.symbol, wanted.side, tonnes, price, OrderType.LIMIT, tif)
        return Said([order], tonnes)
    if line.mechanism is Mechanism.ONE_WAY:
        return _auction(line, wanted, own)
    if line.mechanism is Mechanism.NEGOTIATED:
        return _negotiate(line, wanted, own)
    return _pick(line, wanted, own)


def enter(
    market: Market, line: LinePicture, wanted: Wanted, own: Container[tuple[str, int]] = ()
) -> int:
    """Send what ``say`` makes of an interest; return the last reference, 0 where it is nothing."""
    ref = 0
    for command in say(line, wanted, own).commands:
        ref = market.submit(command)
    return ref


def price_to_take(line: LinePicture, side: Side, now: int) -> int:
    """Return the price at which one may trade with a side now, 0 where there is none.

    Where auctions are held it is the best that a bid has to be in one that is open.
    """
    if line.mechanism is not Mechanism.ONE_WAY:
        return line.best_price(side)
    found = [
        _least(line, auction)
        for auction in line.auctions.values()
        if auction.side is side and auction.opens_at <= now < auction.closes_at
    ]
    return min(found, default=0) if side is Side.SELL else max(found, default=0)


def _least(line: LinePicture, auction: Announced) -> int:
    """Return the price that a bid in an auction has to have, or to better."""
    best = line.best_bids.get(auction.number, 0)
    sign = 1 if auction.side is Side.SELL else -1
    return best + sign * auction.increment if best else auction.price


def _pick(line: LinePicture, wanted: Wanted, own: Container[tuple[str, int]]) -> Said:
    """Pick the best listings that are good enough; list what is left."""
    commands: list[ClientCommand] = []
    left = wanted.tonnes
    for offer in _offers(line, wanted, own)[:_MOST_PICKS]:
        take = min(left, offer.quantity)
        if take < line.min_quantity:
            break
        commands.append(Pick("", 0, line.symbol, offer.number, take, offer.price))
        left -= take
    if left and left >= line.min_quantity and not wanted.takes:
        commands.append(NewOrder("", 0, line.symbol, wanted.side, left, wanted.price))
        left = 0
    return Said(commands, wanted.tonnes - left)


def _negotiate(line: LinePicture, wanted: Wanted, own: Container[tuple[str, int]]) -> Said:
    """Confirm quotes that are good enough and not too large; quote what is left."""
    commands: list[ClientCommand] = []
    left = wanted.tonnes
    for offer in _offers(line, wanted, own):
        if offer.quantity <= left:
            commands.append(Pick("", 0, line.symbol, offer.number, offer.quantity, offer.price))
            left -= offer.quantity
    if left and left >= line.min_quantity and not wanted.takes:
        commands.append(Quote("", 0, line.symbol, wanted.side, left, wanted.price))
        left = 0
    return Said(commands, wanted.tonnes - left)


def _offers(line: LinePicture, wanted: Wanted, own: Container[tuple[str, int]]) -> list[Offered]:
    """Return what others offer at the interest's price or better, the best and first first."""
    sign = 1 if wanted.side is Side.BUY else -1
    found = [
        offer
        for offer in line.offers.values()
        if offer.side is not wanted.side
        and (wanted.price - offer.price) * sign >= 0
        and (line.symbol, offer.number) not in own
    ]
    return sorted(found, key=lambda offer: (sign * offer.price, offer.number))


def _auction(line: LinePicture, wanted: Wanted, own: Container[tuple[str, int]]) -> Said:
    """Bid in an auction of the other side; a seller who finds none announces one."""
    side, price, now = wanted.side, wanted.price, wanted.now
    sign = 1 if side is Side.BUY else -1
    for auction in line.auctions.values():
        open_now = auction.opens_at <= now < auction.closes_at
        if auction.side is side or not open_now or (line.symbol, auction.number) in own:
            continue
        least = _least(line, auction)
        tonnes = min(wanted.tonnes, auction.quantity, auction.max_bid or wanted.tonnes)
        if auction.pricing is PricingRule.WHOLE:
            tonnes = auction.quantity if wanted.tonnes >= auction.quantity else 0
        if (price - least) * sign < 0 or tonnes < max(auction.min_bid, line.min_quantity):
            continue
        return Said([Bid("", 0, line.symbol, auction.number, tonnes, price)], tonnes)
    ends = min(now + WINDOW, wanted.until - _SECOND) if wanted.until else now + WINDOW
    if side is Side.BUY or wanted.takes or ends <= now:
        return _NOTHING
    mine = Announce("", 0, line.symbol, side, wanted.tonnes, price, now, ends)
    return Said([mine], wanted.tonnes)


def at_limit(line: LinePicture, side: Side, price: int) -> int:
    """Return the price at which a line takes an interest today, 0 where it does not.

    On the tick on the interest's own side, and inside the day's limits: who would pay more than
    the highest price bids the highest.
    """
    if side is Side.BUY:
        if line.high_limit:
            price = min(price, line.high_limit)
        price = floor_to_tick(price, line.tick, line.ticks)
        return price if price >= max(line.low_limit, 1) else 0
    price = ceil_to_tick(max(price, line.low_limit, 1), line.tick, line.ticks)
    return price if not line.high_limit or price <= line.high_limit else 0

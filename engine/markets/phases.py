"""A market's day: which phase follows which, and what a change brings about.

Rules: ``docs/rules.md`` sections 8 and 9.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from engine.book.orders import POST_ONLY
from engine.markets.admission import CALLS, check_price, check_quantity
from engine.markets.call_auction import drop_rests, end_call
from engine.markets.settlement import Day
from engine.matching.prices import on_tick
from engine.vocabulary.enums import CancelReason, CloseRule, OpenRule, Phase, TimeInForce
from engine.vocabulary.events import DayClosed, Delivered, Event, PhaseChanged

if TYPE_CHECKING:
    from engine.ledger.accounts import Account
    from engine.markets.order_book import Market

_OPENING, _INTRADAY, _CLOSING = CALLS
_FREEZE: Final = Phase.FREEZE
_CLOSED: Final = Phase.CLOSED
_CONTINUOUS: Final = Phase.CONTINUOUS
_SECOND: Final = 1_000_000_000
_HALTED: Final = Phase.HALTED
_PRE_OPEN: Final = Phase.PRE_OPEN
TRANSITIONS: Final = {
    _CLOSED: (_PRE_OPEN, _CONTINUOUS, _OPENING, _INTRADAY),
    _PRE_OPEN: (_CONTINUOUS, _HALTED, _CLOSED, _OPENING, _INTRADAY),
    _CONTINUOUS: (_HALTED, _CLOSED, _INTRADAY, _CLOSING),
    _HALTED: (_PRE_OPEN, _CONTINUOUS, _CLOSED, *CALLS),
    _OPENING: (_FREEZE, _CONTINUOUS, _HALTED, _CLOSED, _INTRADAY),
    _INTRADAY: (_FREEZE, _CONTINUOUS, _HALTED, _CLOSED, _INTRADAY, _CLOSING),
    _CLOSING: (_FREEZE, _HALTED, _CLOSED),
}
_OF_THE_DAY: Final = (TimeInForce.DAY, TimeInForce.AT_OPEN, TimeInForce.AT_CLOSE)


def may_follow(market: Market) -> tuple[Phase, ...]:
    """Return the phases that may follow a market's present one."""
    if market.gate.phase is _FREEZE:
        after = TRANSITIONS[market.gate.call]
        return tuple(phase for phase in after if phase is not _FREEZE)
    return TRANSITIONS[market.gate.phase]


def change(market: Market, accounts: dict[str, Account], phase: Phase, reason: str) -> list[Event]:
    """Move a market to a phase that may follow its present one; return what happened."""
    events: list[Event] = []
    gate = market.gate
    before = gate.phase
    if gate.call is not _CLOSED and phase is not _FREEZE and phase is not _HALTED:
        end_call(market, events)
        last = phase in (_CONTINUOUS, _CLOSED)
        drop_rests(market, events, everything=not (last or market.mode.carry_over))
    if before is _CONTINUOUS and phase is _CLOSED:
        _release(market, events, at_close=True)
    market.call_ends_at = _batch_end(market) if phase is _INTRADAY else 0
    if phase is _CLOSED:
        _end_orders(market, accounts, events)
        market.end_day()
    elif before is _CLOSED:
        market.day = Day()
        market.fixing = 0
        market.new_limits()
    gate.enter(phase)
    low, high = market.price_limits()
    events.append(PhaseChanged(market.symbol, phase, reason, market.reference, low, high))
    if before is _CLOSED:
        _drop_outside(market, accounts, events)
    if phase is _CLOSED:
        _close_day(market, events)
    elif phase is _CONTINUOUS:
        _release(market, events, at_close=False)
        last_price = market.day.last
        if last_price:
            market.trigger(last_price, last_price, events)
    return events


def _batch_end(market: Market) -> int:
    """Return when the batch that begins now ends (ns UTC): the series keeps its beat; 0: none."""
    beat = market.mode.batch_seconds * _SECOND
    if not beat:
        return 0
    now = market.expiries.now
    last = market.call_ends_at or now
    return last + max(0, (now - last) // beat + 1) * beat


def _release(market: Market, events: list[Event], *, at_close: bool) -> None:
    """Enter the orders held for the close, or those held for the open, as if they arrived now."""
    waiting = [
        key for key, order in market.held.items() if (order.tif is TimeInForce.AT_CLOSE) == at_close
    ]
    for key in waiting:
        if market.gate.phase is not _CONTINUOUS:
            return  # a trade would have left the band: what still waits takes part in the call
        order = market.held[key]
        if order.flags & POST_ONLY and market.refuse_trading(order.side, order.price):
            events.append(market.cancel(order, CancelReason.POST_ONLY))
            continue
        del market.held[key]
        market.arrive(order, events)


def _end_orders(market: Market, accounts: dict[str, Account], events: list[Event]) -> None:
    """Cancel what lives for the day only, by account and then by entry."""
    for account in accounts.values():
        ending = [
            order
            for order in account.orders.values()
            if order.seat.market is market and order.tif in _OF_THE_DAY
        ]
        for order in ending:
            if account.orders.get(order.ref) is order:
                events += market.end(order, CancelReason.DAY_ENDED)


def _drop_outside(market: Market, accounts: dict[str, Account], events: list[Event]) -> None:
    """Cancel the orders of earlier days that the new day's limits, tick or sizes do not admit."""
    gate = market.gate
    if not market.book.bids.levels and not market.book.asks.levels and not market.held \
            and not market.stops.waiting:  # fmt: skip
        return
    for account in accounts.values():
        outside = [
            order
            for order in account.orders.values()
            if order.seat.market is market
            and (check_price(order.price, gate) or check_quantity(order.quantity, gate))
        ]
        events.extend(market.cancel(order, CancelReason.LIMITS) for order in outside)


def _close_day(market: Market, events: list[Event]) -> None:
    """Report the day as a bar; the close of the main line is what its product's limits start from.

    Trades in the product's other modes are told beside it and move nothing.
    """
    day = market.day
    opened = market.reference if market.rulebook.open is OpenRule.PREVIOUS_CLOSE else day.first
    if market.leads:
        close = closing_price(market, opened)
        for line in market.lines:
            line.reference = close
    market.new_limits()
    events.append(DayClosed(market.symbol, opened if day.last else 0, day.high, day.low,
                            market.reference, *day.turnover, day.trades))  # fmt: skip
    for name, (tonnes, cash) in market.net.items():
        events.append(Delivered(name, market.product.symbol, tonnes, market.product.currency,
                                cash))  # fmt: skip
    market.net = {}


def closing_price(market: Market, opened: int) -> int:
    """Return the day's close by the venue's rule.

    Sources: volume-weighted average - national market 2021, Hubei notice of 18 October 2023; above
    a minimum volume, else the open - Guangdong notice of 30 July 2018; last trade - Shenzhen, on
    its daily data; closing call - Korea; fixing - ICE.
    """
    day = market.day
    rule = market.rulebook.close
    if rule is CloseRule.FIXING and market.fixing:
        return market.fixing
    if not day.last:
        return market.reference
    if rule is CloseRule.VWAP_ABOVE and day.volume <= market.rulebook.close_min_volume:
        return opened
    if rule is CloseRule.VWAP or rule is CloseRule.VWAP_ABOVE:
        return on_tick(day.value, day.volume, market.gate.tick, market.gate.ticks)
    if rule is CloseRule.AUCTION and day.auction:
        return day.auction
    return day.last

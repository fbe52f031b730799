"""A market's day: which phase follows which, and what a change brings about.

Rules: ``docs/rules.md`` section 8.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from engine.events import DayClosed, Event, PhaseChanged
from engine.settlement import POST_ONLY, Day
from engine.types import CancelReason, Phase, TimeInForce

if TYPE_CHECKING:
    from engine.ledger import Account
    from engine.market import Market

TRANSITIONS: Final = {
    Phase.CLOSED: (Phase.PRE_OPEN, Phase.CONTINUOUS),
    Phase.PRE_OPEN: (Phase.CONTINUOUS, Phase.HALTED, Phase.CLOSED),
    Phase.CONTINUOUS: (Phase.HALTED, Phase.CLOSED),
    Phase.HALTED: (Phase.PRE_OPEN, Phase.CONTINUOUS, Phase.CLOSED),
}
_OF_THE_DAY: Final = (TimeInForce.DAY, TimeInForce.AT_OPEN, TimeInForce.AT_CLOSE)


def change(market: Market, accounts: dict[str, Account], phase: Phase, reason: str) -> list[Event]:
    """Move a market to a phase that may follow its present one; return what happened."""
    events: list[Event] = []
    before = market.gate.phase
    if phase is Phase.CLOSED:
        if before is Phase.CONTINUOUS:
            _release(market, events, at_close=True)
        _end_orders(market, accounts, events)
    elif before is Phase.CLOSED:
        market.day = Day()
    market.gate.phase = phase
    low, high = market.price_limits()
    events.append(PhaseChanged(market.symbol, phase, reason, market.reference, low, high))
    if phase is Phase.CLOSED:
        events.append(_close_day(market))
    elif phase is Phase.CONTINUOUS:
        _release(market, events, at_close=False)
        last = market.day.last
        if last:
            market.trigger(last, last, events)
    return events


def _release(market: Market, events: list[Event], *, at_close: bool) -> None:
    """Enter the orders held for the close, or those held for the open, as if they arrived now."""
    waiting = [
        key for key, order in market.held.items() if (order.tif is TimeInForce.AT_CLOSE) == at_close
    ]
    for key in waiting:
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
        events.extend(market.cancel(order, CancelReason.DAY_ENDED) for order in ending)


def _close_day(market: Market) -> DayClosed:
    """Report the day as a bar; its close is the next day's reference."""
    day = market.day
    if day.last:
        market.reference = day.last
        market.new_limits()
    return DayClosed(market.symbol, day.first, day.high, day.low, market.reference, *day.turnover,
                     day.trades)  # fmt: skip

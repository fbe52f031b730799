"""A line's day: what a change of phase brings about, and the close.

Rules: ``docs/rules.md`` sections 8 and 9.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec import UNSET, UnsetType

from engine.book.orders import NO_LIMIT
from engine.markets.admission import check_price, check_quantity
from engine.rulebook.ticks import on_tick
from engine.vocabulary.enums import CancelReason, CloseRule, OpenRule, Phase, TimeInForce
from engine.vocabulary.events import DayClosed, Delivered, Event, PhaseChanged

if TYPE_CHECKING:
    from collections.abc import Callable

    from engine.book.orders import Order
    from engine.markets.line import Line
    from engine.rulebook.model import Rulebook

_CLOSED: Final = Phase.CLOSED
_OF_THE_DAY: Final = (TimeInForce.DAY, TimeInForce.AT_OPEN, TimeInForce.AT_CLOSE)


def change(line: Line, phase: Phase, reason: str) -> list[Event]:
    """Move a line to a phase that may follow its present one; return what happened."""
    events: list[Event] = []
    before = line.gate.phase
    line.leave_phase(phase, events)
    if phase is _CLOSED:
        end_orders(line, CancelReason.DAY_ENDED, lambda order: order.tif in _OF_THE_DAY, events)
        line.end_day()
    elif before is _CLOSED:
        line.open_day()
    line.enter_phase(phase)
    low, high = line.price_limits()
    events.append(
        PhaseChanged(
            symbol=line.symbol,
            phase=phase,
            reason=reason,
            reference=line.asset.reference,
            low_limit=low,
            high_limit=high,
        )
    )
    if before is _CLOSED:
        _drop_outside(line, events)
    if phase is _CLOSED:
        _close_day(line, events)
    line.begin_phase(phase, events)
    return events


def end_orders(
    line: Line, why: CancelReason, ends: Callable[[Order], bool], events: list[Event]
) -> None:
    """Cancel a line's orders that are to end, by account and then by entry."""
    if not (line.book.bids.levels or line.book.asks.levels or line.waits()):
        return
    for participant in line.shared.participants.values():
        orders = participant.orders
        if not orders:
            continue
        ending = [o for o in orders.values() if o.seat.market is line and ends(o)]
        for order in ending:
            if orders.get(order.ref) is order and not (line.frozen and line.binds(order, why)):
                events += line.end(order, why)


def _drop_outside(line: Line, events: list[Event]) -> None:
    """Cancel the orders of earlier days that the new day's limits, tick or sizes do not admit."""
    gate = line.gate

    def outside(order: Order) -> bool:
        if line.frozen and line.binds(order, CancelReason.LIMITS):
            return False
        # A protection price is no limit: it keeps what is reserved, and trades print inside the
        # day's limits whatever it is.
        priced = not order.flags & NO_LIMIT
        refusal = check_price(order.price, gate) if priced else None
        return (refusal or check_quantity(order.quantity, gate)) is not None

    end_orders(line, CancelReason.LIMITS, outside, events)


def _close_day(line: Line, events: list[Event]) -> None:
    """Report the day as a bar; the close of the main line is what its product's limits start from.

    Trades in the product's other modes are reported beside it and do not move its close.
    """
    day = line.day
    asset = line.asset
    opened = asset.reference if line.rulebook.open is OpenRule.PREVIOUS_CLOSE else day.first
    if line.leads:
        asset.reference = closing_price(line, opened)
    line.new_limits()
    if _averages(line.rulebook):
        asset.daily.add(line.mode.name, day.value, day.volume)
    events.append(
        DayClosed(
            line.symbol,
            opened if day.last else 0,
            day.high,
            day.low,
            asset.reference,
            *day.turnover,
            day.trades,
        )
    )
    for name, (tonnes, cash) in line.net.items():
        events.append(Delivered(name, line.product.symbol, tonnes, line.product.currency, cash))
    line.net = {}


def _averages(rulebook: Rulebook) -> bool:
    """Say whether averages of days are asked for: by reserves, by triggers or by penalties."""
    programme = rulebook.programme
    penalties = not isinstance(programme, UnsetType) and programme.penalty_months > 0
    auction = rulebook.auction
    return penalties or auction.formula is not UNSET or auction.triggers is not UNSET


def closing_price(line: Line, opened: int) -> int:
    """Return the day's close by the venue's rule.

    Sources: volume-weighted average - national market 2021, Hubei notice of 18 October 2023; above
    a minimum volume, else the open - Guangdong notice of 30 July 2018; last trade - Shenzhen, on
    its daily data; closing call - Korea; fixing - ICE.
    """
    day = line.day
    rule = line.rulebook.close
    if rule is CloseRule.FIXING and line.asset.fixing:
        return line.asset.fixing
    if not day.last:
        return line.asset.reference
    if rule is CloseRule.VWAP_ABOVE and day.volume <= line.rulebook.close_min_volume:
        return opened
    if rule is CloseRule.VWAP or rule is CloseRule.VWAP_ABOVE:
        return on_tick(day.value, day.volume, line.gate.tick, line.gate.ticks)
    if rule is CloseRule.AUCTION and day.auction:
        return day.auction
    return day.last

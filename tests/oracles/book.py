"""What the whole book of Poisson flow showed over time, from the events of a session."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from engine.vocabulary.enums import Side
from engine.vocabulary.events import OrderAccepted, OrderCancelled, Trade

if TYPE_CHECKING:
    from collections.abc import Iterator

    from backtest.lab.session import Outcome


class Top(NamedTuple):
    """The best prices and what stands there, from a time (ns) on."""

    time: int
    bid: int
    bid_tonnes: int
    ask: int
    ask_tonnes: int


def tops(outcome: Outcome, begin: int) -> Iterator[Top]:
    """Yield the top of the book whenever it may have changed, from a time on."""
    book: dict[Side, dict[int, int]] = {side: {} for side in Side}
    for time, _, events in outcome.tape:
        changed = False
        for event in events:
            if isinstance(event, OrderAccepted | OrderCancelled | Trade) and event.depth >= 0:
                changed = True
                if event.depth:
                    book[event.side][event.price] = event.depth
                else:
                    book[event.side].pop(event.price, None)
        if changed and time >= begin and book[Side.BUY] and book[Side.SELL]:
            bid, ask = max(book[Side.BUY]), min(book[Side.SELL])
            yield Top(time, bid, book[Side.BUY][bid], ask, book[Side.SELL][ask])


class Shape(NamedTuple):
    """What a session's book was like."""

    spread: float  # time-weighted
    at_one: float  # the share of time in which the spread is one tick
    moves: float  # of the mid, in a unit of time
    ups: dict[tuple[int, int], list[int]]  # by tonnes at bid and ask, spread 1: 1 if it rose next


def shape(outcome: Outcome, unit: int, burn: float = 30.0) -> Shape:
    """Return the shape of a session's book after a burn-in, in units of time."""
    begin = outcome.tape[0][0] + round(burn * unit)
    weighted = ones = total = 0
    moves = 0
    ups: dict[tuple[int, int], list[int]] = {}
    seen: dict[tuple[int, int], None] = {}
    before: Top | None = None
    for top in tops(outcome, begin):
        if before is not None:
            lasted = top.time - before.time
            total += lasted
            weighted += lasted * (before.ask - before.bid)
            ones += lasted if before.ask - before.bid == 1 else 0
            step = top.ask + top.bid - before.ask - before.bid
            if step:
                moves += 1
                for state in seen:
                    ups.setdefault(state, []).append(int(step > 0))
                seen = {}
        if top.ask - top.bid == 1:
            seen[top.bid_tonnes, top.ask_tonnes] = None
        before = top
    return Shape(weighted / total, ones / total, moves / (total / unit), ups)


def waits(outcome: Outcome, unit: int) -> dict[int, list[float]]:
    """Return the patient buyer's waits in units of time, by the orders that were before it."""
    found: dict[int, list[float]] = {}
    entered, ahead = 0, 0
    for time, _, events in outcome.tape:
        for event in events:
            if isinstance(event, OrderAccepted) and event.account == "patient":
                entered, ahead = time, event.depth - 1
            elif isinstance(event, Trade) and event.maker == "patient":
                found.setdefault(ahead, []).append((time - entered) / unit)
    return found

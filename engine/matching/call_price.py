"""Call auctions: one price at which the most can trade.

``cross`` finds it, for the indicative figures while orders are collected as for the uncrossing
itself; who trades at it is ``call_fill``'s business. Exchanges differ in the prices that they
look at and in what leaves one of them in the end. That part is data, a ``PriceRule``: a ladder
whose steps each leave fewer prices. Rules: ``docs/rules.md`` section 9.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final, NamedTuple, TypeAlias

from engine.rulebook.ticks import Ticks, ceil_to_tick, floor_to_tick, on_tick
from engine.vocabulary.enums import CallStep, Candidates, Tie
from engine.vocabulary.units import BASIS_POINTS, MAX_PRICE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.rulebook.model import PriceRule

# (limit in minor units, 0 for a market order; tonnes)
Interest: TypeAlias = tuple[int, int]

_EVERY_TICK: Final = (Candidates.TICKS, Candidates.TICKS_AND_BEYOND)


class Crossing(NamedTuple):
    """The price of an auction, what trades at it, and what of the orders at it is left over."""

    price: int  # minor units per tonne
    volume: int  # tonnes
    surplus: int  # tonnes; positive where bids are left, negative where asks are
    decided: CallStep  # what left this one price


NOTHING: Final = Crossing(0, 0, 0, CallStep.NONE)


class Grid(NamedTuple):
    """The prices that a call may print: those of the tick table within the day's limits."""

    tick: int = 1
    ticks: Ticks = ()
    low: int = 1
    high: int = MAX_PRICE

    def above(self, price: int) -> int:
        """Return the next price above one, or that price where there is none."""
        found = ceil_to_tick(price + 1, self.tick, self.ticks)
        return found if found <= self.high else price

    def below(self, price: int) -> int:
        """Return the next price below one, or that price where there is none."""
        found = floor_to_tick(price - 1, self.tick, self.ticks)
        return found if found >= self.lowest() else price

    def lowest(self) -> int:
        """Return the lowest price that there is."""
        return ceil_to_tick(self.low, self.tick, self.ticks)

    def nearest(self, numerator: int, denominator: int = 1) -> int:
        """Return the price nearest to a fraction, the higher of two; 0 stays 0."""
        if not numerator:
            return 0
        found = on_tick(numerator, denominator, self.tick, self.ticks)
        return min(max(found, self.lowest()), floor_to_tick(self.high, self.tick, self.ticks))


class Span(NamedTuple):
    """Neighbouring prices, from ``low`` to ``high``, with the same demand and supply."""

    low: int
    high: int
    volume: int
    surplus: int
    better: bool  # all that is better than the price trades in full


class Sides(NamedTuple):
    """Who takes part in a call: limits, market orders, and market bids that can pay only so much.

    A ``covered`` bid stands at (the most that is reserved for a tonne of it, tonnes). It is a
    market order: what covers it is no limit of the call, but it takes no part beyond.
    """

    bids: Sequence[Interest]
    asks: Sequence[Interest]
    covered: Sequence[Interest] = ()

    def at(self, price: int) -> Span:
        """Return what a price gives."""
        wanted = sum(tonnes for limit, tonnes in self.bids if not limit or limit >= price)
        wanted += sum(tonnes for most, tonnes in self.covered if most >= price)
        offered = sum(tonnes for limit, tonnes in self.asks if limit <= price)
        there = [sum(tonnes for limit, tonnes in side if limit == price) for side in self[:2]]
        return _span((price, price), wanted, offered, (there[0], there[1]))


def cross(sides: Sides, reference: int, grid: Grid, ladder: PriceRule) -> Crossing | None:
    """Return the price of an auction, or ``None`` where nothing can trade.

    ``reference`` is in minor units, 0 where there is none; every limit is a price of the grid.
    The order of the bids and of the asks changes nothing.
    """
    call = Call(sides, grid.nearest(reference), grid, ladder)
    spans = _candidates(call)
    decided = CallStep.NONE
    if not spans and call.reference:
        spans = [sides.at(call.reference)]
        decided = CallStep.NO_LIMITS
    if not any(span.volume for span in spans):
        return None
    for step in ladder.steps:
        spans = _STEPS[step](spans, call)
        if not spans:
            return None
        if decided is CallStep.NONE and spans[0].low == spans[-1].high:
            decided = step
    if spans[0].low != spans[-1].high:
        decided = CallStep.TIE
    chosen = _tied(spans, call)
    return Crossing(chosen.low, chosen.volume, chosen.surplus, decided)


def _candidates(call: Call) -> list[Span]:
    """Return the candidate prices, lowest first, as spans with one demand and supply each."""
    sides, reference, grid, ladder = call
    which = ladder.candidates
    bid_limits = [limit for limit, _ in sides.bids if limit]
    ask_limits = [limit for limit, _ in sides.asks if limit]
    limits = [*bid_limits, *ask_limits]
    if not limits or (which is Candidates.OVERLAP and not (bid_limits and ask_limits)):
        return []
    low, high = min(limits), max(limits)
    if which is Candidates.OVERLAP:
        low, high = min(ask_limits), max(bid_limits)
    spans = _swept(sides, grid, (low, high), every_tick=which in _EVERY_TICK)
    if which is Candidates.TICKS_AND_BEYOND:
        below, above = grid.below(low), grid.above(high)
        spans = [
            *([sides.at(below)] if below < low else ()),
            *spans,
            *([sides.at(above)] if above > high else ()),
        ]
    if which is Candidates.LIMITS_AND_REFERENCE and reference and reference not in limits:
        spans = sorted([*spans, sides.at(reference)])
    return spans


def _swept(sides: Sides, grid: Grid, within: tuple[int, int], *, every_tick: bool) -> list[Span]:
    """Return the limits, and the prices between two, that give the most tonnes, lowest first.

    Those that give fewer no ladder leaves: a call has many limits, and few of them are made spans.
    """
    low, high = within
    demand, supply, cover = map(_sums, sides)
    wanted = sum(demand.values()) + sum(cover.values())
    offered = supply.get(0, 0)
    kept: list[tuple[int, int, int, int, int, int]] = []
    most = before = 0
    for price in sorted({**demand, **supply, **cover}):
        if not price or price > high:
            continue
        if every_tick and before >= low:
            first, last = grid.above(before), grid.below(price)
            volume = wanted if wanted < offered else offered
            if volume >= most and before < first <= last < price:
                if volume > most:
                    most = volume
                    kept.clear()
                kept.append((first, last, wanted, offered, 0, 0))
        bids, asks = demand.get(price, 0), supply.get(price, 0)
        offered += asks
        volume = wanted if wanted < offered else offered
        if (
            volume >= most
            and price >= low
            and (bids or asks or (every_tick and price == grid.nearest(price)))
        ):
            if volume > most:
                most = volume
                kept.clear()
            kept.append((price, price, wanted, offered, bids, asks))
        wanted -= bids
        if cover:
            wanted -= cover.get(price, 0)
        before = price
    return [
        _span((first, last), wanted, offered, (bids, asks))
        for first, last, wanted, offered, bids, asks in kept
    ]


def _sums(side: Sequence[Interest]) -> dict[int, int]:
    """Return the tonnes at each limit."""
    sums: dict[int, int] = {}
    for price, quantity in side:
        sums[price] = sums.get(price, 0) + quantity
    return sums


def _span(ends: tuple[int, int], wanted: int, offered: int, there: tuple[int, int]) -> Span:
    """Return a span; ``there`` are the bids and the asks whose limit is the price itself."""
    better = wanted - there[0] <= offered and offered - there[1] <= wanted
    return Span(*ends, min(wanted, offered), wanted - offered, better)


class Call(NamedTuple):
    """A call whose price is sought."""

    sides: Sides
    reference: int  # a price of the grid; 0 where there is none
    grid: Grid
    ladder: PriceRule

    def edge(self, band_bp: int) -> int:
        """Return how far from the reference pressure may lead; 0 for any distance."""
        factor = BASIS_POINTS + band_bp
        return self.grid.nearest(self.reference * factor, BASIS_POINTS) if band_bp else 0


def _most(spans: list[Span], _: Call) -> list[Span]:
    most = max(span.volume for span in spans)
    return [span for span in spans if span.volume == most]


def _better(spans: list[Span], _: Call) -> list[Span]:
    return [span for span in spans if span.better]


def _least(spans: list[Span], _: Call) -> list[Span]:
    least = min(abs(span.surplus) for span in spans)
    return [span for span in spans if abs(span.surplus) == least]


def _pressed(spans: list[Span], call: Call) -> list[Span]:
    """Return the end of the range towards which a surplus on one side alone presses."""
    low, high = spans[0].low, spans[-1].high
    band_bp = call.ladder.pressure_band_bp
    if spans[-1].surplus > 0:  # the surplus falls as the price rises
        return _nearest(spans, min(call.edge(band_bp) or high, high))
    if spans[0].surplus < 0:
        return _nearest(spans, max(call.edge(-band_bp), low))
    return spans


def _towards(spans: list[Span], call: Call) -> list[Span]:
    return _nearest(spans, call.reference) if call.reference else spans


def _middle(spans: list[Span], call: Call) -> list[Span]:
    return [call.sides.at(call.grid.nearest(spans[0].low + spans[-1].high, 2))]


def _turning(spans: list[Span], _: Call) -> list[Span]:
    """Return the two prices between which the surplus turns from bids to asks."""
    bid_surplus = [span for span in spans if span.surplus > 0]
    ask_surplus = [span for span in spans if span.surplus < 0]
    if not bid_surplus or not ask_surplus:
        return spans
    last, first = bid_surplus[-1], ask_surplus[0]
    between = [span for span in spans if not span.surplus]
    return [last._replace(low=last.high), *between, first._replace(high=first.low)]


def _nearest(spans: list[Span], wanted: int) -> list[Span]:
    """Return the price nearest to a wanted one, or the two that are."""
    prices = [max(span.low, min(span.high, wanted)) for span in spans]
    least = min(abs(price - wanted) for price in prices)
    return [
        span._replace(low=price, high=price)
        for span, price in zip(spans, prices, strict=True)
        if abs(price - wanted) == least
    ]


_STEPS: Final = MappingProxyType(
    {
        CallStep.VOLUME: _most,
        CallStep.BETTER: _better,
        CallStep.SURPLUS: _least,
        CallStep.PRESSURE: _pressed,
        CallStep.TURNING: _turning,
        CallStep.REFERENCE: _towards,
        CallStep.MIDDLE: _middle,
    }
)


def _tied(spans: list[Span], call: Call) -> Span:
    """Return one of the prices that all steps have left."""
    lowest, highest = spans[0], spans[-1]
    if call.ladder.tie is Tie.LOWER:
        return lowest._replace(high=lowest.low)
    if call.ladder.tie is Tie.REFERENCE and lowest.low < call.reference < highest.high:
        return call.sides.at(call.reference)
    return highest._replace(low=highest.high)

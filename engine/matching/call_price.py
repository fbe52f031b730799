"""Call auctions: one price at which the most can trade, and who trades at it.

``cross`` finds the price, for the indicative figures while orders are collected as for the
uncrossing itself; ``uncross`` pairs the orders at it. Exchanges agree on the first two steps
(most volume, then least surplus) and differ after them: in the prices they look at, in what a
surplus on one side does, and in what decides at last. That part is data, a ``PriceRule``.
"""

from __future__ import annotations

from itertools import accumulate
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, NamedTuple, TypeAlias

from engine.matching.prices import half_up
from engine.rulebook.model import PriceRule
from engine.vocabulary.enums import Candidates, LastRung, Tie
from engine.vocabulary.units import BASIS_POINTS

if TYPE_CHECKING:
    from collections.abc import Sequence

# (limit in minor units, 0 for a market order; tonnes)
Interest: TypeAlias = tuple[int, int]


class Crossing(NamedTuple):
    """The price of an auction, what trades at it, and what of the orders at it is left over."""

    price: int  # minor units per tonne
    volume: int  # tonnes
    surplus: int  # tonnes; positive where bids are left, negative where asks are


class Span(NamedTuple):
    """Neighbouring prices, ``low`` to ``high`` in ticks, with the same demand and supply."""

    low: int
    high: int
    volume: int
    surplus: int


# Like those of venues that publish theirs: Xetra market model R14.0 ch. 13.1 and, read second-hand
# and to be confirmed, the rules of the other exchanges.
PRICE_RULES: Final = MappingProxyType({
    "xetra": PriceRule(),
    "euronext": PriceRule(candidates=Candidates.LIMITS_AND_REFERENCE),
    "asx": PriceRule(candidates=Candidates.TICKS),
    "jpx": PriceRule(candidates=Candidates.TICKS),
    "lse": PriceRule(),
    "hkex": PriceRule(),
    "sse": PriceRule(candidates=Candidates.TICKS, pressure=False, last=LastRung.MIDDLE),
    "szse": PriceRule(candidates=Candidates.TICKS, pressure=False),
    "krx": PriceRule(candidates=Candidates.TICKS, pressure=False),
    "nse": PriceRule(pressure=False),
    "bnb": PriceRule(candidates=Candidates.TICKS, pressure_band_bp=500),
})  # fmt: skip


def cross(
    bids: Sequence[Interest], asks: Sequence[Interest], reference: int, tick: int, ladder: PriceRule
) -> Crossing | None:
    """Return the price of an auction, or ``None`` where nothing can trade.

    ``reference`` is in minor units, 0 where there is none; every limit is a multiple of ``tick``.
    The order of ``bids`` and ``asks`` changes nothing. Where market orders stand on both
    sides and no limits meet, the reference is a candidate whatever the ladder says.
    """
    spans = _spans(bids, asks, reference, tick, ladder.candidates)
    most = max((span.volume for span in spans), default=0)
    if not most:
        return None
    spans = [span for span in spans if span.volume == most]
    least = min(abs(span.surplus) for span in spans)
    spans = [span for span in spans if abs(span.surplus) == least]
    price = _choose(spans, reference, tick, ladder)
    chosen = next(span for span in spans if span.low <= price <= span.high)
    return Crossing(price, chosen.volume, chosen.surplus)


def _spans(
    bids: Sequence[Interest], asks: Sequence[Interest], reference: int, tick: int,
    candidates: Candidates,
) -> list[Span]:  # fmt: skip
    """Return the candidate prices, lowest first, as spans with one demand and supply each."""
    demand, supply = dict.fromkeys((0,), 0), dict.fromkeys((0,), 0)
    for curve, side in ((demand, bids), (supply, asks)):
        for price, quantity in side:
            curve[price] = curve.get(price, 0) + quantity
    limits = sorted(price for price in {**demand, **supply} if price)
    wanted = sum(demand.values())
    offered = supply[0]
    spans: list[Span] = []
    above = 0  # the first price above the limit before
    for price in limits:
        if above and above < price:
            spans.append(_span(above, price - tick, wanted, offered))
        offered += supply.get(price, 0)
        spans.append(_span(price, price, wanted, offered))
        wanted -= demand.get(price, 0)
        above = price + tick
    if candidates is not Candidates.TICKS:
        spans = [span for span in spans if span.low in demand or span.low in supply]
    best_bid = max((price for price in demand if price), default=0)
    best_ask = min((price for price in supply if price), default=best_bid + 1)
    only_market = bool(demand[0] and supply[0]) and best_bid < best_ask
    if not reference or not (only_market or candidates is Candidates.LIMITS_AND_REFERENCE):
        return spans
    if any(span.low <= reference <= span.high for span in spans):
        return spans
    wanted = sum(quantity for price, quantity in demand.items() if not price or price >= reference)
    offered = sum(quantity for price, quantity in supply.items() if price <= reference)
    return sorted([*spans, _span(reference, reference, wanted, offered)])


def _span(low: int, high: int, wanted: int, offered: int) -> Span:
    return Span(low, high, min(wanted, offered), wanted - offered)


def _choose(spans: list[Span], reference: int, tick: int, ladder: PriceRule) -> int:
    """Go down the rungs below volume and surplus."""
    low, high = spans[0].low, spans[-1].high
    bid_surplus = [span for span in spans if span.surplus > 0]
    ask_surplus = [span for span in spans if span.surplus < 0]
    if ladder.pressure and len(bid_surplus) == len(spans):
        wanted = min(high, _bound(reference, tick, ladder.pressure_band_bp) or high)
        return _nearest(spans, wanted, ladder.tie, low, high)
    if ladder.pressure and len(ask_surplus) == len(spans):
        wanted = max(low, _bound(reference, tick, -ladder.pressure_band_bp))
        return _nearest(spans, wanted, ladder.tie, low, high)
    if ladder.pressure and bid_surplus:
        # Surplus on both sides: the two prices between which it turns.
        low, high = bid_surplus[-1].high, ask_surplus[0].low
    if ladder.last is LastRung.MIDDLE:
        middle = half_up(low + high, 2, tick)
        return _nearest(spans, middle, ladder.tie, low, high)
    if not reference:
        return high if ladder.tie is Tie.HIGHER else low
    return _nearest(spans, reference, ladder.tie, low, high)


def _bound(reference: int, tick: int, band_bp: int) -> int:
    """Return how far from the reference pressure may lead, 0 where any distance is allowed."""
    return half_up(reference * (BASIS_POINTS + band_bp), BASIS_POINTS, tick) if band_bp else 0


def _nearest(spans: list[Span], wanted: int, tie: Tie, low: int, high: int) -> int:
    """Return the candidate from ``low`` to ``high`` that is nearest to a wanted price."""
    inside = [span for span in spans if low <= span.low and span.high <= high]
    nearest = [max(span.low, min(span.high, wanted)) for span in inside]
    if tie is Tie.HIGHER:
        nearest.reverse()
    return min(nearest, key=lambda price: abs(price - wanted))


def uncross(
    bids: Sequence[Interest], asks: Sequence[Interest], crossing: Crossing
) -> list[tuple[int, int, int]]:
    """Pair orders at an auction's price: (index of the bid, index of the ask, tonnes).

    Each side is in time priority; market orders come first, then the better price, then time.
    """
    ranked_bids = sorted(
        (not price, price, -index) for index, (price, _) in enumerate(bids)
        if not price or price >= crossing.price
    )  # fmt: skip
    ranked_asks = sorted(
        (price, index) for index, (price, _) in enumerate(asks) if price <= crossing.price
    )
    buyers = _queue([-index for *_, index in reversed(ranked_bids)], bids, crossing.volume)
    sellers = _queue([index for _, index in ranked_asks], asks, crossing.volume)
    pairs: list[tuple[int, int, int]] = []
    done = 0
    buyer = seller = 0
    while done < crossing.volume:
        bid, bid_end = buyers[buyer]
        ask, ask_end = sellers[seller]
        end = min(bid_end, ask_end)
        pairs.append((bid, ask, end - done))
        done = end
        buyer += bid_end == end
        seller += ask_end == end
    return pairs


def _queue(ranked: list[int], interests: Sequence[Interest], volume: int) -> list[tuple[int, int]]:
    """Return (index, tonnes traded up to and with it) for those that trade."""
    ends = accumulate(interests[index][1] for index in ranked)
    return [(index, min(end, volume)) for index, end in zip(ranked, ends, strict=True)]

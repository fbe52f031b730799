"""Who trades in a call, once its price is known.

Each side is a row of groups that are served one after the other: those whose limit is better
before those at the price. In the last group that is served there may be more than is left; how
that is shared is the mode's ``call_fill``. Rules: ``docs/rules.md`` 9.7, 9.19 to 9.21.
"""

from __future__ import annotations

from itertools import accumulate, pairwise
from typing import TYPE_CHECKING, Final, NamedTuple

from engine.matching.allocation import pro_rata
from engine.vocabulary.enums import CallFill

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.matching.call_price import Crossing, Interest

ROUNDS: Final = (100, 500, 1_000, 2_000)  # lots for each order, the largest order first
_WHOLE: Final = 1 << 62  # as much as an order has


class Filling(NamedTuple):
    """How a mode fills the orders of a call."""

    fill: CallFill = CallFill.TIME
    lot: int = 1
    low: int = 0  # the day's limits; 0 where there are none
    high: int = 0


def uncross(
    bids: Sequence[Interest], asks: Sequence[Interest], crossing: Crossing, filling: Filling
) -> list[tuple[int, int, int]]:
    """Pair orders at an auction's price: (index of the bid, index of the ask, tonnes).

    Each side is in time priority.
    """
    price = crossing.price
    buyers = _filled(bids, crossing, filling, sign=-1, at_limit=price == filling.high)
    sellers = _filled(asks, crossing, filling, sign=1, at_limit=price == filling.low)
    pairs: list[tuple[int, int, int]] = []
    done = buyer = seller = 0
    while done < crossing.volume:
        bid, bid_end = buyers[buyer]
        ask, ask_end = sellers[seller]
        end = min(bid_end, ask_end)
        pairs.append((bid, ask, end - done))
        done = end
        buyer += bid_end == end
        seller += ask_end == end
    return pairs


def _filled(
    side: Sequence[Interest], crossing: Crossing, filling: Filling, *, sign: int, at_limit: bool
) -> list[tuple[int, int]]:
    """Return (place, tonnes traded up to and with it) for those that trade.

    ``at_limit`` says that the price is the day's limit on this side.
    """
    worst = sign * crossing.price
    trading = [place for place, (limit, _) in enumerate(side) if not limit or sign * limit <= worst]
    by_size = at_limit and filling.fill is CallFill.QUANTITY_AT_LIMIT
    if by_size:  # all of them stand at the limit: a market order is as good as a limit there
        groups = [sorted(trading, key=lambda place: (-side[place][1], place))]
    else:
        groups = _groups(side, trading, filling.fill, sign)
    left = crossing.volume
    places: list[int] = []
    shares: list[int] = []
    for group in groups:
        tonnes = [side[place][1] for place in group]
        if sum(tonnes) > left:
            tonnes = _share(tonnes, left, filling, by_size=by_size)
        places += group
        shares += tonnes
        left -= sum(tonnes)
    ends = accumulate(shares)
    return [(place, end) for place, share, end in zip(places, shares, ends, strict=True) if share]


def _groups(
    side: Sequence[Interest], trading: list[int], fill: CallFill, sign: int
) -> list[list[int]]:
    """Return the places of a side's orders, those who are served together in one list."""
    market = _WHOLE if fill is CallFill.LIMITS_FIRST else -_WHOLE
    by_rank: dict[int, list[int]] = {}
    for place in trading:
        limit = side[place][0]
        by_rank.setdefault(sign * limit if limit else market, []).append(place)
    return [by_rank[rank] for rank in sorted(by_rank)]


def _share(tonnes: list[int], left: int, filling: Filling, *, by_size: bool) -> list[int]:
    """Share what is left among the orders of one group, given in the order of their rank."""
    if by_size:
        return by_quantity(tonnes, left, filling.lot)
    if filling.fill is CallFill.PRO_RATA:
        return pro_rata(tonnes, left, filling.lot)
    ends = [0, *(min(end, left) for end in accumulate(tonnes))]
    return [after - before for before, after in pairwise(ends)]


def by_quantity(tonnes: Sequence[int], quantity: int, lot: int) -> list[int]:
    """Share ``quantity`` tonnes in rounds among orders, the largest of which comes first.

    In each of the first rounds every order gets up to 100, 500, 1,000 and 2,000 lots; then half of
    what it has left, half-up to the lot; then the rest. Source: KRX, periodic call auction whose
    price is formed at the upper or lower limit (GLB0602010202), with its example.
    """
    shares = [0] * len(tonnes)
    for step in (*(lots * lot for lots in ROUNDS), 0, _WHOLE):
        for place, all_of_it in enumerate(tonnes):
            missing = all_of_it - shares[place]
            wanted = step or (missing + lot) // (2 * lot) * lot
            share = min(wanted, missing, quantity)
            shares[place] += share
            quantity -= share
    return shares

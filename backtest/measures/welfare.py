"""Gains from trade: what was realised, by whom, and the most that there was.

All figures are in minor units. A unit bought is worth what its buyer's schedule says of the next
tonne it buys, a unit sold costs what its seller's says; beyond the end of a schedule a tonne is
worth and costs nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from backtest.measures.fills import Fill


class Interest(NamedTuple):
    """What trading is worth to an account, and the group that it counts in.

    ``worth`` falls from tonne to tonne, ``costs`` rises.
    """

    group: str
    worth: Sequence[int]
    costs: Sequence[int]


def surplus(fills: Iterable[Fill], interests: Mapping[str, Interest]) -> dict[str, int]:
    """Return each account's gain from its trades, in the order of ``interests``."""
    gains = dict.fromkeys(interests, 0)
    bought, sold = dict.fromkeys(interests, 0), dict.fromkeys(interests, 0)
    for fill in fills:
        paid, tonnes = fill.price * fill.quantity, fill.quantity
        start = bought[fill.buyer]
        bought[fill.buyer] = start + tonnes
        gains[fill.buyer] += sum(interests[fill.buyer].worth[start : start + tonnes]) - paid
        start = sold[fill.seller]
        sold[fill.seller] = start + tonnes
        gains[fill.seller] += paid - sum(interests[fill.seller].costs[start : start + tonnes])
    return gains


def by_group(gains: Mapping[str, int], interests: Mapping[str, Interest]) -> dict[str, int]:
    """Return the gains of each group; together they are all gains."""
    found: dict[str, int] = {}
    for account, gain in gains.items():
        group = interests[account].group
        found[group] = found.get(group, 0) + gain
    return found


def maximum(interests: Mapping[str, Interest]) -> int:
    """Return the most that trading could gain: the dearest worths against the cheapest costs."""
    worth = sorted((w for each in interests.values() for w in each.worth), reverse=True)
    costs = sorted(c for each in interests.values() for c in each.costs)
    return sum(max(w - c, 0) for w, c in zip(worth, costs, strict=False))

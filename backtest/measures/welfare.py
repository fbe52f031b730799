"""Gains from trade: what was realised, by whom, the most that there was, and where the rest went.

All figures are in minor units. What an account bought and kept is worth what its schedule says of
so many tonnes, what it sold and did not buy back costs what its schedule says; what it bought and
sold again is worth the difference in money. Beyond the end of a schedule a tonne is worth and costs
nothing. Fees are left out: they pass from members to the venue.
"""

from __future__ import annotations

from math import sqrt
from typing import TYPE_CHECKING, NamedTuple

from backtest.measures.ladder import Ladder, runs, total

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from backtest.measures.fills import Fill


class Valuation(NamedTuple):
    """What trading is worth to an account, and the group that it counts in.

    ``worth`` falls from tonne to tonne, ``costs`` rises; long ones are a ``Ladder``. ``need`` are
    the tonnes that a firm has to cut, or to buy, to be in compliance.
    """

    group: str
    worth: Sequence[int]
    costs: Sequence[int]
    need: int = 0

    def of(self, tonnes: int) -> int:
        """Return what having bought so many tonnes is worth, below 0 having sold them."""
        return total(self.worth, tonnes) if tonnes > 0 else -total(self.costs, -tonnes)

    @property
    def alone(self) -> int:
        """What being in compliance costs without trade: what all needed tonnes would save."""
        return total(self.worth, self.need)


class Gains(NamedTuple):
    """What trading came to; by account, in the order of the interests."""

    surplus: dict[str, int]  # minor units
    net: dict[str, int]  # tonnes bought less tonnes sold

    @property
    def total(self) -> int:
        """All that was gained."""
        return sum(self.surplus.values())

    @property
    def moved(self) -> int:
        """Tonnes that ended with another account than they began with."""
        return sum(tonnes for tonnes in self.net.values() if tonnes > 0)


class Losses(NamedTuple):
    """What was not gained, after Cason and Friedman (1996). Together they are all of it."""

    v: int  # too few tonnes changed hands
    em: int  # tonnes changed hands between the wrong accounts, or too many did


def gains(fills: Iterable[Fill], interests: Mapping[str, Valuation]) -> Gains:
    """Return what each account gained from its trades, and its net tonnes.

    Raises ``KeyError`` where somebody traded who has no interest.
    """
    money, net = dict.fromkeys(interests, 0), dict.fromkeys(interests, 0)
    for _, _, buyer, seller, price, tonnes, _ in fills:
        paid = price * tonnes
        money[buyer] -= paid
        money[seller] += paid
        net[buyer] += tonnes
        net[seller] -= tonnes
    return settled(money, net, interests)


def settled(
    money: Mapping[str, int], net: Mapping[str, int], interests: Mapping[str, Valuation]
) -> Gains:
    """Return what accounts gained that received so much money and bought so many tonnes in net."""
    tonnes = {account: net.get(account, 0) for account in interests}
    worth = {a: money.get(a, 0) + interests[a].of(bought) for a, bought in tonnes.items()}
    return Gains(worth, tonnes)


def by_group(surplus: Mapping[str, int], interests: Mapping[str, Valuation]) -> dict[str, int]:
    """Return the gains of each group; together they are all gains."""
    found: dict[str, int] = {}
    for account, gain in surplus.items():
        group = interests[account].group
        found[group] = found.get(group, 0) + gain
    return found


class Schedules:
    """Demand and supply: all worths from the dearest, all costs from the cheapest."""

    def __init__(self, interests: Mapping[str, Valuation]) -> None:
        """Put the interests of all accounts together."""
        known = interests.values()
        worth = sorted((run for each in known for run in runs(each.worth)), reverse=True)
        self.worth = Ladder(worth)
        self.costs = Ladder(sorted(run for each in known for run in runs(each.costs)))
        self.tonnes = self._crossing()  # the fewest that gain all there is

    def _crossing(self) -> int:
        """Return the tonnes up to which the next one is worth more than it costs."""
        rungs = [iter(each.runs) for each in (self.worth, self.costs)]
        (worth, wanted), (cost, offered) = (next(each, (0, 0)) for each in rungs)
        tonnes = 0
        while worth > cost and wanted and offered:
            part = min(wanted, offered)
            tonnes, wanted, offered = tonnes + part, wanted - part, offered - part
            if not wanted:
                worth, wanted = next(rungs[0], (0, 0))
            if not offered:
                cost, offered = next(rungs[1], (0, 0))
        return tonnes

    def best(self, tonnes: int) -> int:
        """Return the most that so many tonnes, or fewer, could gain."""
        tonnes = min(tonnes, self.tonnes)
        return self.worth.total(tonnes) - self.costs.total(tonnes)

    @property
    def maximum(self) -> int:
        """The most that trading could gain."""
        return self.best(self.tonnes)

    @property
    def prices(self) -> tuple[int, int] | None:
        """The lowest and highest price at which all of it is gained, None where nothing is.

        With q tonnes traded: from the larger of the q-th cost and the next worth to the smaller of
        the q-th worth and the next cost.
        """
        q = self.tonnes
        if not q:
            return None
        low = max([self.costs[q - 1], *self.worth[q : q + 1]])
        return low, min([self.worth[q - 1], *self.costs[q : q + 1]])


def maximum(interests: Mapping[str, Valuation]) -> int:
    """Return the most that trading could gain: the dearest worths against the cheapest costs."""
    return Schedules(interests).maximum


def efficiency(total: int, most: int) -> float | None:
    """Return realised gains over the most there could be, None where there is nothing to gain."""
    return total / most if most else None


def losses(found: Gains, schedules: Schedules) -> Losses:
    """Split what was not gained: the best that as many tonnes could gain lies between."""
    best = schedules.best(found.moved)
    return Losses(schedules.maximum - best, best - found.total)


def ideal(interests: Mapping[str, Valuation], price: float) -> dict[str, float]:
    """Return what each account gains if all trade what they want to at one price."""
    return {
        account: sum(max(worth - price, 0.0) * tonnes for worth, tonnes in runs(each.worth))
        + sum(max(price - cost, 0.0) * tonnes for cost, tonnes in runs(each.costs))
        for account, each in interests.items()
    }


def profit_dispersion(
    surplus: Mapping[str, int], interests: Mapping[str, Valuation], schedules: Schedules
) -> float | None:
    """Return the root mean square of gains less those at the equilibrium price (Gode, Sunder 1993).

    The middle of the equilibrium prices is taken; None where there is none, or nobody.
    """
    between = schedules.prices
    if between is None or not surplus:
        return None
    fair = ideal(interests, sum(between) / 2)
    squares = sum((gain - fair[account]) ** 2 for account, gain in surplus.items())
    return sqrt(squares / len(surplus))

"""The abatement market: firms that must cut emissions, and trade who does it.

Each firm says what its marginal abatement costs make of every tonne: it would rather buy than cut
its dearest tonnes, and rather cut more and sell what that is worth to it. What trade can save is
known exactly (``least_cost``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from backtest.lab.costs import LinearCosts, least_cost
from backtest.lab.interest import Execution, Interest
from backtest.lab.people import Person, Trader, Window
from backtest.lab.screen import Screen
from engine.vocabulary.enums import Side

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from backtest.agents.market import Market
    from backtest.kernel.streams import Streams
    from backtest.lab.costs import LeastCost
    from backtest.measures.fills import Fill
    from engine.rulebook.model import Rulebook
    from engine.vocabulary.events import Event


class Firm(Trader):
    """Says each of its interests once, at a time of its own."""

    hears_own = True
    hears_public = False

    def __init__(self, screen: Screen, plan: Sequence[tuple[int, Interest]], ends: int) -> None:
        """Have a plan: times in ns, rising, and interests."""
        self.execution = Execution(screen)
        self.plan, self.ends = plan, ends
        self._next = 0

    def on_start(self, seat: Market) -> None:
        """Wake when the first time comes."""
        if self.plan:
            seat.wake_at(self.plan[0][0])

    def on_event(self, seat: Market, event: Event) -> None:
        """Know what became of its interests."""
        del seat
        self.execution.on_event(event)

    def on_wake(self, seat: Market) -> None:
        """Say what it is time for."""
        now = seat.now()
        while self._next < len(self.plan) and self.plan[self._next][0] <= now:
            self.execution.express(seat, self.plan[self._next][1], self.ends)
            self._next += 1
        if self._next < len(self.plan):
            seat.wake_at(self.plan[self._next][0])


class Abatement(Struct, frozen=True):
    """Firms with linear marginal costs that have to cut a given quantity each.

    ``slopes`` are currency units per unit cut; one unit is ``scale`` tonnes, of which ``lot`` are
    said at a time. With ``lot`` 1 and a large ``scale`` a call comes as near to the least cost as
    prices in minor units allow.
    """

    slopes: tuple[float, ...] = (0.5, 1.0, 2.0, 4.0, 5.0)
    required: tuple[int, ...] = (40, 30, 20, 10, 20)
    scale: int = 10
    lot: int = 1
    name: str = "abatement"

    def costs(self, minor: int) -> list[LinearCosts]:
        """Return each firm's costs, where one unit of the currency is ``minor`` minor units."""
        return [LinearCosts(minor * slope / self.scale) for slope in self.slopes]

    def least(self, minor: int) -> LeastCost:
        """Return the least-cost abatement, in tonnes and minor units."""
        return least_cost(self.costs(minor), [need * self.scale for need in self.required])

    def people(self, streams: Streams, rulebook: Rulebook, window: Window) -> list[Person]:
        """Return the screen, then the firms."""
        product = rulebook.products[0].symbol
        costs = self.costs(10**rulebook.minor_digits)
        needs = [need * self.scale for need in self.required]
        dearest = max(each.marginal(need) for each, need in zip(costs, needs, strict=True))
        screen = Screen(rulebook)
        found = [screen.person()]
        for number, (cost, need) in enumerate(zip(costs, needs, strict=True)):
            who = f"firm/{number}"
            worth = tuple(round(cost.marginal(need - done - 0.5)) for done in range(need))
            most = int(cost.abated(dearest)) - need
            asks = tuple(round(cost.marginal(need + done + 0.5)) for done in range(most))
            interests = [
                *self._interests(product, Side.BUY, worth),
                *self._interests(product, Side.SELL, asks),
            ]
            draws = streams.stream(who, "arrival")
            times = draws.integers(window.opens, window.closes, len(interests))
            plan = sorted(zip(times.tolist(), interests, strict=True), key=lambda each: each[0])
            found.append(
                Person(
                    who,
                    who,
                    "firms",
                    Firm(screen, plan, window.closes),
                    cash=2 * sum(worth),
                    holdings={product: len(asks)},
                    worth=worth,
                    costs=asks,
                    need=need,
                )
            )
        return found

    def _interests(self, product: str, side: Side, prices: tuple[int, ...]) -> Iterable[Interest]:
        """Yield a schedule in lots, each at the price of its last tonne."""
        for start in range(0, len(prices), self.lot):
            part = prices[start : start + self.lot]
            if part[-1] > 0:
                yield Interest(product, side, len(part), part[-1])

    def cost(self, fills: Iterable[Fill], minor: int) -> float:
        """Return what the cut costs the firms together after some trades, in minor units."""
        left = {f"firm/{n}": need * self.scale for n, need in enumerate(self.required)}
        for fill in fills:
            left[fill.buyer] -= fill.quantity
            left[fill.seller] += fill.quantity
        costs = self.costs(minor)
        return sum(each.cost(max(cut, 0)) for each, cut in zip(costs, left.values(), strict=True))

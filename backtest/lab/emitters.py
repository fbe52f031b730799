"""The compliance emitter: a firm that must surrender as many tonnes as it is found to emit.

Free allocation covers a part of them. It abates where that is cheaper than a tonne's price, buys
what it is short of or sells what it has too much, and puts that off: it begins to trade with a
hazard that grows as the deadline comes near.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
from msgspec import Struct

from backtest.lab.interest import Execution, Interest
from backtest.lab.people import Trader
from engine.vocabulary.enums import Side

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.random import Generator

    from backtest.agents.market import Market
    from backtest.lab.belief import World
    from backtest.lab.costs import Costs
    from backtest.lab.people import Window
    from engine.vocabulary.events import Event

_LEAST: Final = 10  # tonnes: what is left below it is not worth an order


class Obligation(Struct, frozen=True):
    """A firm's year. Tonnes, and minor units per tonne."""

    product: str  # what it was allocated
    emissions: int  # as verified, without abatement
    estimate: int  # what it believes of them before the verification
    allocation: int
    costs: Costs
    penalty: int  # for each tonne that is not surrendered
    banking: float = 0.0  # the share of a surplus that it keeps for later years


class Hazard(Struct, frozen=True):
    """How likely a firm that has not begun to trade begins on a day.

    ``base + surge * exp(-days to the deadline / span)``; on the deadline everybody begins.
    """

    base: float
    surge: float
    span: float  # trading days

    def begins(self, draw: float, deadline: int) -> int:
        """Return the day (from 0) on which it begins, for a uniform draw from [0, 1)."""
        left = deadline - np.arange(deadline + 1)
        total = np.cumsum(self.base + self.surge * np.exp(-left / self.span))
        return min(int(np.searchsorted(total, -np.log1p(-draw))), deadline)


class Emitter(Trader):
    """Trades towards what it must surrender, in parts, at times that are drawn beforehand."""

    hears_own = True
    hears_public = False

    def __init__(
        self,
        world: World,
        obligation: Obligation,
        plan: Sequence[tuple[int, float]],
        margin: float,
    ) -> None:
        """Trade as planned: at times (ns, rising), with so much noise of the price each.

        ``margin`` is the share of the price that it forgoes in the end for the sake of trading.
        """
        self.obligation, self.belief = obligation, world.belief
        self.execution = Execution(world.screen)
        self.cut = 0  # tonnes abated so far; what is abated stays so
        self._world, self._plan, self._margin = world, plan, margin
        self._turn = 0

    def on_start(self, seat: Market) -> None:
        """Sleep until the first time."""
        if self._plan:
            seat.wake_at(self._plan[0][0])

    def on_event(self, seat: Market, event: Event) -> None:
        """Know what became of its interest."""
        del seat
        self.execution.on_event(event)

    def on_wake(self, seat: Market) -> None:
        """Say a part of what is still wanted, and sleep again."""
        turn = self._turn
        self._turn += 1
        now = seat.now()
        day = self.belief.day(now)
        side, tonnes = self._wanted(now, day)
        rounds = len(self._plan) - turn
        part = -(-tonnes // rounds)
        if part >= _LEAST:
            self._trade(seat, side, part, day, turn)
        if self._turn < len(self._plan):
            seat.wake_at(self._plan[self._turn][0])

    def owed(self) -> int:
        """Return the tonnes that it must surrender: what it emitted in the end."""
        return max(self.obligation.emissions - self.cut, 0)

    def _wanted(self, now: int, day: int) -> tuple[Side, int]:
        """Return the side and the tonnes that are still to be traded, what waits left out."""
        firm = self.obligation
        fair = self.belief.fair(firm.product, day)
        emissions = firm.emissions if now >= self._world.verified else firm.estimate
        self.cut = max(self.cut, min(int(firm.costs.abated(min(fair, firm.penalty))), emissions))
        short = emissions - self.cut - firm.allocation
        if short < 0:
            short = int(short * (1 - firm.banking))
        mine = self.execution
        short -= mine.traded(Side.BUY) - mine.traded(Side.SELL)
        side = Side.BUY if short > 0 else Side.SELL
        return side, max(abs(short) - mine.waiting(side), 0)

    def _trade(self, seat: Market, side: Side, tonnes: int, day: int, turn: int) -> None:
        """Say an interest; its price gives way more each time, up to the margin or the penalty."""
        sign = 1 if side is Side.BUY else -1
        eager = 2 * (turn + 1) / len(self._plan) - 1  # from -1 to 1
        factor = 1 + sign * self._margin * eager + self._plan[turn][1]
        product = self._product(side, factor, day)
        price = int(self.belief.fair(product, day) * factor)
        if side is Side.BUY:
            price = min(price, self.obligation.penalty)
        ends = self._world.window.days[day].closes
        self.execution.express(seat, Interest(product, side, tonnes, price), ends)

    def _product(self, side: Side, factor: float, day: int) -> str:
        """Return what to trade: a seller its own; a buyer what is offered cheapest, or its own.

        Cheap is what is cheap against its own worth: years of allocation are alike to a firm, and
        yet their prices are far apart.
        """
        own = self.obligation.product
        if side is Side.SELL:
            return own
        best, cheapest = own, factor
        for product, fair in self.belief.products.items():
            for line in self._world.screen.products[product]:
                price = line.best_price(Side.SELL) if line.is_open else 0
                if price and price / fair[day] < cheapest:
                    best, cheapest = product, price / fair[day]
        return best


class Rhythm(NamedTuple):
    """When a firm trades."""

    parts: int  # times
    gap: float  # trading days between two of them, in the mean, beyond one
    hours: tuple[float, float]  # of a day: shares of the time for which lines are open

    def times(self, draws: Generator, window: Window, first: int, last: int) -> list[int]:
        """Return times (ns) from one trading day (from 0) to another."""
        apart = 1 + draws.poisson(self.gap, self.parts - 1)
        days = first + np.concatenate([[0], np.cumsum(apart)])
        low, high = self.hours
        places = low + (high - low) * draws.random(self.parts)
        found = []
        for number, place in zip(days.tolist(), places.tolist(), strict=True):
            if number <= last:
                day = window.days[number]
                found.append(day.opens + int((day.closes - day.opens) * place))
        return found

"""Speculators: momentum, value with a fundamental that reverts, arbitrage between lines."""

from __future__ import annotations

from typing import TYPE_CHECKING

from backtest.strategies.watching import Watching
from engine.vocabulary.enums import Side, TimeInForce

if TYPE_CHECKING:
    from numpy.random import Generator

    from backtest.agents.market import Market
    from backtest.agents.market_picture import LinePicture


class Momentum(Watching):
    """Buys what has risen over its average by more than ``ticks``, and sells what has fallen."""

    def __init__(
        self,
        symbol: str,
        pause: int,
        tonnes: int = 5,
        ticks: int = 3,
        memory: float = 0.9,
        most: int = 50,
    ) -> None:
        """Keep ``memory`` of the average at each look, and hold at most ``most`` tonnes."""
        super().__init__(symbol, pause)
        self.tonnes, self.ticks, self.memory, self.most = tonnes, ticks, memory, most
        self._average = 0.0

    def act(self, market: Market) -> None:
        """Follow the last move."""
        last = self.line.last
        average = self._average or float(last)
        self._average = self.memory * average + (1 - self.memory) * last
        gap, enough = last - average, self.ticks * self.line.step(last or 1)
        if gap > enough and self.position < self.most:
            self.take(market, Side.BUY, self.tonnes)
        elif gap < -enough and self.position > -self.most:
            self.take(market, Side.SELL, self.tonnes)


class Fundamental:
    """A value that reverts to its mean: discrete Ornstein-Uhlenbeck steps, one every ``step`` ns.

    Everybody who looks at the same one sees the same value at the same time.
    """

    def __init__(
        self, draws: Generator, begins: int, mean: int, reverts: float, shock: float, step: int
    ) -> None:
        """Begin at ``mean`` at the time ``begins``; shocks are normal with deviation ``shock``."""
        self.begins, self.mean, self.reverts, self.shock, self.step = (
            begins,
            mean,
            reverts,
            shock,
            step,
        )
        self._draws = draws
        self._values = [float(mean)]

    def at(self, time: int) -> int:
        """Return the value at a time, in minor units."""
        place = max(0, (time - self.begins) // self.step)
        values = self._values
        while len(values) <= place:
            back = self.reverts * (self.mean - values[-1])
            values.append(values[-1] + back + self.shock * float(self._draws.standard_normal()))
        return max(1, round(values[place]))


class Value(Watching):
    """Buys below a fundamental and sells above it, beyond a threshold of ``ticks``."""

    def __init__(
        self,
        symbol: str,
        pause: int,
        fundamental: Fundamental,
        tonnes: int = 5,
        ticks: int = 3,
        most: int = 50,
    ) -> None:
        """Hold at most ``most`` tonnes."""
        super().__init__(symbol, pause)
        self.fundamental, self.tonnes, self.ticks, self.most = fundamental, tonnes, ticks, most

    def act(self, market: Market) -> None:
        """Take what is cheap or dear; else wait."""
        value = self.fundamental.at(market.now())
        enough = self.ticks * self.line.step(value)
        ask, bid = self.to_take(market, Side.SELL), self.to_take(market, Side.BUY)
        if ask and ask <= value - enough and self.position < self.most:
            self.take(market, Side.BUY, self.tonnes)
        elif bid and bid >= value + enough and self.position > -self.most:
            self.take(market, Side.SELL, self.tonnes)


class Arbitrageur(Watching):
    """Buys in one line what another bids more for, by more than ``cost`` minor units a tonne."""

    def __init__(self, symbol: str, other: str, pause: int, cost: int = 0, most: int = 10) -> None:
        """Trade at most ``most`` tonnes at a time between two lines."""
        super().__init__(symbol, pause)
        self.other, self.cost, self.most = other, cost, most

    def act(self, market: Market) -> None:
        """Trade both legs at once where they leave a gain."""
        here, there = self.line, self.picture.lines[self.other]
        for cheap, dear in ((here, there), (there, here)):
            ask, bid = cheap.best_price(Side.SELL), dear.best_price(Side.BUY)
            if ask and bid and bid - ask > self.cost:
                tonnes = min(self.most, _shown(cheap, Side.SELL), _shown(dear, Side.BUY))
                market.buy(cheap.symbol, tonnes, ask, TimeInForce.IOC)
                market.sell(dear.symbol, tonnes, bid, TimeInForce.IOC)
                return


def _shown(line: LinePicture, side: Side) -> int:
    return line.depth(side, 1)[0][1]

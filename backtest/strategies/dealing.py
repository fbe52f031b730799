"""Those who bring liquidity: noise, market makers, peggers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from backtest.strategies.watching import Watching
from engine.vocabulary.enums import Mechanism, Side

if TYPE_CHECKING:
    from backtest.agents.market import Market

_BASIS_POINTS = 10_000


class Noise(Watching):
    """Poisson noise: trades at the best price, or rests near it, whichever side, for no reason."""

    def __init__(
        self,
        symbol: str,
        pause: int,
        takes: float = 0.3,
        most: int = 10,
        reach: int = 10,
        live: int = 5,
    ) -> None:
        """Take with a probability; order up to ``most`` lots, within ``reach`` ticks.

        It keeps at most ``live`` orders.
        """
        super().__init__(symbol, pause)
        self.takes, self.most, self.reach, self.live = takes, most, reach, live

    def act(self, market: Market) -> None:
        """Enter one order; take an old one back where there are many."""
        buy, takes, size, away = self.draws.random(4)
        side = Side.BUY if buy < 0.5 else Side.SELL  # noqa: PLR2004 - a coin
        line = self.line
        tonnes = (1 + int(size * self.most)) * line.lot
        if takes < self.takes and line.is_open:
            self.take(market, side, tonnes)
            return
        if len(self.orders.live) >= self.live:
            market.cancel(next(iter(self.orders.live)))
        ticks = 1 + int(away * self.reach)
        step = ticks * line.step(line.last or 1)
        self.place(market, side, tonnes, line.last + (-step if side is Side.BUY else step))


class Maker(Watching):
    """Quotes both sides around the last price, leaning against what it holds.

    Obligations as market-making programmes have them: its spread is at most ``most_bp`` of the
    price, each quote has at least ``size`` tonnes, and both stand for ``presence`` of the time.
    While the price has just moved by more than ``calm`` ticks it steps aside, as far as its
    presence allows. In a line of sealed auctions there is nothing to quote, and it does nothing.
    """

    def __init__(
        self,
        symbol: str,
        pause: int,
        half: int = 3,
        size: int = 10,
        skew: float = 0.1,
        most_bp: int = 500,
        presence: float = 0.8,
        calm: int = 20,
    ) -> None:
        """Quote ``half`` ticks on each side, moved by ``skew`` ticks for each tonne held."""
        super().__init__(symbol, pause)
        self.half, self.size, self.skew = half, size, skew
        self.most_bp, self.least_presence, self.calm = most_bp, presence, calm
        self._since = self._present = self._looked = 0
        self._quoting = False
        self._seen = 0

    @property
    def presence(self) -> float:
        """The share of time, up to its last look, in which both its quotes stood."""
        return self._present / self._since if self._since else 1.0

    def act(self, market: Market) -> None:
        """Quote anew, or step aside."""
        now, line = market.now(), self.line
        if line.mechanism is Mechanism.ONE_WAY:
            return
        if self._looked:
            self._since += now - self._looked
            self._present += (now - self._looked) * self._stands()
        self._looked = now
        centre, step = line.last, line.step(line.last or 1)
        moved, self._seen = abs(centre - (self._seen or centre)), centre
        for ref in self.orders.live:
            market.cancel(ref)
        self._quoting = moved <= self.calm * step or self.presence < self.least_presence
        if not self._quoting:
            return
        half = min(self.half * step, centre * self.most_bp // (2 * _BASIS_POINTS))
        half = max(half, step)
        lean = round(self.skew * self.position) * step
        tonnes = -(-self.size // line.lot) * line.lot
        self.place(market, Side.BUY, tonnes, centre - lean - half)
        self.place(market, Side.SELL, tonnes, centre - lean + half)

    def _stands(self) -> bool:
        sides = {order.side: None for order in self.orders.live.values()}
        return len(sides) == len(Side)


class Pegger(Watching):
    """Offers a tonne at one of the day's limits: a habit of the real Shenzhen market."""

    def act(self, market: Market) -> None:
        """Move the last price for the least that the line takes, where there are limits."""
        line = self.line
        side = Side.BUY if self.draws.random() < 0.5 else Side.SELL  # noqa: PLR2004 - a coin
        limit = line.high_limit if side is Side.BUY else line.low_limit
        if limit:
            self.place(market, side, max(line.lot, line.min_quantity), limit)

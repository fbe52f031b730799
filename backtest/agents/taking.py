"""Agents that take what others offer: compliance buyers and sellers, momentum traders."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from backtest.agents.agent import OTHER, PAUSE, Agent
from engine.vocabulary.enums import Mechanism, Side

if TYPE_CHECKING:
    from backtest.agents.guides import Guide
    from backtest.agents.market import Market
    from backtest.agents.market_picture import LinePicture, MarketPicture

RESTS: Final = 0.5  # share of its looks at which a compliance trader does nothing


class Compliance(Agent):
    """An emitter that must buy (or may sell) what its year leaves it short (or long) of."""

    kind = "compliance"

    def __init__(
        self,
        name: str,
        seed: int,
        market: MarketPicture,
        guide: Guide,
        pause: int = PAUSE,
        *,
        side: Side,
    ) -> None:
        """Act on one side only."""
        super().__init__(name, seed, market, guide, pause)
        self._side = side

    def act(self, port: Market) -> None:
        """Take a share of what is wanted, at the best price that is offered; bid in auctions."""
        for line in self.market.lines.values():
            wanted = self.guide.wanted(line)
            if wanted <= 0 or self.rng.random() < RESTS:
                continue
            if line.mechanism is Mechanism.ONE_WAY:
                for auction in line.auctions.values():
                    if auction.side is OTHER[self._side]:
                        self.bid(port, line, auction)
                continue
            price = self._price(line)
            if not price:
                continue
            quantity = max(1, min(wanted, self.rng.randint(1, 40) * max(1, wanted // 40)))
            self.take(port, line, self._side, -(-quantity // line.lot) * line.lot, price)

    def _price(self, line: LinePicture) -> int:
        """Return the price to trade at; in a call one that is good enough to be served."""
        if not line.gathers:
            return line.best_price(OTHER[self._side])
        fair = self.guide.fair(line)
        better = 1 if self._side is Side.BUY else -1
        return fair + better * self.rng.randint(0, 3) * line.step(fair)


class Momentum(Agent):
    """Buys what has risen since it last looked and sells what has fallen."""

    kind = "momentum"

    def __init__(
        self, name: str, seed: int, market: MarketPicture, guide: Guide, pause: int = PAUSE
    ) -> None:
        """Remember no price yet."""
        super().__init__(name, seed, market, guide, pause)
        self._seen: dict[str, int] = {}  # the last price at the last look, by symbol

    def act(self, port: Market) -> None:
        """Follow one line's last move with a small order."""
        line = self.any_line()
        if line is None:
            return
        move = line.last - self._seen.get(line.symbol, line.last)
        self._seen[line.symbol] = line.last
        side = Side.BUY if move > 0 else Side.SELL
        price = line.best_price(OTHER[side])
        if line.is_open and move and price and self.guide.wanted(line) > 0:
            self.take(port, line, side, self.rng.randint(1, 5) * line.lot, price)

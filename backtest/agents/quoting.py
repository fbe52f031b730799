"""Agents whose orders rest in the book: market makers, noise traders, peggers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from backtest.agents.agent import PAUSE, Agent
from engine.vocabulary.commands import AmendOrder, CancelOrder
from engine.vocabulary.enums import Side

if TYPE_CHECKING:
    from backtest.agents.guides import Guide
    from backtest.agents.market_picture import LinePicture, MarketPicture
    from backtest.agents.port import Port

MOST_ORDERS: Final = 40  # live orders after which a noise trader takes one back
PEGS: Final = 0.1  # share of its looks at which a pegger acts


class MarketMaker(Agent):
    """Quotes both sides around the fair price and moves its quotes with it."""

    kind = "maker"

    def __init__(
        self, name: str, seed: int, market: MarketPicture, guide: Guide, pause: int = PAUSE
    ) -> None:
        """Have no quote yet."""
        super().__init__(name, seed, market, guide, pause)
        self._quotes: dict[tuple[str, Side], int] = {}  # -> reference

    def act(self, port: Port) -> None:
        """Place quotes where there are none, move those that stand wrong."""
        for line in self.market.lines.values():
            low, high = self.guide.bounds(line)
            ticks = self.rng.randint(1, 3)
            fair = self.guide.fair(line)
            gap = ticks * line.step(fair)
            for side, price in ((Side.BUY, fair - gap), (Side.SELL, fair + gap)):
                self._quote(port, line, side, line.on_tick(min(max(price, low), high)))

    def _quote(self, port: Port, line: LinePicture, side: Side, price: int) -> None:
        ref = self._quotes.get((line.symbol, side), 0)
        order = self.orders.live.get(ref)
        if order is not None:
            if order.price != price:
                port.submit(AmendOrder("", 0, ref, 0, price))
        elif not self.orders.expects(ref):
            share = self.rng.randint(50, 150)  # percent of a usual quote
            lots = max(1, self.guide.size(line) * share // (100 * line.lot))
            self._quotes[line.symbol, side] = self.place(port, line, side, lots * line.lot, price)


class Noise(Agent):
    """Places small orders near the fair price and takes some of them back."""

    kind = "noise"

    def act(self, port: Port) -> None:
        """Place one order somewhere, cancel an old one where there are many."""
        line = self.any_line()
        side = self.rng.choice((Side.BUY, Side.SELL))
        ticks = self.rng.randint(2, 25)
        fair = self.guide.fair(line)
        away = ticks * line.step(fair)
        price = fair + (away if side is Side.SELL else -away)
        self.place(port, line, side, self.rng.randint(1, 60) * line.lot, price)
        if len(self.orders.live) > MOST_ORDERS:
            port.submit(CancelOrder("", 0, self.rng.choice(list(self.orders.live))))


class Pegger(Agent):
    """Offers one lot at the edge of the day's limits: a habit of the real Shenzhen market."""

    kind = "pegger"

    def act(self, port: Port) -> None:
        """Offer one lot at a limit price, rarely."""
        if self.rng.random() > PEGS:
            return
        line = self.any_line()
        low, high = self.guide.bounds(line)
        side, price = self.rng.choice(((Side.BUY, low), (Side.SELL, high)))
        self.place(port, line, side, line.lot, price)

"""Agents whose orders rest in the book: market makers, noise traders, peggers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from backtest.agents.agent import PAUSE, Agent
from engine.vocabulary.commands import AmendOrder, Announce, CancelOrder
from engine.vocabulary.enums import Mechanism, Side

if TYPE_CHECKING:
    from backtest.agents.guides import Guide
    from backtest.agents.market import Market
    from backtest.agents.market_picture import LinePicture, MarketPicture

MOST_ORDERS: Final = 40  # live orders after which a noise trader takes one back
FAR: Final = 8  # ticks from where it should be at which a maker takes an offer back
WINDOW: Final = 8  # looks that a maker's auction takes bids for
PEGS: Final = 0.1  # share of its looks at which a pegger acts


class MarketMaker(Agent):
    """Quotes both sides around the fair price and moves its quotes with it.

    Whatever its account has live on a side of a line is its quote there.
    """

    kind = "maker"

    def __init__(
        self,
        name: str,
        seed: int,
        market: MarketPicture,
        guide: Guide,
        pause: int = PAUSE,
        *,
        announce: bool = False,
    ) -> None:
        """Have no quote yet; ``announce`` a one-way auction in each line for them without one."""
        super().__init__(name, seed, market, guide, pause)
        self._announces = announce
        self._taken_back: dict[int, None] = {}  # references whose cancel is on its way

    def act(self, port: Market) -> None:
        """Place quotes where there are none, move those that stand wrong."""
        for line in self.market.lines.values():
            if not (line.is_open or line.gathers):
                continue
            if line.mechanism is Mechanism.ONE_WAY:
                if self._announces:
                    self._announce(port, line)
                continue
            ticks = self.rng.randint(1, 3)
            fair = self.guide.fair(line)
            gap = ticks * line.step(fair)
            bid, ask = self.within(line, fair - gap), self.within(line, fair + gap)
            quotes = [(Side.BUY, bid), (Side.SELL, ask)]
            if any(self.orders.live[ref].price < bid for ref in self._live(line, Side.BUY)):
                quotes.reverse()  # so that a bid that rises does not meet the maker's own offer
            for side, price in quotes:
                self._quote(port, line, side, price)

    def _live(self, line: LinePicture, side: Side) -> list[int]:
        return [ref for ref in self.orders.on(line.symbol, side) if ref in self.orders.live]

    def _quote(self, port: Market, line: LinePicture, side: Side, price: int) -> None:
        quotes = self.orders.on(line.symbol, side)
        if not quotes:
            share = self.rng.randint(50, 150)  # percent of a usual quote
            lots = max(1, self.guide.size(line) * share // (100 * line.lot))
            self.place(port, line, side, lots * line.lot, price)
            return
        for ref in quotes[1:]:
            self._take_back(port, ref)
        order = self.orders.live.get(quotes[0])
        if order is None or order.price == price:
            return
        if line.mechanism is not Mechanism.ORDER_BOOK:  # an offer does not change
            if abs(order.price - price) > FAR * line.step(price):
                self._take_back(port, quotes[0])
            return
        more = (price - order.price) * order.leaves if side is Side.BUY else 0
        free = self.purse.free(line, side)
        if free is None or more <= free:
            port.submit(AmendOrder("", 0, quotes[0], 0, price))

    def _take_back(self, port: Market, ref: int) -> None:
        if ref in self.orders.live and ref not in self._taken_back:
            self._taken_back[ref] = None
            port.submit(CancelOrder("", 0, ref))

    def _announce(self, port: Market, line: LinePicture) -> None:
        """Auction what a usual quote has, unless an auction stands here already."""
        side = Side.SELL
        if line.auctions or self.orders.on(line.symbol, side):
            return
        price = self.within(line, self.guide.fair(line))
        quantity = self.sized(line, side, self.guide.size(line), price)
        now = port.now()
        command = Announce(
            "", 0, line.symbol, side, quantity, price, now, now + WINDOW * self.pause
        )
        self._send(port, line, side, price, command)


class Noise(Agent):
    """Places small orders near the fair price and takes some of them back; bids in auctions."""

    kind = "noise"

    def act(self, port: Market) -> None:
        """Place one order somewhere, cancel an old one where there are many."""
        for line in self.market.lines.values():
            for auction in line.auctions.values():
                self.bid(port, line, auction)
        drawn = self.any_line()
        if drawn is None:
            return
        line = drawn
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

    def act(self, port: Market) -> None:
        """Offer one lot at a limit price, rarely."""
        if self.rng.random() > PEGS:
            return
        line = self.any_line()
        if line is None:
            return
        low, high = self.guide.bounds(line)
        side, price = self.rng.choice(((Side.BUY, low), (Side.SELL, high)))
        self.place(port, line, side, line.lot, price)

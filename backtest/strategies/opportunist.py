"""Traders who live by what others quote: the shaver and the sniper."""

from __future__ import annotations

from typing import TYPE_CHECKING

from backtest.agents.saying import price_to_take
from backtest.strategies.interest import OTHER, InducedValues, Interested
from engine.vocabulary.enums import Mechanism, Side

if TYPE_CHECKING:
    from backtest.agents.market import Market
    from backtest.agents.market_picture import LinePicture


class Opportunist(Interested):
    """Sees the line's best prices."""

    hears_public = True

    @property
    def line(self) -> LinePicture:
        """The line as the public sees it."""
        if self.picture is None:
            message = "a line is known from on_start on"
            raise LookupError(message)
        return self.picture.lines[self.symbol]

    def fits(self, price: int) -> bool:
        """Say whether it may trade at a price without a loss."""
        return price <= self.limit if self.side is Side.BUY else price >= self.limit


class Shaver(Opportunist):
    """Betters its side's best quote by a tick, as long as it loses nothing."""

    def price(self, market: Market) -> int:
        """Return a tick beyond the best, 0 where that is its own order.

        Sealed bids show no best: a buyer bids the least that an auction takes.
        """
        line, buys = self.line, self.side is Side.BUY
        if buys and line.mechanism is Mechanism.ONE_WAY:
            price = price_to_take(line, Side.SELL, market.now())
            return price if self.fits(price) else 0
        best = line.best_price(self.side)
        if self.ref and best == self._last:
            return 0
        if buys:
            price = best + line.step(best) if best else max(line.step(1), self.interest.bottom)
        else:
            price = best - line.step(best) if best else self.interest.top
        price = price if self.fits(price) else self.limit
        self._last = price
        return price

    _last = 0  # the price of its last order


class Sniper(Opportunist):
    """Waits, and takes the other side's best where it is a bargain or the time is nearly over.

    A bargain leaves at least ``share`` of the tonne's value as gain. From ``hurry`` (ns UTC) on any
    gain will do; 0: it never hurries.
    """

    def __init__(
        self, interest: InducedValues, pause: int = 0, share: float = 0.2, hurry: int = 0
    ) -> None:
        """Wait for a bargain."""
        super().__init__(interest, pause)
        self.share, self.hurry = share, hurry

    def price(self, market: Market) -> int:
        """Return the price to take, 0 while it waits."""
        price = price_to_take(self.line, OTHER[self.side], market.now())
        if not price or not self.fits(price):
            return 0
        hurries = self.hurry and market.now() >= self.hurry
        return price if hurries or abs(self.limit - price) >= self.share * self.limit else 0

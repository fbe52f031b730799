"""Strategies that learn from what others shout: ZIP and GD."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Final, NamedTuple

from backtest.strategies.interest import OTHER, InducedValues, Interested
from engine.vocabulary.enums import Side
from engine.vocabulary.events import DepthChanged, Trade

if TYPE_CHECKING:
    from backtest.agents.market import Market
    from engine.vocabulary.events import Event

_BUY, _SELL = Side.BUY, Side.SELL


class Shout(NamedTuple):
    """What was heard: a price of one side, and whether it traded."""

    side: Side
    price: int
    deal: bool


class Listener(Interested):
    """Hears shouts: each new order that rests, and each trade with the side that arrived."""

    hears_public = True

    def __init__(self, interest: InducedValues, pause: int = 0) -> None:
        """Have heard nothing yet."""
        super().__init__(interest, pause)
        self._shown: dict[tuple[Side, int], int] = {}  # tonnes by side and price

    def on_event(self, market: Market, event: Event) -> None:
        """Follow the own order; learn from public events."""
        super().on_event(market, event)
        if type(event) is DepthChanged and event.symbol == self.symbol:
            key = (event.side, event.price)
            if event.depth > self._shown.get(key, 0):
                self.heard(Shout(event.side, event.price, deal=False))
            self._shown[key] = event.depth
        elif (
            type(event) is Trade
            and event.symbol == self.symbol
            and not (event.maker or event.taker)
        ):
            self.heard(Shout(OTHER[event.side], event.price, deal=True))

    def heard(self, shout: Shout) -> None:
        """Learn from a shout."""


class Zip(Listener):
    """ZIP: a profit margin that follows the market (Cliff 1997).

    Margins move by the Widrow-Hoff rule with momentum towards a target a little beyond the last
    shout: ``relative`` times it and up to ``absolute`` minor units.
    """

    relative: Final = 0.05
    absolute: Final = 5.0

    def on_start(self, market: Market) -> None:
        """Draw a margin and how fast it learns."""
        super().on_start(market)
        draws = self._draws = market.stream("learning")
        self.rate = 0.1 + 0.4 * draws.random()
        self.momentum = 0.1 * draws.random()
        margin = 0.05 + 0.3 * draws.random()
        self.margin = -margin if self.side is _BUY else margin
        self._change = 0.0

    def price(self, market: Market) -> int:
        """Return the limit with the margin, never a loss."""
        del market
        price = round(self.limit * (1 + self.margin))
        if self.side is _BUY:
            return max(self.interest.bottom, min(price, self.limit))
        return min(max(price, self.limit), self.interest.top)

    def heard(self, shout: Shout) -> None:
        """Raise or lower the margin."""
        limit = self.interest.values[min(self.traded, len(self.interest.values) - 1)]
        price = limit * (1 + self.margin)
        buys = self.side is _BUY
        good = price >= shout.price if buys else price <= shout.price  # it would have traded
        if shout.deal:
            if good:
                self._aim(shout.price, limit, price, up=not buys)
            elif self.left and shout.side is not self.side:
                self._aim(shout.price, limit, price, up=buys)
        elif self.left and shout.side is self.side and not good:
            self._aim(shout.price, limit, price, up=buys)

    def _aim(self, shout: int, limit: int, price: float, *, up: bool) -> None:
        sign = 1 if up else -1
        relative = 1 + sign * self.relative * self._draws.random()
        target = relative * shout + sign * self.absolute * self._draws.random()
        step = self.rate * (target - price)
        self._change = self.momentum * self._change + (1 - self.momentum) * step
        margin = (price + self._change) / limit - 1
        self.margin = min(0.0, max(-1.0, margin)) if self.side is _BUY else max(0.0, margin)


class Gd(Listener):
    """GD: the price with the highest expected gain, by what was taken and what was not.

    After Gjerstad and Dickhaut (1998): beliefs come from the shouts since the last ``memory``
    trades; between prices that were heard they are those of the nearest.
    """

    def __init__(self, interest: InducedValues, pause: int = 0, memory: int = 8) -> None:
        """Remember so many trades."""
        super().__init__(interest, pause)
        self.memory = memory
        self._heard: deque[Shout] = deque()
        self._deals = 0

    def heard(self, shout: Shout) -> None:
        """Remember a shout, forget those before the last trades."""
        self._heard.append(shout)
        self._deals += shout.deal
        while self._deals > self.memory:
            self._deals -= self._heard.popleft().deal

    def belief(self, price: int) -> float:
        """Return how likely an order at a price is taken, by what was heard."""
        sign = 1 if self.side is _BUY else -1
        taken = ignored = 0
        for side, at, deal in self._heard:
            if deal or side is not self.side:
                taken += (price - at) * sign >= 0
            else:
                ignored += (at - price) * sign >= 0
        return taken / (taken + ignored) if taken + ignored else 0.0

    def price(self, market: Market) -> int:
        """Return the price of the highest expected gain, a drawn one where nothing is known."""
        del market
        limit, sign = self.limit, 1 if self.side is _BUY else -1
        low, top = self.interest.bottom, self.interest.top
        near = {shout.price + d: None for shout in self._heard for d in (-1, 0, 1)}
        fits = [price for price in near if (limit - price) * sign >= 0 and low <= price <= top]
        best, most = 0, 0.0
        for price in fits:
            gain = (limit - price) * sign * self.belief(price)
            if gain > most:
                best, most = price, gain
        if best:
            return best
        return self.without_loss(self.prices.random())

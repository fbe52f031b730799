"""Traders who watch one line, their own orders and what they hold in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from backtest.agents.market import Market, Trader
from backtest.agents.market_picture import LinePicture, MarketPicture
from backtest.agents.own_orders import OwnOrder, OwnOrders
from backtest.agents.saying import Wanted, enter, price_to_take
from engine.vocabulary.enums import Mechanism, Side, TimeInForce
from engine.vocabulary.events import Trade

if TYPE_CHECKING:
    from engine.vocabulary.events import Event


class Watching(Trader):
    """Looks at a line about every ``pause`` ns, after exponential pauses, and acts.

    Where the line has no book, an order becomes what its design takes (``backtest.agents.saying``).
    """

    hears_own = True
    hears_public = True

    def __init__(self, symbol: str, pause: int) -> None:
        """Have seen nothing yet."""
        self.symbol, self.pause = symbol, pause
        self.position = 0  # tonnes bought less tonnes sold

    def on_start(self, market: Market) -> None:
        """Begin to watch."""
        self.market = market
        self.picture = MarketPicture(market.lines())
        self.orders = OwnOrders(market.account)
        self.draws = market.stream("looks")
        self._wait(market)

    def _wait(self, market: Market) -> None:
        market.wake_in(1 + int(self.draws.exponential(self.pause)))

    def on_event(self, market: Market, event: Event) -> None:
        """Keep the picture, the orders and the position."""
        self.picture.absorb(event)
        if isinstance(event, Trade):
            if event.maker == market.account:
                self._traded(event.side is Side.BUY, event.quantity)
            if event.taker == market.account:
                self._traded(event.side is Side.SELL, event.quantity)
        self.orders.absorb(event)

    def _traded(self, bought: bool, quantity: int) -> None:  # noqa: FBT001 - which side it was
        self.position += quantity if bought else -quantity

    def on_wake(self, market: Market) -> None:
        """Act, and wait again."""
        if self.line.is_open or self.line.gathers:
            self.act(market)
        self._wait(market)

    def act(self, market: Market) -> None:
        """Look and trade."""

    @property
    def line(self) -> LinePicture:
        """The line as the public sees it."""
        return self.picture.lines[self.symbol]

    def place(
        self,
        market: Market,
        side: Side,
        tonnes: int,
        price: int,
        tif: TimeInForce = TimeInForce.DAY,
    ) -> int:
        """Enter an order in whole lots on the tick, within the day's limits; return its reference.

        Returns 0 where nothing is left of it. An immediate order only answers what others offer.
        """
        line = self.line
        if line.mechanism is not Mechanism.ORDER_BOOK:
            takes = tif is TimeInForce.IOC
            wanted = Wanted(side, tonnes, price, market.now(), takes=takes)
            return enter(market, line, wanted, self.orders.numbers)
        low, high = line.low_limit or 1, line.high_limit or price
        price = line.on_tick(min(max(price, low), high))
        tonnes = tonnes // line.lot * line.lot
        if tonnes < max(1, line.min_quantity):
            return 0
        send = market.buy if side is Side.BUY else market.sell
        ref = send(self.symbol, tonnes, price, tif)
        if tif is not TimeInForce.IOC:
            self.orders.sent(ref, OwnOrder(self.symbol, side, price, tonnes))
        return ref

    def take(self, market: Market, side: Side, tonnes: int) -> int:
        """Take what stands best on the other side, at its price; return the reference, or 0."""
        price = self.to_take(market, Side.SELL if side is Side.BUY else Side.BUY)
        return self.place(market, side, tonnes, price, TimeInForce.IOC) if price else 0

    def to_take(self, market: Market, side: Side) -> int:
        """Return the price at which it may trade with a side now, 0 where there is none."""
        return price_to_take(self.line, side, market.now())

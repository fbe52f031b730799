"""What simulated brokers have in common: a market that they see, own orders, a seeded stream."""

from __future__ import annotations

import random
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, ClassVar, Final

from backtest.agents.own_orders import OwnOrders
from engine.vocabulary.commands import NewOrder
from engine.vocabulary.enums import OrderType, Side, TimeInForce

if TYPE_CHECKING:
    from backtest.agents.guides import Guide
    from backtest.agents.market_picture import LinePicture, MarketPicture
    from backtest.agents.port import Port
    from engine.vocabulary.events import Event

PAUSE: Final = 200_000_000  # ns between looks at the market, on average


class Agent(ABC):
    """One simulated broker. Its own seed decides all that it draws."""

    kind: ClassVar[str]

    def __init__(
        self, name: str, seed: int, market: MarketPicture, guide: Guide, pause: int = PAUSE
    ) -> None:
        """Trade for the account ``name``, looking at a market about every ``pause`` ns.

        The market may be shared with others, see ``MarketPicture``.
        """
        self.name = name
        self.rng = random.Random(f"{seed}:{name}")  # noqa: S311 - repeatable, not secret
        self.market = market
        self.guide = guide
        self.pause = pause
        self.orders = OwnOrders(name)

    def on_event(self, _port: Port, event: Event) -> None:
        """Keep track of the market and of own orders."""
        self.market.absorb(event)
        self.orders.absorb(event)

    def on_wake(self, port: Port) -> None:
        """Act, and look again after a pause that varies by a third or so."""
        self.act(port)
        port.wake_at(port.now() + self.pause * self.rng.randint(70, 130) // 100)

    @abstractmethod
    def act(self, port: Port) -> None:
        """Look at the market and trade."""

    def place(self, port: Port, line: LinePicture, side: Side, quantity: int, price: int) -> int:
        """Enter a limit order for the day, at a price within the guide's bounds."""
        return self._enter(port, line, side, quantity, price, TimeInForce.DAY)

    def take(self, port: Port, line: LinePicture, side: Side, quantity: int, price: int) -> int:
        """Trade at once what can be traded at a price or better."""
        return self._enter(port, line, side, quantity, price, TimeInForce.IOC)

    def _enter(
        self, port: Port, line: LinePicture, side: Side, quantity: int, price: int,
        tif: TimeInForce,
    ) -> int:  # fmt: skip
        low, high = self.guide.bounds(line)
        price = line.on_tick(min(max(price, low), high))
        ref = port.submit(NewOrder("", 0, line.symbol, side, quantity, price, OrderType.LIMIT, tif))
        self.orders.sent(ref)
        return ref

    def any_line(self) -> LinePicture:
        """Draw a line."""
        return self.rng.choice(list(self.market.lines.values()))

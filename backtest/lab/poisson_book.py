"""Books of Poisson flow: the whole book, and one queue with a wall on its other side."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec import Struct

from backtest.agents.market import Market, Trader
from backtest.lab.people import Person, Window
from backtest.strategies.poisson_flow import Flow
from engine.vocabulary.commands import NewOrder
from engine.vocabulary.enums import Mechanism, OrderType, Side, TimeInForce
from engine.vocabulary.events import Trade

if TYPE_CHECKING:
    from backtest.kernel.streams import Streams
    from engine.rulebook.model import Rulebook
    from engine.vocabulary.events import Event

CASH: Final = 10**15
TONNES: Final = 10**8
START: Final = 100_000  # ticks
_NEAR: Final = (1.85, 1.51, 1.09, 0.88, 0.77)
_CANCELS: Final = (0.71, 0.81, 0.68, 0.56, 0.47)
DEPTH: Final = 30


class PoissonBook(Struct, frozen=True):
    """Limit orders, market orders and cancels at Poisson rates in a unit of time.

    ``limits`` are the rates at 1, 2 ... ticks from the other side's best, ``cancels`` those of each
    order there (the last one holds beyond). The defaults are those that Cont, Stoikov and Talreja
    estimated, continued by their power law. With ``wall`` the sell side is one great offer, and a
    patient buyer keeps one order at the best bid below it.
    """

    limits: tuple[float, ...] = (*_NEAR, *(1.92 / i**0.52 for i in range(6, DEPTH + 1)))
    takes: float = 0.94
    cancels: tuple[float, ...] = _CANCELS
    unit: int = 6_000_000_000  # ns
    wall: bool = False
    name: str = "poisson-book"

    def people(self, streams: Streams, rulebook: Rulebook, window: Window) -> list[Person]:
        """Return the two sides; with a wall also the wall and the patient buyer."""
        del streams
        product = rulebook.products[0]
        symbol = product.symbol
        mode = rulebook.modes_of(product)[0]
        board = mode.mechanism is not Mechanism.ORDER_BOOK
        limits = [rate / self.unit for rate in self.limits]
        cancels = [rate / self.unit for rate in self.cancels]
        takes = self.takes / self.unit

        def flow(side: Side, limits: list[float], takes: float) -> Flow:
            found = Flow(symbol, side, limits, takes, cancels, START)
            found.until, found.calls = window.closes, bool(mode.batch_seconds)
            return found

        def person(who: str, agent: Flow | Wall | Takers | Patient) -> Person:
            agent.hears_own |= board
            agent.hears_public |= board
            return Person(who, who, who, agent, cash=CASH, holdings={symbol: TONNES})

        if not self.wall:
            buyers, sellers = flow(Side.BUY, limits, takes), flow(Side.SELL, limits, takes)
            buyers.facing(sellers)
            return [person("buyers", buyers), person("sellers", sellers)]
        buyers = flow(Side.BUY, limits, 0.0)
        buyers.other.best = START
        takers = Takers(symbol, takes)
        return [
            person("wall", Wall(symbol)),
            person("buyers", buyers),
            person("takers", takers),
            person("patient", Patient(symbol)),
        ]


class Wall(Trader):
    """Offers more than anybody buys, at one price."""

    def __init__(self, symbol: str) -> None:
        """Offer in a line."""
        self.symbol = symbol

    def on_start(self, market: Market) -> None:
        """Enter the offer."""
        market.sell(self.symbol, 1_000_000, START)


class Takers(Trader):
    """Sell a tonne to the best bid now and then."""

    def __init__(self, symbol: str, rate: float) -> None:
        """Come at a rate per ns."""
        self.symbol, self.rate = symbol, rate

    def on_start(self, market: Market) -> None:
        """Wait for the first."""
        self.pauses = market.stream("pause")
        self._wait(market)

    def on_wake(self, market: Market) -> None:
        """Sell to the best bid above nothing."""
        market.submit(
            NewOrder("", 0, self.symbol, Side.SELL, 1, 0, OrderType.MARKET, TimeInForce.IOC)
        )
        self._wait(market)

    def _wait(self, market: Market) -> None:
        market.wake_in(1 + int(self.pauses.exponential(1 / self.rate)))


class Patient(Trader):
    """Keeps one order a tick below the wall, and enters a new one when it was filled."""

    hears_own = True
    hears_public = False

    def __init__(self, symbol: str) -> None:
        """Buy in a line."""
        self.symbol = symbol

    def on_start(self, market: Market) -> None:
        """Begin a little later than the others."""
        market.wake_in(1_000_000_000)

    def on_wake(self, market: Market) -> None:
        """Join the queue."""
        market.buy(self.symbol, 1, START - 1)

    def on_event(self, market: Market, event: Event) -> None:
        """Wait a moment after a fill, so that the queue is another one."""
        if type(event) is Trade:
            market.wake_in(1_000_000_000)

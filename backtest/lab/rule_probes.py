"""Small populations that feel one rule: resale on the next day, and price limits."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec import Struct

from backtest.agents.market import Market, Trader
from backtest.lab.people import Person, Window
from engine.vocabulary.enums import Side
from engine.vocabulary.events import Rejected, Trade

if TYPE_CHECKING:
    from backtest.kernel.streams import Streams
    from engine.rulebook.model import Rulebook
    from engine.vocabulary.events import Event

_MANY: Final = 1_000_000


class Holders(Struct, frozen=True):
    """Buy a tonne at a time uniform over the day, and want to sell it after a while.

    The while is exponential, with a mean of ``hold`` days. A dealer buys and sells a tick around
    the reference.
    """

    holders: int = 200
    hold: float = 1.0  # days
    name: str = "holders"

    def people(self, streams: Streams, rulebook: Rulebook, window: Window) -> list[Person]:
        """Return the dealer, then the holders."""
        product = rulebook.products[0]
        symbol, price = product.symbol, product.reference
        length = window.closes - window.opens
        cash = 10 * price * _MANY
        found = [
            Person(
                "dealer",
                "dealer",
                "dealers",
                TwoSided(symbol, price, product.tick),
                cash,
                {symbol: _MANY},
            )
        ]
        for number in range(self.holders):
            who = f"holder/{number}"
            draws = streams.stream(who, "times")
            buys = window.opens + 1_000 + int(draws.random() * (length - 1_000))
            sells = buys + int(draws.exponential(self.hold * length))
            holder = Holder(symbol, price, product.tick, (buys, sells))
            found.append(Person(who, who, "holders", holder, 10 * price, {}))
        return found


class TwoSided(Trader):
    """Buys and sells a great deal, a tick below and above a price."""

    def __init__(self, symbol: str, price: int, tick: int) -> None:
        """Quote around a price."""
        self.symbol, self.price, self.tick = symbol, price, tick

    def on_start(self, market: Market) -> None:
        """Enter both orders."""
        market.buy(self.symbol, _MANY // 2, self.price - self.tick)
        market.sell(self.symbol, _MANY // 2, self.price + self.tick)


class Holder(Trader):
    """Buys at one time and sells at another, which may lie behind the session's end."""

    hears_own = True
    hears_public = False

    def __init__(self, symbol: str, price: int, tick: int, times: tuple[int, int]) -> None:
        """Take the dealer's offer, later its bid."""
        self.symbol, self.price, self.tick, self.times = symbol, price, tick, times
        self.bought = self.sold = self.blocked = False

    def on_start(self, market: Market) -> None:
        """Wake at both times."""
        for time in self.times:
            market.wake_at(time)

    def on_wake(self, market: Market) -> None:
        """Buy, then sell."""
        if self.bought:
            market.sell(self.symbol, 1, self.price - self.tick)
        else:
            market.buy(self.symbol, 1, self.price + self.tick)

    def on_event(self, market: Market, event: Event) -> None:
        """See what came of it."""
        del market
        if isinstance(event, Rejected):
            self.blocked = True
        elif isinstance(event, Trade):
            self.sold = self.bought
            self.bought = True


class EveryPrice(Struct, frozen=True):
    """One trader without intelligence, who tries each price up to ``top``, in random order."""

    top: int = 200
    name: str = "every price"

    def people(self, streams: Streams, rulebook: Rulebook, window: Window) -> list[Person]:
        """Return the trader."""
        del window
        symbol = rulebook.products[0].symbol
        prices = streams.stream("trader", "prices").permutation(self.top) + 1
        cash = 10 * self.top * self.top
        agent = Trying(symbol, [int(price) for price in prices])
        return [Person("trader", "trader", "traders", agent, cash, {symbol: self.top})]


class Trying(Trader):
    """Enters orders to buy at given prices, one after the other, and takes each back."""

    def __init__(self, symbol: str, prices: list[int]) -> None:
        """Try these."""
        self.symbol, self.prices = symbol, prices
        self.side = Side.BUY

    def on_start(self, market: Market) -> None:
        """Begin."""
        market.wake_in(1_000)

    def on_wake(self, market: Market) -> None:
        """Try the next price."""
        market.cancel(market.buy(self.symbol, 1, self.prices.pop()))
        if self.prices:
            market.wake_in(1_000)

"""Markets of buyers and sellers who know what a tonne is worth to them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec import Struct

from backtest.lab.people import Person, Trader, Window

if TYPE_CHECKING:
    from backtest.agents.market import Market
    from backtest.kernel.streams import Streams
    from engine.rulebook.model import Rulebook

_UNIT: Final = 1_000_000


class Truthful(Trader):
    """Enters one order at its true value, at a time of its own."""

    def __init__(self, symbol: str, price: int, at: int, *, buys: bool) -> None:
        """Trade one lot; price in minor units, ``at`` in ns."""
        self.symbol, self.price, self.at, self.buys = symbol, price, at, buys

    def on_start(self, market: Market) -> None:
        """Wake when its time comes."""
        market.wake_at(self.at)

    def on_wake(self, market: Market) -> None:
        """Enter the order."""
        (market.buy if self.buys else market.sell)(self.symbol, 1, self.price)


class UniformValues(Struct, frozen=True):
    """Buyers and sellers of one tonne each, values and costs uniform on (0, ``scale``].

    ``scale`` is in minor units. Each comes once, at a time uniform over the session.
    """

    buyers: int = 10
    sellers: int = 10
    scale: int = _UNIT
    name: str = "uniform"

    def people(self, streams: Streams, rulebook: Rulebook, window: Window) -> list[Person]:
        """Return buyers, then sellers."""
        product = rulebook.products[0].symbol
        found = []
        for group, count in (("buyer", self.buyers), ("seller", self.sellers)):
            buys = group == "buyer"
            for number in range(count):
                who = f"{group}/{number}"
                draws = streams.stream(who, "value")
                value = 1 + int(draws.integers(self.scale))
                arrives = streams.stream(who, "arrival")
                at = window.opens + int(arrives.integers(window.closes - window.opens))
                agent = Truthful(product, value, at, buys=buys)
                found.append(
                    Person(
                        who,
                        who,
                        f"{group}s",
                        agent,
                        cash=2 * self.scale if buys else 0,
                        holdings={} if buys else {product: 1},
                        worth=(value,) if buys else (),
                        costs=() if buys else (value,),
                    )
                )
        return found

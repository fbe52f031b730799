"""A market with a crowd: one object draws the orders of thousands, beside traders of their own.

carbonx compare textbook --market examples.crowd:Market --figure members=2000 --seeds 20
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import numpy as np

from carbonx import lab

if TYPE_CHECKING:
    from backtest.kernel.streams import Streams
    from engine.rulebook.model import Rulebook


class Zeros(lab.Trader):
    """Zero-intelligence traders with one tonne each: any price at which nothing is lost, once."""

    hears_own = hears_public = False

    def __init__(self, symbol: str, worth: list[int], buyers: int, top: int, length: int) -> None:
        """Know what each member's tonne is worth, or costs behind the first ``buyers``."""
        self.symbol, self.buyers, self.top, self.length = symbol, buyers, top, length
        self.worth = np.array(worth)

    def on_start(self, market: lab.Market) -> None:
        """Hand over all orders: bids up to the worth of a tonne, asks from its cost on."""
        assert isinstance(market, lab.Crowd)
        draws = market.stream("orders")
        members = np.arange(len(market.accounts))
        buys = members < self.buyers
        times = market.now() + draws.integers(self.length, size=members.size)
        low, high = np.where(buys, 1, self.worth), np.where(buys, self.worth, self.top)
        market.orders(self.symbol, times, members, buys, draws.integers(low, high + 1), 1)


class Market(msgspec.Struct, frozen=True):
    """As many buyers as sellers in a crowd, and ten of each with an agent of their own."""

    members: int = 200
    scale: int = 10_000  # worths and costs are uniform up to it, minor units a tonne
    name: str = "crowd"

    def people(self, streams: Streams, rulebook: Rulebook, window: lab.Window) -> list[lab.Person]:
        """Return the ordinary people, then the members: a person each, with one agent."""
        symbol, buyers = rulebook.products[0].symbol, self.members // 2
        worth = streams.stream("zeros", "worth").integers(1, self.scale + 1, self.members).tolist()
        zeros = Zeros(symbol, worth, buyers, self.scale, window.closes - window.opens)
        found = lab.UniformValues(scale=self.scale).people(streams, rulebook, window)
        for number, value in enumerate(worth):
            who, buys = f"zero/{number}", number < buyers
            found.append(
                lab.Person(
                    who,
                    account=who,
                    group="zero buyers" if buys else "zero sellers",
                    agent=zeros,
                    cash=2 * self.scale if buys else 0,
                    holdings={} if buys else {symbol: 1},
                    worth=(value,) if buys else (),
                    costs=() if buys else (value,),
                    crowd="zeros",
                )
            )
        return found

"""Truthful buyers and sellers who come in a stream: for batches, and for their interval."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec import Struct

from backtest.lab.people import Person, Window
from backtest.strategies.interest import Giveaway, InducedValues
from engine.vocabulary.enums import Mechanism, Side

if TYPE_CHECKING:
    from backtest.kernel.streams import Streams
    from engine.rulebook.model import Rulebook

SECOND: Final = 1_000_000_000
_UNIT: Final = 1_000_000


def truthful(who: str, value: int, stay: tuple[int, int], rulebook: Rulebook, scale: int) -> Person:
    """Return a buyer or a seller (as ``who`` begins) of a tonne, with an account of that name.

    It comes at the first time of its ``stay`` (ns UTC); by the second its auctions are over.
    """
    at, until = stay
    product = rulebook.products[0]
    buys = who.startswith("buyer")
    interest = InducedValues(product.symbol, Side.BUY if buys else Side.SELL, (value,), scale)
    agent = Giveaway(interest, at)
    agent.hears_own = False
    agent.until = until
    agent.looks = rulebook.modes_of(product)[0].mechanism is not Mechanism.ORDER_BOOK
    return Person(
        who,
        who,
        f"{who.partition('/')[0]}s",
        agent,
        cash=2 * scale if buys else 0,
        holdings={} if buys else {product.symbol: 1},
        worth=(value,) if buys else (),
        costs=() if buys else (value,),
    )


class PoissonArrivals(Struct, frozen=True):
    """Buyers and sellers of a tonne each arrive at a rate a second, values uniform.

    Values and costs are uniform on (0, ``scale``] minor units.
    """

    rate: float = 0.1  # a second, of buyers and of sellers
    scale: int = _UNIT
    name: str = "poisson-arrivals"

    def people(self, streams: Streams, rulebook: Rulebook, window: Window) -> list[Person]:
        """Return buyers, then sellers."""
        length = window.closes - window.opens
        found = []
        for group in ("buyer", "seller"):
            draws = streams.stream(group, "arrivals")
            for number in range(int(draws.poisson(self.rate * length / SECOND))):
                at = window.opens + int(draws.random() * length)
                value = 1 + int(draws.random() * self.scale)
                who = f"{group}/{number}"
                found.append(truthful(who, value, (at, window.closes), rulebook, self.scale))
        return found


class SteadyArrivals(Struct, frozen=True):
    """Buyers and sellers of a tonne each come one by one, evenly spaced, in a random order.

    Values and costs are uniform on (0, ``scale``] minor units; one comes every ``seconds``, in the
    middle of its interval.
    """

    buyers: int = 100
    sellers: int = 100
    seconds: int = 1
    scale: int = _UNIT
    name: str = "steady-arrivals"

    def people(self, streams: Streams, rulebook: Rulebook, window: Window) -> list[Person]:
        """Return buyers, then sellers."""
        names = [f"buyer/{n}" for n in range(self.buyers)]
        names += [f"seller/{n}" for n in range(self.sellers)]
        places = streams.stream("everybody", "order").permutation(len(names))
        values = streams.stream("everybody", "value").integers(1, self.scale + 1, len(names))
        beat = self.seconds * SECOND
        return [
            truthful(
                who,
                int(value),
                (window.opens + int(place) * beat + beat // 2, window.closes),
                rulebook,
                self.scale,
            )
            for who, place, value in zip(names, places, values, strict=True)
        ]

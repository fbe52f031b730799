"""Smith's markets: schedules of worth and cost as data, and strategies that face them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec import Struct

from backtest.lab.people import Person, Window
from backtest.strategies.interest import (
    InducedValues,
    Interested,
    Truthful,
    ZeroConstrained,
    ZeroUnconstrained,
)
from backtest.strategies.learning import Gd, Zip
from backtest.strategies.opportunist import Shaver, Sniper
from backtest.strategies.turns import Caller
from engine.vocabulary.enums import Mechanism, Side
from engine.vocabulary.suggest import not_one_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from backtest.kernel.streams import Streams
    from engine.rulebook.model import Rulebook

STRATEGIES: Final[dict[str, Callable[[InducedValues], Interested]]] = {
    "truthful": Truthful,
    "zi-u": ZeroUnconstrained,
    "zi-c": ZeroConstrained,
    "zip": Zip,
    "gd": Gd,
    "shaver": Shaver,
    "sniper": Sniper,
}


class Schedules(Struct, frozen=True):
    """Buyers and sellers with schedules: each row is one trader's tonnes, in minor units.

    A caller gives turns, so that every design meets the same people in the same order; see
    ``Caller`` for its figures.
    """

    worth: tuple[tuple[int, ...], ...]
    costs: tuple[tuple[int, ...], ...]
    top: int  # the highest price that anybody may think of
    strategy: str = "zi-c"
    best_only: bool = False
    periods: int = 1
    turns: int = 0
    gainless: bool = True
    bottom: int = 1  # the lowest price that anybody may think of
    name: str = "schedules"

    def people(self, streams: Streams, rulebook: Rulebook, window: Window) -> list[Person]:
        """Return buyers, then sellers, then the caller."""
        del streams
        if self.strategy not in STRATEGIES:
            message = f"strategy {not_one_of(self.strategy, STRATEGIES)}"
            raise ValueError(message)
        product = rulebook.products[0]
        board = rulebook.modes_of(product)[0].mechanism is not Mechanism.ORDER_BOOK
        found, traders = [], []
        for group, side, rows in (
            ("buyer", Side.BUY, self.worth),
            ("seller", Side.SELL, self.costs),
        ):
            buys = side is Side.BUY
            for number, values in enumerate(rows):
                who = f"{group}/{number}"
                agent = STRATEGIES[self.strategy](
                    InducedValues(product.symbol, side, values, self.top, self.bottom)
                )
                agent.hears_public |= board
                agent.until = window.closes
                traders.append(agent)
                tonnes = len(values) * self.periods
                found.append(
                    Person(
                        who,
                        who,
                        f"{group}s",
                        agent,
                        cash=2 * self.top * tonnes if buys else 0,
                        holdings={} if buys else {product.symbol: tonnes},
                        worth=values if buys else (),
                        costs=() if buys else values,
                    )
                )
        caller = Caller(
            traders,
            best_only=self.best_only,
            periods=self.periods,
            turns=self.turns,
            gainless=self.gainless,
        )
        found.append(Person("caller", "caller", "callers", caller, cash=0, holdings={}))
        return found


def _each(prices: range) -> tuple[tuple[int, ...], ...]:
    return tuple((price,) for price in prices)


ONE_BUYER: Final = Schedules(((8,),), ((3,), (6,)), 10, best_only=True, name="one buyer")
THREE_A_SIDE: Final = Schedules(
    ((10,), (7,), (4,)), ((2,), (5,), (8,)), 10, best_only=True, name="three a side"
)
S1: Final = Schedules(_each(range(190, 9, -20)), _each(range(10, 191, 20)), 200, name="S1")
S5: Final = Schedules(
    tuple(tuple(160 - 5 * j - 30 * k for k in range(4)) for j in range(6)),
    tuple(tuple(40 + 5 * j + 30 * k for k in range(4)) for j in range(6)),
    200,
    name="S5",
)
S6: Final = Schedules(  # Smith 1962, test 1
    _each(range(325, 74, -25)), _each(range(75, 326, 25)), 400, name="S6"
)

"""What a check is made of: sessions of a market, and a figure from them beside a known one."""

from __future__ import annotations

from math import sqrt
from typing import TYPE_CHECKING, Final, NamedTuple

from backtest.lab.design import Design, design
from backtest.lab.session import Outcome, run
from backtest.measures.fills import fills
from tests.support.designs import measures

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from backtest.lab.people import Population

TEXTBOOK: Final = design("textbook")
ROOT: Final = 20_260_101  # the seed of all of them


class Row(NamedTuple):
    """A figure that is known, and the same from runs, with their standard errors."""

    name: str
    oracle: float
    oracle_error: float
    run: float
    run_error: float
    below: bool = False  # the run's is to lie below the known one

    @property
    def holds(self) -> bool:
        """Whether they lie within four standard errors of each other, or the run's below."""
        if self.below:
            return self.run + self.run_error < self.oracle
        return abs(self.run - self.oracle) <= 4 * sqrt(self.oracle_error**2 + self.run_error**2)


def row(name: str, oracle: float, oracle_error: float, values: Sequence[float]) -> Row:
    """Return a row from the values of independent runs."""
    count = len(values)
    mean = sum(values) / count
    error = sqrt(sum((each - mean) ** 2 for each in values) / (count - 1) / count)
    return Row(name, oracle, oracle_error, mean, error)


def runs(market: Population, sessions: int, design: Design = TEXTBOOK) -> Iterator[Outcome]:
    """Yield so many sessions of a market, one replication after the other."""
    for replication in range(sessions):
        yield run(design, market, ROOT, replication)


def measured(
    market: Population, sessions: int, design: Design = TEXTBOOK
) -> dict[str, list[float]]:
    """Return the measures of sessions, by name."""
    found: dict[str, list[float]] = {}
    for outcome in runs(market, sessions, design):
        for name, value in measures(outcome).items():
            if value is not None:
                found.setdefault(name, []).append(value)
    return found


def alpha(outcome: Outcome, equilibrium: int, begin: int = 0) -> float:
    """Return Smith's alpha of a session's trades from a time on."""
    prices = [fill.price for fill in fills(outcome.tape) if fill.time >= begin]
    if not prices:
        return 0.0
    return 100 / equilibrium * sqrt(sum((p - equilibrium) ** 2 for p in prices) / len(prices))

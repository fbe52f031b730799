"""Markets by name: which there are, and what may be set in each."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any, Final

import msgspec
from msgspec import Struct, structs

from backtest.lab import years
from backtest.lab.abatement import Abatement
from backtest.lab.arrivals import PoissonArrivals, SteadyArrivals
from backtest.lab.classic import S1, S5, S6
from backtest.lab.poisson_book import PoissonBook
from backtest.lab.schedules import UniformValues
from backtest.lab.sniping import Sniping
from engine.vocabulary.suggest import not_one_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from backtest.lab.people import Population


class MarketError(ValueError):
    """A market that there is not, or one that cannot be made of these figures."""


# A market's name is its promise: what it draws for a seed stays. A change gets another name.
# It is a frozen Struct, or what makes one.
MARKETS: Final[dict[str, Population | Callable[..., Population]]] = {
    "uniform": UniformValues,
    "abatement": Abatement,
    **{
        name: structs.replace(each, name=name)
        for name, each in (("smith", S6), ("linear", S1), ("several-tonnes", S5))
    },
    "poisson-arrivals": PoissonArrivals,
    "steady-arrivals": SteadyArrivals,
    "poisson-book": PoissonBook,
    "sniping": Sniping,
    **{each.name: each for each in (years.SHENZHEN, years.GUANGDONG, years.NATIONAL)},
}


def market(name: str, **parameters: Any) -> Population:
    """Return a named market, with some of its figures set. Raises ``MarketError``."""
    found = MARKETS.get(name)
    if found is None:
        message = f"market: {not_one_of(name, MARKETS)}"
        raise MarketError(message)
    if callable(found):
        return _made(name, found, parameters)
    return with_figures(found, parameters)


def with_figures(population: Population, figures: Mapping[str, Any]) -> Population:
    """Return a market that is a frozen Struct with some figures set. Raises ``MarketError``."""
    kind = type(population)
    if not isinstance(population, Struct):
        message = f"{kind.__name__}: only a market that is a frozen Struct takes other figures"
        raise MarketError(message)
    now = {name: getattr(population, name) for name in population.__struct_fields__}
    return _made(population.name, kind, figures, now)


def _made(
    name: str,
    make: Callable[..., Population],
    figures: Mapping[str, Any],
    others: Mapping[str, Any] | None = None,
) -> Population:
    known = list(inspect.signature(make).parameters)
    for figure in figures:
        if figure not in known:
            message = f"market {name}: {not_one_of(figure, known)}"
            raise MarketError(message)
        if isinstance(figures[figure], int) and figures[figure] < 0:
            message = f"market {name}: {figure} {figures[figure]}: 0 or more is needed"
            raise MarketError(message)
    try:
        found = make(**{**(others or {}), **figures})
        if isinstance(found, Struct):  # a Struct does not look at what it is made of
            msgspec.convert(msgspec.to_builtins(found), type(found))
    except (TypeError, ValueError, msgspec.ValidationError) as error:
        message = f"market {name}: {error}"
        raise MarketError(message) from error
    return found


__all__ = ["MARKETS", "MarketError", "market", "with_figures"]

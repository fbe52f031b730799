"""Markets by name: which there are, and what may be set in each."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any, Final

from backtest.lab.schedules import UniformValues
from engine.vocabulary.suggest import not_one_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from backtest.lab.people import Population


class MarketError(ValueError):
    """A market that there is not, or one that cannot be made of these figures."""


# A market's name is its promise: what it draws for a seed stays. A change gets another name.
MARKETS: Final[dict[str, Callable[..., Population]]] = {
    "uniform": UniformValues,
}


def market(name: str, **parameters: Any) -> Population:
    """Return a named market, with some of its figures set. Raises ``MarketError``."""
    make = MARKETS.get(name)
    if make is None:
        message = f"market: {not_one_of(name, MARKETS)}"
        raise MarketError(message)
    known = list(inspect.signature(make).parameters)
    for parameter in parameters:
        if parameter not in known:
            message = f"market {name}: {not_one_of(parameter, known)}"
            raise MarketError(message)
    try:
        return make(**parameters)
    except (TypeError, ValueError) as error:
        message = f"market {name}: {error}"
        raise MarketError(message) from error


__all__ = ["MARKETS", "MarketError", "market"]

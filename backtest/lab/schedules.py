"""Markets of buyers and sellers who know what a tonne is worth to them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec import Struct

from backtest.lab.arrivals import truthful

if TYPE_CHECKING:
    from backtest.kernel.streams import Streams
    from backtest.lab.people import Person, Window
    from engine.rulebook.model import Rulebook

_UNIT: Final = 1_000_000


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
        found = []
        for group, count in (("buyer", self.buyers), ("seller", self.sellers)):
            for number in range(count):
                who = f"{group}/{number}"
                draws = streams.stream(who, "value")
                value = 1 + int(draws.integers(self.scale))
                arrives = streams.stream(who, "arrival")
                at = window.opens + int(arrives.integers(window.closes - window.opens))
                found.append(truthful(who, value, (at, window.closes), rulebook, self.scale))
        return found

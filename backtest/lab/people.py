"""Who trades in a session: an agent with an account, and what its units are worth to it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Protocol

from backtest.agents.market import Trader

if TYPE_CHECKING:
    from collections.abc import Mapping

    from backtest.agents.market import Participant
    from backtest.kernel.latency import Delay
    from backtest.kernel.streams import Streams
    from engine.rulebook.model import Rulebook


class Person(NamedTuple):
    """One member of a population.

    ``worth`` are the minor units that each further tonne bought is worth, best first, and
    ``costs`` those that each further tonne sold costs, cheapest first. Measures of welfare use
    them; the venue never sees them.
    """

    who: str  # such as "buyer/3": its key for random streams, and its name in errors
    account: str
    group: str
    agent: Participant
    cash: int  # minor units at the start
    holdings: Mapping[str, int]  # tonnes at the start, by product
    worth: tuple[int, ...] = ()
    costs: tuple[int, ...] = ()
    to_venue: Delay | None = None  # none: at once
    back: Delay | None = None
    compute: int = 0  # ns


class Window(NamedTuple):
    """When orders may be entered in a session, ns UTC."""

    opens: int
    closes: int


class Population(Protocol):
    """A market as data: it makes the people of a replication."""

    @property
    def name(self) -> str:
        """What it is called."""
        ...  # pragma: no cover

    def people(self, streams: Streams, rulebook: Rulebook, window: Window) -> list[Person]:
        """Return the people of a replication, in the same order for each design."""
        ...  # pragma: no cover


__all__ = ["Person", "Population", "Trader", "Window"]

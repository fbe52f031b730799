"""Who trades in a session: an agent with an account, and what its units are worth to it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping

    from backtest.kernel.kernel import Resident, Seat
    from backtest.kernel.latency import Delay
    from backtest.kernel.streams import Streams
    from engine.rulebook.model import Rulebook
    from engine.vocabulary.events import Event


class Person(NamedTuple):
    """One member of a population.

    ``worth`` are the minor units that each further tonne bought is worth, best first, and
    ``costs`` those that each further tonne sold costs, cheapest first. Measures of welfare use
    them; the venue never sees them.
    """

    who: str  # such as "buyer/3": its key for random streams, and its name in errors
    account: str
    group: str
    agent: Resident
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


class Trader:
    """An agent to begin with: it hears nothing and does nothing."""

    __slots__ = ()  # so that a large population's agents may be small
    hears_own = False
    hears_public = False

    def on_start(self, seat: Seat) -> None:
        """Prepare; called once when the session begins."""

    def on_wake(self, seat: Seat) -> None:
        """Act; called when it asked for it with ``seat.wake_at``."""

    def on_event(self, seat: Seat, event: Event) -> None:
        """Receive something that happened to its own orders, or in public."""

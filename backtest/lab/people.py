"""Who trades in a session: an agent with an account, and what its units are worth to it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Protocol, runtime_checkable

from msgspec import Struct

from backtest.agents.market import Trader
from backtest.measures.welfare import Valuation

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from backtest.agents.market import Participant
    from backtest.kernel.latency import Delay
    from backtest.kernel.streams import Streams
    from engine.rulebook.model import Rulebook
    from engine.venue.venue import Venue
    from engine.vocabulary.commands import Command


class Person(NamedTuple):
    """One member of a population.

    ``worth`` are the minor units that each further tonne bought is worth, best first, and
    ``costs`` those that each further tonne sold costs, cheapest first; ``need`` are the tonnes that
    a firm must cut or buy to be in compliance. Measures of welfare use them; the venue never sees
    them. People with the same ``crowd`` follow each other and have one agent, which acts for all of
    them through a ``Crowd``; its random streams go by the crowd's name.
    """

    who: str  # such as "buyer/3": its key for random streams, and its name in errors
    account: str
    group: str
    agent: Participant
    cash: int  # minor units at the start
    holdings: Mapping[str, int]  # tonnes at the start, by product
    worth: Sequence[int] = ()
    costs: Sequence[int] = ()
    need: int = 0
    to_venue: Delay | None = None  # none: at once
    back: Delay | None = None
    compute: int = 0  # ns
    role: str = ""  # a class of accounts, where the rulebook has it
    crowd: str = ""  # what the members of a crowd have in common; they share one agent


def interests(people: Iterable[Person]) -> dict[str, Valuation]:
    """Return what tonnes are worth to people, by account; nothing where none of them says so.

    Gains from trade are then not known, which is not 0. Where some do say so, the others are those
    who trade for money alone. Who has neither money nor tonnes only looks on.
    """
    known = [each for each in people if each.cash or any(each.holdings.values())]
    if not any(each.worth or each.costs for each in known):
        return {}
    return {p.account: Valuation(p.group, p.worth, p.costs, p.need) for p in known}


class Day(NamedTuple):
    """A trading day: its date such as 20210628, and when lines first open and last close (ns)."""

    date: int
    opens: int
    closes: int


class Window(NamedTuple):
    """When orders may be entered in a session, ns UTC, and its trading days."""

    opens: int
    closes: int
    days: tuple[Day, ...] = ()


class Horizon(Struct, frozen=True):
    """How long a session lasts: trading days of the design's calendar from a date on.

    ``days`` of them, or where ``last`` is given all up to that date.
    """

    first: int = 20250102  # a date; the first trading day may be later
    days: int = 1
    last: int = 0
    seconds: int = 3_600  # how long a day is where the rulebook has no timetable


class Population(Protocol):
    """A market as data: it makes the people of a replication."""

    @property
    def name(self) -> str:
        """What it is called."""
        ...  # pragma: no cover

    def people(self, streams: Streams, rulebook: Rulebook, window: Window) -> list[Person]:
        """Return the people of a replication, in the same order for each design."""
        ...  # pragma: no cover


@runtime_checkable
class Lasting(Protocol):
    """A population whose sessions last longer than a day, and what the registry does to it."""

    @property
    def horizon(self) -> Horizon:
        """The trading days of a session."""
        ...  # pragma: no cover

    def registry(self, people: list[Person], window: Window) -> Registry | None:
        """Return what moves allowances and money outside trading, if anything does."""
        ...  # pragma: no cover


class Registry(Protocol):
    """Moves allowances and money outside trading: allocation, surrender, penalties."""

    def due(self, date: int, venue: Venue) -> Iterable[Command]:
        """Return what is to be done in the morning of a trading day, before lines open."""
        ...  # pragma: no cover


__all__ = [
    "Day",
    "Horizon",
    "Lasting",
    "Person",
    "Population",
    "Registry",
    "Trader",
    "Window",
    "interests",
]

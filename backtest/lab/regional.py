"""One session of linked regions; and of any design, whether it is regions or one market."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from backtest.kernel.streams import Streams
from backtest.lab import session
from backtest.lab.batches import opening
from backtest.lab.people import Horizon, Lasting
from backtest.lab.regions import Regions
from backtest.lab.several_venues import KernelOfSeveral, SeveralVenues
from engine.rulebook.calendar import steps
from engine.vocabulary.commands import BeginDay, OpenAccount, SetPhase
from engine.vocabulary.enums import Mechanism, Phase

if TYPE_CHECKING:
    from backtest.kernel.kernel import Entry, Watcher
    from backtest.lab.design import Design
    from backtest.lab.people import Day, Person, Population


class RegionError(ValueError):
    """A market that regions cannot trade; the text says why."""


def run(
    design: Design,
    market: Population,
    root: int = 1,
    replication: int = 0,
    *,
    sink: Watcher | None = None,
) -> session.Outcome:
    """Run a session on any design, as ``session.run`` does. Raises ``AgentError``."""
    if not isinstance(design, Regions):
        return session.run(design, market, root, replication, sink=sink)
    return _run(design, market, root, replication, sink)


def cast(design: Design, market: Population, root: int = 1, replication: int = 0) -> list[Person]:
    """Return the people of a session without running it."""
    if not isinstance(design, Regions):
        return session.cast(design, market, root, replication)
    return _people(design, market, root, replication)[0]


def _people(
    design: Regions, market: Population, root: int, replication: int
) -> tuple[list[Person], dict[str, str], tuple[Day, ...]]:
    """Return the people, the region of each account, and the trading day.

    The market makes its people once for each region, with the same draws, and everybody is taken
    from his own region's: so they are the same people whatever links the regions.
    """
    if isinstance(market, Lasting):
        message = f"{market.name} lasts longer than a day: regions trade for one"
        raise RegionError(message)
    window = session.window_of(design.rulebook, Horizon())
    each = [market.people(Streams(root, replication), region.rulebook, window)
            for region in design.regions]  # fmt: skip
    found: list[Person] = []
    home: dict[str, str] = {}
    traders = 0
    for versions in zip(*each, strict=True):
        if not (versions[0].cash or versions[0].holdings):  # it never trades: a screen
            for region, person in zip(design.regions, versions, strict=True):
                name = f"{person.account}@{region.name}"
                home[name] = region.name
                found.append(person._replace(account=name, who=name))
            continue
        region = design.region_of(traders)
        person = versions[design.regions.index(region)]
        traders += 1
        home[person.account] = region.name
        found.append(person._replace(group=region.name))
    return found, home, window.days


def _run(
    design: Regions, market: Population, root: int, replication: int, sink: Watcher | None
) -> session.Outcome:
    people, home, (day, *_) = _people(design, market, root, replication)
    streams = Streams(root, replication)
    tape: list[Entry] = []
    several = SeveralVenues(design)
    several.home = home
    kernel = KernelOfSeveral(several, None if sink else tape, streams, sink=sink)
    modes = [mode for region in design.regions for mode in region.rulebook.modes]
    if any(mode.mechanism is Mechanism.ONE_WAY for mode in modes):
        kernel.watchers.append(session.Auctioneer(kernel, streams))
    kernel.now = day.opens
    kernel.give(BeginDay(day.date))
    for person in people:
        kernel.give(OpenAccount(person.account, cash=person.cash,
                                allowances=tuple(person.holdings.items())))  # fmt: skip
    for person in people:
        seat = kernel.join(person.agent, person.account, person.who, to_venue=person.to_venue,
                           back=person.back, compute=person.compute)  # fmt: skip
        seat.start()
    draw = int(streams.stream("calendar", str(day.date)).integers(1 << 31))
    for region in design.regions:
        plan = [(step.time, step.command) for step in steps(region.rulebook, day.date, draw)]
        plan = plan or [
            *((day.opens, command) for command in opening(region.rulebook)),
            (day.closes, SetPhase(Phase.CLOSED)),
        ]
        for time, command in plan:
            for part in several.in_region(region.name, command):
                kernel.at(time, part)
    kernel.run(day.closes)
    several.federation.check()
    whole: Any = several  # what an outcome's pictures ask of a venue
    return session.Outcome(design, people, tape, whole, kernel.commands)

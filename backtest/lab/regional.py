"""One session of linked regions; and of any design, whether it is regions or one market."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from backtest.kernel.kernel import MOST_STEPS, AgentError
from backtest.kernel.streams import Streams
from backtest.lab import session
from backtest.lab.batches import opening
from backtest.lab.design import DesignError
from backtest.lab.people import Horizon, Lasting
from backtest.lab.regions import Regions
from backtest.lab.seating import seat_all
from backtest.lab.several_venues import KernelOfSeveral, SeveralVenues
from engine.rulebook.calendar import steps, utc
from engine.vocabulary.commands import BeginDay, OpenAccount, SetPhase
from engine.vocabulary.enums import Mechanism, Phase

if TYPE_CHECKING:
    from pathlib import Path

    from backtest.kernel.kernel import Entry, Watcher
    from backtest.lab.design import Design
    from backtest.lab.people import Day, Person, Population, Registry, Window


def run(
    design: Design,
    market: Population,
    root: int = 1,
    replication: int = 0,
    *,
    sink: Watcher | None = None,
    most: int = MOST_STEPS,
    log: str | Path | None = None,
) -> session.Outcome:
    """Run a session on any design, as ``session.run`` does.

    Raises ``AgentError`` and ``JournalError``, and ``DesignError`` for a log of several regions.
    """
    if not isinstance(design, Regions):
        return session.run(design, market, root, replication, sink=sink, most=most, log=log)
    if log is not None:
        message = "a log is one venue's, and regions have a venue each: log a design without a link"
        raise DesignError(message)
    try:
        return _run(design, market, Streams(root, replication), sink, most)
    except AgentError as error:
        raise error.of(root, replication) from error.__cause__


def cast(design: Design, market: Population, root: int = 1, replication: int = 0) -> list[Person]:
    """Return the people of a session without running it."""
    if not isinstance(design, Regions):
        return session.cast(design, market, root, replication)
    return _people(design, market, Streams(root, replication))[0]


def _people(
    design: Regions, market: Population, streams: Streams
) -> tuple[list[Person], dict[str, str], Window]:
    """Return the people, the region of each account, and the trading days.

    The market makes its people once for each region, with the same draws, and everybody is taken
    from his own region's: so they are the same people whatever links the regions.
    """
    horizon = market.horizon if isinstance(market, Lasting) else Horizon()
    window = session.window_of(design.rulebook, horizon)
    each = [market.people(streams, region.rulebook, window) for region in design.regions]
    found: list[Person] = []
    home: dict[str, str] = {}
    traders = 0
    for versions in zip(*each, strict=True):
        if versions[0].crowd:
            message = f"crowd {versions[0].crowd!r}: its members would be in several regions: "
            raise DesignError(message + "a crowd trades in a design without a link")
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
    return found, home, window


def _run(
    design: Regions, market: Population, streams: Streams, sink: Watcher | None, most: int
) -> session.Outcome:
    people, home, window = _people(design, market, streams)
    tape: list[Entry] = []
    several = SeveralVenues(design)
    several.home = home
    kernel = KernelOfSeveral(several, None if sink else tape, streams, sink=sink, most=most)
    modes = [mode for region in design.regions for mode in region.rulebook.modes]
    if any(mode.mechanism is Mechanism.ONE_WAY for mode in modes):
        kernel.watchers.append(session.Auctioneer(kernel, streams))
    kernel.now = window.opens
    kernel.give(BeginDay(window.days[0].date))
    classes = {
        region.name: [each.name for each in region.rulebook.classes] for region in design.regions
    }
    for person in people:
        role = person.role if person.role in classes[home[person.account]] else ""
        kernel.give(
            OpenAccount(
                person.account,
                role=role,
                cash=person.cash,
                allowances=tuple(person.holdings.items()),
            )
        )
    seat_all(kernel, people)
    registries = _registries(market, people, home, window)
    for number, day in enumerate(window.days):
        if number:
            kernel.run(utc(design.rulebook.calendar, day.date, 0))
            kernel.give(BeginDay(day.date))
        for name, registry in registries.items():
            for command in registry.due(day.date, several.federation.venues[name]):
                kernel.give(command)
        _schedule(kernel, design, several, day, streams)
        kernel.run(day.closes)
    several.federation.check()
    whole: Any = several  # what an outcome's pictures ask of a venue
    return session.Outcome(design, people, tape, whole, kernel.commands)


def _registries(
    market: Population, people: list[Person], home: dict[str, str], window: Window
) -> dict[str, Registry]:
    """Return what moves allowances outside trading, by region: each for its own people."""
    found: dict[str, Registry] = {}
    if isinstance(market, Lasting):
        for name in dict.fromkeys(home.values()):
            mine = [each for each in people if home[each.account] == name]
            registry = market.registry(mine, window)
            if registry is not None:
                found[name] = registry
    return found


def _schedule(
    kernel: KernelOfSeveral, design: Regions, several: SeveralVenues, day: Day, streams: Streams
) -> None:
    """Have each region's operator follow a day's timetable."""
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

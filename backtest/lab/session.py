"""One session: one market's people on one design, for one trading day or more."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import msgspec

from backtest.kernel.kernel import MOST_STEPS, AgentError, Kernel
from backtest.kernel.streams import Streams
from backtest.lab.batches import opening
from backtest.lab.people import Day, Horizon, Lasting, Window
from backtest.lab.seating import seat_all
from engine.log.journal import Journal
from engine.log.sequencer import Sequencer
from engine.rulebook.calendar import date_of, day_number, is_trading_day, steps, utc
from engine.venue.venue import Venue
from engine.vocabulary.commands import (
    Announce,
    BeginDay,
    ClearAuction,
    OpenAccount,
    SetPhase,
)
from engine.vocabulary.enums import Mechanism, Phase
from engine.vocabulary.events import Announced

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.figure import Figure

    from backtest.kernel.kernel import Entry, Watcher
    from backtest.lab.design import Design
    from backtest.lab.people import Person, Population, Registry
    from engine.rulebook.model import Calendar, Rulebook
    from engine.vocabulary.commands import Command
    from engine.vocabulary.events import Event

SECOND: Final = 1_000_000_000
_BLOCK: Final = 1 << 20  # bytes of a log that wait in memory, about
MOST_DAYS: Final = 4_000  # days of the calendar that are searched for trading days


class Outcome(NamedTuple):
    """What a session came to."""

    design: Design
    people: list[Person]
    tape: list[Entry]
    venue: Venue
    commands: int  # of agents

    def digest(self) -> str:
        """Return the hash of everything that happened."""
        seen = hashlib.sha256()
        encode = msgspec.msgpack.Encoder().encode
        for entry in self.tape:
            seen.update(encode(entry))
        return seen.hexdigest()

    def plot(self, name: str, **options: Any) -> Figure:
        """Draw a picture of the session, as in ``plot_session``. Raises ``PictureError``."""
        from backtest.report.pictures import plot_session  # noqa: PLC0415 - matplotlib is slow

        return plot_session(self, name, **options)


def run(
    design: Design,
    market: Population,
    root: int = 1,
    replication: int = 0,
    *,
    sink: Watcher | None = None,
    most: int = MOST_STEPS,
    log: str | Path | None = None,
) -> Outcome:
    """Run a session of one trading day or more.

    Raises ``AgentError``, which names agent, time and seed, also after ``most`` steps (see
    ``Kernel``): the session is then taken for endless.

    With a ``sink`` each command goes there with its time and its events, and the tape stays
    empty: a year of trading then takes no more memory than a day. ``log`` is a folder that gets the
    log of a live venue, up to the error where an agent fails; ``carbonx replay`` verifies it.
    Raises ``JournalError`` where the folder has a log already, or cannot be written.
    """
    tape: list[Entry] = []
    kept, sequencer = None if sink else tape, Sequencer(Venue(design.rulebook))
    if log is not None:
        sequencer.journal = _journal(Path(log), design, market)
        sink = _committing(sequencer, sink)
    try:
        begun = begin(
            design, market, root, replication, tape=kept, sink=sink, most=most, sequencer=sequencer
        )
        kernel = begun.kernel
        for number, day in enumerate(begun.window.days):
            begun.enter(number)
            kernel.run(day.closes)
    except AgentError as error:
        sequencer.close()  # it failed between two commands: what came before is a whole log
        raise error.of(root, replication) from error.__cause__
    except BaseException:
        if sequencer.journal is not None:
            sequencer.journal.close()
        raise
    sequencer.close()
    return Outcome(design, begun.people, tape, kernel.venue, kernel.commands)


def _journal(folder: Path, design: Design, market: Population) -> Journal:
    """Begin a log when the first day opens. Raises ``JournalError``."""
    horizon = market.horizon if isinstance(market, Lasting) else Horizon()
    opens = window_of(design.rulebook, horizon).opens
    return Journal.create(folder, design.rulebook, opens, "none")


def _committing(sequencer: Sequencer, sink: Watcher | None) -> Watcher:
    """Return a sink that writes the log in parts, so that a long one does not wait in memory."""

    def look(time: int, command: Command, events: list[Event]) -> None:
        if sink is not None:
            sink(time, command, events)
        journal = sequencer.journal
        if journal is not None and len(journal.buffer) >= _BLOCK:
            sequencer.commit()

    return look


class Begun(NamedTuple):
    """A session whose people have joined and whose first day has begun."""

    kernel: Kernel
    people: list[Person]
    window: Window
    registry: Registry | None
    streams: Streams
    calendar: Calendar

    def enter(self, number: int) -> Day:
        """Go to the start of a day of the window, up to its opening; return it."""
        day, kernel = self.window.days[number], self.kernel
        if number:
            kernel.run(utc(self.calendar, day.date, 0))
            kernel.give(BeginDay(day.date))
        for command in self.registry.due(day.date, kernel.venue) if self.registry else ():
            kernel.give(command)
        self.schedule(day)
        return day

    def schedule(self, day: Day) -> None:
        """Have the operator follow a day's timetable."""
        draws = self.streams.stream("calendar", str(day.date))
        _timetable(self.kernel, day, int(draws.integers(1 << 31)))


def begin(
    design: Design,
    market: Population,
    root: int,
    replication: int,
    *,
    tape: list[Entry] | None,
    sink: Watcher | None = None,
    guests: Sequence[Person] = (),
    most: int = MOST_STEPS,
    sequencer: Sequencer | None = None,
) -> Begun:
    """Open the accounts of a market's people, and after them of guests, and let them start.

    A ``sequencer`` has a new venue of the design's rules; without one nothing is logged.
    """
    rulebook = design.rulebook
    lasting = market if isinstance(market, Lasting) else None
    streams = Streams(root, replication)
    window = window_of(rulebook, lasting.horizon if lasting else Horizon())
    people = [*market.people(streams, rulebook, window), *guests]
    registry = lasting.registry(people, window) if lasting else None
    sequencer = sequencer or Sequencer(Venue(rulebook))
    kernel = Kernel(sequencer, tape, streams, sink=sink, most=most)
    if any(mode.mechanism is Mechanism.ONE_WAY for mode in rulebook.modes):
        kernel.watchers.append(Auctioneer(kernel, streams))
    kernel.now = window.opens
    roles = {each.name for each in rulebook.classes}
    commands: list[Command] = [BeginDay(window.days[0].date)]
    for person in people:
        role = person.role if person.role in roles else ""
        holdings = tuple(person.holdings.items())
        commands.append(
            OpenAccount(person.account, role=role, cash=person.cash, allowances=holdings)
        )
    for command in commands:
        kernel.give(command)
    seat_all(kernel, people)
    return Begun(kernel, people, window, registry, streams, rulebook.calendar)


def cast(design: Design, market: Population, root: int = 1, replication: int = 0) -> list[Person]:
    """Return the people of a session without running it."""
    lasting = market if isinstance(market, Lasting) else None
    window = window_of(design.rulebook, lasting.horizon if lasting else Horizon())
    return market.people(Streams(root, replication), design.rulebook, window)


def window_of(rulebook: Rulebook, horizon: Horizon) -> Window:
    """Return the trading days of a session. Raises ``ValueError`` where there are none."""
    calendar = rulebook.calendar
    days: list[Day] = []
    number = day_number(horizon.first)
    final = day_number(horizon.last) if horizon.last else number + MOST_DAYS
    while number <= final and (horizon.last or len(days) < horizon.days):
        date = date_of(number)
        number += 1
        if is_trading_day(calendar, date):
            plan = steps(rulebook, date)
            start = utc(calendar, date, 0)
            if plan:
                opens = next(step.time for step in plan if step.command.phase is not Phase.CLOSED)
                longest = max(session.random_seconds for session in calendar.sessions)
                days.append(Day(date, opens, plan[-1].time + longest * SECOND))
            else:
                days.append(Day(date, start, start + horizon.seconds * SECOND))
    if not days:
        message = f"{rulebook.name} does not trade from {horizon.first} on: {horizon}"
        raise ValueError(message)
    return Window(days[0].opens, days[-1].closes, tuple(days))


def _timetable(kernel: Kernel, day: Day, draw: int) -> None:
    """Have the operator follow a day's timetable, by the rules that are in force on it."""
    plan = steps(kernel.venue.rulebook, day.date, draw)
    for step in plan:
        kernel.at(step.time, step.command)
    if not plan:
        for command in opening(kernel.venue.rulebook):
            kernel.at(day.opens, command)
        kernel.at(day.closes, SetPhase(Phase.CLOSED))


class Auctioneer:
    """Clears each one-way auction when its window is over; a watcher of the kernel."""

    def __init__(self, kernel: Kernel, streams: Streams) -> None:
        """Draw the seeds of ties from the session's own stream."""
        self._kernel, self._streams = kernel, streams

    def __call__(self, _time: int, command: Command, events: list[Event]) -> None:
        """Note what was announced."""
        if type(command) is not Announce:
            return
        for event in events:
            if type(event) is Announced:
                draws = self._streams.stream("auctioneer", f"{event.symbol}/{event.number}")
                clear = ClearAuction(event.symbol, event.number, int(draws.integers(1 << 31)))
                self._kernel.at(event.closes_at, clear)

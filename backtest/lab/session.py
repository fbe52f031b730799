"""One session: one market's people on one design, for one trading day or more."""

from __future__ import annotations

import datetime as dt
import hashlib
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import msgspec

from backtest.kernel.kernel import Kernel
from backtest.kernel.streams import Streams
from backtest.lab.people import Window
from engine.log.sequencer import Sequencer
from engine.rulebook.calendar import is_trading_day, steps, utc
from engine.venue.venue import Venue
from engine.vocabulary.commands import (
    BeginDay,
    MoveAllowances,
    MoveCash,
    OpenAccount,
    SetPhase,
)
from engine.vocabulary.enums import Phase

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from backtest.lab.design import Design
    from backtest.lab.people import Person, Population
    from engine.rulebook.model import Calendar
    from engine.vocabulary.commands import Command
    from engine.vocabulary.events import Event

FIRST_DAY: Final = 20250101  # the sessions begin on the first trading day after it
HOUR: Final = 3_600_000_000_000  # ns that a session of a rulebook without a timetable lasts


class Entry(NamedTuple):
    """A command and what came of it, at a time in ns."""

    time: int
    command: Command
    events: list[Event]


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
            seen.update(encode((entry.time, entry.command, entry.events)))
        return seen.hexdigest()

    def plot(self, name: str, **options: Any) -> Figure:
        """Draw a picture of the session, as in ``plot_session``. Raises ``PictureError``."""
        from backtest.report.pictures import plot_session  # noqa: PLC0415 - matplotlib is slow

        return plot_session(self, name, **options)


def trading_day(calendar: Calendar, date: int) -> int:
    """Return the first trading day behind a date such as 20250101."""
    day = dt.date(date // 10_000, date // 100 % 100, date % 100)
    while True:
        day += dt.timedelta(days=1)
        number = int(f"{day:%Y%m%d}")
        if is_trading_day(calendar, number):
            return number


def run(design: Design, market: Population, root: int = 1, replication: int = 0) -> Outcome:
    """Run a session. Raises ``AgentError``."""
    rulebook = design.rulebook
    venue = Venue(rulebook)
    tape: list[Entry] = []
    streams = Streams(root, replication)
    kernel = Kernel(Sequencer(venue), streams)
    kernel.watchers.append(lambda *entry: tape.append(Entry(*entry)))
    calendar = rulebook.calendar
    date = trading_day(calendar, FIRST_DAY)
    plan = steps(rulebook, date)
    midnight = utc(calendar, date, 0)
    if plan:
        opens = next(step.time for step in plan if step.command.phase is not Phase.CLOSED)
        window = Window(opens, plan[-1].time)
    else:
        window = Window(midnight, midnight + HOUR)
    people = market.people(streams, rulebook, window)
    kernel.now = window.opens
    for command in (BeginDay(date), *_accounts(people)):
        kernel.give(command)
    if plan:
        for step in plan:
            kernel.at(step.time, step.command)
    else:
        kernel.at(window.opens, SetPhase(Phase.CONTINUOUS))
        kernel.at(window.closes, SetPhase(Phase.CLOSED))
    for person in people:
        seat = kernel.join(
            person.agent,
            person.account,
            person.who,
            to_venue=person.to_venue,
            back=person.back,
            compute=person.compute,
        )
        seat.start()
    kernel.run(window.closes)
    return Outcome(design, people, tape, venue, kernel.commands)


def _accounts(people: list[Person]) -> list[Command]:
    found: list[Command] = []
    for person in people:
        found.append(OpenAccount(person.account))
        if person.cash:
            found.append(MoveCash(person.account, person.cash))
        found += [MoveAllowances(person.account, product, tonnes)
                  for product, tonnes in person.holdings.items()]  # fmt: skip
    return found

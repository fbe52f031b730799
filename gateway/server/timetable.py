"""The operator's clock: what a venue's calendar, calls and auctions ask for at a time.

``Timetable.due`` looks at a venue and a time and gives the commands that are due; whoever has the
clock runs them and hands each back to ``absorb``, with those of the operator. Whatever is random
is drawn here, and the draw is in the commands: that of a day's random ends in its ``BeginDay``,
that of a random tie in the clearing.

What of a day has been done is known from the log alone. Every step of it is a command there, also
one that the venue refused, so a timetable to which a log is told again goes on behind the last.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from engine.log.sequencer import OPERATOR
from engine.rulebook.calendar import Step, is_trading_day, local_date, steps, utc
from engine.vocabulary.commands import AdvanceTime, BeginDay, ClearAuction, SetPhase
from engine.vocabulary.enums import Phase
from engine.vocabulary.events import Announced, DayBegan, PhaseChanged

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from engine.log.records import Record
    from engine.venue.venue import Venue
    from engine.vocabulary.commands import Command
    from engine.vocabulary.events import Event

_SECOND: Final = 1_000_000_000
_SEEDS: Final = 1 << 62
# A step that is late by more than this was nobody's to run: no timetable was followed then.
_LATE: Final = 5 * _SECOND
_MOST_DUE: Final = 1_000  # times that are made up for at once


class Past:
    """What a log says of days and phases, gathered while it is replayed: the day that is on."""

    __slots__ = ("records",)

    def __init__(self) -> None:
        """Start with a venue that has no past."""
        self.records: list[tuple[Record, list[Event]]] = []

    def absorb(self, record: Record, events: list[Event]) -> None:
        """Take in a record and what came of it."""
        command = record.command
        if isinstance(command, BeginDay):
            if began(events):
                self.records = [(record, events)]
        elif isinstance(command, SetPhase):
            self.records.append((record, events))

    @property
    def untouched(self) -> bool:
        """Whether no day was ever begun and no phase ever set: the venue's first start."""
        return not self.records


class Timetable:
    """Runs a venue by the sessions of its rulebook's calendar."""

    __slots__ = ("_draw", "_idle", "_steps", "_venue")

    def __init__(self, venue: Venue, draw: Callable[[int], int], past: Past | None = None) -> None:
        """Follow a venue; ``draw(n)`` gives a whole number below n, such as from ``secrets``.

        ``past`` is what the venue's log says of the day that is on.
        """
        self._venue = venue
        self._draw = draw
        self._steps: list[Step] = []  # of the day that is on, each for one line, still to be done
        self._idle = (0, 0, 0)  # a date that was looked at and is no trading day
        for record, events in past.records if past is not None else ():
            self.absorb(record.source, record.time, record.command, events)

    def due(self, now: int) -> Iterator[Command]:
        """Yield what is due at ``now`` (ns UTC), in order; run and absorb each before the next.

        Steps that were missed are made up for, each at its own time, so that a venue that starts
        in the middle of a day is where it would be, had it run since the morning. The day that
        was on is finished first; trading days that passed meanwhile are not begun.
        """
        yield from self._follow(now)
        venue = self._venue
        date = local_date(venue.rulebook.calendar, now)
        if date <= venue.date or self._steps:
            return
        look = (date, venue.date, len(venue.amendments))
        if look == self._idle:
            return
        calendar = venue.rulebook_on(date).calendar
        if not (calendar.sessions and is_trading_day(calendar, date)):
            self._idle = look
            return
        yield from self._pass(min(now, utc(calendar, date, 0)))
        for line in venue.symbols:
            if venue.phase(line) is not Phase.CLOSED:
                yield SetPhase(Phase.CLOSED, line, "the day is over")
        yield BeginDay(date, self._draw(_SEEDS))
        yield from self._follow(now)

    def passing(self, until: int) -> Iterator[Command]:
        """Yield the times at which something is due before ``until``, and what they clear."""
        for command in passing(self._venue, until):
            yield command
            yield from self.clearings()

    def clearings(self) -> Iterator[ClearAuction]:
        """Yield the clearings of the one-way auctions whose window is over by the venue's time."""
        venue = self._venue
        for line in venue.symbols:
            for each in venue.standing(line):
                if isinstance(each, Announced) and each.closes_at <= venue.time:
                    yield ClearAuction(line, each.number, self._draw(_SEEDS))

    def absorb(self, source: int, time: int, command: Command, events: Iterable[Event]) -> None:
        """Take in a command that set a phase or began a day, at ``time``, and what came of it."""
        if isinstance(command, BeginDay):
            if began(events):
                self._steps = self._plan(command)
        elif isinstance(command, SetPhase):
            if source != OPERATOR:
                self._done(command, time)
                return
            changed = [event.symbol for event in events if isinstance(event, PhaseChanged)]
            self._steps = [
                step
                for step in self._steps
                if step.command.symbol not in changed or step.time + _LATE > time
            ]

    def _plan(self, command: BeginDay) -> list[Step]:
        """Return the steps of a day that has begun, each for one line."""
        venue = self._venue
        return [
            Step(step.time, SetPhase(step.command.phase, line, step.command.reason))
            for step in steps(venue.rulebook, command.date, command.draw)
            for line in ([step.command.symbol] if step.command.symbol else venue.symbols)
        ]

    def _done(self, command: SetPhase, time: int) -> None:
        for step in self._steps:
            if step.command == command and step.time <= time:
                self._steps.remove(step)
                return

    def _follow(self, now: int) -> Iterator[Command]:
        """Yield the steps that are due, each at its own time."""
        while self._steps and self._steps[0].time <= now:
            step = self._steps[0]
            yield from self._pass(step.time)
            yield step.command
            assert step not in self._steps[:1], "a step that was not absorbed"

    def _pass(self, time: int) -> Iterator[Command]:
        """Let the venue's time pass up to a step, and clear what has to be cleared before it."""
        yield from self.passing(time)
        if time > self._venue.time:
            yield AdvanceTime(time)
        yield from self.clearings()


def passing(venue: Venue, until: int) -> Iterator[AdvanceTime]:
    """Yield the times before ``until`` (ns UTC) at which something is due; run each at once.

    So what came due while nobody looked comes in its order. A long series of batches leaps on.
    """
    for _ in range(_MOST_DUE):
        _, due = venue.due()
        if not venue.time < due < until:
            return
        yield AdvanceTime(due)


def began(events: Iterable[Event]) -> bool:
    """Say whether a trading day began."""
    return any(isinstance(event, DayBegan) for event in events)

"""The operator's clock: what a venue's calendar, calls and auctions ask for at a time.

``Timetable.due`` looks at a venue and a time and gives the commands that are due; whoever has the
clock runs them. Whatever is random is drawn here, and the draw is in the commands: a random end
of a call is the time at which it comes, a random tie the seed of the clearing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from engine.rulebook.calendar import Step, date_of, offset_seconds, steps
from engine.vocabulary.commands import BeginDay, ClearAuction, SetPhase
from engine.vocabulary.enums import Phase
from engine.vocabulary.events import Announced

if TYPE_CHECKING:
    from collections.abc import Callable

    from engine.venue.venue import Venue
    from engine.vocabulary.commands import Command

_DAY: Final = 86_400
_SECOND: Final = 1_000_000_000
_SEEDS: Final = 1 << 62
# How a closed line gets to a phase that does not follow a close, without continuous trading.
_FROM_CLOSED: Final = {
    Phase.HALTED: (Phase.PRE_OPEN,),
    Phase.FREEZE: (Phase.INTRADAY_CALL,),
    Phase.CLOSING_CALL: (Phase.INTRADAY_CALL,),
}


class Timetable:
    """Runs a venue by the sessions of its rulebook's calendar."""

    def __init__(self, venue: Venue, draw: Callable[[int], int]) -> None:
        """Follow a venue; ``draw(n)`` gives a whole number below n, such as from ``secrets``."""
        self._venue = venue
        self._draw = draw
        self._plan: list[Step] = []
        self._planned = 0  # the date of the plan

    def due(self, now: int) -> list[Command]:
        """Return what is due at ``now`` (ns UTC), in order; nothing is given twice.

        A venue that starts in the middle of a day catches up: each line goes to where the
        timetable has it now, without trading on the way.
        """
        venue = self._venue
        found: list[Command] = list(self._auctions(now))
        while self._plan and self._plan[0].time <= now:
            found.append(self._plan.pop(0).command)
        date = local_date(venue, now)
        if date != self._planned and not self._plan:
            self._planned = date
            found += self._begin(date, now)
        return found

    def _begin(self, date: int, now: int) -> list[Command]:
        """Plan a day; return what its beginning asks for, and what of it is past already."""
        venue = self._venue
        plan = steps(venue.rulebook, date, self._draw(_SEEDS))
        past = {step.command.symbol: step.command for step in plan if step.time <= now}
        self._plan = [step for step in plan if step.time > now]
        found: list[Command] = []
        if date > venue.date and plan:
            found += [
                SetPhase(Phase.CLOSED, line, "the day is over")
                for line in venue.symbols
                if venue.phase(line) is not Phase.CLOSED
            ]
            if not self._plan:
                return found  # too late for this day
            found.append(BeginDay(date))
        every = past.pop("", None)
        if every is not None:
            past = {line: SetPhase(every.phase, line, every.reason) for line in venue.symbols}
        for line, command in past.items():
            fresh = date > venue.date or venue.phase(line) is Phase.CLOSED
            way = _FROM_CLOSED.get(command.phase, ()) if fresh else ()
            found += [SetPhase(phase, line, "catching up") for phase in way]
            found.append(command)
        return found

    def _auctions(self, now: int) -> list[ClearAuction]:
        """Return the clearings of the one-way auctions whose window is over."""
        return [
            ClearAuction(line, each.number, self._draw(_SEEDS))
            for line in self._venue.symbols
            for each in self._venue.standing(line)
            if isinstance(each, Announced) and each.closes_at <= now
        ]


def local_date(venue: Venue, now: int) -> int:
    """Return the venue's local date at a time (ns UTC), such as 20210628."""
    calendar = venue.rulebook.calendar
    utc_seconds = now // _SECOND
    standard = utc_seconds + calendar.utc_offset_minutes * 60
    return date_of((utc_seconds + offset_seconds(calendar, standard)) // _DAY)


def leads_on(venue: Venue, command: Command) -> bool:
    """Say whether a step still changes something: the line's phase may follow its present one."""
    symbol, phase = getattr(command, "symbol", ""), getattr(command, "phase", None)
    if phase is None:
        return True
    lines = [symbol] if symbol else list(venue.symbols)
    return any(phase in venue.may_follow(line) for line in lines)

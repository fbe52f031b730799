"""The operator's clock: what a venue's calendar, calls and auctions ask for at a time.

``Timetable.due`` looks at a venue and a time and gives the commands that are due; whoever has the
clock runs them. All dice are thrown here, and what they gave is in the commands: a random end of
a call is the time at which it came, a random tie the seed of the clearing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from engine.calendar import Step, date_of, is_trading_day, offset_seconds, steps
from engine.commands import BeginDay, ClearAuction
from engine.events import Announced
from engine.phases import may_follow
from engine.types import Phase

if TYPE_CHECKING:
    from collections.abc import Callable

    from engine.commands import Command
    from engine.venue import Venue

_DAY: Final = 86_400
_SECOND: Final = 1_000_000_000
_SEEDS: Final = 1 << 62


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

        A venue that starts in the middle of a day catches up: of the steps that are past, each
        line takes those that still lead on from where it stands.
        """
        venue = self._venue
        found: list[Command] = list(self._auctions(now))
        date = local_date(venue, now)
        calendar = venue.rulebook.calendar
        if date != self._planned and is_trading_day(calendar, date) and self._rests():
            self._planned = date
            self._plan = steps(venue.rulebook, date, self._draw(_SEEDS))
            if date > venue.date:
                found.append(BeginDay(date))
        while self._plan and self._plan[0].time <= now:
            found.append(self._plan.pop(0).command)
        return found

    def _rests(self) -> bool:
        """Say whether a day may begin: the last one is closed, or this one is on already."""
        markets = self._venue.markets.values()
        return not self._plan and (
            self._planned == 0 or all(market.gate.phase is Phase.CLOSED for market in markets)
        )

    def _auctions(self, now: int) -> list[ClearAuction]:
        """Return the clearings of the one-way auctions whose window is over."""
        return [
            ClearAuction(line, each.number, self._draw(_SEEDS))
            for line in self._venue.markets
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
    product, phase = getattr(command, "product", ""), getattr(command, "phase", None)
    if phase is None:
        return True
    lines = [product] if product else list(venue.markets)
    return any(phase in may_follow(venue.markets[line]) for line in lines)

"""The replay of a log, stretch by stretch."""

from __future__ import annotations

from bisect import bisect_right
from datetime import date
from itertools import chain
from operator import itemgetter
from typing import TYPE_CHECKING, Final

import numpy as np

from backtest.frames.rows import Rows
from backtest.frames.stretch import (
    COMMAND_NUMBERS,
    DEPTHS,
    EVENT_NUMBERS,
    EVENTS,
    LIVES,
    NULL,
    TRADES,
    Stretch,
    lines,
)
from backtest.frames.words import PHASES
from engine.vocabulary.commands import BeginDay, NewOrder
from engine.vocabulary.enums import Phase
from engine.vocabulary.events import DayBegan, PhaseChanged

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sized

    from backtest.frames.stretch import Ints
    from engine.log.records import Run
    from engine.venue.venue import Venue
    from engine.vocabulary.commands import Command
    from engine.vocabulary.events import Event

_COLUMNS: Final = {"trades": TRADES, "orders": LIVES, "depth": DEPTHS}
_EPOCH: Final = date(1970, 1, 1).toordinal()
_NEW_ORDER: Final = COMMAND_NUMBERS[NewOrder]


class Replay:
    """Runs commands and keeps what came of them until it is asked for."""

    def __init__(self, venue: Venue, wanted: Collection[str]) -> None:
        """Follow a venue that has done nothing yet."""
        self._before = self._time_before = 0  # number and time of the last record handed out
        self._venue = venue
        self._rows = Rows(venue, wanted)
        kinds = dict.fromkeys(chain.from_iterable(_COLUMNS[n] for n in _COLUMNS if n in wanted))
        self._columns = [EVENT_NUMBERS[kind] for kind in kinds]
        self._singly = [EVENT_NUMBERS[kind] for kind in (*self._rows.takes, PhaseChanged)]
        self._follows_orders = "orders" in wanted
        self._commands: list[Command] = []
        self._events: list[list[Event]] = []  # by record, as the others
        self._times: list[int] = []
        self._day: date | None = None
        self._days: list[tuple[int, date | None]] = [(0, None)]
        self._phases: dict[str, str] = {}
        self._mechanisms = self._mechanisms_now()

    @property
    def records(self) -> int:
        """How many records wait."""
        return len(self._events)

    @property
    def seq(self) -> int:
        """The number of the last record."""
        return self._before + len(self._events)

    def take(self, runs: Iterable[Run]) -> None:
        """Apply commands."""
        apply = self._venue.apply
        came, gave, when = self._events.append, self._commands.append, self._times.append
        for run in runs:
            time = run.time
            for command in run.commands:
                came(apply(command) if type(command) is not BeginDay else self._begin_day(command))
                gave(command)
                when(time)

    def _begin_day(self, command: BeginDay) -> list[Event]:
        evening = {}
        if self._day is not None:
            evening = self._rows.balances(self.seq, self._time, self._day)
        events = self._venue.apply(command)
        for event in events:
            if type(event) is DayBegan:
                self._rows.add(evening)
                year, rest = divmod(event.date, 10_000)
                self._day = date(year, *divmod(rest, 100))
                self._days.append((len(self._events) + 1, self._day))
                self._mechanisms += self._mechanisms_now()  # an amendment may be in force
        return events

    def _mechanisms_now(self) -> list[tuple[int, str, str]]:
        now = []
        for symbol in self._venue.symbols:
            self._phases.setdefault(symbol, PHASES[Phase.CLOSED])
            word = self._venue.line_view(symbol).mechanism.name.lower()
            now.append((len(self._events), symbol, word))
        return now

    @property
    def _time(self) -> int:
        return self._times[-1] if self._times else self._time_before

    def end(self) -> None:
        """Take note of the end of the log."""
        self._rows.add(self._rows.balances(self.seq, self._time, self._day))

    def stretch(self) -> Stretch:
        """Return what came of the commands since the last stretch."""
        commands, happened, first = self._commands, self._events, self._before + 1
        events = list(chain.from_iterable(happened))
        kinds = _ints(map(EVENT_NUMBERS.__getitem__, map(type, events)), events)
        records = np.repeat(np.arange(len(happened)), _ints(map(len, happened), happened))
        times = _ints(self._times, commands)
        phases = [(0, symbol, phase) for symbol, phase in self._phases.items()]
        for place in np.flatnonzero(np.isin(kinds, self._singly)).tolist():
            event, record = events[place], int(records[place])
            if type(event) is PhaseChanged:
                self._phases[event.symbol] = word = PHASES[event.phase]
                phases.append((place, event.symbol, word))
            take = self._rows.takes.get(type(event))
            if take is not None:
                day = self._day_of(record)
                take(event, first + record, int(times[record]), day, commands[record])
        of_commands = _ints(map(COMMAND_NUMBERS.__getitem__, map(type, commands)), commands)
        new = of_commands == _NEW_ORDER
        order_types, tifs = np.zeros_like(of_commands), np.zeros_like(of_commands)
        if self._follows_orders:
            orders = [command for command in commands if type(command) is NewOrder]
            order_types[new] = _ints((order.order_type for order in orders), orders)
            tifs[new] = _ints((order.tif for order in orders), orders)
        found = Stretch(
            seq=first,
            times=times,
            records=records,
            commands=of_commands,
            order_types=order_types,
            tifs=tifs,
            events=self._lines(events, kinds),
            days=[
                (record, NULL if day is None else day.toordinal() - _EPOCH)
                for record, day in self._days
            ],
            mechanisms=self._mechanisms,
            phases=phases,
            cells=self._rows.take_out(),
        )
        self._before, self._time_before = self.seq, self._time
        self._commands, self._events, self._times = [], [], []
        self._days, self._mechanisms = [(0, self._day)], self._mechanisms_now()
        return found

    def _lines(self, events: list[Event], kinds: Ints) -> dict[type, tuple[Ints, bytes]]:
        found = {}
        for number in self._columns:
            at = np.flatnonzero(kinds == number)
            if len(at):
                found[EVENTS[number]] = at, lines(list(map(events.__getitem__, at.tolist())))
        return found

    def _day_of(self, record: int) -> date | None:
        return self._days[bisect_right(self._days, record, key=itemgetter(0)) - 1][1]


def _ints(values: Iterable[int], counted: Sized) -> Ints:
    return np.fromiter(values, np.int64, len(counted))

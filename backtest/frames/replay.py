"""The replay of a log, stretch by stretch."""

from __future__ import annotations

from bisect import bisect_right
from datetime import date
from itertools import chain, compress
from operator import attrgetter, itemgetter
from typing import TYPE_CHECKING, Any, Final

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
    from collections.abc import Collection, Iterable, Sequence, Sized

    from numpy.typing import NDArray

    from backtest.frames.stretch import Bytes, Counts, Ints
    from engine.log.records import Run
    from engine.venue.venue import Venue
    from engine.vocabulary.commands import Command
    from engine.vocabulary.events import Event

_COLUMNS: Final = {"trades": TRADES, "orders": LIVES, "depth": DEPTHS}
PIECE: Final = 1 << 11  # records whose events are kept as such: a processor's cache holds them
_EPOCH: Final = date(1970, 1, 1).toordinal()
_NEW_ORDER: Final = COMMAND_NUMBERS[NewOrder]


class Replay:
    """Runs commands and keeps what came of them until it is asked for.

    Events are turned into bytes while a processor's cache has them.
    """

    def __init__(self, venue: Venue, wanted: Collection[str]) -> None:
        """Follow a venue that has done nothing yet."""
        self._venue = venue
        self._rows = Rows(venue, wanted)
        kinds = dict.fromkeys(chain.from_iterable(_COLUMNS[n] for n in _COLUMNS if n in wanted))
        self._columns = _among(kinds)
        self._singly = _among((*self._rows.takes, PhaseChanged))
        self._follows_orders = "orders" in wanted
        self._before = self._time = 0  # number of the last record handed out, time of the last one
        self._commands: list[Command] = []
        self._times: list[int] = []
        self._came: list[Event] = []  # of these commands
        self._counts: list[int] = []  # how many events there are of each command
        self._day: date | None = None
        self._phases: dict[str, str] = {}
        self._begin()

    def _begin(self) -> None:
        """Begin a stretch."""
        self._records = self._events = 0  # in it, without those that are kept as such
        self._pieces: list[tuple[Ints, Counts, Bytes, Bytes, Bytes, Bytes]] = []
        self._lines: dict[int, list[bytes]] = {}
        self._days = [(0, self._day)]
        self._mechanisms = self._mechanisms_now()
        self._entered = [(0, symbol, phase) for symbol, phase in self._phases.items()]

    @property
    def records(self) -> int:
        """How many records wait."""
        return self._records + len(self._commands)

    @property
    def seq(self) -> int:
        """The number of the last record."""
        return self._before + self.records

    def take(self, runs: Sequence[Run]) -> None:
        """Apply commands."""
        commands = list(chain.from_iterable(run.commands for run in runs))
        times = [run.time for run in runs for _ in run.commands]
        apply = self._venue.apply
        if BeginDay in map(type, commands):
            for command, time in zip(commands, times, strict=True):
                events = (
                    self._begin_day(command) if isinstance(command, BeginDay) else apply(command)
                )
                self._keep((command,), (time,), [events])
        else:  # without a loop of Python's: a replay is as fast as this
            self._keep(commands, times, list(map(apply, commands)))
        if len(self._commands) >= PIECE:
            self._put_down()

    def _keep(
        self, commands: Sequence[Command], times: Sequence[int], happened: list[list[Event]]
    ) -> None:
        self._commands += commands
        self._times += times
        self._counts += map(len, happened)
        self._came += chain.from_iterable(happened)

    def _begin_day(self, command: BeginDay) -> list[Event]:
        evening = self._balances() if self._day is not None else {}
        events = self._venue.apply(command)
        for event in events:
            if type(event) is DayBegan:
                self._rows.add(evening)
                year, rest = divmod(event.date, 10_000)
                self._day = date(year, *divmod(rest, 100))
                self._days.append((self.records + 1, self._day))
                self._mechanisms += self._mechanisms_now()  # an amendment may be in force
        return events

    def _mechanisms_now(self) -> list[tuple[int, str, str]]:
        now = []
        for symbol in self._venue.symbols:
            self._phases.setdefault(symbol, PHASES[Phase.CLOSED])
            word = self._venue.line_view(symbol).mechanism.name.lower()
            now.append((self.records, symbol, word))
        return now

    def end(self) -> None:
        """Take note of the end of the log."""
        self._rows.add(self._balances())

    def _balances(self) -> dict[str, list[Any]]:
        return self._rows.balances(self.seq, self._last_time, self._day)

    @property
    def _last_time(self) -> int:
        return self._times[-1] if self._times else self._time

    def stretch(self) -> Stretch:
        """Return what came of the commands since the last stretch."""
        self._put_down()
        times, counts, commands, order_types, tifs, kinds = map(
            np.concatenate, zip(*self._pieces, strict=True)
        )
        found = Stretch(
            seq=self._before + 1,
            times=times,
            counts=counts,
            commands=commands,
            order_types=order_types,
            tifs=tifs,
            kinds=kinds,
            events={EVENTS[number]: b"".join(found) for number, found in self._lines.items()},
            days=[
                (record, NULL if day is None else day.toordinal() - _EPOCH)
                for record, day in self._days
            ],
            mechanisms=self._mechanisms,
            phases=self._entered,
            cells=self._rows.take_out(),
        )
        self._before = self.seq
        self._begin()
        return found

    def _put_down(self) -> None:
        """Turn what is kept into numbers and bytes."""
        commands, events = self._commands, self._came
        times = _ints(self._times, commands)
        counts = np.fromiter(self._counts, np.uint32, len(commands))
        kinds = _numbers(map(EVENT_NUMBERS.__getitem__, map(type, events)))
        of_commands = _numbers(map(COMMAND_NUMBERS.__getitem__, map(type, commands)))
        self._put_singly(events, kinds, counts, times, commands)
        for number in np.flatnonzero(self._columns & _present(kinds)).tolist():
            these = kinds == number
            data = lines(list(compress(events, these.tobytes())))
            self._lines.setdefault(number, []).append(data)
        new = of_commands == _NEW_ORDER
        order_types, tifs = np.zeros_like(of_commands), np.zeros_like(of_commands)
        if self._follows_orders:
            orders = [command for command in commands if type(command) is NewOrder]
            order_types[new] = _numbers(map(attrgetter("order_type"), orders))
            tifs[new] = _numbers(map(attrgetter("tif"), orders))
        self._pieces.append((times, counts, of_commands, order_types, tifs, kinds))
        self._records += len(commands)
        self._events += len(events)
        self._time = self._last_time
        for each in (self._commands, self._times, self._came, self._counts):
            each.clear()

    def _put_singly(
        self,
        events: list[Event],
        kinds: Bytes,
        counts: Counts,
        times: Ints,
        commands: list[Command],
    ) -> None:
        """Make rows of those events that are few."""
        places = np.flatnonzero(self._singly[kinds])
        records = np.searchsorted(np.cumsum(counts), places, "right")
        for place, record in zip(places.tolist(), records.tolist(), strict=True):
            event = events[place]
            if type(event) is PhaseChanged:
                self._phases[event.symbol] = word = PHASES[event.phase]
                self._entered.append((self._events + place, event.symbol, word))
            take = self._rows.takes.get(type(event))
            if take is not None:
                within = self._records + record
                seq, day = self._before + 1 + within, self._day_of(within)
                take(event, seq, int(times[record]), day, commands[record])

    def _day_of(self, record: int) -> date | None:
        return self._days[bisect_right(self._days, record, key=itemgetter(0)) - 1][1]


def _among(kinds: Iterable[type]) -> NDArray[np.bool_]:
    """Return for each kind of event whether it is one of these."""
    found = np.zeros(len(EVENTS), np.bool_)
    found[[EVENT_NUMBERS[kind] for kind in kinds]] = True
    return found


def _present(kinds: Bytes) -> NDArray[np.bool_]:
    """Return for each kind of event whether it is there."""
    return np.bincount(kinds, minlength=len(EVENTS)) > 0


def _numbers(values: Iterable[int]) -> Bytes:
    """Return numbers below 256, a byte each: far less to hand over than ``_ints``."""
    return np.frombuffer(bytearray(values), np.uint8)


def _ints(values: Iterable[int], counted: Sized) -> Ints:
    return np.fromiter(values, np.int64, len(counted))

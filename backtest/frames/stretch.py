"""A stretch of the log with what came of it: what the largest tables are made of."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeAlias, get_args

import numpy as np

from backtest.frames.event_columns import Names, read
from engine.vocabulary.commands import Command
from engine.vocabulary.events import Event

if TYPE_CHECKING:
    from collections.abc import Iterator

    from msgspec import Struct
    from numpy.typing import NDArray

    Ints: TypeAlias = NDArray[np.int64]

EVENTS: Final[tuple[type[Struct], ...]] = get_args(Event)
COMMANDS: Final[tuple[type[Struct], ...]] = get_args(Command)
EVENT_NUMBERS: Final = {kind: number for number, kind in enumerate(EVENTS)}
COMMAND_NUMBERS: Final = {kind: number for number, kind in enumerate(COMMANDS)}
NULL: Final = -(1 << 63)  # no engine's figure is so low


class Stretch(NamedTuple):
    """Records in a row. The place of an event is its number among those of the stretch."""

    seq: int  # of the first record
    times: Ints  # of the records
    records: Ints  # of the events: how many records stand before it here
    commands: Ints  # of the records: the number of the command's kind
    order_types: Ints  # of the records, 0 where they are no new order
    tifs: Ints
    events: dict[type, tuple[Ints, bytes]]  # by kind: places, and the events as lines
    days: list[tuple[int, int]]  # from a record on: days since 1970
    mechanisms: list[tuple[int, str, str]]  # from a record on: line, word
    phases: list[tuple[int, str, str]]  # from an event on: line, word
    cells: dict[str, list[Any]]  # the other tables' rows


class Found(NamedTuple):
    """Events of one kind, in order: their places and their fields."""

    at: Ints
    of: dict[str, Ints]


class Happened:
    """A stretch as columns, each read once."""

    def __init__(self, stretch: Stretch, names: Names) -> None:
        """Take over what the replay found."""
        self.stretch = stretch
        self.names = names
        self._read: dict[type, Found] = {}

    def each(self, *kinds: type[Struct]) -> Iterator[Found]:
        """Yield the events of those of these kinds that there are."""
        for kind in kinds:
            if kind in self._read:
                yield self._read[kind]
            elif kind in self.stretch.events:
                at, data = self.stretch.events[kind]
                found = self._read[kind] = Found(at, read(kind, data, self.names))
                yield found

    @cached_property
    def _days(self) -> Ints:
        return steps(self.stretch.days, np.arange(len(self.stretch.times)))

    def time(self, at: Ints) -> Ints:
        """Return when events were sequenced."""
        return self.stretch.times[self.stretch.records[at]]

    def when(self, at: Ints) -> tuple[Ints, Ints, Ints]:
        """Return record, time and day of events."""
        record = self.stretch.records[at]
        return record + self.stretch.seq, self.stretch.times[record], self._days[record]


def steps(changes: list[tuple[int, int]], places: Ints) -> Ints:
    """Return what holds at places, of values that hold from a place on."""
    starts, values = np.array(changes, np.int64).T
    found: Ints = values[np.searchsorted(starts, places, "right") - 1]
    return found

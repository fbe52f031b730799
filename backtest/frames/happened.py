"""What happened in a stretch of the log, as columns."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from backtest.frames.event_columns import Names, read
from backtest.frames.stretch import EVENT_NUMBERS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from msgspec import Struct

    from backtest.frames.stretch import Ints, Stretch


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
                at = np.flatnonzero(self.stretch.kinds == EVENT_NUMBERS[kind])
                of = read(kind, self.stretch.events[kind], self.names)
                found = self._read[kind] = Found(at, of)
                yield found

    @cached_property
    def records(self) -> Ints:
        """How many records stand before each event's."""
        return np.repeat(np.arange(len(self.stretch.counts)), self.stretch.counts)

    @cached_property
    def _days(self) -> Ints:
        return steps(self.stretch.days, np.arange(len(self.stretch.times)))

    def time(self, at: Ints) -> Ints:
        """Return when events were sequenced."""
        return self.stretch.times[self.records[at]]

    def when(self, at: Ints) -> tuple[Ints, Ints, Ints]:
        """Return record, time and day of events."""
        record = self.records[at]
        return record + self.stretch.seq, self.stretch.times[record], self._days[record]


def steps(changes: list[tuple[int, int]], places: Ints) -> Ints:
    """Return what holds at places, of values that hold from a place on."""
    starts, values = np.array(changes, np.int64).T
    found: Ints = values[np.searchsorted(starts, places, "right") - 1]
    return found

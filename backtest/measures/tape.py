"""The tape that measures read, and one pass over it for everything that is to be known of it.

A tape is what a session gives: each command with its time (ns UTC) and its events, in order. What
has to be known is gathered by *readers*; a pass asks each event's type for its readers, so events
that nobody asks for cost one look into a dict.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from engine.vocabulary.commands import Command
    from engine.vocabulary.events import Event

    Tape: TypeAlias = Iterable[tuple[int, Command, list[Event]]]
    Take: TypeAlias = Callable[[int, Command, Any], None]


class Reader:
    """What gathers something of a tape: ``takes`` has what to call for an event, by its type."""

    takes: Mapping[type, Take]

    def begin(self, time: int) -> None:
        """Take note of the next command's time, before its events."""

    def done(self, time: int) -> None:
        """Take note of the end of a command's events, at its time."""

    def end(self, time: int) -> None:
        """Take note of the end of the tape, which is at the time of its last command."""


class Pass:
    """One pass over a tape: what comes is told to the readers that take it."""

    __slots__ = ("_begins", "_dones", "_readers", "_takes", "time")

    def __init__(self, *readers: Reader) -> None:
        """Begin a pass for some readers."""
        self._readers = readers
        self._takes: dict[type, tuple[Take, ...]] = {}
        for reader in readers:
            for kind, take in reader.takes.items():
                self._takes[kind] = (*self._takes.get(kind, ()), take)
        self._begins = [r.begin for r in readers if type(r).begin is not Reader.begin]
        self._dones = [r.done for r in readers if type(r).done is not Reader.done]
        self.time = 0  # of the last command

    def take(self, time: int, command: Command, events: list[Event]) -> None:
        """Take the next command with its events in."""
        self.time = time
        if self._begins:
            for begin in self._begins:
                begin(time)
        known = self._takes
        for event in events:
            kind = type(event)
            if kind in known:
                for take in known[kind]:
                    take(time, command, event)
        if self._dones:
            for done in self._dones:
                done(time)

    def take_all(self, tape: Tape) -> None:
        """Take the commands of a tape in."""
        if self._begins or self._dones:
            for entry in tape:
                self.take(*entry)
            return
        known = self._takes  # as ``take`` does; without the calls
        for time, command, events in tape:
            self.time = time
            for event in events:
                kind = type(event)
                if kind in known:
                    for take in known[kind]:
                        take(time, command, event)

    def end(self) -> None:
        """Take note that nothing follows."""
        for reader in self._readers:
            reader.end(self.time)


def read(tape: Tape, *readers: Reader) -> None:
    """Go through a tape once and tell each reader what it takes."""
    passing = Pass(*readers)
    passing.take_all(tape)
    passing.end()

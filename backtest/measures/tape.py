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


def read(tape: Tape, *readers: Reader) -> None:
    """Go through a tape once and tell each reader what it takes."""
    takes: dict[type, list[Take]] = {}
    for reader in readers:
        for kind, take in reader.takes.items():
            takes.setdefault(kind, []).append(take)
    begins = [r.begin for r in readers if type(r).begin is not Reader.begin]
    dones = [r.done for r in readers if type(r).done is not Reader.done]
    known, time = takes.get, 0
    for time, command, events in tape:
        for begin in begins:
            begin(time)
        for event in events:
            found = known(type(event))
            if found is not None:
                for take in found:
                    take(time, command, event)
        for done in dones:
            done(time)
    for reader in readers:
        reader.end(time)

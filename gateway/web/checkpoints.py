"""States of a log at some places, kept so that a way back is short.

A state cannot be copied: it is run from the start of the log once for each place, while nothing
else is to be done, and is used up by whoever goes on from it. What was shown before is kept then.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from engine.log.sequencer import Sequencer
from engine.venue.venue import Venue
from gateway.server.outbox import Outboxes

if TYPE_CHECKING:
    from gateway.web.tape import Tape

MOST: Final = 12  # states that are kept
APART: Final = 5_000  # records between two of them, at least


class State(NamedTuple):
    """A venue behind so many records, with its reports."""

    place: int
    sequencer: Sequencer
    outboxes: Outboxes

    def let_go(self) -> None:
        """Be of no use any more: a page that goes back and forth leaves many venues behind."""
        self.sequencer.venue.close()


def fresh(tape: Tape) -> State:
    """Return the state before the first record."""
    return State(0, Sequencer(Venue(tape.rulebook)), Outboxes())


class Checkpoints:
    """The states that are kept, in no more memory than so many venues take."""

    def __init__(self, tape: Tape) -> None:
        """Keep states of a log; ``build`` makes them."""
        self._tape = tape
        many = min(MOST, len(tape) // APART)
        self._marks = [len(tape) * each // (many + 1) for each in range(1, many + 1)]
        self._kept: list[State] = []
        self._building: State | None = None

    @property
    def places(self) -> list[int]:
        """Where the states are that are kept."""
        return sorted(state.place for state in self._kept)

    def take(self, place: int, beyond: int) -> State | None:
        """Give away the last state at or before a place, where it lies beyond another one."""
        found = [state for state in self._kept if beyond < state.place <= place]
        if not found:
            return None
        state = max(found, key=lambda each: each.place)
        self._kept.remove(state)
        return state

    def keep(self, state: State) -> bool:
        """Keep a state where it closes a gap; of two between the same marks the first is enough."""
        needed = bool(self._marks) and not any(
            self._between(state.place) == self._between(each.place) for each in self._kept
        )
        if needed:
            self._kept.append(state)
        return needed

    def close(self) -> None:
        """Let go of all states."""
        for state in self._kept:
            state.let_go()
        self._kept.clear()
        self._drop()

    def _drop(self) -> None:
        """Let go of the state that is being built."""
        if self._building is not None:
            self._building.let_go()
            self._building = None

    def _between(self, place: int) -> int:
        """Return how many marks lie at or before a place."""
        return sum(mark <= place for mark in self._marks)

    def build(self, most: int) -> None:
        """Run at most so many records towards the first state that is missing."""
        there = [self._between(state.place) for state in self._kept]
        missing = [mark for mark in self._marks if self._between(mark) not in there]
        if not missing:
            self._drop()
            return
        state = self._building or fresh(self._tape)
        target = next((mark for mark in missing if mark >= state.place), 0)
        if not target:
            self._drop()  # what it was built for is there by now
            return
        state = run(self._tape, state, min(target, state.place + most))
        if state.place == target:
            self._kept.append(state)
            self._building = None
        else:
            self._building = state


def run(tape: Tape, state: State, place: int) -> State:
    """Bring a state forward to a place."""
    sequencer, outboxes = state.sequencer, state.outboxes
    for each in range(state.place, place):
        record = tape.record(each)
        events = sequencer.submit(record.time, record.source, record.command)
        outboxes.absorb(record.time, events)
    return State(place, sequencer, outboxes)

"""The phases of the day that is on, line by line: what a chart shades."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.vocabulary.enums import Phase
from engine.vocabulary.events import PhaseChanged

if TYPE_CHECKING:
    from collections.abc import Iterable

    from engine.vocabulary.events import Event


class DayPhases:
    """From when on which phase, (ns UTC, phase) each, since the line was last closed."""

    def __init__(self) -> None:
        """Start with none."""
        self.by_line: dict[str, list[tuple[int, int]]] = {}

    def take(self, symbol: str, time: int, phase: Phase) -> None:
        """Take a change in; what comes after a close is another day."""
        phases = self.by_line.setdefault(symbol, [])
        if phases and phases[-1][1] == Phase.CLOSED:
            phases.clear()
        phases.append((time, phase.value))

    def observe(self, time: int, events: Iterable[Event]) -> None:
        """Take in what a command at a time came to."""
        for event in events:
            if event.__class__ is PhaseChanged:
                self.take(event.symbol, time, event.phase)

    def copy(self) -> DayPhases:
        """Return the same, to go on by itself."""
        found = DayPhases()
        found.by_line = {symbol: list(phases) for symbol, phases in self.by_line.items()}
        return found

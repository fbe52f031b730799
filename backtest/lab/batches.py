"""Batches: what a design's day looks like where a mode trades in a series of calls.

A mode with ``batch_seconds`` trades in calls only while its phase is an intraday call. A design
that is given batches is meant to trade in nothing else, so its continuous sessions become calls.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import structs

from engine.rulebook.model import line_name
from engine.rulebook.toml_codec import from_plain, to_plain
from engine.vocabulary.commands import SetPhase
from engine.vocabulary.enums import Phase

if TYPE_CHECKING:
    from engine.rulebook.model import Rulebook, Session


def in_batches(rulebook: Rulebook) -> Rulebook:
    """Return the rulebook with calls for each continuous session of a mode that has batches.

    Raises ``RulebookError``.
    """
    batched = {mode.name for mode in rulebook.modes if mode.batch_seconds}
    names = tuple(mode.name for mode in rulebook.modes)
    found: list[Session] = []
    for session in rulebook.calendar.sessions:
        modes = session.modes or names
        calls = tuple(name for name in modes if name in batched)
        if session.phase is not Phase.CONTINUOUS or not calls:
            found.append(session)
            continue
        others = tuple(name for name in modes if name not in batched)
        if others:
            found.append(structs.replace(session, modes=others))
        found.append(structs.replace(session, phase=Phase.INTRADAY_CALL, modes=calls))
    if found == list(rulebook.calendar.sessions):
        return rulebook
    calendar = structs.replace(rulebook.calendar, sessions=tuple(found))
    return from_plain(to_plain(structs.replace(rulebook, calendar=calendar), brief=False))


def opening(rulebook: Rulebook) -> list[SetPhase]:
    """Return what opens the day of a rulebook that has no timetable."""
    found = [SetPhase(Phase.CONTINUOUS)]
    for product in rulebook.products:
        modes = rulebook.modes_of(product)
        found += [
            SetPhase(Phase.INTRADAY_CALL, line_name(product, mode, modes[0]))
            for mode in modes
            if mode.batch_seconds
        ]
    return found


__all__ = ["in_batches", "opening"]

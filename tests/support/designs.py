"""Designs that several tests need."""

from backtest.lab.design import Design
from backtest.lab.people import interests
from backtest.lab.session import Outcome
from backtest.measures.table import measure_all


def in_one_call(design: Design) -> Design:
    """Return a design whose day is one call."""
    sessions = [{"at": "09:00", "phase": "opening_call"}, {"at": "10:00", "phase": "closed"}]
    return design.changed("calendar.sessions", sessions)


def measures(outcome: Outcome) -> dict[str, float | None]:
    """Return the default measures of a session, by name."""
    return measure_all(outcome.tape, interests(outcome.people))

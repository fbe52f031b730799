"""Designs that several tests need."""

from backtest.lab.design import Design


def in_one_call(design: Design) -> Design:
    """Return a design whose day is one call."""
    sessions = [{"at": "09:00", "phase": "opening_call"}, {"at": "10:00", "phase": "closed"}]
    return design.changed("calendar.sessions", sessions)

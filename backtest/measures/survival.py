"""How long something takes where some of it is never seen to end (Kaplan and Meier 1958)."""

from __future__ import annotations

from math import sqrt
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable


class Span(NamedTuple):
    """How long something was watched, and whether it ended then or was lost from sight."""

    length: int
    ended: bool


class Step(NamedTuple):
    """A point of a survival curve: what share lasts longer than ``time``."""

    time: int
    share: float
    error: float  # standard error, after Greenwood
    at_risk: int  # just before


class Curve(NamedTuple):
    """A survival curve: its steps, and the longest time that was watched."""

    steps: tuple[Step, ...]
    watched: int

    def share(self, time: int) -> float:
        """Return what share lasts longer than a time."""
        found = 1.0
        for step in self.steps:
            if step.time > time:
                break
            found = step.share
        return found

    def quantile(self, share: float) -> int | None:
        """Return the first time by which at least ``share`` have ended, None if never seen."""
        for step in self.steps:
            if 1 - step.share >= share - 1e-12:
                return step.time
        return None

    @property
    def median(self) -> int | None:
        """The time by which half have ended, None where that was never seen."""
        return self.quantile(0.5)

    def mean(self, until: int | None = None) -> float:
        """Return the mean time up to a limit, by default the longest that was watched.

        It is the area under the curve; a mean of those that ended alone would be too short.
        """
        limit = self.watched if until is None else until
        area, before, share = 0.0, 0, 1.0
        for step in self.steps:
            if step.time >= limit:
                break
            area += share * (step.time - before)
            before, share = step.time, step.share
        return area + share * (limit - before)


def kaplan_meier(spans: Iterable[Span]) -> Curve | None:
    """Return the curve of some spans, None of none.

    What is lost from sight at the moment when others end is counted as at risk then.
    """
    rows = sorted(spans)
    if not rows:
        return None
    share, spread = 1.0, 0.0
    steps = []
    place = 0
    while place < len(rows):
        time, at_risk, ended = rows[place].length, len(rows) - place, 0
        while place < len(rows) and rows[place].length == time:
            ended += rows[place].ended
            place += 1
        if ended:
            share *= 1 - ended / at_risk
            spread += ended / (at_risk * (at_risk - ended)) if at_risk > ended else 0.0
            steps.append(Step(time, share, share * sqrt(spread), at_risk))
    return Curve(tuple(steps), rows[-1].length)

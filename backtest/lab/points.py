"""What a study runs: points, each a design that faces a market, and the keys of their runs."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from backtest.lab.identity import canonical, digest, sources, versions
from backtest.lab.regional import cast

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from backtest.lab.design import Design
    from backtest.lab.people import Population


class StudyError(ValueError):
    """A study that cannot be run as it was asked for."""


class Point(NamedTuple):
    """A design and the market that it faces."""

    label: str  # what names it in the study; no two have the same
    name: str  # the design's
    parameter: str  # what was set in a sweep, such as "modes[bidding].limit_up_bp=500"
    design: Design
    market: Population


class Keys(NamedTuple):
    """The hash of all that a point's runs depend on, and the sources among it."""

    points: dict[str, str]  # by label
    sources: dict[str, str]  # by module

    def of(self, label: str, root: int, seed: int) -> str:
        """Return the key of a run."""
        return digest(self.points[label], root, seed)[:32]


def keys(points: Sequence[Point], root: int, measures: Sequence[str]) -> Keys:
    """Return the keys of a study. Raises ``StudyError`` where a market cannot face a design."""
    if not points:
        message = "a study needs at least one design"
        raise StudyError(message)
    labels = [point.label for point in points]
    for label in labels:
        if labels.count(label) > 1:
            message = f"two designs have the name {label!r}"
            raise StudyError(message)
    found: dict[str, str] = {}
    code: dict[str, str] = {}
    met: dict[str, int] = {}
    for point in points:
        try:
            said = canonical(point.market)
        except TypeError as error:
            raise StudyError(str(error)) from error
        here = sources(_makers(point, root))
        code |= here
        base = digest(point.design.digest, said, here, list(measures), versions())
        copy = met[base] = met.get(base, -1) + 1  # a design against itself is run, not copied
        found[point.label] = digest(base, copy)
    return Keys(found, dict(sorted(code.items())))


def _makers(point: Point, root: int) -> Iterator[object]:
    """Yield what has code that a run depends on: the market and its agents."""
    yield point.market
    try:
        people = cast(point.design, point.market, root)
    except Exception as error:
        name = getattr(point.market, "name", type(point.market).__name__)
        why = f"{type(error).__name__}: {error}"
        message = f"{point.label}: the market {name} cannot face it: {why}"
        raise StudyError(message) from error
    yield from (person.agent for person in people)

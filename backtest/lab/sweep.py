"""Sweeps: a study over many settings of a design's or a market's figures."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from backtest.kernel.streams import Streams
from backtest.lab.compare import run_points
from backtest.lab.design import as_mapping
from backtest.lab.named import market as named
from backtest.lab.named import with_figures
from backtest.lab.points import Point, StudyError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from backtest.lab.design import Design
    from backtest.lab.people import Population
    from backtest.lab.study import Study
    from backtest.lab.workers import Jobs

MARKET: Final = "market."  # how the path of a market's figure begins


class Between(NamedTuple):
    """A figure that is drawn from a range, both ends included: whole numbers where both are."""

    low: float
    high: float


def sweep(
    designs: Mapping[str, Design | str] | Design | str,
    over: Mapping[str, Sequence[Any] | Between],
    *,
    market: Population | str,
    samples: int = 0,
    seeds: int = 100,
    root: int = 1,
    jobs: Jobs = 1,
    folder: str | Path | None = None,
    measures: Sequence[str] = (),
    precision: Mapping[str, float] | None = None,
    progress: Callable[[], object] = lambda: None,
) -> Study:
    """Run a study over settings of figures, and return what it came to; see ``compare``.

    ``over`` has the figures by their paths: a design's, such as ``modes[bidding].limit_up_bp``, or
    a market's, such as ``market.buyers``. Lists of values make a grid. Ranges (``Between``) are
    drawn together, ``samples`` times, as a Latin hypercube, and each drawing meets the whole grid.

    All designs meet every setting. Raises ``DesignError``, ``MarketError`` or ``StudyError``
    before the first run.
    """
    people = named(market) if isinstance(market, str) else market
    points = swept(as_mapping(designs), settings(over, samples, root), people)
    return run_points(
        points,
        seeds=seeds,
        root=root,
        jobs=jobs,
        folder=folder,
        measures=measures,
        precision=precision,
        progress=progress,
    )


def settings(
    over: Mapping[str, Sequence[Any] | Between], samples: int = 0, root: int = 1
) -> list[dict[str, Any]]:
    """Return every setting of a sweep: figure by path. Raises ``StudyError``."""
    ranges = {path: each for path, each in over.items() if isinstance(each, Between)}
    lists = {path: list(each) for path, each in over.items() if not isinstance(each, Between)}
    for path, values in lists.items():
        if not values:
            message = f"{path}: no value to set it to"
            raise StudyError(message)
    for path, (low, high) in ranges.items():
        if not low < high:
            message = f"{path}: {low} to {high} is no range"
            raise StudyError(message)
    if ranges and samples < 1:
        message = f"{next(iter(ranges))}: a range is drawn; say how often with samples"
        raise StudyError(message)
    if samples and not ranges:
        message = f"samples={samples}: there is no range to draw from, and lists need none"
        raise StudyError(message)
    drawn = list(_drawn(ranges, samples, root)) if ranges else [{}]
    grid = [dict(zip(lists, each, strict=True)) for each in itertools.product(*lists.values())]
    found = [{**each, **draw} for each in grid for draw in drawn]
    return [{path: each[path] for path in over} for each in found]


def _drawn(ranges: Mapping[str, Between], samples: int, root: int) -> Iterator[dict[str, Any]]:
    """Draw each range once from each of so many equal parts, in an order of its own."""
    columns = []
    for path, ends in ranges.items():
        stream = Streams(root, 0).stream(path, "sweep")
        parts = stream.permutation(samples)
        shares = (parts + stream.random(samples)) / samples
        columns.append([_between(ends, float(share)) for share in shares])
    for row in zip(*columns, strict=True):
        yield dict(zip(ranges, row, strict=True))


def _between(ends: Between, share: float) -> float:
    low, high = ends
    if isinstance(low, int) and isinstance(high, int):
        return min(high, low + int(share * (high - low + 1)))
    return low + share * (high - low)


def _brief(paths: Sequence[str]) -> dict[str, str]:
    """Return the last parts of paths, where they tell them apart."""
    lasts = {path: path.rpartition(".")[2] for path in paths}
    return lasts if len(set(lasts.values())) == len(paths) else {path: path for path in paths}


def swept(
    designs: Mapping[str, Design], found: Sequence[Mapping[str, Any]], market: Population
) -> list[Point]:
    """Return the points of a sweep. Raises ``DesignError`` or ``MarketError``."""
    points = []
    names = _brief([path for setting in found[:1] for path in setting])
    for setting in found:
        told = ", ".join(f"{path}={value}" for path, value in setting.items())
        brief = ", ".join(f"{names[path]}={value}" for path, value in setting.items())
        rules = {path: value for path, value in setting.items() if not path.startswith(MARKET)}
        figures = {
            path.removeprefix(MARKET): value
            for path, value in setting.items()
            if path.startswith(MARKET)
        }
        people = with_figures(market, figures) if figures else market
        for name, design in designs.items():
            label = brief if len(designs) == 1 else f"{name}, {brief}"
            one = design.all_changed(rules) if rules else design
            points.append(Point(label or name, name, told, one, people))
    return points


__all__ = ["Between", "settings", "sweep", "swept"]

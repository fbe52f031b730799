"""Running a study: what is there is not run again, what is missing is given to the workers."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

from backtest.kernel.kernel import MOST_STEPS
from backtest.lab.identity import versions
from backtest.lab.manifest import Spent, manifest
from backtest.lab.named import market as named
from backtest.lab.points import Point, StudyError, keys
from backtest.lab.regions import as_mapping
from backtest.lab.runs import Cell, Job
from backtest.lab.store import MANIFEST, VALUES, Store, write
from backtest.lab.study import Study
from backtest.lab.workers import check_jobs, made
from backtest.measures.table import DEFAULTS, check_names
from engine.vocabulary.suggest import not_one_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from backtest.lab.design import Design
    from backtest.lab.people import Population
    from backtest.lab.workers import Jobs

_GROUPS: Final = "surplus of "  # how measures begin that depend on the market's groups
_LEAST: Final = 10  # seeds before a precision is looked at, and between two looks


def compare(
    designs: Mapping[str, Design | str | Sequence[Design | str]] | Design | str,
    *,
    market: Population | str,
    seeds: int = 100,
    root: int = 1,
    jobs: Jobs = 1,
    folder: str | Path | None = None,
    measures: Sequence[str] = (),
    precision: Mapping[str, float] | None = None,
    progress: Callable[[], object] = lambda: None,
    most: int = MOST_STEPS,
) -> Study:
    """Run a market on every design, with so many seeds, and return what it came to.

    ``market`` may be the name of one. A list of designs is regions without a link between them;
    ``link`` makes one.
    ``jobs`` is a number of processes, an executor or a Dask client. A ``folder`` keeps the runs:
    the same call goes on where it was interrupted. ``measures`` are names of ``docs/measures.md``,
    by default the main ones. With ``precision`` (measure to half the width of its 95% intervals) it
    ends before ``seeds`` once all of them are as narrow. ``progress`` is called after each run. A
    run that fails is listed in ``failed``; the others finish. One with more than ``most`` steps
    (see ``Kernel``) is taken for endless and fails; a folder remembers that like any other failure.

    Raises ``DesignError``, ``MarketError``, ``MeasureError`` or ``StudyError`` before the first
    run.
    """
    people = named(market) if isinstance(market, str) else market
    points = [
        Point(label, label, "", design, people) for label, design in as_mapping(designs).items()
    ]
    return run_points(
        points,
        seeds=seeds,
        root=root,
        jobs=jobs,
        folder=folder,
        measures=measures,
        precision=precision,
        progress=progress,
        most=most,
    )


def run_points(
    points: Sequence[Point],
    *,
    seeds: int,
    root: int,
    jobs: Jobs,
    folder: str | Path | None,
    measures: Sequence[str],
    precision: Mapping[str, float] | None,
    progress: Callable[[], object],
    most: int = MOST_STEPS,
) -> Study:
    """Run points with so many seeds. Raises ``StudyError`` before the first run."""
    if seeds < 1:
        message = f"seeds={seeds}: at least one is needed"
        raise StudyError(message)
    check_jobs(jobs)
    names = check_names(measures or DEFAULTS)
    for measure, width in (precision or {}).items():
        if measure not in names and not measure.startswith(_GROUPS):
            message = f"precision: the measure {not_one_of(measure, names)}"
            raise StudyError(message)
        if not width > 0:
            message = f"precision of {measure}: {width} is not above 0"
            raise StudyError(message)
    making = _Making(points, root, seeds, names, folder, jobs, progress, most)
    for start, end in _rounds(seeds, precision):
        making.run(range(start, end))
        if precision and _narrow(making.study, precision):
            break
    return making.finished()


def _rounds(seeds: int, precision: Mapping[str, float] | None) -> Iterator[tuple[int, int]]:
    """Yield the seeds between two looks at the precision: fixed, so that workers change nothing."""
    step = _LEAST if precision else seeds
    for start in range(0, seeds, step):
        yield start, min(seeds, start + step)


class _Making:
    """A study in the making."""

    def __init__(
        self,
        points: Sequence[Point],
        root: int,
        seeds: int,
        names: tuple[str, ...],
        folder: str | Path | None,
        jobs: Jobs,
        progress: Callable[[], object],
        most: int,
    ) -> None:
        self.most = most
        self.points, self.jobs, self.progress = points, jobs, progress
        self.names = names
        self.keys = keys(points, root, names)
        self.store = Store(None if folder is None else Path(folder))
        self.study = Study(points, root, self.keys, self.store)
        self.spent = Spent(seeds, names)
        self.began = time.perf_counter()
        self.tell("running")

    def tell(self, state: str) -> None:
        """Write the manifest."""
        self.spent.wall = time.perf_counter() - self.began
        told = manifest(self.study, self.keys, self.spent, state)
        write(self.store.folder / MANIFEST, told)

    def run(self, seeds: range) -> None:
        """Take in the runs that there are, and make the others."""
        study, store = self.study, self.store
        missing = []
        for seed in seeds:
            for place, point in enumerate(self.points):
                key = self.keys.of(point.label, study.root, seed)
                record = store.find(key)
                if record is None:
                    missing.append(Cell(place, seed, key))
                    continue
                study.add(point.label, seed, record)
                self.spent.found += 1
                self.progress()
        pairs = tuple((point.design, point.market) for point in self.points)
        job = Job(pairs, study.root, self.names, versions(), self.most)
        for cell, content, record, seconds in made(job, missing, self.jobs):
            store.put(cell.key, content)
            study.add(self.points[cell.place].label, cell.seed, record)
            self.spent.add(record.commands, seconds)
            self.progress()

    def finished(self) -> Study:
        """Return the study, with everything written that belongs in its folder."""
        if self.store.lasts:
            self.study.frame.write_parquet(self.store.folder / VALUES)
        self.tell("finished")
        return self.study


def _narrow(study: Study, precision: Mapping[str, float]) -> bool:
    """Say whether all intervals of the measures are narrow enough: of means and differences."""
    first, *others = study.points
    for measure, width in precision.items():
        if measure not in study.names:
            message = f"precision: the measure {not_one_of(measure, study.names)}"
            raise StudyError(message)
        found = [
            study.mean(label, measure) for label in study.points if study.values(label, measure)
        ]
        base = study.values(first, measure)
        found += [
            study.difference(label, measure)
            for label in others
            if any(seed in base for seed in study.values(label, measure))
        ]
        if not found or any(each.high - each.mean > width for each in found):
            return False
    return True


__all__ = ["compare", "run_points"]

"""Studies: the same people and shocks on several designs, with paired differences."""

from __future__ import annotations

import math
from array import array
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import polars as pl

from backtest.lab.identity import digest
from backtest.lab.regional import run
from backtest.lab.runs import TRADES, trades_in
from backtest.lab.table import Line, rendered
from backtest.measures.comparisons import against_control
from backtest.measures.intervals import Estimate, estimate
from engine.vocabulary.suggest import not_one_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from matplotlib.figure import Figure

    from backtest.lab.design import Design
    from backtest.lab.people import Population
    from backtest.lab.points import Keys, Point
    from backtest.lab.runs import Record
    from backtest.lab.session import Outcome
    from backtest.lab.store import Store

    Interval = Callable[[Sequence[float]], Estimate]

_NONE: Final = float("nan")  # a measure that does not apply
_STAR: Final = "* differs from the first design (5%, corrected for several by Holm)"
_IDLE: Final = "the measure refused and the tape of study.outcome tell why"
_SHOWN: Final = 5  # failed runs that the table lists


class Row(NamedTuple):
    """One value of a study in long form; None where a measure does not apply."""

    design: str
    parameter: str
    seed: int
    measure: str
    value: float | None


class Failure(NamedTuple):
    """A run that ended early: by its agent at a time (ns), or by the market where there is none."""

    design: str
    seed: int
    agent: str
    time: int
    why: str

    def __str__(self) -> str:
        """Return a line that says so."""
        who = f"{self.agent} at {self.time} ns: " if self.agent else ""
        return f"{self.design}, seed {self.seed}: {who}{self.why}"


class Study:
    """What a comparison came to: its values, its trades, and what could not be run.

    Everything is in the order of seed, design, measure, whoever made the runs.
    """

    def __init__(self, points: Sequence[Point], root: int, keys: Keys, store: Store) -> None:
        """Begin without a run."""
        self.points = {point.label: point for point in points}
        self.root = root
        self.seeds = 0  # how many; the replications are 0, 1, 2 ...
        self.commands = 0
        self._keys, self._store = keys, store
        self._values: dict[str, dict[str, array[float]]] = {label: {} for label in self.points}
        self._digests: dict[tuple[int, str], str] = {}
        self._failed: dict[tuple[int, str], Failure] = {}

    def add(self, label: str, seed: int, record: Record) -> None:
        """Take a run in, in any order."""
        self.seeds = max(self.seeds, seed + 1)
        self.commands += record.commands
        self._digests[seed, label] = record.digest
        if record.failed is not None:
            self._failed[seed, label] = Failure(label, seed, *record.failed)
        columns = self._values[label]
        for measure, value in record.values.items():
            column = columns.setdefault(measure, array("d"))
            while len(column) <= seed:
                column.append(_NONE)
            column[seed] = _NONE if value is None else value

    @property
    def designs(self) -> dict[str, Design]:
        """The designs by their names in the study."""
        return {label: point.design for label, point in self.points.items()}

    @property
    def market(self) -> Population:
        """The market; in a sweep over its figures, that of the first point."""
        return next(iter(self.points.values())).market

    @property
    def folder(self) -> Path | None:
        """Where the study is kept; none where it goes with this object."""
        return self._store.folder if self._store.lasts else None

    @property
    def names(self) -> list[str]:
        """The measures, in order."""
        return list(dict.fromkeys(name for each in self._values.values() for name in each))

    @property
    def failed(self) -> list[Failure]:
        """The runs that ended early, in order."""
        return [self._failed[key] for key in self._order() if key in self._failed]

    @property
    def idle(self) -> list[str]:
        """The designs under which nothing traded in any run, where the trades were counted."""
        counted = {each: columns.get("trades", ()) for each, columns in self._values.items()}
        known = {each: [n for n in found if not math.isnan(n)] for each, found in counted.items()}
        return [label for label, trades in known.items() if trades and not any(trades)]

    @property
    def digests(self) -> dict[tuple[int, str], str]:
        """The hash of each run's values and trades, by seed and design."""
        return {key: self._digests[key] for key in self._order()}

    @property
    def digest(self) -> str:
        """The hash of the result: of all runs' values and trades, in order."""
        return digest([[seed, label, said] for (seed, label), said in self.digests.items()])

    def _order(self) -> Iterator[tuple[int, str]]:
        for seed in range(self.seeds):
            for label in self.points:
                if (seed, label) in self._digests:
                    yield seed, label

    @property
    def rows(self) -> list[Row]:
        """All values in long form."""
        return list(self._rows())

    def _rows(self) -> Iterator[Row]:
        for seed, label in self._order():
            if (seed, label) in self._failed:
                continue
            point = self.points[label]
            for measure, column in self._values[label].items():
                value = column[seed] if seed < len(column) else _NONE
                told = None if math.isnan(value) else value
                yield Row(point.name, point.parameter, seed, measure, told)

    @property
    def frame(self) -> pl.DataFrame:
        """All values in long form: design, parameter, seed, measure, value."""
        schema = {
            "design": pl.String,
            "parameter": pl.String,
            "seed": pl.Int64,
            "measure": pl.String,
            "value": pl.Float64,
        }
        return pl.DataFrame(self._rows(), schema=schema, orient="row")

    @property
    def trades(self) -> pl.DataFrame:
        """All trades, read from the folder: design, parameter, and the columns of a run."""
        frames = [pl.DataFrame(schema={"design": pl.String, "parameter": pl.String, **TRADES})]
        for seed, label in self._order():
            point = self.points[label]
            path = self._store.path(self._keys.of(label, self.root, seed))
            frames.append(
                trades_in(path.read_bytes()).select(
                    pl.lit(point.name).alias("design"),
                    pl.lit(point.parameter).alias("parameter"),
                    pl.all(),
                )
            )
        return pl.concat(frames)

    def values(self, design: str, measure: str) -> dict[int, float]:
        """Return a measure's values by seed, where it applies. Raises ``KeyError``."""
        if design not in self.points:
            message = f"design {not_one_of(design, self.points)}"
            raise KeyError(message)
        if measure not in self.names:
            message = f"measure {not_one_of(measure, self.names)}"
            raise KeyError(message)
        column = self._values[design].get(measure, ())
        return {seed: value for seed, value in enumerate(column) if not math.isnan(value)}

    def mean(self, design: str, measure: str, interval: Interval = estimate) -> Estimate:
        """Return a measure's mean over the seeds, with a t interval or ``lab.bootstrap``'s.

        Raises ``ValueError`` where it never applies.
        """
        return interval(list(self.values(design, measure).values()))

    def difference(
        self, design: str, measure: str, base: str = "", interval: Interval = estimate
    ) -> Estimate:
        """Return the paired difference of a measure to another design, by default the first.

        Raises ``ValueError`` where there is no seed for which both have a value.
        """
        here = self.values(design, measure)
        there = self.values(base or next(iter(self.points)), measure)
        return interval([here[seed] - there[seed] for seed in here if seed in there])

    def outcome(self, design: str, seed: int, *, log: str | Path | None = None) -> Outcome:
        """Run one session again, to look inside; ``log`` is a folder for its log.

        Raises ``KeyError``, ``AgentError`` as then, and ``JournalError``.
        """
        if design not in self.points:
            message = f"design {not_one_of(design, self.points)}"
            raise KeyError(message)
        point = self.points[design]
        return run(point.design, point.market, self.root, seed, log=log)

    def plot(self, name: str, **options: Any) -> Figure:
        """Draw a measure's distribution by its name, or a picture as in ``plot_study``.

        Raises ``PictureError``.
        """
        from backtest.report.pictures import plot_study  # noqa: PLC0415 - matplotlib is slow

        return plot_study(self, name, **options)

    def report(self, path: str | Path, **options: Any) -> Path:
        """Write everything to one HTML page that needs no network; return its path.

        Raises ``OSError``.
        """
        from backtest.report.page import write_page  # noqa: PLC0415 - matplotlib is slow

        return write_page(self, path, **options)

    def __str__(self) -> str:
        """Return measures by designs: mean, interval and paired difference to the first."""
        all_of_them = [(measure, self._lines(measure)) for measure in self.names]
        blocks = [each for each in all_of_them if any(line.mean for line in each[1])]
        many = "design" if len(self.points) == 1 else "designs"
        title = f"{len(self.points)} {many}, {self.seeds} seeds"
        notes = [_STAR] if len(self.points) > 1 else []
        return rendered(title, blocks, notes + self.remarks(_SHOWN))

    def remarks(self, most: int | None = None) -> list[str]:
        """Return lines on what went otherwise than hoped; of failed runs ``most`` at most."""
        found = [f"nothing traded under {label}: {_IDLE}" for label in self.idle]
        failed = self.failed
        shown = failed[:most]
        found += [f"failed: {each}" for each in shown]
        if len(failed) > len(shown):
            found.append(f"failed: {len(failed) - len(shown)} more, in the study's failed")
        return found

    def _lines(self, measure: str) -> list[Line]:
        values = {label: self.values(label, measure) for label in self.points}
        (first, base), *_ = values.items()
        found = against_control(base, {each: values[each] for each in values if each != first})
        return [
            Line(label, estimate(list(each.values())), found.get(label)) if each else Line(label)
            for label, each in values.items()
        ]


__all__ = ["Failure", "Row", "Study"]

"""Studies: the same people and shocks on several designs, with paired differences."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from backtest.kernel.kernel import AgentError
from backtest.lab.design import as_mapping
from backtest.lab.session import run
from backtest.measures.intervals import Estimate, estimate
from backtest.measures.table import measure_all
from backtest.measures.welfare import Interest

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from matplotlib.figure import Figure

    from backtest.lab.design import Design
    from backtest.lab.people import Population
    from backtest.lab.session import Outcome


class Row(NamedTuple):
    """One value of a study in long form; None where a measure does not apply."""

    design: str
    seed: int
    measure: str
    value: float | None


class Failure(NamedTuple):
    """A run that ended early."""

    design: str
    seed: int
    why: str


def measures(outcome: Outcome) -> dict[str, float | None]:
    """Return what is measured of a session, by name."""
    interests = {p.account: Interest(p.group, p.worth, p.costs) for p in outcome.people}
    return measure_all(outcome.tape, interests)


class Study(NamedTuple):
    """What a comparison came to: its rows, and what could not be run."""

    designs: dict[str, Design]
    rows: list[Row]
    failed: list[Failure]
    market: Population
    seeds: int
    root: int

    def values(self, design: str, measure: str) -> dict[int, float]:
        """Return a measure's values by seed, where it applies."""
        return {
            row.seed: row.value
            for row in self.rows
            if row.design == design and row.measure == measure and row.value is not None
        }

    def mean(self, design: str, measure: str) -> Estimate:
        """Return a measure's mean over the seeds. Raises ``ValueError`` where it never applies."""
        return estimate(list(self.values(design, measure).values()))

    def difference(self, design: str, measure: str, base: str = "") -> Estimate:
        """Return the paired difference of a measure to another design, by default the first.

        Raises ``ValueError`` where there is no seed for which both have a value.
        """
        here = self.values(design, measure)
        there = self.values(base or next(iter(self.designs)), measure)
        return estimate([here[seed] - there[seed] for seed in here if seed in there])

    @property
    def names(self) -> list[str]:
        """The measures, in order."""
        return list(dict.fromkeys(row.measure for row in self.rows))

    @property
    def digest(self) -> str:
        """The hash of all values."""
        return hashlib.sha256(json.dumps(self.rows).encode()).hexdigest()

    def outcome(self, design: str, seed: int) -> Outcome:
        """Run one session again. Raises ``AgentError``."""
        return run(self.designs[design], self.market, self.root, seed)

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


def compare(
    designs: Mapping[str, Design | str] | Design | str,
    *,
    market: Population,
    seeds: int = 100,
    root: int = 1,
    progress: Callable[[], object] = lambda: None,
) -> Study:
    """Run a market on every design, with so many seeds; ``progress`` is called after each session.

    A session whose agent fails is left out and listed in ``failed``; the others finish.
    Raises ``DesignError``.
    """
    found = as_mapping(designs)
    rows: list[Row] = []
    failed: list[Failure] = []
    for seed in range(seeds):
        for label, design in found.items():
            try:
                outcome = run(design, market, root, seed)
            except AgentError as error:
                failed.append(Failure(label, seed, str(error)))
            else:
                rows += [Row(label, seed, name, value)
                         for name, value in measures(outcome).items()]  # fmt: skip
            progress()
    return Study(found, rows, failed, market, seeds, root)


__all__: Final = ["Row", "Study", "compare", "measures"]

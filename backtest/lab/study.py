"""Studies: the same people and shocks on several designs, with paired differences."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from backtest.kernel.kernel import AgentError
from backtest.lab.design import as_mapping
from backtest.lab.session import run
from backtest.measures.intervals import Estimate, estimate
from backtest.measures.table import measure_all
from backtest.measures.welfare import Interest

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from backtest.lab.design import Design
    from backtest.lab.people import Population
    from backtest.lab.session import Outcome


class Row(NamedTuple):
    """One value of a study in long form; None where a measure does not apply."""

    design: str
    seed: int
    measure: str
    value: float | None


def measures(outcome: Outcome) -> dict[str, float | None]:
    """Return what is measured of a session, by name."""
    interests = {p.account: Interest(p.group, p.worth, p.costs) for p in outcome.people}
    return measure_all(outcome.tape, interests)


class Study(NamedTuple):
    """What a comparison came to: its rows, and what could not be run."""

    designs: dict[str, Design]
    rows: list[Row]
    failed: list[tuple[str, int, str]]  # design, seed, why

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
    failed: list[tuple[str, int, str]] = []
    for seed in range(seeds):
        for label, design in found.items():
            try:
                outcome = run(design, market, root, seed)
            except AgentError as error:
                failed.append((label, seed, str(error)))
            else:
                rows += [Row(label, seed, name, value)
                         for name, value in measures(outcome).items()]  # fmt: skip
            progress()
    return Study(found, rows, failed)


__all__: Final = ["Row", "Study", "compare", "measures"]

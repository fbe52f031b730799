"""Fit a named year to a real market: ``python -m backtest.lab.fit shenzhen-year``.

A seeded random search: parameters are shaken, what lies nearer to the real facts is kept, and the
shaking becomes smaller. What it prints belongs into ``years``; the same seed prints the same.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

import click
import numpy as np
from msgspec import structs

from backtest.lab.design import design
from backtest.lab.facts import Bars, facts, read_bars
from backtest.lab.session import run
from backtest.lab.years import TARGETS, YEARS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.random import Generator

    from backtest.lab.design import Design
    from backtest.lab.year import Year

# Which parameters are fitted, and between which bounds; "hazard.span" is a part of a part.
BOUNDS: Final[dict[str, tuple[float, float]]] = {
    "intensity": (0.02, 1.5),
    "sizes": (0.8, 2.2),
    "banking": (0.02, 0.5),
    "margin": (0.005, 0.3),
    "noise": (0.002, 0.15),
    "daily": (0.005, 0.08),
    "hazard.base": (0.0001, 0.02),
    "hazard.surge": (0.01, 1.0),
    "hazard.span": (2.0, 60.0),
    "parts": (1.0, 8.0),
    "dealing": (0.005, 2.0),
    "season": (0.5, 40.0),
    "lots": (100.0, 60_000.0),
    "spread_of_lots": (0.3, 2.5),
    "spread": (0.002, 0.1),
    "speculating": (0.005, 2.0),
    "small": (3.0, 3_000.0),
    "pegging": (0.05, 0.9),
    "quiet": (0.01, 0.5),
    "back": (0.02, 1.0),
    "onward": (0.005, 0.3),
}
ROOMY: Final = 0.05  # shares: a difference that counts as one
RATIO: Final = 0.25  # other facts: a log ratio that counts as one
_WIDEST: Final = 0.3  # the first shake, standard deviation of a parameter's log
_NARROWEST: Final = 0.08
_SHAKEN: Final = 0.4  # share of the parameters that a shake changes


def simulated(
    year: Year, on: Design, month: int, replications: int, root: int = 1
) -> dict[str, float]:
    """Return the mean facts of some replications of a year."""
    found: list[dict[str, float]] = []
    for replication in range(replications):
        bars = Bars(on.rulebook)
        run(on, year, root, replication, sink=bars)
        found.append(facts(bars.flush(), bars.days, month))
    names = found[0]
    return {name: float(np.nanmean([each.get(name, np.nan) for each in found])) for name in names}


def distance(found: Mapping[str, float], real: Mapping[str, float]) -> float:
    """Return how far facts are from the real ones: a sum of squares."""
    total = 0.0
    for name, target in real.items():
        value = found.get(name, np.nan)
        if np.isnan(value):
            total += 100.0
        elif "," in name or name in {"average price", "volatility"}:
            total += (np.log(max(value, 1e-9) / target) / RATIO) ** 2
        else:
            total += ((value - target) / ROOMY) ** 2
    return float(total)


def fitted(
    year: Year,
    far_from: Callable[[Year], float],
    rounds: int,
    seed: int,
    say: Callable[[str], object],
) -> Year:
    """Return the nearest year that a search over so many rounds finds."""
    draws = np.random.Generator(np.random.Philox(seed))
    best, nearest = year, far_from(year)
    say(f"round 0: {nearest:.2f}")
    for number in range(1, rounds + 1):
        width = _WIDEST * (_NARROWEST / _WIDEST) ** (number / rounds)
        tried = shaken(best, draws, width)
        far = far_from(tried)
        if far < nearest:
            best, nearest = tried, far
            say(f"round {number}: {far:.2f}\n{changes(year, best)}")
    return best


def changes(year: Year, found: Year) -> str:
    """Return what was found, as it is written in ``years``."""
    figures = structs.asdict(found).items()
    return "\n".join(
        f"    {key}={value!r}," for key, value in figures if value != getattr(year, key)
    )


def shaken(year: Year, draws: Generator, width: float) -> Year:
    """Return a year some of whose parameters are others, inside their bounds."""
    plain = structs.asdict(year)
    hazard = structs.asdict(year.hazard)
    for name, (low, high) in BOUNDS.items():
        chosen, step = draws.random() < _SHAKEN, draws.normal()
        table, key = (hazard, name.removeprefix("hazard.")) if "." in name else (plain, name)
        if chosen and table[key]:  # what is 0 is not there, and stays so
            table[key] = round(float(min(max(table[key] * np.exp(width * step), low), high)), 6)
    return structs.replace(
        year,
        **{name: plain[name] for name in BOUNDS if "." not in name},
        hazard=structs.replace(year.hazard, **hazard),
    )


def table(found: Mapping[str, float], real: Mapping[str, float]) -> str:
    """Return real against simulated facts, as a table in Markdown."""
    rows = ["| fact | real | simulated |", "|---|---|---|"]
    rows += [
        f"| {name} | {_shown(real.get(name))} | {_shown(value)} |" for name, value in found.items()
    ]
    return "\n".join(rows)


def _shown(value: float | None) -> str:
    if value is None or np.isnan(value):
        return "n/a"
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3f}"  # noqa: PLR2004 - figures to show


@click.command()
@click.argument("name", type=click.Choice(list(YEARS)))
@click.option(
    "--data",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Daily bars to take the real facts from, not those on record.",
)
@click.option("--rounds", default=0, show_default=True, help="Of the search; 0 only compares.")
@click.option("--replications", default=3, show_default=True, help="Of each year that is tried.")
@click.option("--seed", default=1, show_default=True, help="Of the search.")
def main(name: str, data: Path | None, rounds: int, replications: int, seed: int) -> None:
    """Compare a named year with the real market, or fit it anew."""
    year, target = YEARS[name], TARGETS[name]
    on = design(target.preset)
    real = dict(target.facts)
    if data is not None:
        real = facts(read_bars(data), target.days, target.month)
    found = year
    if rounds:
        found = fitted(
            year,
            lambda tried: distance(simulated(tried, on, target.month, replications), real),
            rounds,
            seed,
            lambda line: click.echo(line, err=True),
        )
    click.echo(changes(year, found))
    click.echo(table(simulated(found, on, target.month, replications), real))
    bars = Bars(on.rulebook)
    run(on, found, sink=bars)
    click.echo(f"\nBars of replication 0: {bars.digest()}")


if __name__ == "__main__":
    main()

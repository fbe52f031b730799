"""What ``carbonx compare`` does, once the libraries of the laboratory are known to be there."""

from __future__ import annotations

import importlib
import math
import sys
import tomllib
import warnings
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from backtest.lab.again import again, recipe
from backtest.lab.compare import run_points
from backtest.lab.design import design
from backtest.lab.named import market, with_figures
from backtest.lab.runs import WorkerError
from backtest.lab.sweep import Between, settings, swept
from backtest.measures.comparisons import against_control
from engine.vocabulary.suggest import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from backtest.lab.people import Population
    from backtest.lab.study import Study
    from backtest.lab.workers import Jobs
    from backtest.measures.comparisons import Difference
    from backtest.measures.intervals import Estimate

_DIFFERENCES: Final = 20  # that are told


class Asked(NamedTuple):
    """A study as it is asked for on the command line."""

    designs: tuple[str, ...]
    vary: tuple[str, ...]
    market: str
    figures: tuple[str, ...]
    seeds: int
    measures: tuple[str, ...]
    precision: tuple[str, ...]
    root: int
    folder: Path | None
    samples: int = 0


def run(asked: Asked, jobs: Jobs) -> Study:
    """Run a study. Raises ``ValueError`` or ``click.ClickException`` before the first run."""
    _look_here()
    over = dict(_varied(each) for each in asked.vary)
    people = _market(asked.market, asked.figures)
    points = swept(
        {each: design(each) for each in asked.designs},
        settings(over, asked.samples, asked.root),
        people,
    )
    widths = dict(_width(each) for each in asked.precision)
    with _progress(len(points) * asked.seeds) as progress:
        return run_points(
            points,
            seeds=asked.seeds,
            root=asked.root,
            jobs=jobs,
            folder=asked.folder,
            measures=asked.measures,
            precision=widths or None,
            progress=progress,
        )


def run_again(folder: Path, jobs: Jobs) -> None:
    """Run a study again, and say whether it is the same. Raises ``SystemExit`` where not."""
    _look_here()
    asked = recipe(folder)
    with _progress(asked.seeds * len(asked.points)) as progress:
        found = again(folder, jobs=jobs, progress=progress)
    for line in found.differs[:_DIFFERENCES]:
        click.echo(line)
    if len(found.differs) > _DIFFERENCES:
        click.echo(f"{len(found.differs) - _DIFFERENCES} more differences")
    if found.same:
        click.echo(f"the same result: {found.study.digest}")
        return
    was = found.result or "none: the study was not finished"
    click.echo(f"another result: {found.study.digest} (it was {was})")
    raise SystemExit(1)


def _look_here() -> None:
    """Have markets and agents of one's own found where one is."""
    if "" not in sys.path:
        sys.path.insert(0, "")


def write_page(study: Study, path: Path, language: str) -> None:
    """Write a study's page and say where. Raises ``click.ClickException``."""
    try:
        with warnings.catch_warnings(record=True) as found:
            warnings.simplefilter("always", UserWarning)
            study.report(path, language=language)
    except OSError as error:
        message = f"--report {path}: {error.strerror}"
        raise click.ClickException(message) from error
    for said in dict.fromkeys(str(each.message) for each in found):
        click.echo(said, err=True)
    click.echo(str(path), err=True)


def facts(study: Study) -> dict[str, Any]:
    """Return the table as JSON can say it."""
    first = next(iter(study.points))
    rows = []
    for measure in study.names:
        values = {label: study.values(label, measure) for label in study.points}
        others = {label: each for label, each in values.items() if label != first}
        differences = against_control(values[first], others)
        for label, point in study.points.items():
            found = differences.get(label)
            rows.append(
                {
                    "design": point.name,
                    "parameter": point.parameter,
                    "measure": measure,
                    "mean": _told(study.mean(label, measure)) if values[label] else None,
                    "difference": _corrected(found) if found else None,
                }
            )
    return {"result": study.digest, "seeds": study.seeds, "rows": rows}


def _corrected(found: Difference) -> dict[str, float | None]:
    """Return a difference with its p, and with that after the correction for several designs."""
    return _told(found.estimate) | {"p": found.p, "adjusted_p": found.adjusted}


def _told(found: Estimate) -> dict[str, float | None]:
    """Return an estimate; JSON has no infinity, which the ends of one session's interval are."""
    return {key: each if math.isfinite(each) else None for key, each in found._asdict().items()}


def _varied(text: str) -> tuple[str, list[Any] | Between]:
    """Read ``PATH=VALUE,VALUE`` (each TOML, or a bare word), or a range ``PATH=LOW..HIGH``."""
    path, equals, values = text.partition("=")
    if not equals or not path or not values:
        message = f"--vary {text}: PATH=VALUE,VALUE is needed, as in modes[bidding].lot=1,10"
        raise click.UsageError(message)
    low, dots, high = (_value(each) for each in values.partition(".."))
    if dots and isinstance(low, int | float) and isinstance(high, int | float):
        return path.strip(), Between(low, high)
    return path.strip(), [_value(each) for each in _parted(values)]


def _parted(text: str) -> Iterator[str]:
    """Yield what commas part, outside brackets and quotes."""
    depth, quoted, start = 0, False, 0
    for place, letter in enumerate(text):
        if letter == '"':
            quoted = not quoted
        elif quoted:
            continue
        elif letter in "[{":
            depth += 1
        elif letter in "]}":
            depth -= 1
        elif letter == "," and not depth:
            yield text[start:place].strip()
            start = place + 1
    yield text[start:].strip()


def _value(text: str) -> Any:
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text


def _width(text: str) -> tuple[str, float]:
    measure, equals, width = text.rpartition("=")
    try:
        half = float(width)
    except ValueError:
        half = 0.0
    if not equals or not half > 0:
        message = f"--precision {text}: MEASURE=HALF is needed, as in efficiency=0.01"
        raise click.UsageError(message)
    return measure, half


def _market(name: str, figures: tuple[str, ...]) -> Population:
    """Return a market by its name, or one of the user's own."""
    given = {}
    for text in figures:
        key, equals, value = text.partition("=")
        if not equals:
            message = f"--figure {text}: NAME=VALUE is needed"
            raise click.UsageError(message)
        given[key] = _value(value)
    place, colon, own = name.partition(":")
    if not colon:
        return market(name, **given)
    try:
        module = importlib.import_module(place)
    except ImportError as error:
        message = f"--market {name}: {error}"
        raise click.ClickException(message) from error
    if not hasattr(module, own):
        message = f"--market {name}: {place} has no {own}{did_you_mean(own, vars(module))}"
        raise click.ClickException(message)
    found = getattr(module, own)
    made: Population = found() if isinstance(found, type) else found
    if not callable(getattr(made, "people", None)):
        message = (
            f"--market {name}: {own} is no market: it has no people(streams, rulebook, window)"
        )
        raise click.ClickException(message)
    return with_figures(made, given) if given else made


@contextmanager
def _progress(total: int) -> Iterator[Callable[[], None]]:
    """Yield what to call after each run; nothing is shown without a terminal."""
    console = Console(stderr=True)
    bar = Progress(
        TextColumn("runs"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=console,
        transient=True,
        disable=not console.is_terminal,
    )
    with bar:
        task = bar.add_task("runs", total=total)
        yield lambda: bar.advance(task)


__all__ = ["Asked", "WorkerError", "facts", "run", "run_again", "write_page"]

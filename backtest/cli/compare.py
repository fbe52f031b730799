"""``carbonx compare``: market designs side by side, in front of the same people and shocks."""

from __future__ import annotations

import json
import shlex
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from collections.abc import Iterator

    from backtest.lab.study import Study
    from backtest.lab.workers import Jobs


@click.command()
@click.argument("designs", nargs=-1)
@click.option(
    "--vary",
    multiple=True,
    metavar="PATH=VALUE,VALUE",
    help="A figure and what it is set to; several make a grid. LOW..HIGH is a range.",
)
@click.option(
    "--samples",
    type=click.IntRange(1),
    default=None,
    help="How often ranges are drawn, as a Latin hypercube.",
)
@click.option("--market", "name", help="A market's name, or module:NAME of your own.")
@click.option(
    "--figure", "figures", multiple=True, metavar="NAME=VALUE", help="A figure of the market."
)
@click.option(
    "--seeds",
    type=click.IntRange(1),
    default=100,
    show_default=True,
    help="How many sessions each design has.",
)
@click.option(
    "--measure",
    "measures",
    multiple=True,
    help="What to measure (docs/measures.md); without it the main ones.",
)
@click.option(
    "--precision",
    multiple=True,
    metavar="MEASURE=HALF",
    help="Stop once its 95% intervals are no wider than ± HALF.",
)
@click.option("--root", type=int, default=1, show_default=True, help="What all draws come from.")
@click.option(
    "--jobs", type=click.IntRange(1), default=1, show_default=True, help="Processes that work."
)
@click.option("--dask", "address", metavar="ADDRESS", help="A Dask scheduler whose workers do it.")
@click.option(
    "--dir",
    "folder",
    type=click.Path(path_type=Path, file_okay=False),
    help="Where to keep the study; an interrupted one goes on.",
)
@click.option(
    "--again",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    metavar="FOLDER",
    help="Run a study again from its manifest.",
)
@click.option(
    "--report",
    "page",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE.html",
    help="Write tables and pictures as one page that needs no network.",
)
@click.option(
    "--language",
    type=click.Choice(["en", "zh"]),
    help="What the page is written in  [default: en]",
)
@click.option("--json", "as_json", is_flag=True, help="Print means and differences as JSON.")
def command(
    designs: tuple[str, ...],
    vary: tuple[str, ...],
    samples: int | None,
    name: str | None,
    figures: tuple[str, ...],
    seeds: int,
    measures: tuple[str, ...],
    precision: tuple[str, ...],
    root: int,
    jobs: int,
    address: str | None,
    folder: Path | None,
    again: Path | None,
    page: Path | None,
    language: str | None,
    *,
    as_json: bool,
) -> None:
    """Compare DESIGNS (names of rulebooks, or .toml files) in front of the same simulated people.

    Prints each measure's mean with its 95% interval, and the paired difference to the first
    design. Runs that fail are listed, and the exit code is 1.

    Example:  carbonx compare textbook --vary close=last,vwap --market uniform
    """
    if again is not None and (designs or vary or name or page):
        message = "--again takes designs and market from the folder: leave them out, and --report"
        raise click.UsageError(message)
    if again is None and (not designs or name is None):
        message = "name at least one design, and a --market"
        raise click.UsageError(message)
    _check_page(page, language)
    _need("numpy", "scipy", "polars", "pyarrow", extra="lab")
    from backtest.cli import compare_study as studies

    try:
        with _workers(jobs, address) as hands:
            if again is not None:
                studies.run_again(again, hands)
                return
            wanted = (measures, precision, root, folder, samples or 0)
            asked = studies.Asked(designs, vary, name or "", figures, seeds, *wanted)
            study = studies.run(asked, hands)
    except (ValueError, studies.WorkerError) as error:
        raise click.ClickException(str(error)) from error
    except KeyboardInterrupt:
        if folder is not None:
            click.echo(f"{folder}: the same command goes on from here", err=True)
        raise
    told = json.dumps(studies.facts(study), ensure_ascii=False) if as_json else str(study)
    click.echo(told)
    if folder is not None:
        click.echo(f"{folder}: carbonx compare --again {shlex.quote(str(folder))}", err=True)
    if page is not None:
        studies.write_page(study, page, language or "en")
    _end(study, as_json=as_json)


def _end(study: Study, *, as_json: bool) -> None:
    """Exit with 1 where a run failed; the table has remarked on all there is, JSON has not."""
    if as_json:
        for each in study.remarks():
            click.echo(each, err=True)
    if study.failed:
        raise SystemExit(1)


def _check_page(page: Path | None, language: str | None) -> None:
    """Refuse before the first run a page that could not be written after the last."""
    if page is None:
        if language is not None:
            message = "--language is that of the page: name it with --report FILE.html"
            raise click.UsageError(message)
        return
    if not page.parent.is_dir():
        message = f"--report {page}: there is no folder {page.parent}"
        raise click.UsageError(message)
    _need("matplotlib", extra="lab")


def _need(*libraries: str, extra: str) -> None:
    """Refuse before the work what needs an extra that is not installed."""
    missing = [name for name in libraries if find_spec(name) is None]
    if missing:
        message = f"this needs {', '.join(missing)}: pip install 'carbonx-exchange[{extra}]'"
        raise click.ClickException(message)


@contextmanager
def _workers(jobs: int, address: str | None) -> Iterator[Jobs]:
    """Yield who makes the runs."""
    if address is None:
        yield jobs
        return
    _need("distributed", extra="cluster")
    import distributed

    make: Any = distributed.Client
    try:
        client = make(address, timeout=10)
    except (OSError, ValueError) as error:
        message = f"--dask {address}: no scheduler answers there: {error}"
        raise click.ClickException(message) from error
    with client:
        yield client

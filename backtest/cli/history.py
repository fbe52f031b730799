"""``carbonx history``: a real market's days, traded again and held against its rules."""

import json
import shutil
import sys
import textwrap
import time
from importlib.util import find_spec
from pathlib import Path

import click
from rich.console import Console
from rich.progress import track

from backtest.history.days import History
from backtest.history.report import draw, facts, report
from backtest.history.series import read_series
from backtest.history.tradable import Amendment, check
from engine.log.journal import Journal
from engine.log.sequencer import Sequencer
from engine.rulebook import presets
from engine.venue.venue import Venue


def _fitted(text: str) -> str:
    """Return lines for people, broken where a terminal is narrower than they are."""
    if not sys.stdout.isatty():
        return text
    columns = shutil.get_terminal_size().columns
    parts = (textwrap.wrap(line, columns, subsequent_indent="    ") for line in text.splitlines())
    return "\n".join("\n".join(part) for part in parts)


@click.command()
@click.argument("series", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--rulebook", "name", required=True, help="A rulebook's name, or a .toml file.")
@click.option(
    "--amend",
    "amendments",
    nargs=3,
    multiple=True,
    metavar="DATE PATH VALUE",
    type=(int, str, str),
    help="A rule that changed: from a date on (0: from the start).",
)
@click.option("--seed", default=1, show_default=True, help="Who deals with whom.")
@click.option("--dir", "folder", type=click.Path(path_type=Path), help="Where to keep the log.")
@click.option("--picture", type=click.Path(path_type=Path), help="Draw closes and limits: a PNG.")
@click.option("--json", "as_json", is_flag=True, help="Print the report as JSON.")
def command(
    series: Path,
    name: str,
    amendments: tuple[tuple[int, str, str], ...],
    seed: int,
    folder: Path | None,
    picture: Path | None,
    *,
    as_json: bool,
) -> None:
    """Let simulated brokers make the trades of every day of a daily SERIES (a CSV file).

    The columns are date, product, open, high, low, close, volume and value, or 日期, 品种,
    开盘价, 最高价, 最低价, 收盘价, 成交量, 成交额 (docs/backtesting.md). The venue computes
    limits and closes by its rulebook; the report lists, by date, where the real market left them.

    Example:  carbonx history examples/days.csv --rulebook guangdong
    """
    book = presets.find(name)
    if picture is not None:
        _can_draw(picture)
    only = book.products[0].symbol if len(book.products) == 1 else ""
    read = read_series(series, book.minor_digits, only)
    changes = tuple(Amendment(*each) for each in amendments)
    check(book, read.bars, changes)
    journal = None
    if folder is not None:
        journal = Journal.create(folder, book, time.time_ns(), "none")
    sequencer = Sequencer(Venue(book), journal)
    run = History(sequencer, read.bars, seed, changes)
    run.audit.notes += [f"{series}: {note}" for note in read.notes]
    console = Console(stderr=True)
    days = iter(
        track(
            sorted(run.days),
            "days",
            console=console,
            transient=True,
            disable=not console.is_terminal,
        )
    )
    audit = run.run(lambda: next(days, None))
    next(days, None)  # the bar is at its end, and goes before the report comes
    state = run.venue.state_hash()
    sequencer.close()
    told = report(audit, state, book.minor_digits)
    click.echo(json.dumps(facts(audit, state)) if as_json else _fitted(told))
    if picture is not None:
        draw(audit, picture, f"{series.stem} under {book.name}")
    if audit.breaches:
        raise SystemExit(1)


def _can_draw(picture: Path) -> None:
    """Refuse before the work what would fail behind it."""
    if find_spec("matplotlib") is None:
        message = "--picture needs matplotlib: pip install 'carbonx-exchange[plots]'"
        raise click.ClickException(message)
    if not picture.parent.is_dir():
        message = f"--picture: {picture.parent} is no folder"
        raise click.ClickException(message)

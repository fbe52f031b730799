"""``carbonx export``: a log's trades, orders, books and balances as files for other tools."""

from __future__ import annotations

import json
import sys
import time
from importlib.util import find_spec
from io import SEEK_END
from pathlib import Path

import click

from backtest.frames.apart import WriterError, writing
from backtest.frames.tables import TABLES
from backtest.frames.wanted import Wanted
from engine.log.errors import LogError
from engine.log.journal import open_log
from engine.vocabulary.texts import counted

_FORMATS = ("parquet", "csv", "arrow")


@click.command()
@click.argument(
    "folder", metavar="DIR", type=click.Path(path_type=Path, exists=True, file_okay=False)
)
@click.option(
    "--to",
    "form",
    type=click.Choice(_FORMATS),
    default="parquet",
    show_default=True,
    help="The format of the files.",
)
@click.option(
    "--table",
    "names",
    type=click.Choice(list(TABLES)),
    metavar="TABLE",
    multiple=True,
    help=f"A table to write: {', '.join(TABLES)}; several are named one by one.  [default: all]",
)
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    help="Where to write them; files of an earlier export are replaced.  [default: DIR/frames]",
)
@click.option(
    "--decimals",
    is_flag=True,
    help="Money as decimals of the currency, instead of integers in its minor unit.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
def command(
    folder: Path,
    form: str,
    names: tuple[str, ...],
    out: Path | None,
    *,
    decimals: bool,
    as_json: bool,
) -> None:
    """Write what happened in the log in DIR as tables: one file for each.

    docs/data.md says what is in each table and column. Times are ns UTC, quantities tonnes.

    \b
    Examples:
      carbonx export runs/venue
      carbonx export runs/venue --to csv --table trades --table orders
    """  # noqa: D301 - click's mark for lines as they are
    if find_spec("pyarrow") is None:
        message = "export needs pyarrow: pip install 'carbonx-exchange[lab]'"
        raise click.ClickException(message)
    out = out or folder / "frames"
    started = time.perf_counter()
    try:
        records, rows, wanted = _write(folder, out, form, names or tuple(TABLES), decimals=decimals)
    except (LogError, WriterError) as error:
        message = f"{folder}: {error}"
        raise click.ClickException(message) from error
    seconds = time.perf_counter() - started
    if as_json:
        click.echo(
            json.dumps(
                {
                    "records": records,
                    "seconds": round(seconds, 3),
                    "format": form,
                    "tables": {n: {"rows": rows[n], "path": str(wanted.path(n))} for n in rows},
                }
            )
        )
        return
    for name, count in rows.items():
        click.echo(f"{name:9} {counted(count, 'row'):>17}  {wanted.path(name)}")
    click.echo(f"{counted(records, 'record')}, {seconds:.2f} s")


def _write(
    folder: Path, out: Path, form: str, names: tuple[str, ...], *, decimals: bool
) -> tuple[int, dict[str, int], Wanted]:
    from backtest.frames.walk import rulebook_of, walk  # noqa: PLC0415 - numpy is an extra

    with open_log(folder) as data:
        digits = rulebook_of(data).minor_digits if decimals else None
        wanted = Wanted(out, names, form, digits)
        size = data.seek(0, SEEK_END)
        bar = click.progressbar(
            length=size, label="records", file=sys.stderr, hidden=not sys.stderr.isatty()
        )
        with writing(wanted, size) as writer, bar:
            records = walk(data, names, writer.take, lambda offset: bar.update(offset - bar.pos))
            return records, writer.finish(), wanted

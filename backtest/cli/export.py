"""``carbonx export``: a log's trades, orders, books and balances as files for other tools."""

from __future__ import annotations

import json
import sys
import time
from importlib.util import find_spec
from io import SEEK_END
from pathlib import Path
from typing import Any, BinaryIO

import click

from backtest.frames.tables import TABLES
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
    multiple=True,
    help="A table to write; several are named one by one.  [default: all]",
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
        records, rows, paths = _write(folder, out, form, names or tuple(TABLES), decimals=decimals)
    except LogError as error:
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
                    "tables": {n: {"rows": rows[n], "path": str(paths[n])} for n in rows},
                }
            )
        )
        return
    for name, count in rows.items():
        click.echo(f"{name:9} {counted(count, 'row'):>17}  {paths[name]}")
    click.echo(f"{counted(records, 'record')}, {seconds:.2f} s")


def _write(
    folder: Path, out: Path, form: str, names: tuple[str, ...], *, decimals: bool
) -> tuple[int, dict[str, int], dict[str, Any]]:
    with open_log(folder) as data:
        return _write_from(data, out, form, names, decimals=decimals)


def _write_from(
    data: BinaryIO, out: Path, form: str, names: tuple[str, ...], *, decimals: bool
) -> tuple[int, dict[str, int], dict[str, Any]]:
    from backtest.frames.arrow import Files  # noqa: PLC0415 - pyarrow is an extra
    from backtest.frames.walk import rulebook_of, walk  # noqa: PLC0415 - it imports it

    digits = rulebook_of(data).minor_digits if decimals else None
    files = Files(out, [TABLES[name] for name in names], form, digits)
    try:
        with click.progressbar(
            length=data.seek(0, SEEK_END),
            label="records",
            file=sys.stderr,
            hidden=not sys.stderr.isatty(),
        ) as bar:
            records = walk(
                data,
                names,
                files.give,
                decimals=decimals,
                reached=lambda offset: bar.update(offset - bar.pos),
            )
    except BaseException:
        files.drop()
        raise
    files.finish()
    return records, files.rows, files.paths

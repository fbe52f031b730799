"""``carbonx match``: run a file of commands through a rulebook, offline."""

from io import BufferedReader
from pathlib import Path

import click

from engine.rulebook import presets
from engine.vocabulary.tables import decoded
from gateway.cli.match_file import FileError, as_lines, is_table, read_json_lines, read_orders, run
from gateway.cli.progress import counting


@click.command()
@click.argument("file", type=click.File("rb"))
@click.option("--rulebook", "name", default="textbook", show_default=True,
              help="A rulebook's name, or a .toml file.")  # fmt: skip
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False),
              help="Write the events here instead of to standard output.")  # fmt: skip
def command(file: BufferedReader, name: str, out: Path | None) -> None:
    """Run FILE, JSON Lines of commands or a table of orders, through a rulebook.

    Events go to standard output as JSON Lines, each with the number of its command (seq) and the
    venue's time (ns UTC); the state hash goes to standard error. FILE "-" reads JSON Lines from
    standard input. A table is a .csv, .tsv or .txt as spreadsheets write them. Every command and
    event, and the columns of a table: docs/commands.md.

    Example:  carbonx match examples/first_trade.jsonl
    """
    rulebook = presets.find(name)
    if is_table(file):
        data = file.read()
        venue, lines = run(rulebook, read_orders(data, file.name, rulebook))
        if decoded(data, file.name)[1] == "gb18030":
            click.echo(f"{file.name} is not UTF-8, and was read as GB18030", err=True)
    else:
        venue, lines = run(rulebook, read_json_lines(as_lines(file), rulebook.minor_digits))
    try:
        if out is None:
            for line in lines:
                click.echo(line)
        else:
            with out.open("w", encoding="utf-8") as target, counting("events") as one:
                for line in lines:
                    target.write(line + "\n")
                    one()
    except (FileError, UnicodeDecodeError) as error:
        message = f"{file.name}: {error}"
        raise FileError(message) from error
    venue.check()
    click.echo(f"state {venue.state_hash()}", err=True)

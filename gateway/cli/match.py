"""``carbonx match``: run a file of commands through a rulebook, offline."""

from pathlib import Path
from typing import TextIO

import click

from engine.rulebook import presets
from gateway.cli.match_file import FileError, read_json_lines, read_orders, run
from gateway.cli.progress import counting


@click.command()
@click.argument("file", type=click.File(encoding="utf-8"))
@click.option("--rulebook", "name", default="textbook", show_default=True,
              help="A rulebook's name, or a .toml file.")  # fmt: skip
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False),
              help="Write the events here instead of to standard output.")  # fmt: skip
def command(file: TextIO, name: str, out: Path | None) -> None:
    """Run FILE, JSON Lines of commands or a .csv of orders, through a rulebook.

    Events go to standard output as JSON Lines, the state hash to standard error. FILE "-" reads
    JSON Lines from standard input. Every command and event: docs/commands.md.

    Example:  carbonx match examples/first_trade.jsonl
    """
    rulebook = presets.find(name)
    if file.name.endswith(".csv"):
        commands = read_orders(file, rulebook)
    else:
        commands = read_json_lines(file, rulebook.minor_digits)
    venue, lines = run(rulebook, commands)
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
        raise click.UsageError(message) from error
    venue.check()
    click.echo(f"state {venue.state_hash()}", err=True)

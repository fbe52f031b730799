"""``carbonx operate``: an operator's commands to a venue that runs."""

import asyncio
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from gateway.cli.console import json_text
from gateway.runtime import event_loop
from gateway.server.admin import ask


@click.command()
@click.argument("commands", nargs=-1)
@click.option("--dir", "folder", type=click.Path(path_type=Path, file_okay=False),
              default=Path("runs/venue"), show_default=True,
              help="The venue's folder, as given to serve.")  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="Print each answer as it came.")
def command(commands: tuple[str, ...], folder: Path, *, as_json: bool) -> None:
    """Give a running venue COMMANDS, each a JSON object (docs/commands.md).

    Without any, lines are read from standard input. An operator may set phases and references,
    begin days, clear auctions, amend the rulebook, move cash and allowances, open accounts, set
    their keys and classes, kill them, and have the accounts file read again (reload_accounts).
    Each line is answered with what came of it.

    Example:  carbonx operate '{"type": "set_phase", "phase": "halted"}'
    """
    lines: list[str | bytes] = list(commands) or _typed()
    if not lines:
        message = "no command was given: give JSON objects, or lines of them on standard input"
        raise click.UsageError(message)
    wrong = False
    for answer in asyncio.run(asked(folder, lines)):
        events = answer.get("events", [])
        wrong = wrong or "error" in answer or any(e["type"] == "rejected" for e in events)
        if as_json:
            click.echo(json.dumps(answer))
        elif "error" in answer:
            click.echo(f"not taken: {answer['error']}", err=True)
        for event in events if not as_json else ():
            click.echo(json_text(event))
            if event["type"] == "rejected":
                click.echo(f"refused: {event['field']}: {event['rule']}", err=True)
    if wrong:
        raise SystemExit(1)


async def asked(folder: Path, lines: Sequence[str | bytes]) -> list[dict[str, Any]]:
    """Give the venue of a folder commands; return its answers. Raises ``click.ClickException``."""
    path = folder / "operator.sock"
    if not event_loop.has_unix_sockets():
        message = "this system has no unix sockets, by which an operator reaches a venue"
        raise click.ClickException(message)
    try:
        return await ask(path, lines)
    except OSError as error:
        message = f"no venue answers at {path} ({error.strerror}): is it served with that folder?"
        raise click.ClickException(message) from error


def _typed() -> list[str | bytes]:
    """Return the lines of standard input, from the keyboard until its end."""
    if sys.stdin is None:  # closed by whoever started this
        return []
    if not sys.stdin.isatty():
        return [line for line in sys.stdin.buffer if line.strip()]
    click.echo("a JSON object a line; Ctrl-D ends", err=True)
    return [line for line in sys.stdin if line.strip()]

"""``carbonx operate``: an operator's commands to a venue that runs."""

import json
import sys

import click

from gateway.cli.console import json_text
from gateway.cli.venue_options import Place, venue_options


@click.command()
@click.argument("commands", nargs=-1)
@venue_options
@click.option("--json", "as_json", is_flag=True, help="Print each answer as it came.")
def command(commands: tuple[str, ...], place: Place, *, as_json: bool) -> None:
    """Give a running venue COMMANDS, each a JSON object (docs/commands.md).

    Without any, lines are read from standard input. An operator may set phases and references,
    begin days, clear auctions, amend the rulebook, move cash and allowances, open accounts, set
    their keys and classes, kill them, and have the accounts file read again (reload_accounts).
    Each line is answered with what came of it. The venue is that of a folder, or with --host or
    --port one on the network, for an account whose key is for admin.

    Example:  carbonx operate '{"type": "set_phase", "phase": "halted"}'
    """
    lines: list[str | bytes] = list(commands) or _typed()
    if not lines:
        message = "no command was given: give JSON objects, or lines of them on standard input"
        raise click.UsageError(message)
    wrong = False
    for answer in place.ask(lines):
        events = answer.get("events", [])
        wrong = wrong or "error" in answer or any(e["type"] == "rejected" for e in events)
        if as_json:
            click.echo(json.dumps(answer))
        elif "error" in answer:
            click.echo(f"not taken: {answer['error']}", err=True)
        elif "events" not in answer:
            click.echo(json_text(answer))
        for event in events if not as_json else ():
            click.echo(json_text(event))
            if event["type"] == "rejected":
                click.echo(f"refused: {event['field']}: {event['rule']}", err=True)
    if wrong:
        raise SystemExit(1)


def _typed() -> list[str | bytes]:
    """Return the lines of standard input, from the keyboard until its end."""
    if sys.stdin is None:  # closed by whoever started this
        return []
    if not sys.stdin.isatty():
        return [line for line in sys.stdin.buffer if line.strip()]
    click.echo("a JSON object a line; Ctrl-D ends", err=True)
    return [line for line in sys.stdin if line.strip()]

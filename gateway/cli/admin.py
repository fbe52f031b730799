"""``carbonx admin``: what an operator does most, in words instead of JSON."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any, Final

import click

from engine.vocabulary.enums import Phase
from gateway.cli.console import Group, json_text
from gateway.cli.operate import asked
from gateway.cli.snapshots import take_snapshot

_PHASES: Final = [phase.name.lower() for phase in Phase]
_folder = click.option("--dir", "folder", type=click.Path(path_type=Path, file_okay=False),
                       default=Path("runs/venue"), show_default=True,
                       help="The venue's folder, as given to serve.")  # fmt: skip


@click.group(cls=Group)
def command() -> None:
    """Operate a running venue: halt, resume, stop an account, begin a day.

    Everything else: carbonx operate, with JSON.

    Example:  carbonx admin halt SZA-2019 --reason "a rumour"
    """


def _give(folder: Path, **line: object) -> None:
    """Give a venue one line and print what came of it. Exits with 1 where it was refused."""
    (answer,) = asyncio.run(asked(folder, [json.dumps(line)]))
    if "error" in answer:
        raise click.ClickException(str(answer["error"]))
    events: list[dict[str, Any]] = answer["events"]
    for event in events:
        if event["type"] == "rejected":
            message = f"refused: {event['field']}: {event['rule']}"
            raise click.ClickException(message)
        click.echo(json_text(event))


@command.command("halt", short_help="Halt a line, or all lines.")
@click.argument("symbol", default="")
@click.option("--reason", required=True, help="What the members are told.")
@_folder
def halt(symbol: str, reason: str, folder: Path) -> None:
    """Halt the line SYMBOL, or all lines; orders stay, and may be cancelled.

    Example:  carbonx admin halt SZA-2019 --reason "a rumour"
    """
    _give(folder, type="set_phase", phase="halted", symbol=symbol, reason=reason)


@command.command("resume", short_help="Let a halted line, or all lines, trade again.")
@click.argument("symbol", default="")
@click.option("--phase", type=click.Choice(_PHASES), default="continuous", show_default=True,
              metavar="PHASE", help="Such as pre_open or opening_call.")  # fmt: skip
@click.option("--reason", default="", help="What the members are told.")
@_folder
def resume(symbol: str, phase: str, reason: str, folder: Path) -> None:
    """Bring the line SYMBOL, or all lines, into a phase, continuous trading by default.

    Example:  carbonx admin resume SZA-2019
    """
    _give(folder, type="set_phase", phase=phase, symbol=symbol, reason=reason)


@command.command("kill", short_help="Cancel all that an account has, and stop its entry.")
@click.argument("account")
@_folder
def kill(account: str, folder: Path) -> None:
    """Set the kill switch of ACCOUNT: its orders are cancelled, new ones are refused.

    Example:  carbonx admin kill alice
    """
    _give(folder, type="set_kill_switch", account=account, on=True)


@command.command("revive", short_help="Let an account enter orders again.")
@click.argument("account")
@_folder
def revive(account: str, folder: Path) -> None:
    """Take the kill switch of ACCOUNT back.

    Example:  carbonx admin revive alice
    """
    _give(folder, type="set_kill_switch", account=account, on=False)


@command.command("begin-day", short_help="Begin a trading day; every line must be closed.")
@click.argument("date", type=int)
@_folder
def begin_day(date: int, folder: Path) -> None:
    """Begin the trading day DATE, such as 20260105.

    Example:  carbonx admin begin-day 20260105
    """
    _give(folder, type="begin_day", date=date)


@command.command("close", short_help="Close a line, or all lines: the end of the day.")
@click.argument("symbol", default="")
@click.option("--reason", default="", help="What the members are told.")
@_folder
def close(symbol: str, reason: str, folder: Path) -> None:
    """Close the line SYMBOL, or all lines.

    Example:  carbonx admin close
    """
    _give(folder, type="set_phase", phase="closed", symbol=symbol, reason=reason)


@command.command("reload", short_help="Read the accounts file again.")
@_folder
def reload(folder: Path) -> None:
    """Have the accounts file read again; print what changed and what stays.

    Example:  carbonx admin reload
    """
    _give(folder, type="reload_accounts")


@command.command("snapshot", short_help="Keep the state, so that the next start is fast.")
@_folder
def snapshot(folder: Path) -> None:
    """Take a snapshot beside the running venue, from its log; the venue does not stop for it.

    Example:  carbonx admin snapshot
    """
    click.echo(take_snapshot(folder))

"""``carbonx admin``: what an operator does most, in words instead of JSON."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import click

from engine.vocabulary.enums import Phase
from gateway.cli import admin_sessions
from gateway.cli.admin_answers import Told, give, told_options
from gateway.cli.console import Group
from gateway.cli.snapshots import take_snapshot
from gateway.cli.venue_options import Place, venue_options

_PHASES: Final = [phase.name.lower() for phase in Phase]
_folder = click.option(
    "--dir",
    "folder",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("runs/venue"),
    show_default=True,
    help="The venue's folder, as given to serve.",
)


@click.group(cls=Group)
def command() -> None:
    """Operate a running venue: halt, resume, stop an account, begin a day, see who is there.

    The venue is that of a folder of this machine, or with --host or --port one on the network, for
    an account whose key is for admin. Everything else: carbonx operate, with JSON.

    Example:  carbonx admin halt SZA-2019 --reason "a rumour"
    """


@command.command("halt", short_help="Halt a line, or all lines.")
@click.argument("symbol", default="")
@click.option("--reason", required=True, help="What the members are told.")
@venue_options
@told_options
def halt(symbol: str, reason: str, place: Place, told: Told) -> None:
    """Halt the line SYMBOL, or all lines; orders stay, and may be cancelled.

    Example:  carbonx admin halt SZA-2019 --reason "a rumour"
    """
    give(place, told, type="set_phase", phase="halted", symbol=symbol, reason=reason)


@command.command("resume", short_help="Let a halted line, or all lines, trade again.")
@click.argument("symbol", default="")
@click.option("--phase", type=click.Choice(_PHASES), default="continuous", show_default=True,
              metavar="PHASE", help="Such as pre_open or opening_call.")  # fmt: skip
@click.option("--reason", default="", help="What the members are told.")
@venue_options
@told_options
def resume(symbol: str, phase: str, reason: str, place: Place, told: Told) -> None:
    """Bring the line SYMBOL, or all lines, into a phase, continuous trading by default.

    Example:  carbonx admin resume SZA-2019
    """
    give(place, told, type="set_phase", phase=phase, symbol=symbol, reason=reason)


@command.command("kill", short_help="Cancel all that an account has, and stop its entry.")
@click.argument("account")
@venue_options
@told_options
def kill(account: str, place: Place, told: Told) -> None:
    """Set the kill switch of ACCOUNT: its orders are cancelled, new ones are refused.

    Example:  carbonx admin kill alice
    """
    give(place, told, type="set_kill_switch", account=account, on=True)


@command.command("revive", short_help="Let an account enter orders again.")
@click.argument("account")
@venue_options
@told_options
def revive(account: str, place: Place, told: Told) -> None:
    """Take the kill switch of ACCOUNT back.

    Example:  carbonx admin revive alice
    """
    give(place, told, type="set_kill_switch", account=account, on=False)


@command.command("begin-day", short_help="Begin a trading day; every line must be closed.")
@click.argument("date", type=int)
@venue_options
@told_options
def begin_day(date: int, place: Place, told: Told) -> None:
    """Begin the trading day DATE, such as 20260105.

    Example:  carbonx admin begin-day 20260105
    """
    give(place, told, type="begin_day", date=date)


@command.command("close", short_help="Close a line, or all lines: the end of the day.")
@click.argument("symbol", default="")
@click.option("--reason", default="", help="What the members are told.")
@venue_options
@told_options
def close(symbol: str, reason: str, place: Place, told: Told) -> None:
    """Close the line SYMBOL, or all lines.

    Example:  carbonx admin close
    """
    give(place, told, type="set_phase", phase="closed", symbol=symbol, reason=reason)


@command.command("reload", short_help="Read the accounts file again.")
@venue_options
@told_options
def reload(place: Place, told: Told) -> None:
    """Have the accounts file read again; print what changed and what stays.

    Example:  carbonx admin reload
    """
    give(place, told, type="reload_accounts")


for _each in admin_sessions.VERBS:
    command.add_command(_each)


@command.command("snapshot", short_help="Keep the state, so that the next start is fast.")
@_folder
def snapshot(folder: Path) -> None:
    """Take a snapshot beside the running venue, from its log; the venue does not stop for it.

    Example:  carbonx admin snapshot
    """
    click.echo(take_snapshot(folder))

"""``carbonx admin`` on sessions, limits and keys: who is there, and what they may do."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime
from typing import Any, Final

import click
from rich.table import Table

from gateway.cli.admin_answers import Told, answered, give, tell, told_options
from gateway.cli.console import drawn, json_text
from gateway.cli.venue_options import Place, venue_options
from gateway.protocol.proof import make_key, verifier_of
from gateway.server.operator_sessions import CHANGEABLE
from gateway.server.permissions import Permission

_WHAT: Final = {
    "throttle": "Messages a second of one account; 0 for no limit.",
    "max_live": "Live orders of one account.",
    "max_sessions": "Open connections.",
    "max_strangers": "Connections without a logon.",
    "max_strangers_from": "Connections without a logon from one address.",
}


@click.command("sessions", short_help="Show who is connected.")
@venue_options
@click.option("--json", "as_json", is_flag=True, help="Print it as JSON.")
def sessions(place: Place, *, as_json: bool) -> None:
    """Show each connection: whose it is, for what, from where, since when, and how much it says.

    Unread are the bytes that its reader has not taken.

    Example:  carbonx admin sessions
    """
    found: list[dict[str, Any]] = answered(place, type="sessions")["sessions"]
    if as_json:
        click.echo(json_text(found))
        return
    if not found:
        click.echo("nobody is connected")
        return
    table = Table(
        "session", "account", "for", "from", "since (UTC)", "in", "out", "unread", "", box=None
    )
    for each in found:
        since = datetime.fromtimestamp(each["since"] / 1e9, UTC)
        named = f" {each['key_name']}" if each["key_name"] else ""
        table.add_row(
            str(each["number"]),
            f"{each['account'] or '(no logon)'}{named}",
            each["permission"],
            each["host"],
            f"{since:%m-%d %H:%M:%S}",
            f"{each['messages_in']:,}",
            f"{each['messages_out']:,}",
            f"{each['unread_bytes']:,}",
            "slow" if each["slow"] else "",
        )
    click.echo(drawn(table))


@click.command("disconnect", short_help="End the sessions of an account.")
@click.argument("account")
@click.option("--reason", default="", help="What the member is told.")
@venue_options
@told_options
def disconnect(account: str, reason: str, place: Place, told: Told) -> None:
    """End all sessions of ACCOUNT; its orders go where it asked for cancel-on-disconnect.

    It may log on again: kill stops its entry, and without a key it stays out (drop-key).

    Example:  carbonx admin disconnect alice --reason "a drill"
    """
    give(place, told, type="disconnect", account=account, reason=reason)


def _limit_options(command: Any) -> Any:  # noqa: ANN401 - as click has it
    for name, (least, most) in reversed(CHANGEABLE.items()):
        flag = f"--{name.replace('_', '-')}"
        kind = click.IntRange(least, most)
        command = click.option(flag, name, type=kind, help=_WHAT[name])(command)
    return command


@click.command("limits", short_help="Show or change what sessions may cost.")
@_limit_options
@venue_options
@told_options
def limits(place: Place, told: Told, **wanted: int | None) -> None:
    """Show the limits on sessions, or change those that are given, until the venue stops.

    Who is connected stays; a change holds from the next message on.

    Example:  carbonx admin limits

    Example:  carbonx admin limits --throttle 5000
    """
    named = {name: value for name, value in wanted.items() if value is not None}
    if named:
        give(place, told, type="set_limits", **named)
        return
    found: dict[str, Any] = answered(place, type="limits")["limits"]
    if told.as_json:
        click.echo(json_text(found))
        return
    table = Table("limit", "now", "", box=None)
    for name, value in found["in_force"].items():
        if told.verbose or name in found["changeable"]:
            before = found["at_the_start"].get(name)
            note = _WHAT.get(name, "") if before is None else f"{before:,} at the start"
            table.add_row(name, f"{value:,}", note)
    click.echo(drawn(table))


@click.command("set-key", short_help="Make a key for an account, and show it once.")
@click.argument("account")
@click.option("--named", "key_name", default="", metavar="NAME",
              help="Tells the account's keys apart.")  # fmt: skip
@click.option("--permission", type=click.Choice([str(each) for each in Permission]),
              default=str(Permission.TRADE), show_default=True,
              help="What it is for.")  # fmt: skip
@click.option("--verifier", "key", default="",
              help="Of a key that its member made (carbonx keys make).")  # fmt: skip
@venue_options
@told_options
def set_key(account: str, place: Place, told: Told, **given: str) -> None:
    """Make a key for ACCOUNT and show it: it is kept nowhere, and the venue gets its verifier.

    With --verifier the member has made the key, and nobody else sees it.

    Example:  carbonx admin set-key alice --named risk --permission read
    """
    line = {name: value for name, value in given.items() if value}
    made = "" if given["key"] else make_key(secrets.token_bytes)
    if made:
        line["key"] = verifier_of(made, account).text()
    answer = answered(place, type="set_key", account=account, **line)
    if made:
        answer["events"][0]["key"] = made
    tell(answer, told)


@click.command("drop-key", short_help="Withdraw a key that an operator set.")
@click.argument("account")
@click.option("--named", "name", default="", metavar="NAME", help="Which of the account's keys.")
@venue_options
@told_options
def drop_key(account: str, name: str, place: Place, told: Told) -> None:
    """Withdraw a key of ACCOUNT; a session that is on stays until it is disconnected.

    Example:  carbonx admin drop-key alice --named risk
    """
    give(place, told, type="drop_key", account=account, **({"key_name": name} if name else {}))


VERBS: Final = (sessions, disconnect, limits, set_key, drop_key)

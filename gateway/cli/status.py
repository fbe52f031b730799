"""``carbonx status``: what a running venue is doing."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import click
from rich.table import Table

from engine.vocabulary.texts import counted
from gateway.cli.console import drawn
from gateway.cli.venue_options import Place, venue_options


@click.command()
@venue_options
@click.option("--json", "as_json", is_flag=True, help="Print it as JSON.")
def command(place: Place, *, as_json: bool) -> None:
    """Show what a running venue is doing: its log, its lines, its sessions.

    The exit code is 1 where no venue answers, or where it takes no orders.

    Example:  carbonx status
    """
    (answer,) = place.ask([json.dumps({"type": "status"})])
    if "error" in answer:
        raise click.ClickException(str(answer["error"]))
    status: dict[str, Any] = answer["status"]
    click.echo(json.dumps(status, ensure_ascii=False) if as_json else _page(status))
    if not status["ready"]:
        raise SystemExit(1)


def _reports(s: dict[str, Any]) -> str:
    memory, disk = s["outbox_bytes"], s["spooled_bytes"]
    return f"{s['reports']:,}, {counted(memory, 'byte')} in memory, {disk:,} on the disk"


def _compliance(s: dict[str, Any]) -> list[tuple[str, str]]:
    """Return the next date of the compliance years, and who may not purchase."""
    rows = []
    if s["calendar"]:
        step = s["calendar"][0]
        text = f"{step['step']} for {step['cycle']} by {step['date']}, {step['missing']} missing"
        rows.append(("next date", text))
    if s["frozen"]:
        rows.append(("frozen", ", ".join(s["frozen"])))
    return rows


def _troubles(s: dict[str, Any]) -> list[tuple[str, str]]:
    """Return what an operator should look at."""
    rows = []
    if s["not_taken"]:
        told = ", ".join(f"{count:,} {reason}" for reason, count in s["not_taken"].items())
        rows.append(("not taken", told))
    if s["access_failure"] or s["access_lost"]:
        why = s["access_failure"] or "it is written again"
        rows.append(("access.log", f"{why}; {counted(s['access_lost'], 'line')} lost"))
    return rows


def _page(s: dict[str, Any]) -> str:
    """Return it for people."""
    grid = Table.grid(padding=(0, 2))
    grid.add_column(no_wrap=True)
    grid.add_column(overflow="fold")
    time = datetime.fromtimestamp(s["time"] / 1e9, UTC) if s["time"] else None
    lines: dict[str, list[str]] = {}
    for symbol, phase in s["phases"].items():
        lines.setdefault(phase, []).append(symbol)
    for name, text in (
        ("state", "takes orders" if s["ready"] else s["why"]),
        ("rulebook", s["rulebook"]),
        ("time", f"{time:%Y-%m-%d %H:%M:%S} UTC" if time else "none yet"),
        ("log", f"{counted(s['records'], 'record')}, {s['log_bytes']:,} bytes, {s['durability']}"),
        ("orders", f"{s['orders']:,} live, of {counted(s['accounts'], 'account')}"),
        ("reports", _reports(s)),
        *((phase, ", ".join(symbols)) for phase, symbols in lines.items()),
        ("sessions", str(len(s["sessions"]))),
        *_troubles(s),
        *_compliance(s),
    ):
        grid.add_row(name, text)
    parts = [drawn(grid)]
    if s["sessions"]:
        table = Table("session", "account", "lines", "unread bytes", "", box=None)
        for each in s["sessions"]:
            state = "slow" if each["slow"] else ""
            table.add_row(
                str(each["number"]),
                each["account"] or "(no logon yet)",
                str(each["lines"]),
                f"{each['unread_bytes']:,}",
                state,
            )
        parts.append(drawn(table))
    return "\n".join(parts)

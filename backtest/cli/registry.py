"""``carbonx registry``: the compliance years of a log."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click
from rich.console import Console
from rich.table import Table

from engine.log.sequencer import replay
from engine.registry.records import Totals
from engine.registry.upcoming import frozen, upcoming
from engine.rulebook.calendar import local_date

if TYPE_CHECKING:
    from engine.venue.venue import Venue


_BESIDE: Final = ("reported", "allocated", "paid", "closed")  # in JSON alone: a terminal is narrow


def balance_sheet(venue: Venue) -> list[dict[str, Any]]:
    """Return where each product's tonnes came from and where they are.

    issued + brought + banked = held + surrendered + cancelled + returned.
    """
    rows = []
    for product in venue.products:
        totals = venue.registry.totals.get(product) or Totals()
        held = sum(venue.allowances(name, product)[0] for name in venue.accounts)
        rows.append(
            {
                "product": product,
                "cap": totals.cap,
                "issued": totals.issued,
                "brought": venue.brought(product),
                "banked": totals.banked_in - totals.banked_out,
                "held": held,
                "surrendered": totals.surrendered,
                "cancelled": totals.cancelled,
                "returned": totals.returned,
            }
        )
    return rows


def positions(venue: Venue) -> list[dict[str, Any]]:
    """Return what each entity holds, owes for each cycle, has surrendered, and is short of."""
    registry = venue.registry
    return [
        {"cycle": cycle, "entity": entity.name, "reported": max(record.reported, 0),
         "verified": max(record.verified, 0), "allocated": sum(record.allocated.values()),
         "obligation": record.obligation, "surrendered": sum(record.surrendered.values()),
         "due": record.due, "held": registry.allowances_of(entity),
         "short": max(record.due - registry.allowances_of(entity), 0),
         "penalty": record.penalty, "paid": record.paid, "closed": registry.is_closed(cycle)}
        for entity in registry.entities.values()
        for cycle, record in entity.records.items()
    ]  # fmt: skip


def calendar(venue: Venue) -> list[dict[str, Any]]:
    """Return what comes next: each date with what it asks for, and how many have not done it."""
    today = local_date(venue.rulebook.calendar, venue.time)
    return [step._asdict() for step in upcoming(venue.registry, today)]


@click.command()
@click.argument("directory", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.option("--plot", type=click.Path(path_type=Path, dir_okay=False), help="Draw the year.")
def command(directory: Path, as_json: bool, plot: Path | None) -> None:  # noqa: FBT001 - click gives it by name
    """Replay the log in DIRECTORY and show its compliance years.

    The balance sheet has tonnes by product. Of a position, due is what is still to be surrendered,
    and short what the entity's holdings leave of that. The calendar has the dates from the log's
    last day on, with how many entities have not done what each asks for.

    Example:  carbonx registry runs/venue --plot year.png
    """
    venue = replay(directory).venue
    venue.check()
    tables = {
        "balance": balance_sheet(venue),
        "positions": positions(venue),
        "calendar": calendar(venue),
    }
    if plot is not None:
        from backtest.report.compliance import draw_year  # noqa: PLC0415 - matplotlib is slow

        draw_year(tables["balance"], tables["positions"], plot)
    if as_json:
        click.echo(
            json.dumps(
                {**tables, "frozen": frozen(venue.registry), "state": venue.state_hash()},
                ensure_ascii=False,
            )
        )
        return
    if not venue.registry.programme.cycles:
        click.echo("The rulebook has no compliance programme.")
    for title, rows in tables.items():
        table = Table(title=title, box=None, padding=(0, 1, 0, 0))
        shown = [name for name in rows[0] if name not in _BESIDE] if rows else []
        for name in shown:
            table.add_column(name, overflow="fold")
        for row in rows:
            table.add_row(*(str(row[name]) for name in shown))
        Console().print(table if rows else f"no {title}", markup=False)
    if frozen(venue.registry):
        click.echo(f"may not purchase until made good: {', '.join(frozen(venue.registry))}")

"""``carbonx registry``: the compliance years of a log."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from rich.console import Console
from rich.table import Table

from engine.log.sequencer import replay

if TYPE_CHECKING:
    from engine.venue.venue import Venue


def balance_sheet(venue: Venue) -> list[dict[str, Any]]:
    """Return where each product's tonnes came from and where they are.

    ``brought`` is what came from outside beside what was issued, less what left:
    issued + brought = held + surrendered + cancelled.
    """
    registry = venue.registry
    rows = []
    for product in venue.products:
        accounts = venue.ledger.accounts.values()
        held = sum(a.holdings[product].total for a in accounts if product in a.holdings)
        issued = registry.issued.get(product, 0)
        surrendered = registry.surrendered.get(product, 0)
        cancelled = registry.cancelled.get(product, 0)
        brought = held + surrendered + cancelled - issued
        rows.append({"product": product, "issued": issued, "brought": brought, "held": held,
                     "surrendered": surrendered, "cancelled": cancelled})  # fmt: skip
    return rows


def positions(venue: Venue) -> list[dict[str, Any]]:
    """Return what each account owes for each year, and what it has surrendered."""
    return [
        {"year": year, "account": name, "verified": owes.verified, "carried": owes.carried,
         "surrendered": owes.owed - owes.outstanding, "short": owes.outstanding,
         "settled": year <= venue.registry.settled}
        for year, accounts in sorted(venue.registry.years.items())
        for name, owes in accounts.items()
    ]  # fmt: skip


@click.command()
@click.argument("directory", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def command(directory: Path, as_json: bool) -> None:  # noqa: FBT001 - click gives it by name
    """Replay the log in DIRECTORY and show its compliance years.

    The balance sheet has tonnes by product; a position's short is what is still outstanding, final
    where the year is settled.

    Example:  carbonx registry ./venue
    """
    venue = replay(directory).venue
    venue.check()
    tables = {"balance": balance_sheet(venue), "positions": positions(venue)}
    if as_json:
        click.echo(json.dumps({**tables, "state": venue.state_hash()}, ensure_ascii=False))
        return
    if venue.registry.programme is None:
        click.echo("The rulebook has no compliance programme.")
    for title, rows in tables.items():
        table = Table(*(rows[0] if rows else ()), title=title)
        for row in rows:
            table.add_row(*map(str, row.values()))
        Console().print(table if rows else f"no {title}", markup=False)

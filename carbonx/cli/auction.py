"""``carbonx auction``: the statements of the auctions that a log's calendar held."""

import json
from pathlib import Path

import click

from engine.log.records import Record
from engine.log.sequencer import replay
from engine.vocabulary.events import AuctionStated, Event
from engine.vocabulary.json_codec import decimal_text, to_object
from gateway.cli.console import drawn, reading_log
from gateway.cli.progress import counting


@click.group("auction")
def command() -> None:
    """Look at the auctions of a rulebook's calendar.

    Example:  carbonx auction show runs/venue
    """


@command.command()
@click.argument("folder", metavar="DIR",
                type=click.Path(path_type=Path, exists=True, file_okay=False))  # fmt: skip
@click.argument("number", type=click.IntRange(1), required=False)
@click.option("--json", "as_json", is_flag=True, help="Print the statements as JSON lines.")
def show(folder: Path, number: int | None, *, as_json: bool) -> None:
    """Print the statements of the auctions in the log in DIR, or of those with NUMBER.

    Example:  carbonx auction show runs/venue
    """
    found: list[AuctionStated] = []

    def keep(_record: Record, events: list[Event]) -> None:
        one()
        found.extend(event for event in events if isinstance(event, AuctionStated))

    with reading_log(folder), counting("records") as one:
        rulebook = replay(folder, keep).venue.rulebook
    wanted = [each for each in found if number in (None, each.number)]
    if number is not None and not wanted:
        message = f"{folder}: no auction {number} of a calendar was cleared"
        raise click.ClickException(message)
    if not wanted and not as_json:
        click.echo("no auction of a calendar was cleared")
    for statement in wanted:
        if as_json:
            click.echo(json.dumps(to_object(statement)))
        else:
            click.echo(drawn("\n".join(told(statement, rulebook.minor_digits))))


def told(s: AuctionStated, digits: int) -> list[str]:
    """Write a statement as lines; what is nothing is left out."""
    tiers = ", ".join(f"{name} {tonnes}" for name, tonnes in s.tiers if tonnes)
    rows = (
        ("sold", f"{s.sold} of {s.offered} offered ({s.end.name.lower()})"),
        ("price", decimal_text(s.price, digits)),
        ("before containment", decimal_text(s.interim, digits) if s.interim != s.price else ""),
        ("released", str(s.released or "")),
        ("withheld", str(s.withheld or "")),
        ("tiers", tiers),
        ("unsold", str(s.unsold or "")),
        ("offered again", ", ".join(f"{date} +{tonnes}" for date, tonnes in s.reoffered)),
        ("cover", f"{decimal_text(s.cover_bp, 4)} ({s.demand} bid for)"),
        ("bidders", str(s.bidders)),
        ("winners", ", ".join(map(str, s.winners))),
        ("cut", ", ".join(f"{why} {tonnes}" for why, tonnes in s.cuts)),
        ("seed", str(s.seed)),
        ("draw", s.draw),
    )
    head = f"{s.symbol}, auction {s.number} of {s.date}"
    return [head, *(f"  {name:<18} {text}" for name, text in rows if text)]

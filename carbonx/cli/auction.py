"""``carbonx auction``: the statements of the auctions that a log's calendar held."""

import json
from pathlib import Path

import click

from carbonx.cli.auction_past import Held, read_auctions
from engine.vocabulary.events import AuctionStated
from engine.vocabulary.json_codec import decimal_text, to_object
from gateway.cli.console import drawn, reading_log
from gateway.cli.progress import counting


@click.group("auction")
def command() -> None:
    """Look at the auctions of a rulebook's calendar.

    Example:  carbonx auction show runs/venue
    """


@command.command()
@click.argument(
    "folder", metavar="DIR", type=click.Path(path_type=Path, exists=True, file_okay=False)
)
@click.argument("number", type=click.IntRange(1), required=False)
@click.option("--line", default="", help="Only the auctions of this line.")
@click.option("--json", "as_json", is_flag=True, help="Print the statements as JSON lines.")
@click.option(
    "--plot",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Draw demand against supply into this file (.png, .svg or .pdf).",
)
def show(folder: Path, number: int | None, line: str, *, as_json: bool, plot: Path | None) -> None:
    """Print the statements of the auctions in the log in DIR, or of those with NUMBER.

    With --plot draw one auction: demand against supply, with reserve, containment and price.

    Example:  carbonx auction show runs/venue
    """
    with reading_log(folder), counting("records") as one:
        found, digits = read_auctions(folder, one)
    wanted = [
        held
        for held in found
        if number in (None, held.statement.number) and line in ("", held.statement.symbol)
    ]
    if (number is not None or line) and not wanted:
        asked = f"auction {number}" if number is not None else "auction"
        message = f"{folder}: no {asked} of a calendar was cleared{f' in {line}' if line else ''}"
        raise click.ClickException(message)
    if plot is not None:
        _plot(wanted, plot, digits)
    if not wanted and not as_json:
        click.echo("no auction of a calendar was cleared")
    for held in wanted:
        if as_json:
            click.echo(json.dumps(to_object(held.statement)))
        else:
            click.echo(drawn("\n".join(told(held.statement, digits))))


def _plot(wanted: list[Held], path: Path, digits: int) -> None:
    """Draw the one auction that is asked for."""
    if len(wanted) != 1:
        message = f"--plot: one auction is drawn, and {len(wanted)} match: give NUMBER and --line"
        raise click.ClickException(message)
    if path.suffix not in (".png", ".svg", ".pdf"):
        message = f"--plot: a file that ends in .png, .svg or .pdf is needed, not {path.name}"
        raise click.ClickException(message)
    try:
        from carbonx.cli.auction_plot import draw  # noqa: PLC0415 - matplotlib is an extra
    except ImportError:
        message = "matplotlib is not installed: pip install 'carbonx-exchange[plots]'"
        raise click.ClickException(message) from None
    try:
        draw(wanted[0], path, digits)
    except OSError as error:
        message = f"{path}: {error.strerror or error}"
        raise click.ClickException(message) from None


def told(s: AuctionStated, digits: int) -> list[str]:
    """Write a statement as lines; what is nothing is left out."""
    tiers = ", ".join(f"{name} {tonnes}" for name, tonnes in s.tiers if tonnes)
    rows = (
        ("sold", f"{s.sold} of {s.offered} offered ({s.end.name.lower()})"),
        ("price", decimal_text(s.price, digits)),
        ("before containment", decimal_text(s.interim, digits) if s.interim != s.price else ""),
        ("consigned", f"{s.consigned_sold} of {s.consigned} sold" if s.consigned else ""),
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

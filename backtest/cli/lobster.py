"""``carbonx lobster``: order-level data of another exchange, traded again on the engine."""

import json
from pathlib import Path

import click
from msgspec import structs

from backtest.tapes.lobster import read_book, read_messages
from backtest.tapes.order_flow import Report, trade_again
from engine.vocabulary.texts import counted


@click.command()
@click.argument("messages", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--book", type=click.Path(path_type=Path, exists=True, dir_okay=False),
              help="The orderbook file: compare the engine's book with each row.")  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
def command(messages: Path, book: Path | None, *, as_json: bool) -> None:
    """Trade a LOBSTER file of MESSAGES again, and compare the book with the file's.

    New orders, cancels and executions become orders on the engine (docs/backtesting.md). Exits 1
    where the book is another than the file's.

    Example:  carbonx lobster examples/messages.csv
    """
    said = read_messages(messages)
    rows = read_book(book) if book is not None else None
    report, kernel = trade_again(said, rows)
    kernel.venue.check()
    if as_json:
        click.echo(json.dumps({**structs.asdict(report), "state": kernel.venue.state_hash()}))
    else:
        click.echo(_told(report))
        click.echo(f"state {kernel.venue.state_hash()}")
    if report.first_difference:
        raise SystemExit(1)


def _told(report: Report) -> str:
    lines = [
        (f"{report.messages:,} messages, {report.executions:,} executions, of which "
         f"{report.in_place:,} met the order named"),
        (f"left out: {report.hidden:,} executions of hidden orders, {report.crosses:,} crosses, "
         f"{report.unknown:,} messages"),
        "  on orders that the file does not show",
        f"{report.halts:,} halts and ends of halts",
    ]  # fmt: skip
    if not report.compared:
        return "\n".join([*lines, "compared with nothing: --book names the orderbook file"])
    lines += [
        (
            f"compared with the {counted(report.levels, 'level')} of each of "
            f"{counted(report.compared, 'row')}: best bid and ask equal in {report.best_equal:,},"
        ),
        f"  all levels in {report.all_equal:,}",
        f"{report.into_view:,} levels came into view from beyond the file's last, and were entered",
    ]
    if report.first_difference:
        lines.append(f"the first row that differs: {report.first_difference:,}")
    return "\n".join(lines)

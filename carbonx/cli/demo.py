"""``carbonx demo``: a real Shenzhen day, traded by simulated brokers over real sockets."""

from __future__ import annotations

import json
import shutil
import webbrowser
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from rich.box import SIMPLE_HEAD
from rich.console import Group
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table

from carbonx.demo.day import Plan, Result, Shows, run, unseen
from carbonx.demo.shenzhen_day import BARS, DAY
from engine.log.journal import DURABILITY, FILE_NAME
from engine.vocabulary.enums import Side
from engine.vocabulary.json_codec import decimal_text
from engine.vocabulary.texts import counted
from gateway.cli.console import Number, plain_console
from gateway.runtime import event_loop

if TYPE_CHECKING:
    from rich.console import Console

    from carbonx.demo.live_page import Page
    from gateway.client.market_view import MarketView

TITLE = f"Shenzhen (SZA) {DAY}, simulated brokers around the real day"


def screen(share: float, view: MarketView) -> Group:
    """Return what is shown while the day goes: all lines, the busiest book, the last trades."""
    table = Table(title=TITLE)
    for heading in ("vintage", "last", "bid", "offer", "volume t", "trades"):
        table.add_column(heading, justify="left" if heading == "vintage" else "right")
    for name, line in view.lines.items():
        bid, ask = line.best()
        prices = [decimal_text(price) if price else "" for price in (line.last, bid, ask)]
        table.add_row(name, *prices, f"{line.volume:,}", str(len(line.prints)))
    busiest = max(view.lines.values(), key=lambda line: line.volume)
    book = Table(title=f"book of {busiest.info.symbol}   |   last trades")
    for heading in ("bid t", "bid", "offer", "offer t", "trade", "price", "t"):
        book.add_column(heading, justify="right")
    bids, asks = busiest.depth(Side.BUY, 5), busiest.depth(Side.SELL, 5)
    recent = view.recent[::-1]
    for place in range(5):
        row = ["", "", "", "", "", "", ""]
        if place < len(bids):
            row[:2] = [f"{bids[place][1]:,}", decimal_text(bids[place][0])]
        if place < len(asks):
            row[2:4] = [decimal_text(asks[place][0]), f"{asks[place][1]:,}"]
        if place < len(recent):
            name, each = recent[place]
            row[4:] = [name, decimal_text(each.price), f"{each.quantity:,}"]
        book.add_row(*row)
    return Group(table, book, ProgressBar(total=1, completed=share, width=60))


def summary(result: Result) -> Table:
    """Return the day with the real one below each vintage; it fits into 80 columns."""
    table = Table(title=TITLE, box=SIMPLE_HEAD)
    headings = ("vintage", "open", "high", "low", "close", "volume t", "value CNY", "trades")
    for heading in headings:
        table.add_column(heading, justify="left" if heading == "vintage" else "right")
    for name, line in result.view.lines.items():
        bar, real = line.bar, BARS[name]
        if bar is None:
            continue
        ours = (bar.open, bar.high, bar.low, bar.close)
        theirs = (real.open, real.high, real.low, real.close)
        table.add_row(
            name,
            *map(decimal_text, ours),
            f"{bar.volume:,}",
            decimal_text(bar.value),
            str(bar.trades),
        )
        table.add_row("  real", *map(decimal_text, theirs), f"{real.volume:,}", style="dim")
    return table


def beside(result: Result) -> Table:
    """Return what happened beside the screen; it fits into 80 columns."""
    table = Table(title="beside the screen: simulated, not in the real day", box=SIMPLE_HEAD)
    for heading in ("at", "what", ""):
        table.add_column(heading)
    for each in result.occasions:
        table.add_row(each.clock, f"{each.kind} {each.chinese}", each.said)
    return table


def as_dict(result: Result, drawn: tuple[Path, Path] | None) -> dict[str, Any]:
    """Return the result for a program to read. Prices and values in fen."""
    bars = {name: line.bar for name, line in result.view.lines.items() if line.bar is not None}
    return {
        "date": DAY,
        "records": result.records,
        "messages": result.messages,
        "folder": str(result.folder),
        "picture": str(drawn[0]) if drawn else None,
        "page": str(drawn[1]) if drawn else None,
        "state": result.live_state,
        "replayed_state": result.replayed_state,
        "proven": result.proven,
        "occasions": [each._asdict() for each in result.occasions],
        "bars": {
            name: {
                "open": b.open,
                "high": b.high,
                "low": b.low,
                "close": b.close,
                "volume": b.volume,
                "value": b.value,
                "trades": b.trades,
            }
            for name, b in bars.items()
        },
    }


@click.command()
@click.option("--seed", default=1, show_default=True, help="Seed of all that the brokers draw.")
@click.option(
    "--seconds",
    default=10.0,
    show_default=True,
    type=Number(0, 86_400),
    help="How long the day takes, at least.",
)
@click.option(
    "--dir",
    "folder",
    type=click.Path(path_type=Path),
    help="Where to put log and picture: a new folder.  [default: runs/demo-SEED, made anew]",
)
@click.option(
    "--durability",
    type=click.Choice(list(DURABILITY)),
    default="sync",
    show_default=True,
    help="What each step waits for.",
)
@click.option(
    "--web",
    "web_port",
    type=click.IntRange(0, 65_535),
    metavar="PORT",
    help="Where the page is served.  [default: 8117, or any free port]",
)
@click.option("--open", "open_page", is_flag=True, help="Open the page in a browser.")
@click.option("--stay", is_flag=True, help="Serve the page of the finished day until Ctrl-C.")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
def command(
    seed: int,
    seconds: float,
    folder: Path | None,
    durability: str,
    web_port: int | None,
    *,
    open_page: bool,
    stay: bool,
    as_json: bool,
) -> None:
    """Trade a real Shenzhen day with simulated brokers over TCP, draw it, prove it.

    The brokers act in turns on the day's own clock: a seed gives the same trades and the same
    hash every time, however many seconds the day takes, and whoever looks at its page.

    Example:  carbonx demo --seconds 5 --seed 7
    """
    if folder is None:
        folder = Path("runs") / f"demo-{seed}"
        if folder.exists():
            shutil.rmtree(folder)
    elif (folder / FILE_NAME).exists():
        message = f"{folder} holds a venue already: name another --dir, for the day begins anew"
        raise click.UsageError(message)
    console = plain_console(stderr=as_json)
    needed = web_port is not None or open_page or stay
    live = _page(web_port, console, needed=needed, open_page=open_page)
    plan = Plan(seed, seconds, durability=durability)
    shows = live.of if live is not None else unseen
    result = _trade(folder, plan, console, shows)
    drawn = _draw(result, console)
    if as_json:
        click.echo(json.dumps(as_dict(result, drawn)))
    else:
        console.print(summary(result))
        console.print(beside(result))
        console.print(f"run      {folder}", soft_wrap=True)
        picture, page = drawn or ("none (install matplotlib)", "none (install matplotlib)")
        console.print(f"picture  {picture}", soft_wrap=True)
        console.print(f"page     {page}", soft_wrap=True)
        verdict = "same state hash" if result.proven else "DIFFERENT STATE"
        console.print(
            f"proof    replayed {counted(result.records, 'record')} of the log: {verdict}"
        )
        console.print(f"         {result.replayed_state}")
    if not result.proven:
        message = f"the log in {folder} does not replay to the state the venue had"
        raise click.ClickException(message)
    if stay and live is not None:
        console.print(f"live     {live.url} until Ctrl-C", soft_wrap=True)
        event_loop.run(live.stay(folder))


def _trade(folder: Path, plan: Plan, console: Console, shows: Shows) -> Result:
    """Trade the day and say how far it is: on a screen that changes, or a line at a time."""
    shown = -1.0
    if console.is_terminal:
        with Live(console=console, refresh_per_second=8) as live:

            def draw(share: float, view: MarketView) -> None:
                live.update(screen(share, view))

            return event_loop.run(run(folder, plan, draw, shows))

    def tell(share: float, view: MarketView) -> None:
        nonlocal shown
        if share - shown >= 0.2 or share >= 1 > shown:  # noqa: PLR2004 - a fifth
            shown = share
            tonnes = sum(line.volume for line in view.lines.values())
            trades = sum(len(line.prints) for line in view.lines.values())
            console.print(f"{share:4.0%} of the day  {counted(trades, 'trade')}  {tonnes:,} t")

    return event_loop.run(run(folder, plan, tell, shows))


def _page(port: int | None, console: Console, *, needed: bool, open_page: bool) -> Page | None:
    """Return the page; none where its libraries are missing and nobody asked for it."""
    try:
        from carbonx.demo.live_page import Page  # noqa: PLC0415 - starlette and uvicorn are an extra
    except ImportError as error:
        if not needed:
            return None
        message = f"the page needs {error.name}: pip install 'carbonx-exchange[web]'"
        raise click.ClickException(message) from error

    def say(url: str) -> None:
        console.print(f"live     {url}", soft_wrap=True)
        if open_page:
            webbrowser.open(url)

    return Page(port, say)


def _draw(result: Result, console: Console) -> tuple[Path, Path] | None:
    """Draw the day into the run's folder; return picture and page."""
    try:
        from carbonx.demo.page import write_page  # noqa: PLC0415 - matplotlib is an extra
        from carbonx.demo.plots import draw_day  # noqa: PLC0415

        picture, page = result.folder / "day.png", result.folder / "day.html"
        if not draw_day(result, picture, TITLE):
            console.print("no font with Chinese characters: the picture's labels are English")
        write_page(result, picture, page, TITLE)
    except ImportError:
        console.print("matplotlib is not installed: pip install 'carbonx-exchange[plots]'")
        return None
    return picture, page

"""``carbonx serve``: run a venue until it is stopped."""

from __future__ import annotations

import asyncio
import gc
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from engine.log.journal import DURABILITY
from engine.rulebook import presets
from gateway.cli.hangup import reload_on_hangup
from gateway.runtime import event_loop
from gateway.server.accounts import Directory
from gateway.server.admin import AdminSocket
from gateway.server.node import Node, Options

if TYPE_CHECKING:
    from engine.rulebook.model import Calendar
    from engine.venue.venue import Venue
    from engine.vocabulary.enums import Phase

DEFAULT_PORT: Final = 7117


async def run(node: Node, folder: Path, *, as_json: bool) -> None:
    """Serve until a signal comes; say where."""
    try:
        await node.start()
    except OSError as error:
        node.sequencer.close()
        o = node.options
        message = f"{o.host}:{o.port} cannot be opened ({error.strerror}): choose another --port"
        raise click.ClickException(message) from error
    gc.collect()
    gc.freeze()  # what recovery made is there to stay: the collector need not walk it again
    venue = node.sequencer.venue
    door = AdminSocket(node, folder / "operator.sock")
    if event_loop.has_unix_sockets():
        await door.open()
    else:
        click.echo("no unix sockets on this system: carbonx operate cannot reach it", err=True)
    host, port = node.address
    if as_json:
        facts = {"host": host, "port": port, "rulebook": venue.rulebook.name,
                 "records": node.sequencer.seq, "durability": node.durability,
                 "opened": node.opens, "timetable": node.options.timetable,
                 "phases": {each: venue.phase(each).name.lower() for each in venue.symbols},
                 }  # fmt: skip
        click.echo(json.dumps(facts))
    else:
        click.echo(f"{venue.rulebook.name} on {host}:{port}, durability {node.durability}, "
                   f"{node.sequencer.seq} records recovered or written")  # fmt: skip
        click.echo(f"{_why(node)}: {_phases(venue)}")
    stop = asyncio.Event()
    event_loop.on_stop(stop.set)
    reload_on_hangup(asyncio.get_running_loop(), node)
    assert node.failed is not None
    node.failed.add_done_callback(lambda _failed: stop.set())
    await stop.wait()
    await door.close()
    if not node.failed.done():
        await node.stop()
    if node.failed.done():
        node.failed.result()  # raises what made the venue stop
    if not as_json:
        click.echo(f"stopped; state {venue.state_hash()}", err=True)


def _why(node: Node) -> str:
    """Say what the phases that the venue starts in come from."""
    if node.options.timetable:
        return "by the timetable"
    if node.opens:
        return "a first start opens all lines (--closed leaves them closed)"
    return "a first start, left closed" if node.first_start else "phases as they were"


def _phases(venue: Venue) -> str:
    """Return the lines by their phases."""
    lines: dict[Phase, list[str]] = {}
    for line in venue.symbols:
        lines.setdefault(venue.phase(line), []).append(line)
    return "; ".join(f"{phase.name.lower()} {', '.join(each)}" for phase, each in lines.items())


def note_the_end(calendar: Calendar) -> None:
    """Say so where a calendar's holidays are all of years that are over."""
    last = max(calendar.holidays, default=0) // 10_000
    if last and datetime.now(UTC).year > last:
        click.echo(f"the rulebook's holidays end with {last}: weekdays alone say which days trade "
                   "now; amend calendar.holidays+", err=True)  # fmt: skip


@click.command()
@click.option("--rulebook", "name", default="shenzhen-2022", show_default=True,
              help="A rulebook's name, or a .toml file.")  # fmt: skip
@click.option("--dir", "folder", type=click.Path(path_type=Path), default=Path("runs/venue"),
              show_default=True, help="Where the log is kept.")  # fmt: skip
@click.option("--accounts", type=click.Path(path_type=Path), help="Who may log on: a TOML file.")
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=DEFAULT_PORT, show_default=True, help="0 takes any free port.")
@click.option("--durability", type=click.Choice(DURABILITY), default="fdatasync",
              show_default=True, help="What an acknowledgement promises.")  # fmt: skip
@click.option("--throttle", default=0, show_default=True,
              help="Messages a second and session; 0 for no limit.")  # fmt: skip
@click.option("--open/--closed", "start_open", default=True, show_default=True,
              help="Open all lines at the first start; later ones change no phase.")  # fmt: skip
@click.option("--timetable", is_flag=True,
              help="Follow the rulebook's calendar: days, calls, breaks, random ends.")  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="Say where it listens as JSON.")
def command(
    name: str,
    folder: Path,
    accounts: Path | None,
    host: str,
    port: int,
    durability: str,
    throttle: int,
    *,
    start_open: bool,
    timetable: bool,
    as_json: bool,
) -> None:
    """Run a venue; its log in --dir brings it back after any stop.

    Example:  carbonx serve --accounts accounts.toml --port 7117
    """
    rulebook = presets.find(name)
    directory = Directory.read(accounts) if accounts else Directory(())
    options = Options(host=host, port=port, durability=durability, throttle=throttle,
                      timetable=timetable, opens=start_open)  # fmt: skip
    node = Node.open(folder, rulebook, directory, options)
    journal = node.sequencer.journal
    if journal is not None and journal.cut:
        click.echo(f"{journal.cut} bytes at the end of {journal.path} were cut off: they are not "
                   "whole, and nothing in them was acknowledged", err=True)  # fmt: skip
    for difference in directory.differences(node.sequencer.venue):
        click.echo(difference, err=True)
    if timetable:
        note_the_end(node.sequencer.venue.rulebook.calendar)
    event_loop.run(run(node, folder, as_json=as_json))

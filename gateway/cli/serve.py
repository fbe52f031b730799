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
from engine.vocabulary.texts import counted
from gateway.cli import configuration
from gateway.cli.addresses import check_address, listening, not_opened
from gateway.cli.console import reading_log
from gateway.cli.exposure import SELF_SIGNED, tls_of, unless_refused
from gateway.cli.exposure import check as check_exposure
from gateway.cli.hangup import reload_on_hangup
from gateway.cli.serve_facts import facts, show
from gateway.cli.serve_linked import serve_linked
from gateway.cli.snapshots import follow, keep_stopped
from gateway.cli.web_page import page_maker
from gateway.operations.outside import MissingExtraError, Outside
from gateway.runtime import event_loop
from gateway.server.accounts import Directory
from gateway.server.admin import AdminSocket
from gateway.server.node import Node, Options
from gateway.server.recovering import Recovering

if TYPE_CHECKING:
    import socket
    from collections.abc import Sequence

    from engine.rulebook.model import Calendar
    from gateway.web.keeper import Keeper
    from gateway.web.server import WebServer

DEFAULT_PORT: Final = 7117


async def run(
    node: Node,
    folder: Path,
    outside: Outside,
    accounts: Path | None,
    sockets: Sequence[socket.socket],
    *,
    as_json: bool,
    web: Keeper | WebServer | None = None,
) -> None:
    """Serve at listening sockets until a signal comes; say where."""
    try:
        await node.start(sockets)
        if web is not None:
            await web.start()
    except (OSError, UnicodeError) as error:
        node.sequencer.close()
        raise not_opened(node.options.host, node.options.port, error) from error
    gc.collect()
    gc.freeze()  # what recovery made is there to stay: the collector need not walk it again
    outside.serve(node)
    venue = node.sequencer.venue
    door = AdminSocket(node, folder / "operator.sock")
    if event_loop.has_unix_sockets():
        await door.open()
    else:
        click.echo("no unix sockets on this system: carbonx operate cannot reach it", err=True)
    stop = asyncio.Event()
    event_loop.on_stop(stop.set)  # before it says how it is stopped
    reload_on_hangup(asyncio.get_running_loop(), node)
    found = facts(node, folder, node.directory, accounts) | _further(folder, outside, web)
    if as_json:
        click.echo(json.dumps(found))
    else:
        show(found)
    assert node.failed is not None
    node.failed.add_done_callback(lambda _failed: stop.set())
    journal = node.sequencer.journal
    assert journal is not None
    taker = asyncio.create_task(follow(folder, journal))
    await stop.wait()
    taker.cancel()
    await door.close()
    if web is not None:
        await web.stop()
    if not node.failed.done():
        await node.stop()
    if node.failed.done():
        node.failed.result()  # raises what made the venue stop
    if not as_json:
        click.echo(f"stopped; state {venue.state_hash()}", err=True)
    keep_stopped({folder: {}})


def _further(folder: Path, outside: Outside, web: Keeper | WebServer | None) -> dict[str, str]:
    """Return the addresses beside the venue's own."""
    found = {}
    if outside.port is not None:
        found["operations"] = "http://{}:{}".format(*outside.port.address)
    if web is not None:
        found |= {"page": web.url, "operator_key": str(folder / "operator.key")}
    return found


def note_the_end(calendar: Calendar) -> None:
    """Say so where a calendar's holidays are all of years that are over."""
    last = max(calendar.holidays, default=0) // 10_000
    if last and datetime.now(UTC).year > last:
        click.echo(f"the rulebook's holidays end with {last}: weekdays alone say which days trade "
                   "now; amend calendar.holidays+", err=True)  # fmt: skip


def note_what_differs(node: Node, directory: Directory) -> None:
    """Say where the log, the accounts and the calendar are not what one may think they are."""
    journal = node.sequencer.journal
    if journal is not None and journal.cut:
        cut = counted(journal.cut, "byte")
        click.echo(f"cut off the end of {journal.path}: {cut}, not whole, of "
                   f"which nothing was acknowledged; {journal.kept} has them",
                   err=True)  # fmt: skip
    for path in node.sequencer.aside:
        click.echo(f"set aside a snapshot: {path} has commands that are not in the log, of "
                   "which nothing is known to have been acknowledged", err=True)  # fmt: skip
    for difference in directory.differences(node.sequencer.venue):
        click.echo(difference, err=True)
    if node.options.timetable:
        note_the_end(node.sequencer.venue.rulebook.calendar)


@click.command()
@click.option("--rulebook", "name", default="shenzhen-2022", show_default=True,
              help="A rulebook's name, or a .toml file.")  # fmt: skip
@click.option("--dir", "folder", type=click.Path(path_type=Path, file_okay=False),
              default=Path("runs/venue"), show_default=True,
              help="Where the log is kept.")  # fmt: skip
@click.option("--accounts", type=click.Path(path_type=Path, dir_okay=False),
              help="Who may log on: a TOML file.")  # fmt: skip
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen at.")
@click.option("--port", type=click.IntRange(0, 65_535), default=DEFAULT_PORT, show_default=True,
              help="0 takes any free port.")  # fmt: skip
@click.option("--tls", "tls_mode", type=click.Choice([SELF_SIGNED]),
              help="Speak TLS 1.3 with a certificate made here, for trials.")  # fmt: skip
@click.option("--tls-cert", type=click.Path(path_type=Path, dir_okay=False),
              help="Speak TLS 1.3 with this certificate (PEM).")  # fmt: skip
@click.option("--tls-key", type=click.Path(path_type=Path, dir_okay=False),
              help="The certificate's key (PEM), for the eyes of the owner alone.")  # fmt: skip
@click.option("--plain-text", is_flag=True,
              help="Speak plain TCP to other machines too: something else encrypts.")  # fmt: skip
@click.option("--durability", type=click.Choice(DURABILITY), default="sync",
              show_default=True, help="What an acknowledgement promises.")  # fmt: skip
@click.option("--sync-every", "sync_ms", type=click.IntRange(50, 60_000), default=100,
              show_default=True, metavar="MS",
              help="With --durability interval: milliseconds between syncs.")  # fmt: skip
@click.option("--throttle", type=click.IntRange(0), default=0, show_default=True,
              help="Messages a second of one account; 0 for no limit.")  # fmt: skip
@click.option("--disconnect-grace", "grace", type=click.IntRange(0, 86_400), default=30,
              show_default=True, metavar="SECONDS",
              help="After a crash: seconds to come back before cancel-on-disconnect.")  # fmt: skip
@click.option("--open/--closed", "start_open", default=True, show_default=True,
              help="Open all lines at the first start; later ones change no phase.")  # fmt: skip
@click.option("--timetable", is_flag=True,
              help="Follow the rulebook's calendar: days, calls, breaks, random ends.")  # fmt: skip
@click.option("--web", "web_port", type=click.IntRange(0, 65_535), metavar="PORT",
              help="Serve the page too, at this port of --host; 0 takes any free one.")  # fmt: skip
@click.option("--web-name", "web_names", multiple=True, metavar="NAME",
              help="A further name by which browsers reach the page; may be repeated.")  # fmt: skip
@click.option("--web-curves", is_flag=True,
              help="Show supply and demand of a call while it forms, without names.")  # fmt: skip
@click.option("--metrics", type=click.IntRange(0, 65_535),
              help="A port of this machine for /metrics, /healthz, /readyz.")  # fmt: skip
@click.option("--log-lines", type=click.Path(path_type=Path, dir_okay=False),
              help="Append sessions and operations to this file, JSON a line.")  # fmt: skip
@click.option("--config", type=click.Path(path_type=Path, dir_okay=False), is_eager=True,
              expose_value=False, callback=configuration.use,
              help="Take options from this TOML file (carbonx config).")  # fmt: skip
@click.option("--linked", type=click.Path(path_type=Path, dir_okay=False),
              help="Run this TOML file's linked venues; --web is theirs too.")  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="Say what it is and where as JSON.")
def command(
    name: str,
    folder: Path,
    accounts: Path | None,
    host: str,
    port: int,
    durability: str,
    sync_ms: int,
    throttle: int,
    grace: int,
    web_port: int | None,
    web_names: tuple[str, ...],
    metrics: int | None,
    log_lines: Path | None,
    tls_mode: str | None,
    tls_cert: Path | None,
    tls_key: Path | None,
    linked: Path | None,
    *,
    plain_text: bool,
    start_open: bool,
    timetable: bool,
    web_curves: bool,
    as_json: bool,
) -> None:
    """Run a venue; its log in --dir brings it back after any stop.

    It says where it listens, for whom, under which rules and hours, and how to trade there and
    operate it. Ctrl-C stops it.

    Example:  carbonx serve --accounts examples/accounts.toml
    """
    if linked is not None:
        serve_linked(linked, as_json=as_json, web_port=web_port, web_names=web_names,
                     web_curves=web_curves)  # fmt: skip
        return
    rulebook = presets.find(name)
    directory = Directory.read(accounts) if accounts else Directory(())
    options = Options(host=host, port=port, durability=durability, throttle=throttle,
                      sync_every=sync_ms * 10**6, grace=grace * 10**9, timetable=timetable,
                      opens=start_open)  # fmt: skip
    for each in (port, web_port):
        if each is not None:
            check_address(host, each)
    with unless_refused(folder):
        tls = tls_of(folder, tls_mode, tls_cert, tls_key)
        check_exposure(host, directory, encrypted=tls is not None, plain_text=plain_text)
        make_page = page_maker(web_port, host=host, names=web_names, timetable=timetable,
                               curves=web_curves)  # fmt: skip
        try:
            outside = Outside(metrics, log_lines)
        except MissingExtraError as error:
            raise click.ClickException(str(error)) from error
        with outside, listening(host, port) as sockets:
            with Recovering(sockets, tls), reading_log(folder):
                node = Node.open(folder, rulebook, directory, options)
                node.tls = tls
                note_what_differs(node, directory)
                web = make_page({"": (node, folder)})
            event_loop.run(run(node, folder, outside, accounts, sockets, as_json=as_json, web=web))

"""``carbonx serve --linked``: several venues in one process, each with its own port and log."""

from __future__ import annotations

import asyncio
import json
from contextlib import ExitStack
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from engine.rulebook import presets
from engine.venue.federation import FederationError
from engine.vocabulary.events import Rejected
from gateway.cli.addresses import listening
from gateway.cli.console import reading_log
from gateway.cli.exposure import check as check_exposure
from gateway.cli.exposure import tls_of, unless_refused
from gateway.cli.linked_file import LinkedFile, LinkedVenue, read
from gateway.cli.snapshots import follow, keep_stopped
from gateway.cli.web_page import page_maker
from gateway.operations.outside import MissingExtraError, Outside
from gateway.runtime import event_loop
from gateway.server.accounts import Directory
from gateway.server.admin import AdminSocket
from gateway.server.linked import Linked
from gateway.server.node import Node, Options
from gateway.server.recovering import Recovering

if TYPE_CHECKING:
    import socket
    import ssl
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from engine.venue.federation import Federation
    from gateway.web.keeper import Keeper
    from gateway.web.server import WebServer


class Place(NamedTuple):
    """Where a venue is: its folder, what shows it to its operators, its port's sockets."""

    folder: Path
    outside: Outside
    sockets: list[socket.socket]


def serve_linked(
    path: Path,
    *,
    as_json: bool,
    web_port: int | None = None,
    web_names: tuple[str, ...] = (),
    web_curves: bool = False,
) -> None:
    """Run the venues of a file until they are stopped. Raises ``ClickException``."""
    file = read(path)
    make_page = page_maker(
        web_port, host=file.host, names=web_names, timetable=file.timetable, curves=web_curves
    )
    folders = {venue.name: path.parent / venue.dir for venue in file.venue}
    with ExitStack() as stack:
        for folder in folders.values():
            stack.enter_context(unless_refused(folder))
        tls = tls_of_all(path, file)
        try:
            outsides = {each.name: stack.enter_context(_outside(path, each)) for each in file.venue}
        except MissingExtraError as error:
            raise click.ClickException(str(error)) from error
        sockets = {
            each.name: stack.enter_context(listening(file.host, each.port)) for each in file.venue
        }
        with ExitStack() as recovering:
            for name, each in sockets.items():
                recovering.enter_context(Recovering(each, tls[name]))
            nodes = open_all(path, file, tls)
            linked = link(file, nodes)
        web = make_page({name: (node, folders[name]) for name, node in nodes.items()})
        places = {name: Place(folders[name], outsides[name], sockets[name]) for name in nodes}
        event_loop.run(run(nodes, places, linked.federation, as_json=as_json, web=web))


def tls_of_all(path: Path, file: LinkedFile) -> dict[str, ssl.SSLContext | None]:
    """Return each venue's context, None where plain TCP is spoken. Raises ``ClickException``."""
    pair = [path.parent / each if each else None for each in (file.tls_cert, file.tls_key)]
    return {
        venue.name: tls_of(path.parent / venue.dir, file.tls or None, *pair) for venue in file.venue
    }


def _outside(path: Path, venue: LinkedVenue) -> Outside:
    """Open what shows a venue to its operators. Raises ``OSError`` and ``MissingExtraError``."""
    lines = path.parent / venue.log_lines if venue.log_lines else None
    return Outside(venue.metrics, lines)


def open_all(
    path: Path, file: LinkedFile, tls: Mapping[str, ssl.SSLContext | None] | None = None
) -> dict[str, Node]:
    """Open the venues of a file, by name; paths start at its folder. Raises ``ClickException``."""
    nodes: dict[str, Node] = {}
    for venue in file.venue:
        context = (tls or {}).get(venue.name)
        with reading_log(path.parent / venue.dir):
            nodes[venue.name] = _open(path, file, venue, encrypted=context is not None)
        nodes[venue.name].tls = context
    return nodes


def _open(path: Path, file: LinkedFile, venue: LinkedVenue, *, encrypted: bool) -> Node:
    """Open one venue; its port comes later."""
    book = venue.rulebook
    beside = path.parent / book
    rulebook = presets.find(str(beside) if beside.suffix == ".toml" else book)
    directory = Directory.read(path.parent / venue.accounts) if venue.accounts else Directory(())
    check_exposure(file.host, directory, encrypted=encrypted, plain_text=file.plain_text)
    options = Options(
        host=file.host, port=venue.port, timetable=file.timetable, opens=True, linked=True
    )
    return Node.open(path.parent / venue.dir, rulebook, directory, options)


def link(file: LinkedFile, nodes: dict[str, Node]) -> Linked:
    """Join nodes, and set the links of the file that their logs lack. Raises ``ClickException``."""
    for name, node in nodes.items():
        for end in node.sequencer.venue.links.ends.values():
            if end.rules.peer not in nodes:
                message = f"{name} is linked with {end.rules.peer}: the file has to name it too"
                raise click.ClickException(message)
    cores = {name: node.core for name, node in nodes.items()}
    news = {name: node.links for name, node in nodes.items()}
    try:
        linked = Linked(cores, news, lambda name: nodes[name].schedule())
    except FederationError as error:
        raise click.ClickException(str(error)) from error
    for each in file.link:
        if each.name in nodes[each.from_].sequencer.venue.links.ends:
            continue  # what its log has stays; an operator changes it
        for event in nodes[each.from_].operate(each.rules()):
            if isinstance(event, Rejected):
                message = f"link {each.name}, {event.field}: {event.rule}"
                raise click.ClickException(message)
    return linked


async def run(
    nodes: dict[str, Node],
    places: dict[str, Place],
    federation: Federation,
    *,
    as_json: bool,
    web: Keeper | WebServer | None = None,
) -> None:
    """Serve until a signal comes, or until one of the venues fails: then all stop."""
    stop = asyncio.Event()
    doors = []
    try:
        for name, node in nodes.items():
            place = places[name]
            await node.start(place.sockets)
            place.outside.serve(node)
            assert node.failed is not None
            node.failed.add_done_callback(lambda _failed: stop.set())
            if event_loop.has_unix_sockets():
                doors.append(AdminSocket(node, place.folder / "operator.sock"))
                await doors[-1].open()
        if web is not None:
            await web.start()
    except OSError as error:
        await close(nodes)
        message = f"a port cannot be opened: {error}"
        raise click.ClickException(message) from error
    event_loop.on_stop(stop.set)
    found = {name: _facts(node, places[name]) for name, node in nodes.items()}
    _say(found, web, as_json=as_json)
    takers = [
        asyncio.create_task(_follow(node, places[name].folder, partial(federation.needed, name)))
        for name, node in nodes.items()
    ]
    await stop.wait()
    for taker in takers:
        taker.cancel()
    for door in doors:
        await door.close()
    if web is not None:
        await web.stop()
    await close(nodes)
    keep_stopped({place.folder: federation.needed(name) for name, place in places.items()})


async def _follow(node: Node, folder: Path, needed: Callable[[], Mapping[str, int]]) -> None:
    """Take a snapshot of a venue whenever its log has begun a new segment, for ever."""
    journal = node.sequencer.journal
    assert journal is not None
    await follow(folder, journal, needed=needed)


def _say(
    found: dict[str, dict[str, Any]], web: Keeper | WebServer | None, *, as_json: bool
) -> None:
    """Say where the venues are, and their page."""
    if web is not None:
        for each in found.values():
            each |= {"page": web.url, "operator_key": f"{each['folder']}/operator.key"}
    if as_json:
        click.echo(json.dumps(found))
        return
    for name, each in found.items():
        click.echo(
            f"{name}: {each['host']}:{each['port']}, {each['rulebook']}, "
            f"log {each['folder']}, links: {', '.join(each['links']) or 'none'}"
            + (f", figures {each['operations']}/metrics" if "operations" in each else "")
        )
    if web is not None:
        click.echo(f"page of all: {web.url}; operator.key lies beside each log")


def _facts(node: Node, place: Place) -> dict[str, Any]:
    host, port = node.address
    venue = node.sequencer.venue
    found = {
        "host": host,
        "port": port,
        "rulebook": venue.rulebook.name,
        "folder": str(place.folder),
        "records": node.sequencer.seq,
        "links": list(venue.links.ends),
    }
    if place.outside.port is not None:
        found["operations"] = "http://{}:{}".format(*place.outside.port.address)
    return found


async def close(nodes: dict[str, Node]) -> None:
    """Stop all venues together. Raises ``VenueStoppedError`` where one had failed."""
    failed = [node.failed for node in nodes.values() if node.failed is not None]
    error = next((each.exception() for each in failed if each.done()), None)
    if error is not None:
        for node in nodes.values():
            if not node.stopping:
                node.fail(error)  # type: ignore[arg-type] # a node fails with nothing else
        for each in failed:
            each.exception()
        raise error
    for node in nodes.values():  # nothing may come to a venue that has said farewell
        node.tick()
        while node.core.backlog:
            node.tick()
    await asyncio.gather(*(node.stop() for node in nodes.values()))

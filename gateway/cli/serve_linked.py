"""``carbonx serve --linked``: several venues in one process, each with its own port and log."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

import click

from engine.rulebook import presets
from engine.vocabulary.events import Rejected
from gateway.cli.console import reading_log
from gateway.cli.exposure import check as check_exposure
from gateway.cli.linked_file import LinkedFile, LinkedVenue, read
from gateway.cli.web_page import page_maker
from gateway.runtime import event_loop
from gateway.server.accounts import Directory
from gateway.server.admin import AdminSocket
from gateway.server.linked import Linked
from gateway.server.node import Node, Options

if TYPE_CHECKING:
    from pathlib import Path

    from gateway.web.keeper import Keeper
    from gateway.web.server import WebServer


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
    make_page = page_maker(web_port, host=file.host, names=web_names, timetable=file.timetable,
                           curves=web_curves)  # fmt: skip
    nodes = open_all(path, file)
    link(file, nodes)
    folders = {venue.name: path.parent / venue.dir for venue in file.venue}
    web = make_page({name: (node, folders[name]) for name, node in nodes.items()})
    event_loop.run(run(nodes, folders, as_json=as_json, web=web))


def open_all(path: Path, file: LinkedFile) -> dict[str, Node]:
    """Open the venues of a file, by name; paths start at its folder. Raises ``ClickException``."""
    nodes: dict[str, Node] = {}
    for venue in file.venue:
        with reading_log(path.parent / venue.dir):
            nodes[venue.name] = _open(path, file, venue)
    return nodes


def _open(path: Path, file: LinkedFile, venue: LinkedVenue) -> Node:
    """Open one venue; its port comes later."""
    book = venue.rulebook
    beside = path.parent / book
    rulebook = presets.find(str(beside) if beside.suffix == ".toml" else book)
    directory = Directory.read(path.parent / venue.accounts) if venue.accounts else Directory(())
    check_exposure(file.host, directory, encrypted=False, plain_text=False)
    options = Options(host=file.host, port=venue.port, timetable=file.timetable, opens=True,
                      linked=True)  # fmt: skip
    return Node.open(path.parent / venue.dir, rulebook, directory, options)


def link(file: LinkedFile, nodes: dict[str, Node]) -> Linked:
    """Join nodes, and set the links of the file that their logs lack. Raises ``ClickException``."""
    for name, node in nodes.items():
        for end in node.sequencer.venue.links.ends.values():
            if end.rules.peer not in nodes:
                message = f"{name} is linked with {end.rules.peer}: the file has to name it too"
                raise click.ClickException(message)
    cores = {name: node.core for name, node in nodes.items()}
    past = {name: node.past for name, node in nodes.items()}
    linked = Linked(cores, past, lambda name: nodes[name].schedule())
    for node in nodes.values():
        node.past = []
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
    folders: dict[str, Path],
    *,
    as_json: bool,
    web: Keeper | WebServer | None = None,
) -> None:
    """Serve until a signal comes, or until one of the venues fails: then all stop."""
    stop = asyncio.Event()
    doors = []
    try:
        for name, node in nodes.items():
            await node.start()
            assert node.failed is not None
            node.failed.add_done_callback(lambda _failed: stop.set())
            if event_loop.has_unix_sockets():
                doors.append(AdminSocket(node, folders[name] / "operator.sock"))
                await doors[-1].open()
        if web is not None:
            await web.start()
    except OSError as error:
        await close(nodes)
        message = f"a port cannot be opened: {error}"
        raise click.ClickException(message) from error
    event_loop.on_stop(stop.set)
    found = {name: _facts(node, folders[name]) for name, node in nodes.items()}
    _say(found, web, as_json=as_json)
    await stop.wait()
    for door in doors:
        await door.close()
    if web is not None:
        await web.stop()
    await close(nodes)


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
        )
    if web is not None:
        click.echo(f"page of all: {web.url}; operator.key lies beside each log")


def _facts(node: Node, folder: Path) -> dict[str, Any]:
    host, port = node.address
    venue = node.sequencer.venue
    return {"host": host, "port": port, "rulebook": venue.rulebook.name, "folder": str(folder),
            "records": node.sequencer.seq, "links": list(venue.links.ends)}  # fmt: skip


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

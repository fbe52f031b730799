"""The page of a venue or of linked ones, where it is asked for and its libraries are there."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias, TypedDict, Unpack

import click

from gateway.runtime import event_loop

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from gateway.server.node import Node
    from gateway.web.keeper import Keeper
    from gateway.web.server import WebServer

    Make: TypeAlias = Callable[[Mapping[str, tuple[Node, Path]]], Keeper | WebServer | None]


class Given(TypedDict):
    """What the command line says of the page, beside its port."""

    host: str
    names: tuple[str, ...]
    timetable: bool
    curves: bool


def page_maker(port: int | None, **given: Unpack[Given]) -> Make:
    """Return what makes the page of nodes, each with its folder; without a port there is none.

    A process of its own serves it, where the system has what the two need to talk. A venue's
    operator's key lies in its folder. Raises ``ClickException`` where the libraries for the page
    are missing.
    """
    if port is None:
        return lambda _nodes: None
    try:
        from gateway.web.door import FILE_NAME, Door  # noqa: PLC0415 - an extra
        from gateway.web.keeper import Keeper  # noqa: PLC0415
        from gateway.web.operator import Operator, operator_key  # noqa: PLC0415
        from gateway.web.server import WebServer  # noqa: PLC0415
        from gateway.web.settings import Web  # noqa: PLC0415
        from gateway.web.source import Near  # noqa: PLC0415
    except ImportError as error:
        message = f"the page needs {error.name}: pip install 'carbonx-exchange[web]'"
        raise click.ClickException(message) from error
    web = Web(port=port, **given)

    def make(nodes: Mapping[str, tuple[Node, Path]]) -> Keeper | WebServer:
        sources = {
            name: Near(node, web, {"operator": Operator(node, operator_key(folder))})
            for name, (node, folder) in nodes.items()
        }
        if not event_loop.has_unix_sockets():
            return WebServer(sources, web)
        doors = {
            name: Door(node, folder / FILE_NAME, sources[name], curves=web.curves)
            for name, (node, folder) in nodes.items()
        }
        return Keeper(doors, web, lambda text: click.echo(text, err=True))

    return make

"""The page of a venue, where it is asked for and its libraries are installed."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypedDict, Unpack

import click

from gateway.runtime import event_loop

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from gateway.server.node import Node
    from gateway.web.keeper import Keeper
    from gateway.web.server import WebServer


class Given(TypedDict):
    """What the command line says of the page, beside its port."""

    host: str
    names: tuple[str, ...]
    timetable: bool
    curves: bool


def page_maker(
    folder: Path, port: int | None, **given: Unpack[Given]
) -> Callable[[Node], Keeper | WebServer | None]:
    """Return what makes the page of a node; without a port there is none.

    A process of its own serves it, where the system has what the two need to talk.
    The page's operator's key lies in ``folder``. Raises ``ClickException`` where the libraries for
    it are missing.
    """
    if port is None:
        return lambda _node: None
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

    def make(node: Node) -> Keeper | WebServer:
        source = Near(node, web, {"operator": Operator(node, operator_key(folder))})
        if not event_loop.has_unix_sockets():
            return WebServer(source, web)
        door = Door(node, folder / FILE_NAME, source, curves=web.curves)
        return Keeper(door, web, lambda text: click.echo(text, err=True))

    return make

"""The page of a venue, where it is asked for and its libraries are installed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collections.abc import Callable

    from gateway.server.node import Node
    from gateway.web.server import WebServer


def page_maker(
    host: str, port: int | None, names: tuple[str, ...], *, timetable: bool, curves: bool
) -> Callable[[Node], WebServer | None]:
    """Return what makes the page of a node; without a port there is none.

    Raises ``ClickException`` where the libraries for it are missing.
    """
    if port is None:
        return lambda _node: None
    try:
        from gateway.web.server import Web, WebServer  # noqa: PLC0415 - an extra
    except ImportError as error:
        message = f"the page needs {error.name}: pip install 'carbonx-exchange[web]'"
        raise click.ClickException(message) from error
    web = Web(host=host, port=port, names=names, timetable=timetable, curves=curves)
    return lambda node: WebServer(node, web)

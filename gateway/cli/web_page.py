"""The page of a venue, where it is asked for and its libraries are installed."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypedDict, Unpack

import click

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from gateway.server.node import Node
    from gateway.web.server import WebServer


class Given(TypedDict):
    """What the command line says of the page, beside its port."""

    host: str
    names: tuple[str, ...]
    timetable: bool
    curves: bool


def page_maker(
    folder: Path, port: int | None, **given: Unpack[Given]
) -> Callable[[Node], WebServer | None]:
    """Return what makes the page of a node; without a port there is none.

    The page's operator's key lies in ``folder``. Raises ``ClickException`` where the libraries for
    it are missing.
    """
    if port is None:
        return lambda _node: None
    try:
        from gateway.web.operator import Operator, operator_key  # noqa: PLC0415 - an extra
        from gateway.web.server import Web, WebServer  # noqa: PLC0415
    except ImportError as error:
        message = f"the page needs {error.name}: pip install 'carbonx-exchange[web]'"
        raise click.ClickException(message) from error
    web = Web(port=port, **given)

    def make(node: Node) -> WebServer:
        return WebServer(node, web, {"operator": Operator(node, operator_key(folder))})

    return make

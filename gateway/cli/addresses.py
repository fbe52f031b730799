"""Opening the addresses that a command is given, and what to say of one that cannot be opened."""

from __future__ import annotations

import errno
import os
import socket
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

import click

if TYPE_CHECKING:
    from collections.abc import Iterator

BACKLOG: Final = 100  # connections that the system holds until they are taken


@contextmanager
def listening(host: str, port: int) -> Iterator[list[socket.socket]]:
    """Listen at all addresses of a host; close what is still open at the end.

    Raises ``ClickException``.
    """
    sockets: list[socket.socket] = []
    try:
        try:
            _open(host, port, sockets)
        except (OSError, UnicodeError) as error:
            raise not_opened(host, port, error) from error
        yield sockets
    finally:
        for each in sockets:
            each.close()


def check_address(host: str, port: int) -> None:
    """See that a port can be opened, before anything is written. Raises ``ClickException``."""
    with listening(host, port):
        pass


def _open(host: str, port: int, sockets: list[socket.socket]) -> None:
    found = socket.getaddrinfo(host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    for family, kind, protocol, _, address in dict.fromkeys(found):
        opened = socket.socket(family, kind, protocol)
        sockets.append(opened)
        if os.name == "posix":  # elsewhere it would share a port that is in use
            opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            opened.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        opened.bind(address)
        opened.listen(BACKLOG)


def not_opened(host: str, port: int, error: OSError | UnicodeError) -> click.ClickException:
    """Return what to say of an address that cannot be opened."""
    if isinstance(error, UnicodeError | socket.gaierror):
        what, remedy = "there is no such host", "choose another --host, such as 127.0.0.1"
    elif error.errno == errno.EADDRINUSE:
        what, remedy = "the port is in use", "choose another --port, or 0 for any that is free"
    elif error.errno == errno.EADDRNOTAVAIL:
        what, remedy = "this machine has no such address", "choose another --host"
    elif error.errno in (errno.EACCES, errno.EPERM):
        what, remedy = "that is not allowed", "choose a --port of 1024 or more"
    else:
        what, remedy = error.strerror or str(error), "choose another --host or --port"
    return click.ClickException(f"{host}:{port} cannot be opened ({what}): {remedy}")

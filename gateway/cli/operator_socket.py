"""Asking a venue of this machine, by the operator's socket in its folder."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from gateway.runtime import event_loop
from gateway.server.admin import ask

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


async def asked(folder: Path, lines: Sequence[str | bytes]) -> list[dict[str, Any]]:
    """Give the venue of a folder commands; return its answers. Raises ``click.ClickException``."""
    path = folder / "operator.sock"
    if not event_loop.has_unix_sockets():
        message = "this system has no unix sockets, by which an operator reaches a venue"
        raise click.ClickException(message)
    try:
        return await ask(path, lines)
    except OSError as error:
        message = f"no venue answers at {path} ({error.strerror}): is it served with that folder?"
        raise click.ClickException(message) from error

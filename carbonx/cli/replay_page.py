"""``carbonx replay DIR --web``: a log on a page, until it is stopped."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import click

from gateway.cli.console import reading_log
from gateway.runtime import event_loop

if TYPE_CHECKING:
    from pathlib import Path


def show(folder: Path, port: int) -> None:
    """Serve the page of a log until a signal comes. Raises ``ClickException``."""
    try:
        from gateway.web.replayed import Replayed  # noqa: PLC0415 - an extra
        from gateway.web.settings import Web  # noqa: PLC0415
        from gateway.web.tape import Tape  # noqa: PLC0415
    except ImportError as error:
        message = f"the page needs {error.name}: pip install 'carbonx-exchange[web]'"
        raise click.ClickException(message) from error
    with reading_log(folder):
        tape = Tape(folder)

    async def serve() -> None:
        shown = Replayed(tape, Web(port=port, curves=True))
        try:
            await shown.start()
        except OSError as error:
            message = f"port {port} cannot be opened ({error.strerror}): choose another, or 0"
            raise click.ClickException(message) from error
        stop = asyncio.Event()
        event_loop.on_stop(stop.set)
        click.echo(f"page     {shown.web.url} until Ctrl-C")
        await stop.wait()
        await shown.stop()

    event_loop.run(serve())

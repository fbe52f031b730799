"""``carbonx shell``: trade by hand."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import click

from gateway.cli.terminal.calls import Calls, Dial
from gateway.cli.terminal.session import Lines, Session
from gateway.runtime.tls import client_context


def _lines() -> Lines:
    """Return a prompt where people type, else plain lines."""
    if all(stream is not None and stream.isatty() for stream in (sys.stdin, sys.stdout)):
        from gateway.cli.terminal.console import Console  # noqa: PLC0415 - slow to import

        return Console()
    from gateway.cli.terminal.pipe import CLOSED, Pipe  # noqa: PLC0415

    return Pipe(sys.stdin.fileno() if sys.stdin is not None else CLOSED)


async def trade(
    host: str, port: int, member: str, account: str, key: str, trusted: Path | None = None
) -> int:
    """Log on and answer lines; return how many were refused without a terminal."""
    dial = Dial(host, port, client_context(trusted) if trusted is not None else None)
    client = dial.client(member=member, account=account, key=key)
    await dial.open(client)
    try:
        lines = _lines()
        session = Session(Calls(client), lines)
        dial.on_broken = session.desk.lost
        if lines.interactive and client.info is not None:
            click.echo(f"{account} at {client.info.venue}, {host}:{port}. "
                       "Tab completes, help lists the verbs, quit leaves.")  # fmt: skip
        with lines:
            refused = await session.run()
        return 0 if lines.interactive else refused
    finally:
        dial.on_broken = None
        await client.close()


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=7117, show_default=True, type=click.IntRange(1, 65_535))
@click.option("--member", default="", help="The member that the account belongs to.")
@click.option("--account", required=True)
@click.option("--key", envvar="CARBONX_KEY", required=True, help="Or in CARBONX_KEY.")
@click.option("--tls", "trusted", type=click.Path(path_type=Path, dir_okay=False, exists=True),
              help="Speak TLS with a venue that shows this certificate (PEM).")  # fmt: skip
def command(
    host: str, port: int, member: str, account: str, key: str, trusted: Path | None
) -> None:
    """Trade by hand: buy, sell, cancel, amend, list, pick, quote, bid, and watch a book.

    In a terminal there is history, completion with Tab, and what happens to your orders is shown
    as it happens. Without one, lines are read from standard input: answers go to standard output,
    refusals to standard error, and the exit code is 1 where a line was refused.

    Example:  carbonx shell --member M1 --account alice --key secret

    Example:  echo "book SZA-2019" | carbonx shell --account alice --key secret
    """
    if asyncio.run(trade(host, port, member, account, key, trusted)):
        sys.exit(1)

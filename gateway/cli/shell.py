"""``carbonx shell``: trade by hand."""

from __future__ import annotations

import asyncio
import sys
from typing import TYPE_CHECKING, Unpack

import click

from gateway.cli.session_options import session_options
from gateway.cli.terminal.calls import Calls, Dial
from gateway.cli.terminal.session import Lines, Session

if TYPE_CHECKING:
    import ssl

    from gateway.client.session_terms import SessionTerms


def _lines() -> Lines:
    """Return a prompt where people type, else plain lines."""
    if all(stream is not None and stream.isatty() for stream in (sys.stdin, sys.stdout)):
        from gateway.cli.terminal.console import Console  # noqa: PLC0415 - slow to import

        return Console()
    from gateway.cli.terminal.pipe import CLOSED, Pipe  # noqa: PLC0415

    return Pipe(sys.stdin.fileno() if sys.stdin is not None else CLOSED)


async def trade(host: str, port: int, **terms: Unpack[SessionTerms]) -> int:
    """Log on and answer lines; return how many were refused without a terminal."""
    dial = Dial(host, port, terms.get("tls"))
    client = dial.client(**terms)
    await dial.open(client)
    try:
        lines = _lines()
        session = Session(Calls(client), lines)
        dial.on_broken = session.desk.lost
        if lines.interactive and client.info is not None:
            click.echo(
                f"{client.account} at {client.info.venue}, {host}:{port}. "
                "Tab completes, help lists the verbs, quit leaves."
            )
        with lines:
            refused = await session.run()
        return 0 if lines.interactive else refused
    finally:
        dial.on_broken = None
        await client.close()


@click.command()
@session_options
def command(
    host: str,
    port: int,
    member: str,
    account: str,
    key: str,
    key_name: str,
    tls: ssl.SSLContext | None,
) -> None:
    """Trade by hand: buy, sell, cancel, amend, list, pick, quote, bid, and watch a book.

    In a terminal there is history, completion with Tab, and what happens to your orders is shown
    as it happens. Without one, lines are read from standard input: answers go to standard output,
    refusals to standard error, and the exit code is 1 where a line was refused.

    Example:  carbonx shell --member M1 --account alice --key secret

    Example:  echo "book SZA-2019" | carbonx shell --account alice --key secret
    """
    refused = asyncio.run(
        trade(host, port, member=member, account=account, key=key, key_name=key_name, tls=tls)
    )
    if refused:
        sys.exit(1)

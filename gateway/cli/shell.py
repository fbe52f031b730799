"""``carbonx shell``: trade by hand."""

import io
import sys
from collections.abc import Iterator

import click

from gateway.cli.terminal import Shell
from gateway.client.blocking import BlockingClient


def _typed() -> Iterator[str]:
    """Yield lines from the keyboard with a prompt, or from a pipe without."""
    asking = sys.stdin.isatty()
    if isinstance(sys.stdin, io.TextIOWrapper):
        sys.stdin.reconfigure(errors="replace")
    while True:
        if asking:
            click.echo("carbonx> ", nl=False)
        line = sys.stdin.readline()
        if not line:
            return
        yield line


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=7117, show_default=True, type=click.IntRange(1, 65_535))
@click.option("--member", default="", help="The member that the account belongs to.")
@click.option("--account", required=True)
@click.option("--key", envvar="CARBONX_KEY", required=True, help="Or in CARBONX_KEY.")
def command(host: str, port: int, member: str, account: str, key: str) -> None:
    """Trade by hand: buy, sell, cancel, amend, book, trades, orders, holdings.

    Example:  carbonx shell --member M1 --account alice --key secret
    """
    with BlockingClient(host, port, member=member, account=account, key=key) as client:
        Shell(client).run(_typed(), click.echo)

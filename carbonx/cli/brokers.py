"""``carbonx brokers``: simulated brokers on any venue."""

from __future__ import annotations

import asyncio
import contextlib
from pathlib import Path

import click
import uvloop

from backtest.agents.brokers import Broker, RandomWalk, act, population
from gateway.client.client import Client, ClientError
from gateway.client.market_view import Tape, continuous
from gateway.server.accounts import HASHED, Credentials, Directory


async def trade(
    host: str, port: int, known: list[Credentials], seed: int, seconds: float, pause: float
) -> tuple[Tape, list[Broker], int]:
    """Let one broker per account trade for ``seconds``; return the tape, them, and what they sent.

    Raises ``ClientError`` when the venue cannot be reached or refuses a logon.
    """
    clients = {
        a.name: Client(
            host, port, member=a.member, account=a.name, key=a.key, cancel_on_disconnect=True
        )
        for a in known
    }
    brokers = population(list(clients), seed)
    over = asyncio.Event()
    opened: list[Client] = []
    try:
        for client in clients.values():
            opened.append(await client.__aenter__())  # noqa: PERF401 - known to finally
        lines = continuous(opened[0].lines)
        if not lines:
            message = "none of the venue's lines matches by itself: brokers trade in order books"
            raise click.ClickException(message)
        tape = Tape(lines)
        # The first broker's client carries the public feed for all of them.
        opened[0].subscribe()
        first = brokers[0]
        track = first.on_event

        def both(event: object) -> None:
            tape.absorb(event)
            track(event)

        first.on_event = both  # type: ignore[method-assign]
        guide = RandomWalk(seed)
        acting = [asyncio.create_task(act(b, clients[b.name], tape, guide, pause, over))
                  for b in brokers]  # fmt: skip
        await asyncio.wait(acting, timeout=seconds, return_when=asyncio.FIRST_EXCEPTION)
        over.set()
        ports = await asyncio.gather(*acting)
    finally:
        for client in opened:
            with contextlib.suppress(ClientError):
                await client.mass_cancel()
            await client.close()
    return tape, brokers, sum(port.sent for port in ports)


@click.command()
@click.argument("number", type=click.IntRange(1, 1_000))
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", type=int, required=True)
@click.option("--accounts", type=click.Path(path_type=Path), required=True,
              help="The venue's accounts with their keys; the first NUMBER are used.")  # fmt: skip
@click.option("--seconds", default=10.0, show_default=True, help="How long they trade.")
@click.option("--pause", default=0.2, show_default=True, help="Seconds between a broker's looks.")
@click.option("--seed", default=1, show_default=True)
def command(
    number: int, host: str, port: int, accounts: Path, seconds: float, pause: float, seed: int
) -> None:
    """Let NUMBER simulated brokers trade: makers, compliance, noise, peggers, momentum.

    Example:  carbonx brokers 6 --port 7117 --accounts accounts.toml --seconds 30
    """
    known = list(Directory.read(accounts).accounts.values())[:number]
    if len(known) < number:
        message = f"{accounts} has {len(known)} accounts: {number} brokers need as many"
        raise click.UsageError(message)
    for account in known:
        if account.key.startswith(HASHED):
            message = f"{accounts}: {account.name!r} has only the hash of its key: give the key"
            raise click.UsageError(message)
    tape, brokers, sent = uvloop.run(trade(host, port, known, seed, seconds, pause))
    for broker in brokers:
        click.echo(f"{broker.name:16} {broker.kind:11} filled {broker.filled:>9,} t  "
                   f"refused {broker.refused}")  # fmt: skip
    for name, line in tape.lines.items():
        click.echo(f"{name:16} {len(line.prints):>6,} trades {line.volume:>12,} t")
    click.echo(f"{sent:,} messages sent")

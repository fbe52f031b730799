"""``carbonx brokers``: simulated brokers on any venue."""

from __future__ import annotations

import asyncio
import contextlib
import json
import random
import time
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import click

from backtest.agents.guides import RandomWalk
from backtest.agents.market_picture import MarketPicture
from backtest.agents.population import population
from carbonx.live.public_feed import pictures
from carbonx.live.trading import LivePort
from engine.vocabulary.enums import Phase
from engine.vocabulary.texts import counted
from gateway.cli.console import Number
from gateway.cli.operator_socket import asked
from gateway.cli.session_options import tls_option, wait_option
from gateway.cli.terminal.calls import Dial
from gateway.client.client import Client, ClientError
from gateway.protocol.proof import SCHEME
from gateway.runtime import event_loop
from gateway.server.accounts import Credentials, Directory

if TYPE_CHECKING:
    import ssl
    from collections.abc import AsyncIterator

    from backtest.agents.agent import Agent


class Trading(NamedTuple):
    """What came of some brokers' trading."""

    market: MarketPicture
    brokers: list[Agent]
    sent: int  # messages
    gaps: int  # in the public feed
    errors: list[ClientError]  # that ended sessions before the time
    bound: Counter[str]  # orders by line that an auction keeps until it is cleared


class Manner(NamedTuple):
    """How brokers trade."""

    seed: int
    seconds: float
    pause: float  # seconds between a broker's looks
    operator: Path | None = None  # the venue's folder, to clear one-way auctions as its operator
    tls: ssl.SSLContext | None = None
    wait: float = 0.0  # seconds, for a venue that does not answer yet, or recovers


async def trade(host: str, port: int, known: list[Credentials], manner: Manner) -> Trading:
    """Let one broker per account trade.

    They begin with what their accounts have, live orders included, and end with no order. Raises
    ``ClientError`` when the venue cannot be reached or refuses a logon.
    """
    opened: list[Client] = []
    bound: Counter[str] = Counter()
    try:
        for each in known:
            dial = Dial(host, port, manner.tls)  # which says at once when nobody answers
            client = dial.client(
                member=each.member,
                account=each.name,
                key=each.key,
                cancel_on_disconnect=True,
                wait=manner.wait or None,
            )
            await (client.__aenter__() if manner.wait else dial.open(client))
            opened.append(client)
        market = MarketPicture(pictures(opened[0].lines))
        if all(line.phase is Phase.CLOSED for line in market.lines.values()):
            click.echo("every line is closed: the brokers wait until trading begins", err=True)
        opened[0].subscribe()  # the first broker receives the public feed for all of them
        names = [account.name for account in known]
        guide, pause = RandomWalk(manner.seed), round(manner.pause * 1e9)
        announce = manner.operator is not None
        brokers = population(names, manner.seed, market, guide, pause, announce=announce)
        ports = [LivePort(client, broker) for client, broker in zip(opened, brokers, strict=True)]
        over = asyncio.Event()
        asyncio.get_running_loop().call_later(manner.seconds, over.set)
        async with _clearing(market, manner):
            results = await asyncio.gather(
                *(each.trade(over) for each in ports), return_exceptions=True
            )
    finally:
        for client in opened:
            with contextlib.suppress(ClientError):
                await client.mass_cancel()
                bound.update(order.symbol for order in (await client.status()).orders)
            await client.close()
    errors: list[ClientError] = []
    for error in results:
        if isinstance(error, ClientError):
            errors.append(error)
        elif error is not None:
            raise error
    sent = sum(each.channel.sent for each in ports)
    return Trading(market, brokers, sent, ports[0].channel.feed.gaps, errors, bound)


@contextlib.asynccontextmanager
async def _clearing(market: MarketPicture, manner: Manner) -> AsyncIterator[None]:
    """Clear one-way auctions whose window is over; in the end call off those that still stand."""
    folder = manner.operator
    if folder is None:
        yield
        return
    rng = random.Random(f"{manner.seed}:clearing")  # noqa: S311 - repeatable, not secret

    async def clear(*, call_off: bool) -> None:
        now = time.time_ns()
        lines = [
            json.dumps(
                {
                    "type": "clear_auction",
                    "symbol": line.symbol,
                    "number": number,
                    "seed": rng.getrandbits(62),
                    "call_off": call_off,
                }
            )
            for line in market.lines.values()
            for number, auction in line.auctions.items()
            if call_off or auction.closes_at <= now
        ]
        if lines:
            await asked(folder, lines)

    async def watch() -> None:
        while True:
            await asyncio.sleep(manner.pause)
            await clear(call_off=False)

    await asked(folder, [])  # nobody there is said at once
    watching = asyncio.create_task(watch())
    try:
        yield
    finally:
        watching.cancel()
        await asyncio.gather(watching, return_exceptions=True)
        await clear(call_off=True)


@click.command()
@click.argument("number", type=click.IntRange(1, 1_000))
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", type=click.IntRange(1, 65_535), required=True)
@click.option(
    "--accounts",
    type=click.Path(path_type=Path),
    required=True,
    help="The venue's accounts with their keys; the first NUMBER are used.",
)
@click.option(
    "--seconds",
    default=10.0,
    show_default=True,
    type=Number(0, 31_536_000),
    help="How long they trade.",
)
@click.option(
    "--pause",
    default=0.2,
    show_default=True,
    type=Number(0.001, 3_600),
    help="Seconds between a broker's looks.",
)
@click.option("--seed", default=1, show_default=True)
@tls_option()
@wait_option
@click.option(
    "--operator",
    "folder",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="The venue's folder: announce one-way auctions and, as its operator, clear them.",
)
def command(
    number: int,
    host: str,
    port: int,
    accounts: Path,
    seconds: float,
    pause: float,
    seed: int,
    tls: ssl.SSLContext | None,
    wait: float,
    folder: Path | None,
) -> None:
    """Let NUMBER simulated brokers trade: makers, compliance, noise, peggers, momentum.

    They trade in every line that is open, in the way of its rulebook, within what their accounts
    have. They bid in auctions that others announce, and with --operator announce some themselves.
    Live orders of the accounts count as theirs: all are taken back at the end.

    Example:  carbonx brokers 2 --port 7117 --accounts examples/accounts.toml
    """
    known = list(Directory.read(accounts).accounts.values())[:number]
    if len(known) < number:
        message = f"{accounts} has {counted(len(known), 'account')}: {number} brokers need as many"
        raise click.UsageError(message)
    for account in known:
        if account.key.startswith(SCHEME):
            message = (
                f"{accounts}: {account.name!r} has the verifier of its key: give the key itself"
            )
            raise click.UsageError(message)
    done = event_loop.run(trade(host, port, known, Manner(seed, seconds, pause, folder, tls, wait)))
    for broker in done.brokers:
        click.echo(
            f"{broker.name:16} {broker.kind:11} filled {broker.orders.filled:>9,} t  "
            f"refused {broker.orders.refused}"
        )
    for name, line in done.market.lines.items():
        click.echo(f"{name:16} {counted(line.trades, 'trade'):>13} {line.volume:>12,} t")
    click.echo(f"{counted(done.sent, 'message')} sent")
    for symbol, count in done.bound.items():
        text = (
            f"{symbol}: {counted(count, 'order')} bound by an auction until it is cleared "
            "(operate: clear_auction, or serve --timetable)"
        )
        click.echo(text, err=True)
    if done.errors:
        raise done.errors[0]

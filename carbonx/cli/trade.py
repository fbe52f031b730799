"""``carbonx trade``: an agent of the laboratory on a live venue."""

from __future__ import annotations

import asyncio
import contextlib
import tomllib
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from backtest.agents.own_orders import OwnOrders
from carbonx.live.agents import AgentNameError, make
from carbonx.live.trading import LivePort
from engine.vocabulary.enums import Side
from engine.vocabulary.events import Trade
from engine.vocabulary.texts import counted
from gateway.cli.session_options import session_options
from gateway.client.client import Client, ClientError
from gateway.runtime import event_loop

if TYPE_CHECKING:
    import ssl
    from collections.abc import Iterator

    from backtest.agents.market import Market, Participant
    from engine.vocabulary.events import Event


class Dealt(NamedTuple):
    """What an agent did."""

    sent: int  # commands
    refused: int
    bought: int  # tonnes
    sold: int
    left: int  # live orders that could not be taken back


class Watched:
    """An agent whose orders are counted as it trades."""

    hears_own = True

    def __init__(self, agent: Participant, account: str) -> None:
        """Let the agent act as it does; its errors name it."""
        self.agent = agent
        self.hears_public = agent.hears_public
        self.orders = OwnOrders(account)
        self.tonnes = dict.fromkeys(Side, 0)

    def on_start(self, market: Market) -> None:
        """Let the agent prepare."""
        with self._named("on_start"):
            self.agent.on_start(market)

    def on_wake(self, market: Market) -> None:
        """Let the agent act."""
        with self._named("on_wake"):
            self.agent.on_wake(market)

    def on_event(self, market: Market, event: Event) -> None:
        """Count, and let the agent hear."""
        self.orders.absorb(event)
        name = self.orders.account
        if isinstance(event, Trade) and name in {event.maker, event.taker}:
            rests = event.maker == name
            buys = (event.side is Side.BUY) == rests
            self.tonnes[Side.BUY if buys else Side.SELL] += event.quantity
        with self._named("on_event"):
            self.agent.on_event(market, event)

    @contextlib.contextmanager
    def _named(self, what: str) -> Iterator[None]:
        try:
            yield
        except ClientError:
            raise
        except Exception as error:
            kind = type(self.agent).__name__
            message = f"{kind}.{what}: {type(error).__name__}: {error}".removesuffix(": ")
            raise click.ClickException(message) from error


async def trade(client: Client, agent: Participant, seed: int, seconds: float) -> Dealt:
    """Let an agent trade over a client that is not connected yet; then take its orders back.

    Raises ``ClientError`` and ``ClickException``.
    """
    async with client:
        watched = Watched(agent, client.account)
        if agent.hears_public:
            client.subscribe()
        port = LivePort(client, watched, seed)
        over = asyncio.Event()
        if seconds:
            asyncio.get_running_loop().call_later(seconds, over.set)
        left = 0
        try:
            await port.trade(over)
        finally:
            with contextlib.suppress(ClientError):
                await client.mass_cancel()
                left = len((await client.status()).orders)
        tonnes = watched.tonnes
        return Dealt(
            port.channel.sent, watched.orders.refused, tonnes[Side.BUY], tonnes[Side.SELL], left
        )


def options_of(pairs: tuple[str, ...]) -> dict[str, Any]:
    """Return what NAME=VALUE pairs say, the values as in TOML or else as texts.

    Raises ``UsageError``.
    """
    found: dict[str, Any] = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not (name.isidentifier() and equals):
            message = f"--set {pair}: NAME=VALUE is needed, such as pause=0.5"
            raise click.UsageError(message)
        try:
            found[name] = tomllib.loads(f"it = {value}")["it"]
        except tomllib.TOMLDecodeError:
            found[name] = value
    return found


@click.command()
@click.argument("agent")
@session_options
@click.option(
    "--seconds", default=0.0, type=click.FloatRange(0), help="How long it trades; 0: until Ctrl-C."
)
@click.option("--seed", default=1, show_default=True, help="Decides what it draws.")
@click.option(
    "--set",
    "pairs",
    multiple=True,
    metavar="NAME=VALUE",
    help="What the class is made with, as in TOML; as often as needed.",
)
def command(
    agent: str,
    host: str,
    port: int,
    member: str,
    account: str,
    key: str,
    key_name: str,
    tls: ssl.SSLContext | None,
    seconds: float,
    seed: int,
    pairs: tuple[str, ...],
) -> None:
    """Let AGENT, a class of the laboratory such as mine:Agent, trade for an account.

    mine.py lies in this folder, or among the modules installed. The agent's orders are taken back
    at the end, also when the connection breaks.

    With the agent of the examples:

    carbonx trade examples.mine:Agent --member M1 --account alice --key secret
    """
    try:
        made = make(agent, options_of(pairs))
    except AgentNameError as error:
        raise click.UsageError(str(error)) from error
    client = Client(
        host,
        port,
        member=member,
        account=account,
        key=key,
        key_name=key_name,
        tls=tls,
        cancel_on_disconnect=True,
    )
    done = event_loop.run(trade(client, made, seed, seconds))
    click.echo(
        f"{account}: bought {done.bought:,} t  sold {done.sold:,} t  "
        f"sent {done.sent:,}  refused {done.refused:,}"
    )
    if done.left:
        text = f"{counted(done.left, 'order')} left: bound by an auction or a frozen call"
        click.echo(text, err=True)

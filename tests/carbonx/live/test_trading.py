"""The same agent classes as in the laboratory, on a live venue over TCP."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from backtest.agents.guides import RandomWalk
from backtest.agents.market import Trader
from backtest.agents.market_picture import MarketPicture
from backtest.agents.quoting import MarketMaker, Noise
from backtest.agents.taking import Compliance
from carbonx.live.public_feed import pictures
from carbonx.live.trading import LivePort
from engine.rulebook import presets
from engine.venue.venue import Venue
from engine.vocabulary.commands import MassCancel, NewOrder, SetPhase
from engine.vocabulary.enums import Phase, Side, TimeInForce
from engine.vocabulary.events import (
    AllowancesMoved,
    CashMoved,
    Event,
    MassCancelled,
    OrderResting,
    Rejected,
    Trade,
)
from gateway.client.errors import ClientError, SessionEndedError
from gateway.server.accounts import Directory
from tests.support.agents import sees_its_orders, sees_the_books
from tests.support.direct import DirectVenue
from tests.support.venues import ACCOUNTS, bounded, client_of, until, venue

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from backtest.agents.agent import Agent
    from backtest.agents.market import Market
    from engine.vocabulary.commands import ClientCommand

PAUSE = 5_000_000  # ns
SCRIPT: tuple[ClientCommand, ...] = (
    NewOrder("", 0, "CO2", Side.BUY, 30, 4_900),
    NewOrder("", 0, "CO2", Side.SELL, 50, 5_100),
    NewOrder("", 0, "CO2", Side.SELL, 20, 4_900),  # meets the account's own bid
    NewOrder("", 0, "CO2", Side.BUY, 10, 4_901),
    NewOrder("", 0, "NONE", Side.BUY, 10, 4_900),
    MassCancel("", 0),
)


class Scripted(Trader):
    """Enters the same orders wherever it trades, and keeps what it is told of its own."""

    def __init__(self, name: str, script: tuple[ClientCommand, ...] = SCRIPT) -> None:
        self.name = name
        self.script = script
        self.own: list[Event] = []
        self.woken = 0
        self.after: Callable[[], None] = lambda: None

    def on_start(self, port: Market) -> None:
        port.wake_at(port.now())

    def on_event(self, _port: Market, event: Event) -> None:
        named = [getattr(event, field, "") for field in ("account", "maker", "taker")]
        if self.name in named:
            self.own.append(event)

    def on_wake(self, port: Market) -> None:
        self.woken += 1
        for command in self.script:
            port.submit(command)
        self.after()

    def kinds(self) -> set[type[Event]]:
        return {type(event) for event in self.own}


def in_this_process() -> DirectVenue:
    """Return the venue of ``tests.support.venues`` without its network."""
    plain = Venue(presets.load("textbook"))
    for command in Directory(ACCOUNTS).openings(plain):
        plain.apply(command)
    direct = DirectVenue(plain)
    direct.operate(SetPhase(Phase.CONTINUOUS))
    return direct


def test_an_agent_is_told_the_same_in_this_process_and_over_tcp(tmp_path: Path) -> None:
    live, here = Scripted("alice"), Scripted("alice")
    direct = in_this_process()
    direct.join(here)
    direct.run_until(1)

    async def scenario() -> None:
        async with venue(tmp_path) as node, client_of(node) as client:
            over = asyncio.Event()
            live.after = over.set
            await LivePort(client, live).trade(over)  # it hears what came of its last command

    bounded(scenario())
    assert {MassCancelled, Rejected, OrderResting} < here.kinds()
    assert live.own == here.own


class Stoppable(MarketMaker):
    """A maker that a test can stop."""

    stopped: list[bool]

    def act(self, port: Market) -> None:
        if not self.stopped:
            super().act(port)


def some_agents(market: MarketPicture, stopped: list[bool]) -> list[Agent]:
    guide = RandomWalk(3)
    maker = Stoppable("alice", 3, market, guide, PAUSE)
    maker.stopped = stopped
    return [
        maker,
        Noise("bob", 3, market, guide, PAUSE),
        Compliance("carol", 3, market, guide, PAUSE, side=Side.BUY),
    ]


def test_the_same_agents_trade_in_this_process() -> None:
    direct = in_this_process()
    market = MarketPicture(direct.lines())
    agents = some_agents(market, [])
    for agent in agents:
        direct.join(agent, subscribed=agent is agents[0])
    direct.run_until(100 * PAUSE)
    assert market.lines["CO2"].volume > 0
    assert sees_the_books(market, direct.venue)
    assert all(sees_its_orders(agent.orders, direct.venue) for agent in agents)


def test_agents_over_tcp_see_their_orders_and_the_books_as_they_are(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with (
            venue(tmp_path) as node,
            client_of(node) as alice,
            client_of(node, "bob") as bob,
            client_of(node, "carol", key="c", member="") as carol,
        ):
            found = node.sequencer.venue
            market = MarketPicture(pictures(alice.lines))
            stopped: list[bool] = []
            agents = some_agents(market, stopped)
            alice.subscribe()
            pairs = zip((alice, bob, carol), agents, strict=True)
            ports = [LivePort(client, agent) for client, agent in pairs]
            over = asyncio.Event()
            tasks = [asyncio.create_task(port.trade(over)) for port in ports[1:]]
            # The maker, who hears the public feed, goes last, so that it hears of all.
            last_one = asyncio.Event()
            first = asyncio.create_task(ports[0].trade(last_one))
            await until(lambda: market.lines["CO2"].trades > 20)
            stopped.append(True)  # the maker quotes no more, and hears the rest
            await alice.status()
            over.set()
            await asyncio.gather(*tasks)
            await until(lambda: sees_the_books(market, found))
            last_one.set()
            await first
            assert all(sees_its_orders(agent.orders, found) for agent in agents)
            assert sum(len(agent.orders.live) for agent in agents) > 0
            day = found.markets["CO2"].day
            line = market.lines["CO2"]
            assert (line.trades, line.volume, line.value) == (day.trades, day.volume, day.value)
            assert sum(agent.orders.filled for agent in agents) == 2 * day.volume
            assert ports[0].channel.feed.gaps == 0
            assert sum(port.channel.sent for port in ports) > 50

    bounded(scenario())


def test_a_later_session_is_told_what_is_live_and_not_what_was(tmp_path: Path) -> None:
    good = TimeInForce.GTC
    earlier = Scripted(
        "alice",
        (
            NewOrder("", 0, "CO2", Side.BUY, 30, 4_900, tif=good),
            NewOrder("", 0, "CO2", Side.BUY, 20, 4_800, tif=good),
        ),
    )
    later = Scripted("alice", ())

    async def session(port: int, agent: Scripted, sold: int) -> None:
        over = asyncio.Event()
        async with client_of(port) as client, client_of(port, "bob") as bob:
            trading = asyncio.create_task(LivePort(client, agent).trade(over))
            await until(lambda: agent.woken > 0)
            if sold:
                await until(lambda: len(agent.own) == 4)
                await bob.sell("CO2", sold, price_minor=4_900)
                await until(lambda: Trade in agent.kinds())
            over.set()
            await trading

    async def scenario() -> None:
        async with venue(tmp_path) as node:
            await session(node.address[1], earlier, 10)
            await session(node.address[1], later, 0)

    bounded(scenario())
    cash = 10**12 - 49_000  # what its orders have reserved is its own too
    assert later.own == [
        CashMoved("alice", "CNY", cash, cash),
        AllowancesMoved("alice", "CO2", 10**6 + 10, 10**6 + 10),
        OrderResting("alice", 1, "CO2", Side.BUY, 4_900, 20, -1),
        OrderResting("alice", 2, "CO2", Side.BUY, 4_800, 20, -1),
    ]
    assert len(earlier.own) == 5


def test_trading_ends_with_the_session_and_says_why(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with venue(tmp_path) as node, client_of(node) as client:
            agent = Scripted("alice", ())
            trading = asyncio.create_task(LivePort(client, agent).trade(asyncio.Event()))
            await until(lambda: agent.woken > 0)
            async with client_of(node):
                with pytest.raises(SessionEndedError, match="taken_over"):
                    await trading

    bounded(scenario())


def test_an_agent_that_falls_behind_is_stopped(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with venue(tmp_path) as node, client_of(node, max_events=3) as client:
            for price in range(4_000, 4_010):
                await client.buy("CO2", 1, price_minor=price)
            trading = LivePort(client, Scripted("alice", ())).trade(asyncio.Event())
            with pytest.raises(ClientError, match="fell behind: 9 events were dropped"):
                await trading

    bounded(scenario())


def test_what_an_agent_raises_ends_its_trading(tmp_path: Path) -> None:
    class Broken(Scripted):
        def on_wake(self, port: Market) -> None:  # noqa: ARG002 - the agent's own signature
            raise ZeroDivisionError

    async def scenario() -> None:
        async with venue(tmp_path) as node, client_of(node) as client:
            with pytest.raises(ZeroDivisionError):
                await LivePort(client, Broken("alice")).trade(asyncio.Event())

    bounded(scenario())

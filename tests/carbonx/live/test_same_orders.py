"""One agent, one seed: the same orders in the laboratory and on a live server of the same time."""

from __future__ import annotations

import random
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING

from backtest.kernel.kernel import Kernel
from carbonx.live.channel import Channel
from carbonx.live.lock_step import LockStep
from carbonx.testing import LocalVenue
from carbonx.testing.local import CASH, TONNES
from engine.log.sequencer import Sequencer
from engine.rulebook.presets import find
from engine.venue.venue import Venue
from engine.vocabulary.commands import (
    AdvanceTime,
    AmendOrder,
    CancelOrder,
    NewOrder,
    OpenAccount,
    SetPhase,
)
from engine.vocabulary.enums import Phase, Side
from engine.vocabulary.events import OrderAccepted, OrderCancelled, OrderResting, Trade
from tests.support.venues import bounded

if TYPE_CHECKING:
    from backtest.agents.market import Market
    from engine.vocabulary.commands import ClientCommand
    from engine.vocabulary.events import Event

BEGIN = 1_700_000_000 * 10**9
GAP = 10**8
NAMES = ("alice", "bob", "carol")
END = BEGIN + 80 * GAP


class Answering:
    """Draws orders, answers its own trades, cancels and amends what it has heard to be live."""

    hears_own = True
    hears_public = False

    def __init__(self, name: str, seed: int) -> None:
        self.name = name
        self.rng = random.Random(f"{name} {seed}")
        self.live: list[int] = []
        self.sent: list[tuple[int, ClientCommand]] = []
        self.filled = 0

    def on_start(self, port: Market) -> None:
        port.wake_at(port.now())

    def say(self, port: Market, command: ClientCommand) -> None:
        self.sent.append((port.now(), command))
        port.submit(command)

    def on_wake(self, port: Market) -> None:
        draw = self.rng.random()
        if self.live and draw < 0.2:
            self.say(port, CancelOrder("", 0, self.rng.choice(self.live)))
        elif self.live and draw < 0.3:
            self.say(port, AmendOrder("", 0, self.rng.choice(self.live), price=4990))
        else:
            side = self.rng.choice((Side.BUY, Side.SELL))
            price = 5000 + self.rng.randrange(-5, 6)
            self.say(port, NewOrder("", 0, "CO2", side, self.rng.randrange(1, 9), price))
        port.wake_at(port.now() + self.rng.randrange(GAP, 3 * GAP))

    def on_event(self, port: Market, event: Event) -> None:
        if isinstance(event, OrderAccepted | OrderResting):
            if event.ref not in self.live:
                self.live.append(event.ref)
        elif isinstance(event, OrderCancelled):
            if event.ref in self.live:
                self.live.remove(event.ref)
        elif isinstance(event, Trade):
            self.filled += event.quantity
            if self.filled % 5 == 0:
                self.say(port, NewOrder("", 0, "CO2", Side.BUY, 1, 4900))


def in_the_laboratory(seed: int) -> tuple[list[Answering], Venue]:
    agents = [Answering(name, seed) for name in NAMES]
    kernel = Kernel(Sequencer(Venue(find("textbook"))))
    for agent in agents:
        kernel.give(OpenAccount(agent.name, cash=CASH, allowances=(("CO2", TONNES),)))
    kernel.give(SetPhase(Phase.CONTINUOUS))
    kernel.now = BEGIN
    for agent in agents:
        kernel.join(agent, agent.name).start()
    kernel.run(END)
    return agents, kernel.venue


async def live(agents: list[Answering], servers: list[Venue]) -> None:

    async def moved() -> None:
        venue.operate(AdvanceTime(turns.now))

    turns = LockStep(BEGIN, moved)
    venue = LocalVenue("textbook", NAMES, clock=lambda: turns.now)
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(venue)
        for agent in agents:
            client = await stack.enter_async_context(venue.client(agent.name, heartbeat_ms=600_000))
            await turns.join(Channel(client), agent)
        await turns.run_until(END)
        servers.append(venue.venue)


def test_the_same_orders_here_and_live() -> None:
    for seed in (1, 2):
        here, venue = in_the_laboratory(seed)
        there = [Answering(name, seed) for name in NAMES]
        servers: list[Venue] = []
        bounded(live(there, servers))
        (server,) = servers
        for one, other in zip(here, there, strict=True):
            assert one.sent == other.sent
            assert len(one.sent) > 30
            assert one.filled == other.filled > 0
            assert venue.cash(one.name) == server.cash(one.name)
            assert venue.allowances(one.name, "CO2") == server.allowances(one.name, "CO2")

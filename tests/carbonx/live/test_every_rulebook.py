"""Simulated brokers find something to do on every line of every rulebook, and trade there."""

from __future__ import annotations

from contextlib import AsyncExitStack
from typing import TYPE_CHECKING

import pytest

from backtest.agents.guides import RandomWalk
from backtest.agents.market_picture import MarketPicture
from backtest.agents.population import population
from carbonx.live.channel import Channel
from carbonx.live.lock_step import LockStep
from carbonx.live.public_feed import pictures
from carbonx.testing import LocalVenue
from engine.rulebook import presets
from engine.vocabulary.commands import AdvanceTime, ClearAuction, SetPhase
from engine.vocabulary.enums import Mechanism, Phase, Side
from engine.vocabulary.events import Announced
from tests.support.venues import bounded

if TYPE_CHECKING:
    from backtest.agents.agent import Agent

SECOND = 1_000_000_000
BEGIN = 1_700_000_000 * SECOND
PAUSE = SECOND // 5
NAMES = ("maker", "buyer", "seller", "fund", "pegger", "follower")
STEPS = 40  # seconds of the run in which every line has to trade


class Run:
    """A venue in this process, its brokers in turns, and an operator who clears auctions."""

    def __init__(self, rulebook: str, names: tuple[str, ...] = NAMES, **options: object) -> None:
        self.turns = LockStep(BEGIN, self._moved)
        self.venue = LocalVenue(rulebook, names, clock=lambda: self.turns.now, **options)  # type: ignore[arg-type]
        self.market = MarketPicture(())
        self.brokers: list[Agent] = []
        self._names = names

    async def open(self, stack: AsyncExitStack, seed: int = 3) -> None:
        await stack.enter_async_context(self.venue)
        await self._moved()
        await self.join(stack, seed)

    async def join(self, stack: AsyncExitStack, seed: int = 3) -> None:
        clients = [
            await stack.enter_async_context(self.venue.client(name, heartbeat_ms=600_000))
            for name in self._names
        ]
        self.market = MarketPicture(pictures(clients[0].lines))
        clients[0].subscribe()
        self.brokers = population(
            self._names, seed, self.market, RandomWalk(seed), PAUSE, announce=True
        )
        for client, broker in zip(clients, self.brokers, strict=True):
            await self.turns.join(Channel(client), broker)

    async def second(self) -> None:
        await self.turns.run_until(self.turns.now + SECOND)
        self.clear_auctions()
        await self.turns.settle()

    def clear_auctions(self) -> None:
        venue = self.venue.venue
        for symbol in venue.symbols:
            for each in venue.standing(symbol):
                if isinstance(each, Announced) and each.closes_at <= venue.time:
                    self.venue.operate(ClearAuction(symbol, each.number))

    async def _moved(self) -> None:
        self.venue.operate(AdvanceTime(self.turns.now))


@pytest.mark.parametrize("rulebook", presets.names())
def test_brokers_trade_on_every_line_of_every_rulebook(rulebook: str) -> None:
    async def scenario() -> None:
        run = Run(rulebook, tonnes=10**7, cash=10**13)
        async with AsyncExitStack() as stack:
            await run.open(stack)
            lines = run.market.lines.values()
            for _ in range(STEPS):
                await run.second()
                if all(line.trades for line in lines):
                    break
            assert [line.symbol for line in lines if not line.trades] == []
            sent = sum(port.channel.sent for port in run.turns.ports)
            refused = sum(broker.orders.refused for broker in run.brokers)
            assert refused <= sent // 10
            run.venue.venue.check()

    bounded(scenario())


@pytest.mark.parametrize("rulebook", ["textbook", "cn-national", "uk-auction"])
def test_two_brokers_are_enough(rulebook: str) -> None:
    async def scenario() -> None:
        run = Run(rulebook, NAMES[:2])
        async with AsyncExitStack() as stack:
            await run.open(stack)
            for _ in range(STEPS):
                await run.second()
            main = [line for line in run.market.lines.values() if "@" not in line.symbol]
            assert all(line.trades for line in main)

    bounded(scenario())


@pytest.mark.parametrize("phase", [Phase.CLOSED, Phase.HALTED])
def test_brokers_that_start_before_trading_quote_when_it_begins(phase: Phase) -> None:
    async def scenario() -> None:
        run = Run("shenzhen-2022", phase=None if phase is Phase.CLOSED else Phase.CONTINUOUS)
        async with AsyncExitStack() as stack:
            if phase is Phase.HALTED:
                run.venue.operate(SetPhase(Phase.HALTED))
            await run.open(stack)
            for _ in range(5):
                await run.second()
            assert sum(port.channel.sent for port in run.turns.ports) == 0
            assert all(broker.orders.refused == 0 for broker in run.brokers)
            run.venue.operate(SetPhase(Phase.CONTINUOUS))
            for _ in range(10):
                await run.second()
            books = [
                line for line in run.market.lines.values() if line.mechanism is Mechanism.ORDER_BOOK
            ]
            assert all(line.trades for line in books)

    bounded(scenario())


def test_brokers_trade_in_a_call() -> None:
    async def scenario() -> None:
        run = Run("krx", phase=Phase.OPENING_CALL)
        async with AsyncExitStack() as stack:
            run.venue.operate(SetPhase(Phase.OPENING_CALL))
            await run.open(stack)
            for _ in range(5):
                await run.second()
            book = next(
                line for line in run.market.lines.values() if line.mechanism is Mechanism.ORDER_BOOK
            )
            assert book.trades == 0
            run.venue.operate(SetPhase(Phase.FREEZE, book.symbol))
            await run.second()
            run.venue.operate(SetPhase(Phase.CONTINUOUS, book.symbol))
            await run.turns.settle()
            assert book.trades == 1
            assert all(broker.orders.refused == 0 for broker in run.brokers)

    bounded(scenario())


def test_brokers_go_on_from_what_their_accounts_have() -> None:
    """A second population takes over: it does not quote twice, nor sell what is not there."""

    async def scenario() -> None:
        run = Run("textbook", NAMES[:1], tonnes=500)
        async with AsyncExitStack() as stack:
            venue = await stack.enter_async_context(run.venue)
            async with venue.client("maker") as maker:
                await maker.buy("CO2", 100, price_minor=4_800)
                await maker.sell("CO2", 400, price_minor=5_200)
            await run.join(stack)
            await run.second()
            maker_orders = venue.venue.open_orders("maker")
            assert sorted(order.side for order in maker_orders) == [Side.BUY, Side.SELL]
            assert {order.ref for order in maker_orders} == {1, 2}
            assert run.brokers[0].orders.refused == 0

    bounded(scenario())


def test_a_broker_knows_the_numbers_of_the_offers_that_its_account_made_before() -> None:
    async def scenario() -> None:
        run = Run("cn-national", NAMES[:1])
        async with AsyncExitStack() as stack:
            venue = await stack.enter_async_context(run.venue)
            async with venue.client("maker") as maker:
                await maker.sell("CEA24", 100, price_minor=6_700)
                await maker.sell("CEA24", 50, price_minor=6_800)
                await maker.cancel(1)
            await run.join(stack)
            assert run.brokers[0].orders.numbers == {("CEA24", 2): 2}

    bounded(scenario())

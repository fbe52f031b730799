"""Agents on a venue in this process: what they see is the venue's, and a seed is a run."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import pytest

from backtest.agents.guides import RandomWalk
from backtest.agents.market import Trader
from backtest.agents.market_picture import MarketPicture
from backtest.agents.own_orders import OwnOrder, OwnOrders
from backtest.agents.population import population
from backtest.agents.quoting import MarketMaker
from engine.rulebook import presets
from engine.venue.venue import Venue
from engine.vocabulary.commands import (
    CancelOrder,
    MassCancel,
    MoveAllowances,
    MoveCash,
    NewOrder,
    OpenAccount,
    SetPhase,
)
from engine.vocabulary.enums import Phase, RejectReason, Side
from engine.vocabulary.events import DayClosed, OrderCancelled, PhaseChanged, Rejected, Trade
from tests.support.agents import sees_its_orders, sees_the_books
from tests.support.direct import DirectVenue

if TYPE_CHECKING:
    from collections.abc import Callable

    from backtest.agents.agent import Agent
    from backtest.agents.market import Market
    from engine.vocabulary.events import Event

SECOND = 1_000_000_000
NAMES = tuple(f"b{number}" for number in range(12))


def funded(rulebook: str, *names: str, tonnes: int = 10**6) -> DirectVenue:
    venue = Venue(presets.load(rulebook))
    for name in names:
        venue.apply(OpenAccount(name))
        venue.apply(MoveCash(name, 10**12))
        for product in venue.products:
            venue.apply(MoveAllowances(name, product, tonnes))
    return DirectVenue(venue)


def traded(rulebook: str, seed: int) -> tuple[DirectVenue, MarketPicture, list[Agent]]:
    """Let a population trade for some seconds; its first agent hears for all."""
    direct = funded(rulebook, *NAMES)
    direct.operate(SetPhase(Phase.CONTINUOUS))
    market = MarketPicture(direct.lines())
    agents = population(NAMES, seed, market, RandomWalk(seed), SECOND // 5)
    for agent in agents:
        direct.join(agent, subscribed=agent is agents[0])
    for second in range(1, 11):
        direct.run_until(second * SECOND)
        direct.venue.check()
        assert sees_the_books(market, direct.venue)
        assert all(sees_its_orders(agent.orders, direct.venue) for agent in agents)
        assert not any(agent.orders.unanswered for agent in agents)
    return direct, market, agents


@pytest.mark.parametrize("rulebook", ["textbook", "shenzhen-2022", "krx", "ice-eua"])
def test_agents_see_their_orders_and_the_books_as_they_are(rulebook: str) -> None:
    direct, market, agents = traded(rulebook, seed=3)
    assert len({agent.kind for agent in agents}) == 5
    for symbol, line in market.lines.items():
        day = direct.venue.markets[symbol].day
        assert (line.trades, line.volume, line.value) == (day.trades, day.volume, day.value)
        assert line.last == (day.last or line.reference)
    volume = sum(line.volume for line in market.lines.values())
    assert volume > 0
    assert sum(agent.orders.filled for agent in agents) == 2 * volume


def test_a_seed_is_a_run() -> None:
    hashes = [traded("textbook", seed)[0].venue.state_hash() for seed in (1, 1, 2)]
    assert hashes[0] == hashes[1] != hashes[2]


def test_a_call_is_seen_as_one_trade_and_each_fill_by_its_owner() -> None:
    direct = funded("krx", *NAMES)
    direct.operate(SetPhase(Phase.OPENING_CALL))
    market = MarketPicture(direct.lines())
    agents = population(NAMES, 4, market, RandomWalk(4), SECOND // 5)
    for agent in agents:
        direct.join(agent, subscribed=agent is agents[0])
    direct.run_until(10 * SECOND)
    assert all(line.volume == 0 for line in market.lines.values())
    direct.operate(SetPhase(Phase.CONTINUOUS))
    volumes = {s: direct.venue.markets[s].day.volume for s in market.lines}
    assert {symbol: line.volume for symbol, line in market.lines.items()} == volumes
    assert {line.trades for line in market.lines.values() if line.volume} == {1}
    assert sum(agent.orders.filled for agent in agents) == 2 * sum(volumes.values()) > 0
    assert sees_the_books(market, direct.venue)
    assert all(sees_its_orders(agent.orders, direct.venue) for agent in agents)


class Recorder(Trader):
    """Sends what it is given when it is woken, and keeps what it is told."""

    def __init__(self, name: str, *wakes: int) -> None:
        self.name = name
        self.wakes = list(wakes)
        self.woken: list[int] = []
        self.told: list[Event] = []
        self.inside = False
        self.before: Callable[[], None] = lambda: None

    def on_start(self, port: Market) -> None:
        port.wake_at(port.now())

    def on_event(self, _port: Market, event: Event) -> None:
        assert not self.inside, "told while it still acts"
        self.told.append(event)

    def on_wake(self, port: Market) -> None:
        self.before()
        self.woken.append(port.now())
        self.inside = True
        for time in self.wakes:
            port.wake_at(time)
        self.wakes.clear()
        first = port.submit(NewOrder("", 0, "CO2", Side.BUY, 1, 4_900))
        assert port.submit(CancelOrder("", 0, first)) == first + 1
        self.inside = False


def test_an_agent_is_woken_when_it_asked_and_told_when_it_has_acted() -> None:
    direct = funded("textbook", "ann")
    direct.operate(SetPhase(Phase.CONTINUOUS))
    agent = Recorder("ann", 30, 10, 0)
    direct.join(agent)
    direct.run_until(20)
    assert agent.woken == [0, 0, 10]
    direct.run_until(30)
    assert agent.woken == [0, 0, 10, 30]
    assert direct.now == direct.venue.time == 30
    assert [event.request for event in agent.told if isinstance(event, OrderCancelled)] == [
        2,
        4,
        6,
        8,
    ]
    with pytest.raises(ValueError, match="has an agent already"):
        direct.join(Recorder("ann"))


def test_agents_that_are_due_together_act_in_the_order_of_asking() -> None:
    direct = funded("textbook", "ann", "bob")
    direct.operate(SetPhase(Phase.CONTINUOUS))
    ann, bob = Recorder("ann", 5), Recorder("bob", 5)
    direct.join(bob)
    direct.join(ann)
    order: list[str] = []
    for agent in (ann, bob):
        agent.before = partial(order.append, agent.name)
    direct.run_until(5)
    assert order == ["bob", "ann", "bob", "ann"]


def test_an_agent_goes_on_behind_the_references_its_account_has_used() -> None:
    direct = funded("textbook", "ann")
    direct.operate(MassCancel("ann", 41))
    port = direct.join(Recorder("ann"))
    assert port.submit(MassCancel("", 0)) == 42


def test_a_maker_offers_what_it_has_and_no_more() -> None:
    direct = funded("textbook", "ann", "bob", tonnes=0)
    direct.operate(SetPhase(Phase.CONTINUOUS))
    market = MarketPicture(direct.lines())
    maker = MarketMaker("ann", 1, market, RandomWalk(1), SECOND)
    direct.join(maker)
    direct.run_until(5 * SECOND)
    assert [order.side for order in maker.orders.live.values()] == [Side.BUY]
    assert maker.orders.refused == 0, "it knows that it has no allowances"
    direct.operate(MoveAllowances("ann", "CO2", 10**6))
    direct.run_until(10 * SECOND)
    assert sorted(order.side for order in maker.orders.live.values()) == [Side.BUY, Side.SELL]
    assert maker.orders.refused == 0


def test_the_day_ends_in_the_picture_too() -> None:
    direct, market, agents = traded("textbook", seed=9)
    direct.operate(SetPhase(Phase.CLOSED))
    line = market.lines["CO2"]
    assert line.phase is Phase.CLOSED
    assert isinstance(line.bar, DayClosed)
    assert (line.bar.volume, line.bar.trades) == (line.volume, line.trades)
    assert not any(agent.orders.live for agent in agents)
    direct.operate(SetPhase(Phase.CONTINUOUS))
    assert (line.reference, line.low_limit) == (line.bar.close, direct.venue.limits("CO2")[0])


def test_own_orders_pass_over_what_is_not_theirs() -> None:
    orders = OwnOrders("ann")
    orders.sent(1, OwnOrder("CO2", Side.BUY, 5_000, 7))
    orders.absorb(Rejected("bob", 1, RejectReason.CASH, "", ""))
    orders.absorb(Trade("CO2", 1, Side.BUY, 5_000, 7, "", 0, 0, 0, "", 0, 0, 0, -1))
    orders.absorb(PhaseChanged("CO2", Phase.CLOSED, "", 0, 0, 0))
    assert (orders.refused, orders.filled, orders.expects(1)) == (0, 0, True)
    orders.absorb(Rejected("ann", 1, RejectReason.CASH, "", ""))
    assert (orders.refused, orders.expects(1)) == (1, False)

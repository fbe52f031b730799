"""What each kind of agent does, look by look, through a port that only keeps commands."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backtest.agents.guides import RandomWalk
from backtest.agents.market import Market
from backtest.agents.market_picture import LinePicture, MarketPicture
from backtest.agents.population import population
from backtest.agents.quoting import MOST_ORDERS, MarketMaker, Noise, Pegger
from backtest.agents.taking import Compliance, Momentum
from engine.rulebook.model import Product
from engine.vocabulary.commands import AmendOrder, CancelOrder, NewOrder
from engine.vocabulary.enums import OrderState, Phase, Side, TimeInForce
from engine.vocabulary.events import DepthChanged, OrderAccepted, Trade
from tests.oracle.ticks import TickTable

if TYPE_CHECKING:
    from numpy.random import Generator

    from backtest.agents.agent import Agent
    from engine.vocabulary.commands import ClientCommand

LOW, HIGH, TICK, LOT = 4_500, 5_500, 5, 10


class Kept(Market):
    """A port that answers nothing."""

    def __init__(self) -> None:
        self.commands: list[ClientCommand] = []
        self.wakes: list[int] = []

    def now(self) -> int:
        return 1_000

    def lines(self) -> list[LinePicture]:
        raise NotImplementedError

    def stream(self, purpose: str) -> Generator:
        raise NotImplementedError

    def submit(self, command: ClientCommand) -> int:
        self.commands.append(command)
        return len(self.commands)

    def wake_at(self, time: int) -> None:
        self.wakes.append(time)

    def orders(self) -> list[NewOrder]:
        return [command for command in self.commands if isinstance(command, NewOrder)]


class Fixed(RandomWalk):
    """A guide that believes 50.00 and wants 95 tonnes."""

    def fair(self, _line: LinePicture) -> int:
        return 5_000

    def wanted(self, _line: LinePicture) -> int:
        return 95


def market() -> MarketPicture:
    return MarketPicture(
        [
            LinePicture("A", TICK, LOT, 5_000, LOW, HIGH, Phase.CONTINUOUS),
        ]
    )


def accept(agent: Agent, port: Kept, ref: int) -> None:
    order = port.commands[ref - 1]
    assert isinstance(order, NewOrder)
    event = OrderAccepted(
        agent.name,
        ref,
        order.symbol,
        order.side,
        order.price,
        order.quantity,
        OrderState.RESTING,
        -1,
    )
    agent.on_event(port, event)


def trade(agent: Agent, price: int) -> None:
    agent.on_event(Kept(), Trade("A", 1, Side.BUY, price, 10, "", 0, 0, 0, "", 0, 0, 0, -1))


def test_a_maker_quotes_each_side_once_and_moves_its_quotes() -> None:
    port, maker = Kept(), MarketMaker("m", 1, market(), Fixed(1))
    maker.on_wake(port)
    bid, ask = port.orders()
    assert (bid.side, ask.side) == (Side.BUY, Side.SELL)
    assert bid.price < 5_000 < ask.price
    assert all(each.quantity % LOT == 0 and each.tif is TimeInForce.DAY for each in (bid, ask))
    for _ in range(5):
        maker.on_wake(port)
    assert len(port.commands) == 2, "neither is answered: it waits"
    accept(maker, port, 1)
    for _ in range(20):
        maker.on_wake(port)
    moved = port.commands[2:]
    assert moved
    assert all(isinstance(each, AmendOrder) and each.target == 1 for each in moved)
    assert len(port.wakes) == 26
    assert all(
        1_000 + maker.pause * 0.7 <= time <= 1_000 + maker.pause * 1.3 for time in port.wakes
    )


@pytest.mark.parametrize(("side", "price"), [(Side.BUY, 5_050), (Side.SELL, 4_950)])
def test_a_compliance_trader_takes_the_best_price_in_lots(side: Side, price: int) -> None:
    port, trader = Kept(), Compliance("c", 1, market(), Fixed(1), side=side)
    for _ in range(9):
        trader.on_wake(port)
    assert port.commands == [], "nothing is offered"
    for shown, at in ((Side.BUY, 4_900), (Side.BUY, 4_950), (Side.SELL, 5_050), (Side.SELL, 5_100)):
        trader.on_event(port, DepthChanged("A", shown, at, 30))
    for _ in range(40):
        trader.on_wake(port)
    orders = port.orders()
    assert 5 < len(orders) < 35, "it rests at about half of its looks"
    assert {(each.side, each.price, each.tif) for each in orders} == {
        (side, price, TimeInForce.IOC)
    }
    assert all(0 < each.quantity <= 100 and each.quantity % LOT == 0 for each in orders)


@pytest.mark.parametrize(("to", "side"), [(5_010, Side.BUY), (4_990, Side.SELL)])
def test_momentum_follows_the_last_move(to: int, side: Side) -> None:
    port, trader = Kept(), Momentum("t", 1, market(), Fixed(1))
    trader.on_event(port, DepthChanged("A", Side.BUY, 4_950, 30))
    trader.on_event(port, DepthChanged("A", Side.SELL, 5_050, 30))
    trader.on_wake(port)
    assert port.commands == []
    trade(trader, to)
    trader.on_wake(port)
    trader.on_wake(port)
    (order,) = port.orders()
    assert (order.side, order.price) == (side, 5_050 if side is Side.BUY else 4_950)
    assert order.tif is TimeInForce.IOC


def test_noise_takes_back_what_is_too_much() -> None:
    port, trader = Kept(), Noise("n", 1, market(), Fixed(1))
    for ref in range(1, MOST_ORDERS + 2):
        trader.on_wake(port)
        accept(trader, port, ref)
    assert len(port.orders()) == len(port.commands) == MOST_ORDERS + 1
    assert all(LOW <= each.price <= HIGH for each in port.orders())
    assert all((each.price < 5_000) == (each.side is Side.BUY) for each in port.orders())
    trader.on_wake(port)
    last = port.commands[-1]
    assert isinstance(last, CancelOrder)
    assert last.target in trader.orders.live


def test_a_pegger_offers_one_lot_at_a_limit_now_and_then() -> None:
    port, trader = Kept(), Pegger("p", 1, market(), Fixed(1))
    for _ in range(200):
        trader.on_wake(port)
    assert {(each.side, each.price, each.quantity) for each in port.orders()} == {
        (Side.BUY, LOW, LOT),
        (Side.SELL, HIGH, LOT),
    }
    assert 5 < len(port.commands) < 40


def test_the_random_walk_stays_within_the_limits_or_a_wide_band() -> None:
    guide = RandomWalk(1, per_step=7)
    line = LinePicture("A", TICK, LOT, 5_000, LOW, HIGH, last_trade=HIGH)
    fair = {guide.fair(line) for _ in range(99)}
    assert fair == {HIGH - 3 * TICK, HIGH - 2 * TICK, HIGH - TICK, HIGH}
    assert {guide.wanted(line) for _ in range(99)} == set(range(8))
    assert guide.bounds(LinePicture("B", TICK, LOT, 33)) == (15, 65)
    assert guide.bounds(LinePicture("B", TICK, LOT, 5)) == (TICK, 10)


def test_a_population_takes_its_kinds_in_turns() -> None:
    found = population([f"b{n}" for n in range(8)], 1, market(), Fixed(1))
    assert Counter(each.kind for each in found) == {
        "maker": 2,
        "compliance": 3,
        "noise": 1,
        "pegger": 1,
        "momentum": 1,
    }
    assert [each.kind for each in found[:2]] == [each.kind for each in found[6:]]


@given(
    seed=st.integers(0, 1_000),
    steps=st.lists(st.sampled_from((1, 2, 7, 10, 50)), min_size=1, max_size=3),
    limited=st.booleans(),
)
def test_no_agent_sends_a_price_off_the_tick_table(
    seed: int, steps: list[int], *, limited: bool
) -> None:
    ticks = tuple((2_400 * place // step * step, step) for place, step in enumerate(steps))
    table = TickTable(Product("A", 1, ticks=ticks))
    low, high = (table.rounded(price, 1) if limited else 0 for price in (LOW, HIGH))
    line = LinePicture(
        "A", 1, LOT, table.rounded(5_000, 1), low, high, Phase.CONTINUOUS, ticks=ticks
    )
    line.bids[table.rounded(4_990, 1)] = 100
    line.asks[table.rounded(5_060, 1)] = 100
    picture = MarketPicture([line])
    for agent in population([f"a{n}" for n in range(9)], seed, picture, RandomWalk(seed)):
        port = Kept()
        for _ in range(20):
            agent.act(port)
        for order in port.orders():
            assert table.valid(order.price), (type(agent), order)
            assert not limited or low <= order.price <= high

"""Agents in linked regions know what their orders do at another region's venue."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import pytest

from backtest.agents.own_orders import OwnOrder, OwnOrders
from backtest.lab.people import Person, Trader
from backtest.lab.regional import run
from backtest.lab.regions import link
from backtest.measures.fills import fills
from engine.vocabulary.enums import Side
from engine.vocabulary.events import Trade
from engine.vocabulary.link_events import CarriedIn, OrderRouted

if TYPE_CHECKING:
    from backtest.agents.market import Market
    from backtest.kernel.streams import Streams
    from carbonx.lab import Window
    from engine.rulebook.model import Rulebook
    from engine.vocabulary.events import Event

GAP = 20_000_000_000  # ns between an agent's orders, on average


class Follower(Trader):
    """Enters and cancels at random, and follows its own orders."""

    hears_own = True

    def __init__(self, symbol: str) -> None:
        self.symbol = symbol
        self.heard: list[Event] = []

    def on_start(self, market: Market) -> None:
        self.orders, self.draws = OwnOrders(market.account), market.stream("orders")
        market.wake_in(GAP)

    def on_event(self, market: Market, event: Event) -> None:
        del market
        self.orders.absorb(event)
        self.heard.append(event)

    def on_wake(self, market: Market) -> None:
        draws = self.draws
        if draws.random() < 0.2 and self.orders.live:
            market.cancel(next(iter(self.orders.live)))
        else:
            side = Side.BUY if draws.random() < 0.5 else Side.SELL
            price, tonnes = int(draws.integers(4_900, 5_100)), int(draws.integers(1, 10))
            enter = market.buy if side is Side.BUY else market.sell
            ref = enter(self.symbol, tonnes, price)
            self.orders.sent(ref, OwnOrder(self.symbol, side, price, tonnes))
        market.wake_in(int(draws.exponential(GAP)))


class Followers:
    """Six of them."""

    name = "followers"

    def people(self, streams: Streams, rulebook: Rulebook, window: Window) -> list[Person]:
        del streams, window
        symbol = rulebook.products[0].symbol
        return [
            Person(f"f{n}", f"f{n}", "followers", Follower(symbol), 10**9, {symbol: 10**4})
            for n in range(6)
        ]


@pytest.mark.parametrize("kind", ["none", "routing", "shared"])
@pytest.mark.parametrize("seed", range(3))
def test_an_agent_knows_all_that_its_orders_traded_and_none_stays_unanswered(
    kind: str, seed: int
) -> None:
    outcome = run(link("textbook", "textbook", kind=kind), Followers(), 1, seed)
    traded: Counter[str] = Counter()
    for fill in fills(outcome.tape):
        traded[fill.buyer] += fill.quantity
        traded[fill.seller] += fill.quantity
    left = 0
    for person in outcome.people:
        agent = person.agent
        assert isinstance(agent, Follower)
        assert agent.orders.filled == traded[person.account] > 0
        assert not agent.orders.unanswered
        assert not agent.orders.away, "the day is over"
        assert not agent.orders.live
        left += sum(isinstance(event, OrderRouted) for event in agent.heard)
    assert bool(left) == (kind != "none")


@pytest.mark.parametrize("kind", ["routing", "shared"])
def test_what_left_is_heard_before_what_it_traded_and_that_before_what_came_back(kind: str) -> None:
    outcome = run(link("textbook", "textbook", kind=kind), Followers(), 1, 0)
    told = 0
    for person in outcome.people:
        agent = person.agent
        assert isinstance(agent, Follower)
        away: set[int] = set()
        elsewhere: Counter[int] = Counter()
        for event in agent.heard:
            if isinstance(event, OrderRouted):
                away.add(event.ref)
            elif isinstance(event, Trade):
                ref = event.maker_ref or event.taker_ref
                elsewhere[ref] += event.quantity
            elif isinstance(event, CarriedIn) and event.ref:
                assert event.ref in away
                elsewhere[event.ref] -= event.traded
                assert elsewhere[event.ref] >= 0, "its trades were heard before"
                told += event.traded
    assert told

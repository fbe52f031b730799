"""The same people on every mechanism: an interest becomes what the design takes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from backtest.lab.design import Design, design
from backtest.lab.interest import Execution, Interest, at_limit
from backtest.lab.people import Horizon, Person, Trader, Window
from backtest.lab.screen import Screen
from backtest.lab.session import run
from backtest.measures.fills import fills
from engine.rulebook import presets
from engine.vocabulary.enums import Mechanism, Side

if TYPE_CHECKING:
    from backtest.agents.market import Market
    from backtest.kernel.streams import Streams
    from engine.rulebook.model import Rulebook
    from engine.vocabulary.events import Event

TONNES = 300_000
MINUTES = 600_000_000_000


class Wanting(Trader):
    """Says one interest, again and again until it is satisfied."""

    hears_own = True

    def __init__(self, execution: Execution, interest: Interest, window: Window) -> None:
        self.execution, self.interest, self.window = execution, interest, window

    def on_start(self, seat: Market) -> None:
        for day in self.window.days:
            for time in range(day.opens, day.closes, MINUTES):
                seat.wake_at(time)

    def on_event(self, seat: Market, event: Event) -> None:
        del seat
        self.execution.on_event(event)

    def on_wake(self, seat: Market) -> None:
        side = self.interest.side
        execution = self.execution
        left = self.interest.tonnes - execution.traded(side) - execution.waiting(side)
        day = next(day for day in self.window.days if seat.now() <= day.closes)
        execution.express(seat, self.interest._replace(tonnes=left), day.closes)


class BuyerAndSeller:
    """Two people who should trade all they want with each other."""

    name = "two"
    horizon = Horizon(days=9)

    def __init__(self, product: str, tonnes: int = TONNES) -> None:
        self.product, self.tonnes = product, tonnes
        self.executions: list[Execution] = []

    def registry(self, people: list[Person], window: Window) -> None:
        del people, window

    def people(self, streams: Streams, rulebook: Rulebook, window: Window) -> list[Person]:
        del streams
        screen = Screen(rulebook)
        found = [screen.person()]
        reference = next(p.reference for p in rulebook.products if p.symbol == self.product)
        for side, price in ((Side.BUY, 102), (Side.SELL, 98)):
            execution = Execution(screen)
            self.executions.append(execution)
            interest = Interest(
                self.product, side, self.tonnes, (reference or 1_000) * price // 100
            )
            agent = Wanting(execution, interest, window)
            holdings = {self.product: self.tonnes} if side is Side.SELL else {}
            cash = 0 if holdings else 1_000_000 * self.tonnes
            found.append(Person(side.name, side.name, side.name, agent, cash, holdings))
        return found


def lines() -> list[tuple[str, str]]:
    return [
        (name, product.symbol)
        for name in presets.names()
        for product in presets.load(name).products[-1:]
    ]


@pytest.mark.parametrize(("preset", "product"), lines())
def test_two_people_trade_on_every_preset(preset: str, product: str) -> None:
    market = BuyerAndSeller(product)
    outcome = run(design(preset), market)
    assert sum(fill.quantity for fill in fills(outcome.tape)) == TONNES
    for execution, side in zip(market.executions, (Side.BUY, Side.SELL), strict=True):
        assert execution.traded(side) == TONNES
        assert not execution.refused
        assert not execution.live


def shenzhen(mechanism: Mechanism, **figures: object) -> Design:
    return design("shenzhen-2022").with_(
        mode="bidding", mechanism=mechanism.name.lower(), **figures
    )


@pytest.mark.parametrize("mechanism", list(Mechanism))
@pytest.mark.parametrize("figures", [{}, {"resale_lag": 1}, {"limit_up_bp": 100}])
def test_two_people_trade_by_every_mechanism(mechanism: Mechanism, figures: dict[str, int]) -> None:
    market = BuyerAndSeller("SZA-2019", tonnes=5_000)  # below a block
    outcome = run(shenzhen(mechanism, **figures), market)
    found = fills(outcome.tape)
    assert sum(fill.quantity for fill in found) == 5_000
    assert {fill.symbol for fill in found} == {"SZA-2019"}
    assert not any(execution.refused for execution in market.executions)


def test_a_price_beyond_the_limits_is_said_at_the_limit_or_not_at_all() -> None:
    screen = Screen(design("shenzhen-2022").rulebook)
    line = screen.products["SZA-2019"][0]
    line.low_limit, line.high_limit = 3_159, 3_861
    assert at_limit(line, Side.BUY, 5_000) == 3_861
    assert at_limit(line, Side.BUY, 3_000) == 0
    assert at_limit(line, Side.SELL, 3_000) == 3_159
    assert at_limit(line, Side.SELL, 5_000) == 0

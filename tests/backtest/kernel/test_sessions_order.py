"""One agent's messages arrive in the order in which they were sent, whatever their delays."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import given, settings
from hypothesis import strategies as st

from backtest.agents.market import Market, Trader
from backtest.kernel.kernel import Kernel
from engine.log.sequencer import Sequencer
from engine.rulebook import presets
from engine.venue.venue import Venue
from engine.vocabulary.commands import MoveCash, OpenAccount, SetPhase
from engine.vocabulary.enums import Phase
from engine.vocabulary.events import OrderAccepted, Rejected

if TYPE_CHECKING:
    from engine.vocabulary.events import Event


class Burst(Trader):
    """Sends orders at once and keeps what it hears of them."""

    def __init__(self, orders: int) -> None:
        self.orders = orders
        self.heard: list[int] = []

    def on_start(self, market: Market) -> None:
        for price in range(1, self.orders + 1):
            market.buy("CO2", 1, price)

    def on_event(self, _market: Market, event: Event) -> None:
        assert not isinstance(event, Rejected)
        if isinstance(event, OrderAccepted):
            self.heard.append(event.ref)


@settings(max_examples=25, deadline=None)
@given(st.lists(st.integers(0, 50), min_size=2, max_size=12), st.lists(st.integers(0, 50)))
def test_no_message_overtakes_another(there: list[int], back: list[int]) -> None:
    venue = Venue(presets.load("textbook"))
    kernel = Kernel(Sequencer(venue))
    for command in (OpenAccount("ann"), MoveCash("ann", 10**6), SetPhase(Phase.CONTINUOUS)):
        kernel.give(command)
    agent = Burst(len(there))
    to, fro = iter(there), iter(back)
    kernel.join(agent, "ann", to_venue=lambda: next(to), back=lambda: next(fro, 0)).start()
    kernel.run(1_000)
    assert agent.heard == list(range(1, len(there) + 1))

"""A venue and its agents in the kernel, without delay: whatever happens is told at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from backtest.agents.market import Participant
from backtest.agents.present import lines_of
from backtest.kernel.kernel import Kernel, Seat
from engine.log.sequencer import Sequencer

if TYPE_CHECKING:
    from backtest.agents.market_picture import LinePicture
    from engine.venue.venue import Venue
    from engine.vocabulary.commands import Command


class Named(Participant, Protocol):
    """An agent that trades for the account of its name."""

    @property
    def name(self) -> str: ...


class Unsubscribed:
    """An agent that another one hears public data for."""

    hears_own = True
    hears_public = False

    def __init__(self, agent: Named) -> None:
        self.on_start, self.on_event, self.on_wake = agent.on_start, agent.on_event, agent.on_wake


class DirectVenue:
    """Agents that share one picture of the market: one of them is ``subscribed``."""

    def __init__(self, venue: Venue) -> None:
        self.venue = venue
        self.kernel = Kernel(Sequencer(venue))

    @property
    def now(self) -> int:
        return self.kernel.now

    def lines(self) -> list[LinePicture]:
        return lines_of(self.venue)

    def join(self, agent: Named, *, subscribed: bool = True) -> Seat:
        seat = self.kernel.join(agent if subscribed else Unsubscribed(agent), agent.name)
        seat.start()
        return seat

    def operate(self, command: Command) -> None:
        self.kernel.give(command)
        self.kernel.run(self.kernel.now)

    def run_until(self, time: int) -> None:
        self.kernel.run(time)

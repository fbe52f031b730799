"""A small venue in a kernel, and agents made of functions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from backtest.kernel.kernel import Kernel
from engine.log.sequencer import Sequencer
from engine.rulebook.presets import find
from engine.venue.venue import Venue
from engine.vocabulary.commands import BeginDay, OpenAccount, SetPhase
from engine.vocabulary.enums import Phase

if TYPE_CHECKING:
    from collections.abc import Callable

    from backtest.agents.market import Market
    from backtest.kernel.kernel import Entry
    from engine.log.journal import Journal
    from engine.rulebook.model import Rulebook
    from engine.vocabulary.events import Event

ACCOUNTS = ("a", "b", "c", "d")
DAY = 20250102


class Scripted:
    """An agent whose turns are functions."""

    def __init__(
        self,
        start: Callable[[Market], object] = lambda _: None,
        wake: Callable[[Market], object] = lambda _: None,
        event: Callable[[Market, Event], object] = lambda _seat, _event: None,
        *,
        own: bool = False,
        public: bool = False,
    ) -> None:
        self.start, self.wake, self.event = start, wake, event
        self.hears_own, self.hears_public = own, public

    def on_start(self, seat: Market) -> None:
        self.start(seat)

    def on_wake(self, seat: Market) -> None:
        self.wake(seat)

    def on_event(self, seat: Market, event: Event) -> None:
        self.event(seat, event)


def kernel_of(
    rulebook: Rulebook | None = None,
    journal: Journal | None = None,
    phase: Phase = Phase.CONTINUOUS,
) -> tuple[Kernel, list[Entry]]:
    """Return a kernel whose venue is open and has funded accounts, and its tape."""
    rules = rulebook or find("textbook")
    stock = tuple((product.symbol, 10**6) for product in rules.products)
    tape: list[Entry] = []
    kernel = Kernel(Sequencer(Venue(rules), journal), tape)
    kernel.give(BeginDay(DAY))
    for name in ACCOUNTS:
        kernel.give(OpenAccount(name, cash=10**12, allowances=stock))
    kernel.give(SetPhase(phase))
    tape.clear()
    return kernel, tape

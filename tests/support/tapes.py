"""Small tapes made by a real venue: commands with their times, and what came of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.rulebook import presets
from engine.venue.venue import Venue
from engine.vocabulary import commands as c
from engine.vocabulary.enums import Phase, Side, TimeInForce
from engine.vocabulary.events import Rejected

if TYPE_CHECKING:
    from engine.rulebook.model import Rulebook
    from engine.vocabulary.events import Event

SECOND = 1_000_000_000
NAMES = ("ann", "bob", "cay", "dan")
DAY = 20251202


class Tape:
    """A venue whose accounts have enough of everything, and its tape; times in seconds."""

    def __init__(
        self, rulebook: Rulebook | str = "textbook", names: tuple[str, ...] = NAMES
    ) -> None:
        self.venue = Venue(presets.load(rulebook) if isinstance(rulebook, str) else rulebook)
        self.line = self.venue.rulebook.products[0].symbol
        self.entries: list[tuple[int, c.Command, list[Event]]] = []
        self.now = 0.0
        self.refs = dict.fromkeys(names, 0)
        self.say(c.BeginDay(DAY))
        for name in names:
            self.say(c.OpenAccount(name, allocation=1_000))
            self.say(c.MoveCash(name, 10**14))
            for product in self.venue.rulebook.products:
                self.say(c.MoveAllowances(name, product.symbol, 10**8))

    def say(self, command: c.Command) -> list[Event]:
        events = self.venue.apply(command)
        assert not any(isinstance(event, Rejected) for event in events), events
        self.entries.append((round(self.now * SECOND), command, events))
        return events

    def at(self, now: float) -> Tape:
        """Go on at a time, in seconds."""
        self.now = now
        return self

    def phase(self, phase: Phase) -> None:
        self.say(c.SetPhase(phase))

    def ref(self, name: str) -> int:
        self.refs[name] += 1
        return self.refs[name]

    def order(
        self, name: str, side: Side, tonnes: int, price: int, tif: TimeInForce = TimeInForce.DAY
    ) -> int:
        ref = self.ref(name)
        self.say(c.NewOrder(name, ref, self.line, side, tonnes, price, tif=tif))
        return ref

    def buy(self, name: str, tonnes: int, price: int) -> int:
        return self.order(name, Side.BUY, tonnes, price)

    def sell(self, name: str, tonnes: int, price: int) -> int:
        return self.order(name, Side.SELL, tonnes, price)

    def cancel(self, name: str, target: int) -> None:
        self.say(c.CancelOrder(name, self.ref(name), target))


def trading(rulebook: Rulebook | str = "textbook", names: tuple[str, ...] = NAMES) -> Tape:
    """Return a tape whose venue trades continuously."""
    tape = Tape(rulebook, names)
    tape.phase(Phase.CONTINUOUS)
    return tape

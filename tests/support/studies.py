"""Markets that studies are tried on: plain ones, and some whose agents misbehave."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec import Struct

from backtest.lab.people import Person, Trader, Window
from backtest.lab.schedules import UniformValues
from engine.vocabulary.commands import NewOrder
from engine.vocabulary.enums import Side

if TYPE_CHECKING:
    from backtest.agents.market import Market
    from backtest.kernel.streams import Streams
    from engine.rulebook.model import Rulebook

SMALL: Final = UniformValues(buyers=3, sellers=3)


class Failing(Trader):
    """Raises when it wakes."""

    def on_start(self, seat: Market) -> None:
        seat.wake_at(seat.now() + 5)

    def on_wake(self, seat: Market) -> None:
        message = f"lost at {seat.now()}"
        raise LookupError(message)


class Restless(Failing):
    """Wants to be woken again at the very same time."""

    def on_wake(self, seat: Market) -> None:
        seat.wake_at(seat.now())


class Impostor(Failing):
    """Orders for somebody else."""

    def on_wake(self, seat: Market) -> None:
        seat.submit(NewOrder("buyer/0", 0, "CO2", Side.BUY, 1, 100))


MISFITS: Final = {"failing": Failing, "restless": Restless, "impostor": Impostor}


class WithMisfit(Struct, frozen=True):
    """A small market which in one of its replications has a misfit too."""

    kind: str = "failing"
    when: int = 1
    name: str = "with misfit"

    def people(self, streams: Streams, rulebook: Rulebook, window: Window) -> list[Person]:
        found = SMALL.people(streams, rulebook, window)
        if streams.replication == self.when:
            found.append(Person("misfit", "misfit", "misfits", MISFITS[self.kind](), 0, {}))
        return found


class Renamed(Struct, frozen=True):
    """A small market whose accounts have other names."""

    names: tuple[str, ...]
    name: str = "renamed"

    def people(self, streams: Streams, rulebook: Rulebook, window: Window) -> list[Person]:
        found = SMALL.people(streams, rulebook, window)
        return [each._replace(account=name) for each, name in zip(found, self.names, strict=True)]


class Nowhere(Struct, frozen=True):
    """A market that no design can have."""

    name: str = "nowhere"

    def people(self, streams: Streams, rulebook: Rulebook, window: Window) -> list[Person]:
        message = f"{rulebook.name} is nowhere, {streams.replication} at {window.opens}"
        raise LookupError(message)

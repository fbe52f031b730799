"""A history: the steps that a seed draws. Any of them may be left out, and the rest still runs."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from random import Random

CLIENTS: Final = 4
LENGTH: Final = 150


class Kind(Enum):
    """What a step does."""

    ORDERS = "a client says something"
    CARRY = "the network carries a piece for a client, both ways"
    TICK = "time passes, the network carries for all, and the venue ticks"
    COME = "a client connects, or takes its own account over"
    AGAIN = "a client sends again what was answered"
    LOGOUT = "a client goes in good order"
    CUT = "both ends learn that a connection is gone"
    HALF_OPEN = "a connection carries nothing more, and neither end learns it"
    VANISH = "a client goes, and the venue does not learn it"
    STICK = "a reader stops"
    UNSTICK = "a reader goes on"
    OPERATE = "the operator gives a command"
    WAIT = "much time passes"
    AWAY = "the venue's process stands still"
    CLOCK = "the machine's clock is set"
    DISK = "something will happen to the disk at its next write"
    FILL = "the disk fills up, or has space again"
    KILL = "the process ends, the machine stays"
    POWER = "the machine goes off"
    STOP = "the venue is stopped in good order, and started"
    SNAPSHOT = "another process takes a snapshot, or goes on with it"
    ROT = "a bit of a snapshot changes on the disk"


ORDINARY: Final = {Kind.ORDERS: 40, Kind.CARRY: 20, Kind.TICK: 40, Kind.COME: 4, Kind.UNSTICK: 4,
                   Kind.AGAIN: 2}  # fmt: skip
TROUBLES: Final = tuple(kind for kind in Kind if kind not in ORDINARY)
OFTEN: Final = (0, 0, 1, 3)  # how often a seed has each of the troubles; many go without


class Step(NamedTuple):
    """One step: what is done, to which client, how much of it, and what it draws from."""

    kind: Kind
    who: int
    size: int
    draw: int

    def __str__(self) -> str:
        """Return it as a line of a history."""
        return f"{self.kind.name.lower()} client {self.who} size {self.size} draw {self.draw}"


def history(rng: Random, length: int = LENGTH) -> list[Step]:
    """Draw a history. Which troubles it has is drawn first, so that some have a few and long."""
    weights = ORDINARY | {kind: rng.choice(OFTEN) for kind in TROUBLES}
    kinds = rng.choices(list(weights), list(weights.values()), k=length)
    return [
        Step(kind, rng.randrange(CLIENTS), rng.randint(1, 12), rng.randrange(1 << 20))
        for kind in kinds
    ]

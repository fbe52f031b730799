"""The event queue: what happens next, in the total order that the kernel's docstring gives."""

from __future__ import annotations

import heapq
from typing import TYPE_CHECKING, Any, Final, TypeAlias

if TYPE_CHECKING:
    from backtest.kernel.streams import Streams
    from engine.venue.venue import Venue
    from engine.vocabulary.commands import ClientCommand

    # Time, class, place, counter; then whose it is and what.
    Queued: TypeAlias = tuple[int, int, int, int, Any, Any]

OPERATOR: Final = 0
COMMAND: Final = 1
REPORT: Final = 2
WAKE: Final = 3


class AgentError(Exception):
    """An agent failed or did what it may not; the run of its session ends."""

    def __init__(self, agent: str, time: int, why: str) -> None:
        """Name the agent, the time (ns) and what happened."""
        super().__init__(f"{agent} at {time} ns: {why}")
        self.agent, self.time, self.why = agent, time, why

    def __reduce__(self) -> tuple[type, tuple[str, int, str]]:
        """Pickle by what it was made of."""
        return type(self), (self.agent, self.time, self.why)


class EventQueue:
    """What is to happen, and what agents need of whoever makes it happen."""

    def __init__(self, venue: Venue, streams: Streams | None = None) -> None:
        """Start at the venue's time, ns UTC; agents draw from ``streams``."""
        self.streams = streams
        self.venue = venue
        self.symbols = dict.fromkeys(venue.symbols)
        self.now = venue.time
        self.counter = 0
        self.queue: list[Queued] = []  # a heap
        self.spent = False  # whether the queue's first event is over, and makes room for a new one
        self.sent: list[tuple[Any, ClientCommand]] = []  # by whom; they are at the venue already
        self.dated = False  # whether anything becomes due by the clock

    def push(self, time: int, kind: int, place: int, whose: object, what: object) -> None:
        """Put an event into the queue, not before now."""
        self.counter = counter = self.counter + 1
        self.insert((max(time, self.now), kind, place, counter, whose, what))

    def insert(self, entry: Queued) -> None:
        """Put an event into the queue, at its place in the total order."""
        if self.spent:
            self.spent = False
            heapq.heapreplace(self.queue, entry)
        else:
            heapq.heappush(self.queue, entry)

    def queue_sent(self) -> None:
        """Let what was sent outside a turn reach the venue when its place in the order comes."""
        for sender, command in self.sent:
            self.push(self.now, COMMAND, sender.place, sender, command)
        self.sent.clear()

    def tell_time(self) -> None:
        """From now on see to what becomes due by the clock."""
        self.dated = True

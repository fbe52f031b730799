"""The event queue: what happens next, in the total order that the kernel's docstring gives.

Time, class, place and counter are one integer, so that two events are compared at once. A seat that
waits to be woken stands in the queue itself; all else is a ``QueuedEvent``.

Few events wait in a sorted list. Of many, only those that come before a *horizon* do; the rest lies
unsorted in *buckets* of equal width in time, and one after the other is sorted when it is due (a
calendar queue, Brown 1988). So an event costs the same whatever their number. The width follows
from how densely the events lie; the order is the same with any.
"""

from __future__ import annotations

from bisect import insort
from heapq import heappop, heappush
from operator import attrgetter
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from backtest.kernel.streams import Streams
    from engine.venue.venue import Venue
    from engine.vocabulary.commands import ClientCommand

OPERATOR: Final = 0
COMMAND: Final = 1
REPORT: Final = 2
WAKE: Final = 3

# The bit at which the time, the class and the place begin in a key, and below them the counter.
TIME_BITS: Final = 74
KIND_BITS: Final = 72
PLACE_BITS: Final = 40
KIND_MASK: Final = 3
BELOW_TIME: Final = (1 << TIME_BITS) - 1  # all of a key but its time
NEVER: Final = 1 << 200  # later than any key
MANY: Final = 64  # events in the list alone
LONG: Final = 512  # entries of the list, with those that are over
FULL: Final = 16  # events that a bucket should hold
REFILLS: Final = 1_024  # buckets after which their width is looked at


class Queued:
    """What can stand in the queue: it has a key."""

    __slots__ = ("due",)

    due: int


class QueuedEvent(Queued):
    """An event: its class, whose it is and what."""

    __slots__ = ("kind", "seat", "what")

    seat: Any
    what: Any

    def __init__(self, due: int, kind: int, seat: object, what: object) -> None:
        """Make an event with its key."""
        self.due = due
        self.kind = kind
        self.seat = seat
        self.what = what


_DUE: Final = attrgetter("due")


def key_of(time: int, kind: int, place: int, counter: int) -> int:
    """Return the key of an event at a time in ns: the order of keys is that of the four figures."""
    return time << TIME_BITS | kind << KIND_BITS | place << PLACE_BITS | counter


class AgentError(Exception):
    """An agent failed or did what it may not; the run of its session ends.

    ``root`` and ``seed`` are those of the run, where it has any; ``seed`` is what a study calls so,
    the replication.
    """

    def __init__(
        self, agent: str, time: int, why: str, root: int | None = None, seed: int | None = None
    ) -> None:
        """Name the agent, the time (ns), what happened and the seed of the run."""
        drawn = "" if seed is None else f", seed {seed} of root {root}"
        super().__init__(f"{agent} at {time} ns{drawn}: {why}")
        self.agent, self.time, self.why = agent, time, why
        self.root, self.seed = root, seed

    def __reduce__(self) -> tuple[type, tuple[str, int, str, int | None, int | None]]:
        """Pickle by what it was made of."""
        return type(self), (self.agent, self.time, self.why, self.root, self.seed)

    def of(self, root: int, seed: int) -> AgentError:
        """Return the same with the seed of its run."""
        return type(self)(self.agent, self.time, self.why, root, seed)


class EventQueue:
    """What is to happen, and what agents need of whoever makes it happen."""

    __slots__ = ("_filled", "_most", "_numbers", "_patience", "_sorted", "buckets", "counter",
                 "dated", "head", "horizon", "now", "ready", "sent", "shift", "streams",
                 "symbols", "venue")  # fmt: skip

    def __init__(self, venue: Venue, streams: Streams | None = None) -> None:
        """Start at the venue's time, ns UTC; agents draw from ``streams``."""
        self.streams = streams
        self.venue = venue
        self.symbols = dict.fromkeys(venue.symbols)
        self.now = venue.time
        self.counter = 0
        self.ready: list[Queued] = []  # sorted: all that comes before the horizon
        self.head = 0  # the next one's place there; what stands before it is over
        self.horizon = NEVER  # a key, as the width of a bucket is one's
        self.buckets: dict[int, list[Queued]] = {}  # by key, divided by their width
        self._numbers: list[int] = []  # of the buckets, a heap
        self.shift = TIME_BITS  # the width of a bucket is this power of two
        self._most = LONG  # events in the list before it is looked at
        self._sorted = self._filled = 0  # buckets and their events since the width was chosen
        self._patience = REFILLS
        self.sent: list[tuple[Any, ClientCommand]] = []  # by whom; they are at the venue already
        self.dated = False  # whether anything becomes due by the clock

    def push(self, time: int, kind: int, place: int, whose: object, what: object) -> None:
        """Put an event into the queue, not before now."""
        self.counter = counter = self.counter + 1
        self.insert(
            QueuedEvent(key_of(max(time, self.now), kind, place, counter), kind, whose, what)
        )

    def insert(self, entry: Queued) -> None:
        """Put what has a key into the queue, at its place in the total order."""
        due = entry.due
        if due < self.horizon:
            insort(self.ready, entry, self.head, key=_DUE)
            if len(self.ready) > self._most:
                self._shorten()
            return
        number = due >> self.shift
        try:
            self.buckets[number].append(entry)
        except KeyError:
            self.buckets[number] = [entry]
            heappush(self._numbers, number)

    def first(self) -> Queued | None:
        """Return what comes next, None where there is nothing."""
        if self.head == len(self.ready):
            if not self._numbers:
                return None
            number = heappop(self._numbers)
            self.ready = ready = self.buckets.pop(number)
            self.head = 0
            ready.sort(key=_DUE)
            self.horizon = (number + 1) << self.shift
            self._sorted += 1
            self._filled += len(ready)
            if self._sorted >= self._patience:
                self._consider()
        return self.ready[self.head]

    def next_time(self) -> int | None:
        """Return the time (ns) of what comes next, None where there is nothing."""
        following = self.first()
        return None if following is None else following.due >> TIME_BITS

    def _consider(self) -> None:
        """Choose the width anew where buckets have become too full or too empty."""
        full, shift = self._filled / self._sorted, self.shift
        self._sorted = self._filled = 0
        if not FULL / 4 <= full <= FULL * 4:
            self._spread()
            if self.shift == shift:  # nothing better is to be had: ask again much later
                self._patience *= 2

    def _shorten(self) -> None:
        """Drop what is over from the list; make buckets where it is long nevertheless."""
        del self.ready[: self.head]
        self.head = 0
        if len(self.ready) > MANY:
            self._spread()
        self._most = max(LONG, 2 * len(self.ready))

    def _spread(self) -> None:
        """Put all events into buckets whose width suits the earlier half of them."""
        entries = self.ready[self.head :]
        for bucket in self.buckets.values():
            entries += bucket
        times = sorted(entry.due >> TIME_BITS for entry in entries)
        half = len(times) // 2
        width = max((times[half] - times[0]) * FULL // (half + 1), 1)
        self.shift = TIME_BITS + width.bit_length() - 1
        self.ready, self.head, self.horizon = [], 0, 0
        self.buckets.clear()
        self._numbers.clear()
        for entry in entries:
            self.insert(entry)
        self.first()

    def queue_sent(self) -> None:
        """Let what was sent outside a turn reach the venue when its place in the order comes."""
        for sender, command in self.sent:
            self.push(self.now, COMMAND, sender.place, sender, command)
        self.sent.clear()

    def tell_time(self) -> None:
        """From now on see to what becomes due by the clock."""
        self.dated = True

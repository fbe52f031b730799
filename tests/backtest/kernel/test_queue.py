"""The event queue's order, against a sorted list, with few events and with thousands.

What an event is sorted by is one integer; here it is held against the four figures by themselves.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TypeAlias

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from backtest.kernel import queue
from backtest.kernel.queue import MANY, WAKE, EventQueue, QueuedEvent
from engine.rulebook.presets import find
from engine.venue.venue import Venue

# Time, class, place, counter.
Order: TypeAlias = tuple[int, int, int, int]

SECOND = 1_000_000_000
SPANS = (0, 1, 50, 10**6, 3_600 * SECOND)  # ns from now to events of different kinds
PLACES = (0, 1, 2, 1_000, 10**6)  # agents' places in the population


def first_of(events: EventQueue) -> Order | None:
    """Take the first event out."""
    entry = events.first()
    if entry is None:
        return None
    assert isinstance(entry, QueuedEvent)
    order: Order = entry.what
    assert events.next_time() == order[0]
    events.head += 1
    return order


def put(events: EventQueue, after: int, place: int, kind: int = WAKE) -> Order:
    order = (events.now + after, kind, place, events.counter + 1)
    events.push(order[0], kind, place, None, order)
    return order


@given(
    st.lists(
        st.tuples(
            st.sampled_from(SPANS),
            st.integers(0, 9),
            st.sampled_from(PLACES),
            st.integers(0, WAKE),
            st.integers(0, 4),
        ),
        max_size=80,
    ),
    st.integers(1, 8),
)
def test_events_come_in_the_order_of_a_sorted_list(
    steps: list[tuple[int, int, int, int, int]], many: int
) -> None:
    """Now and then some are taken out, and others put in at the time of the last of them."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in (("MANY", many), ("LONG", 2 * many), ("FULL", 4), ("REFILLS", 3)):
            patch.setattr(queue, name, value)
        events = EventQueue(Venue(find("textbook")))
        waiting: list[Order] = []
        for span, times, place, kind, taken in steps:
            waiting.append(put(events, span * times, place, kind))
            waiting.sort()
            for _ in range(min(taken, len(waiting))):
                due = waiting.pop(0)
                assert first_of(events) == due
                events.now = due[0]
                waiting.append(put(events, span, place, kind))
                waiting.sort()
        assert [first_of(events) for _ in waiting] == waiting
        assert first_of(events) is None


@pytest.mark.parametrize("agents", [MANY // 2, 20 * MANY])
def test_thousands_that_wake_at_once_then_far_apart_then_together(agents: int) -> None:
    """The widths that suit one stretch suit no other: the order holds through all of them."""
    rng = np.random.default_rng(1)
    events = EventQueue(Venue(find("textbook")))
    seen: list[Order] = []
    for place in range(agents):
        put(events, 0, place)
    for gap in (0, SECOND, 50 * SECOND, 3, SECOND // 7):
        for after in rng.integers(0, gap + 1, agents).tolist():
            entry = first_of(events)
            assert entry is not None
            events.now = entry[0]
            seen.append(entry)
            put(events, after, entry[2])
    assert len(seen) == 5 * agents
    assert all(one < next_one for one, next_one in pairwise(seen))

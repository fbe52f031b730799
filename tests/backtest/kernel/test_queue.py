"""The event queue's order, against a sorted list, with few events and with thousands."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from backtest.kernel import queue
from backtest.kernel.queue import MANY, WAKE, EventQueue
from engine.rulebook.presets import find
from engine.venue.venue import Venue

if TYPE_CHECKING:
    from backtest.kernel.queue import Queued

SECOND = 1_000_000_000
SPANS = (0, 1, 50, 10**6, 3_600 * SECOND)  # ns from now to events of different kinds


def first_of(events: EventQueue) -> Queued | None:
    """Take the first event out."""
    entry = events.first()
    events.head += entry is not None
    return entry


def put(events: EventQueue, after: int, place: int) -> Queued:
    events.counter += 1
    entry: Queued = (events.now + after, WAKE, place, events.counter, None, None)
    events.insert(entry)
    return entry


@given(
    st.lists(
        st.tuples(st.sampled_from(SPANS), st.integers(0, 9), st.integers(0, 4), st.integers(0, 4)),
        max_size=80,
    ),
    st.integers(1, 8),
)
def test_events_come_in_the_order_of_a_sorted_list(
    steps: list[tuple[int, int, int, int]], many: int
) -> None:
    """Now and then some are taken out, and others put in at the time of the last of them."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in (("MANY", many), ("LONG", 2 * many), ("FULL", 4), ("REFILLS", 3)):
            patch.setattr(queue, name, value)
        events = EventQueue(Venue(find("textbook")))
        waiting: list[Queued] = []
        for span, times, place, taken in steps:
            waiting.append(put(events, span * times, place))
            waiting.sort()
            for _ in range(min(taken, len(waiting))):
                due = waiting.pop(0)
                assert first_of(events) == due
                events.now = due[0]
                waiting.append(put(events, span, place))
                waiting.sort()
        assert [first_of(events) for _ in waiting] == waiting
        assert first_of(events) is None


@pytest.mark.parametrize("agents", [MANY // 2, 20 * MANY])
def test_thousands_that_wake_at_once_then_far_apart_then_together(agents: int) -> None:
    """The widths that suit one stretch suit no other: the order holds through all of them."""
    rng = np.random.default_rng(1)
    events = EventQueue(Venue(find("textbook")))
    seen: list[Queued] = []
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
    assert all(one[:4] < next_one[:4] for one, next_one in pairwise(seen))

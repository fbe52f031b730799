"""A venue that is closed and dropped is freed, whatever is live in it."""

from __future__ import annotations

import gc
from random import Random
from typing import TYPE_CHECKING

import pytest

from engine.book.orders import Participant
from engine.rulebook import presets
from tests.support.random_flow import Flow

if TYPE_CHECKING:
    from engine.venue.venue import Venue


def busy(name: str, seed: int, mark: str) -> Venue:
    """Return a venue in the middle of a day, whose accounts' names are not those of others."""
    flow = Flow(presets.load(name), Random(seed))
    for day in range(3):
        for place, _ in enumerate(flow.day(60)):
            if day == 2 and place > 40 and flow.venue.live_orders() > 2:
                break
    assert flow.venue.live_orders()
    for participant in flow.venue.participants.values():
        participant.name = mark
    return flow.venue


def participants(mark: str) -> int:
    """Return how many accounts of a venue are still there."""
    gc.collect()
    return sum(type(each) is Participant and each.name == mark for each in gc.get_objects())


@pytest.mark.parametrize("name", ["textbook", "shenzhen-2022", "krx", "guangdong"])
def test_a_closed_venue_is_freed(name: str) -> None:
    venue = busy(name, 3, name)
    assert participants(name) > 0
    venue.close()
    del venue
    assert participants(name) == 0


def test_one_that_is_not_closed_stays() -> None:
    venue = busy("textbook", 3, "kept")
    del venue
    assert participants("kept") > 0, "close is what frees it"

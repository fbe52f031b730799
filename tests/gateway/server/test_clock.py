"""A machine's clock that is set moves no order's end, no session's and no record's time."""

from __future__ import annotations

from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.vocabulary.enums import TimeInForce
from gateway.protocol import wire
from gateway.server.clock import SLEW, SteadyClock
from tests.gateway.server.test_core import buy
from tests.support.quiet_core import MILLISECOND, START, QuietVenue

SECOND: Final = 1_000 * MILLISECOND
HOUR: Final = 3_600 * SECOND


class Machine:
    """A clock that is set, and one that is not."""

    def __init__(self) -> None:
        self.now = START
        self.skew = 0
        self.clock = SteadyClock(lambda: self.now + self.skew, lambda: self.now)


@given(st.lists(st.tuples(st.integers(0, HOUR), st.integers(-HOUR, HOUR)), max_size=40))
def test_it_never_jumps_or_goes_backwards(happens: list[tuple[int, int]]) -> None:
    machine = Machine()
    before = machine.clock()
    for later, skew in happens:
        machine.now += later
        machine.skew = skew
        shown = machine.clock()
        assert abs(shown - before - later) <= later // SLEW
        assert shown >= before
        before = shown


def test_it_comes_to_the_right_time_and_stays() -> None:
    machine = Machine()
    machine.skew = 5 * MILLISECOND
    for _ in range(10):
        machine.now += SECOND
        machine.clock()
    assert machine.clock() == machine.now + machine.skew
    machine.now += HOUR
    assert machine.clock() == machine.now + machine.skew


def test_the_real_one_shows_the_machines_time() -> None:
    clock = SteadyClock()
    first = clock()
    assert first <= clock()


@pytest.mark.parametrize("skew", [HOUR, -HOUR])
def test_an_hour_more_or_less_ends_no_order_and_no_session(skew: int) -> None:
    quiet, machine = QuietVenue(("ann",)), Machine()
    machine.now = quiet.now
    machine.clock = SteadyClock(lambda: machine.now + machine.skew, lambda: machine.now)
    (ann,) = quiet.logged_on("ann", heartbeat_ms=1_000)
    ends = quiet.now + 60 * SECOND
    ann.say(buy(1, tif=TimeInForce.GTD, expire_at=ends))
    times = []

    def pass_by(seconds: int) -> None:
        for _ in range(seconds * 20):
            machine.now += 50 * MILLISECOND
            quiet.now = machine.clock() - MILLISECOND
            ann.say(wire.Heartbeat())
            quiet.tick()
            times.append(quiet.sequencer.time)

    pass_by(10)
    assert quiet.sequencer.venue.open_orders("ann")
    machine.skew = skew
    pass_by(49)
    assert quiet.sequencer.venue.open_orders("ann"), "it has a second left"
    pass_by(2)
    assert not quiet.sequencer.venue.open_orders("ann")
    assert not ann.closed()
    assert times == sorted(times)

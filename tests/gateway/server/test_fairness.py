"""A tick takes a turn's messages from each session that was heard, then goes round the others."""

from __future__ import annotations

import time
from random import Random
from typing import TYPE_CHECKING

import pytest

from gateway.protocol import wire
from gateway.protocol.session import pack
from gateway.server.core import SHARED_FOR
from gateway.server.limits import Limits
from tests.gateway.server.test_core import buy
from tests.support.logons import hello
from tests.support.quiet_core import QuietVenue
from tests.support.venues import bounded, venue

if TYPE_CHECKING:
    from pathlib import Path

    from engine.vocabulary.events import Event

NAMES = ("ann", "bea", "cid", "dan")


def taken(quiet: QuietVenue, name: str) -> int:
    return quiet.sequencer.venue.last_ref(name)


def test_one_order_is_in_the_next_tick_however_much_others_sent() -> None:
    quiet = QuietVenue(NAMES, turn=10, most=20)
    ann, *others = quiet.logged_on(*NAMES)
    for each in others:
        each.say(*(buy(ref) for ref in range(1, 101)))
    quiet.once()
    ann.say(buy(1))
    quiet.once()
    assert ann.all_of(wire.OrderAccepted)
    assert [taken(quiet, name) for name in NAMES[1:]] == [20, 20, 10]
    assert quiet.core.busy, "the rest follows at once"


def test_a_tick_takes_more_where_nobody_sent_little_lately() -> None:
    quiet = QuietVenue(NAMES, turn=10, most=20, unshared=70)
    ann, bea, *_ = quiet.logged_on(*NAMES)

    def behind_a_tick(first: int) -> int:
        """Return how many orders a tick takes of many that one session sends."""
        bea.say(*(buy(ref) for ref in range(first, first + 200)))
        quiet.once()
        found = taken(quiet, "bea") - (first - 1)
        while quiet.core.busy:
            quiet.once()
        return found

    quiet.wait(SHARED_FOR // 10**6)
    assert behind_a_tick(1) == 70
    ann.say(buy(1))
    quiet.once()
    assert behind_a_tick(1_001) == 20, "ann may be about to send another"
    quiet.wait(SHARED_FOR // 10**6)
    assert behind_a_tick(2_001) == 70


def test_who_sent_more_in_a_long_tick_still_sends_little() -> None:
    quiet = QuietVenue(NAMES, turn=10, shared_turn=10, most=20, unshared=70)
    ann, bea, *_ = quiet.logged_on(*NAMES)
    quiet.wait(SHARED_FOR // 10**6)
    bea.say(*(buy(ref) for ref in range(1, 1_001)))
    quiet.once()
    assert taken(quiet, "bea") == 70
    ann.say(*(buy(ref) for ref in range(1, 9)))
    quiet.now += 50_000_000
    quiet.once()
    quiet.once()
    assert taken(quiet, "ann") == 8
    assert taken(quiet, "bea") == 160, "ann is there"


def test_what_a_tick_takes_where_nobody_sends_little_takes_no_time_without_end() -> None:
    limits = Limits(unshared=8_192)
    assert [limits.most_alone(each * 1_000) for each in (4, 12, 50)] == [8_192, 8_192, 2_000]


def test_who_has_more_than_a_turn_is_served_round_robin() -> None:
    quiet = QuietVenue(NAMES, turn=10, most=20)
    ends = quiet.logged_on(*NAMES)
    for each in ends:
        each.say(*(buy(ref) for ref in range(1, 101)))
    seen = []
    while quiet.core.busy:
        quiet.once()
        seen.append([taken(quiet, name) for name in NAMES])
    assert seen[:4] == [[10, 10, 10, 10], [20, 20, 10, 10], [20, 20, 20, 20], [30, 30, 20, 20]]
    assert seen[-1] == [100] * 4
    assert all(max(now) - min(now) <= 10 for now in seen)


@pytest.mark.parametrize("message", [wire.Heartbeat(), wire.AskStatus(), buy(1, quantity=0)])
def test_what_is_no_order_counts_as_well(message: wire.FromClient) -> None:
    quiet = QuietVenue(NAMES, turn=10, most=20)
    ann, bea = quiet.logged_on("ann", "bea")
    bea.say(*[message] * 100, buy(2))
    for _ in range(3):
        quiet.once()
        assert taken(quiet, "bea") != 2
    ann.say(buy(1))
    quiet.once()
    assert taken(quiet, "ann") == 1
    quiet.tick()
    assert taken(quiet, "bea") == 2


def test_what_was_sent_before_a_loss_counts_whenever_its_turn_comes() -> None:
    quiet = QuietVenue(NAMES, turn=10, most=10)
    (ann,) = quiet.logged_on("ann", cancel_on_disconnect=True)
    ann.say(*(buy(ref) for ref in range(1, 101)))
    ann.cut()
    quiet.once()
    assert taken(quiet, "ann") == 10
    assert len(quiet.sequencer.venue.open_orders("ann")) == 10, "the loss is behind the orders"
    quiet.tick()
    assert taken(quiet, "ann") == 100
    assert not quiet.sequencer.venue.open_orders("ann")
    assert not quiet.core.busy


def test_what_comes_while_a_question_waits_is_answered_without_another_word() -> None:
    quiet = QuietVenue(NAMES, turn=10, most=1)
    (ann,) = quiet.logged_on("ann")
    ann.say(wire.AskStatus(), wire.AskStatus(), wire.AskStatus())
    quiet.once()
    ann.say(buy(1))
    quiet.once()
    while quiet.core.busy:
        quiet.once()
    assert ann.all_of(wire.OrderAccepted)


def test_who_waits_for_a_turn_is_not_silent() -> None:
    quiet = QuietVenue(NAMES, turn=1, most=1)
    (ann,) = quiet.logged_on("ann", heartbeat_ms=100)
    bea, cid, dan = quiet.logged_on("bea", "cid", "dan")
    for each in (bea, cid, dan, ann):
        each.say(*(buy(ref) for ref in range(1, 21)))
    for _ in range(40):
        quiet.now += 300 * 1_000_000
        quiet.once()
    assert not ann.closed()
    assert taken(quiet, "ann") >= 10


@pytest.mark.parametrize("seed", range(20))
def test_nothing_is_lost_or_changes_places(seed: int) -> None:
    rng = Random(seed)
    quiet = QuietVenue(NAMES, turn=rng.randint(1, 9), most=rng.randint(1, 30))
    ends = quiet.logged_on(*NAMES)
    said = [0] * len(ends)
    for _ in range(200):
        who = rng.randrange(len(ends))
        for _ in range(rng.choice((1, 1, 1, 40))):
            said[who] += 1
            ends[who].say(buy(said[who]))
        if rng.random() < 0.3:
            quiet.once()
    quiet.tick()
    for end, count in zip(ends, said, strict=True):
        assert [m.ref for m in end.all_of(wire.OrderAccepted)] == list(range(1, count + 1))


@pytest.mark.parametrize(
    ("sync_us", "most"), [(0, 64), (400, 64), (2_048, 256), (8_000, 1_000), (10**6, 1_024)]
)
def test_a_slow_sync_leaves_room_for_more(sync_us: int, most: int) -> None:
    assert Limits().most_beside(sync_us * 1_000) == most


@pytest.mark.parametrize(
    ("each_us", "sync_us", "most"),
    [(1, 0, 64), (7, 0, 64), (20, 0, 25), (50, 0, 10), (500, 0, 8), (50, 4_000, 40)],
)
def test_dear_messages_are_fewer_in_a_tick(each_us: int, sync_us: int, most: int) -> None:
    assert Limits().most_beside(sync_us * 1_000, each_us * 1_000) == most


def test_a_venue_asks_what_a_message_takes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    logon = wire.Logon(wire.VERSION, "M1", "alice", "a nonce", heartbeat_ms=60_000)
    orders = b"".join(pack(buy(ref)) for ref in range(1, 1_001))
    spent, each = [0], [1_000_000]  # ns of processor: so far, and for an order

    def take(_time: int, _events: list[Event]) -> None:
        spent[0] += each[0]

    async def scenario() -> None:
        async with venue(tmp_path, unshared=0, most_while_syncing=1) as node:
            monkeypatch.setattr(time, "thread_time_ns", lambda: spent[0])
            node.observers.append(take)
            node.core.received(node.core.connected(node.clock()), hello(logon, "alice-key"))
            node.tick()
            connection = next(iter(node.core.sessions.connections))
            node.core.received(connection, orders)
            found = []
            for _ in range(6):
                node.tick()
                found.append(node.core.most)
                each[0] = 1_000_000 if len(found) < 4 else 5_000
            assert found == [64, 8, 8, 8, 64, 64], "one dear tick may be a hiccup"
            monkeypatch.undo()

    bounded(scenario())


def test_a_venue_on_a_disk_asks_how_long_its_syncs_take(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with venue(tmp_path, most=30, most_while_syncing=31) as node:
            assert node.core.most in {30, 31}
            node.core.most = 0
            node.tick()
            assert node.core.most in {30, 31}

    bounded(scenario())

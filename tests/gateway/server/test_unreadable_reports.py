"""Sessions read old reports from wherever these are; where that fails one session ends, no more."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gateway.protocol import wire
from gateway.server import box as boxes
from gateway.server import pieces
from tests.gateway.server.test_core import buy
from tests.support.quiet_core import End, QuietVenue
from tests.support.report_stores import FailingStore

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(autouse=True, scope="module")
def _small_windows() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(boxes, "WINDOW", 2_000)
        patch.setattr(boxes, "CHUNK", 1_000)
        patch.setattr(pieces, "PAGE", 4)
        yield


@pytest.fixture
def store() -> FailingStore:
    """Return an empty store."""
    return FailingStore()


@pytest.fixture
def quiet(store: FailingStore) -> QuietVenue:
    """Return a venue, where ann has some hundred reports."""
    quiet = QuietVenue(("ann", "bob"))
    for box in quiet.outboxes.boxes.values():
        box._old._store = store
    ann, bob = quiet.logged_on("ann", "bob")
    for turn in range(10):
        ann.say(*(buy(ref + 50 * turn, 1, 4_000 + ref) for ref in range(1, 51)))
        quiet.tick()
    assert len(ann.reports()) == quiet.outboxes.boxes["ann"].seq > 400
    assert len(store.data) > 10_000
    ann.cut()
    assert not bob.closed()
    return quiet


def test_all_reports_come_again_from_any_number(quiet: QuietVenue) -> None:
    last = quiet.outboxes.boxes["ann"].seq
    for seen in (0, 1, 17, 300, last - 1, last):
        ann = End(quiet)
        ann.log_on("ann", last_seen=seen)
        quiet.tick()
        quiet.tick()
        assert [each.seq for each in ann.reports()] == list(range(seen + 1, last + 1))
        ann.cut()
        quiet.tick()


def test_what_is_sent_again_gets_its_old_answer(quiet: QuietVenue) -> None:
    (ann,) = quiet.logged_on("ann", last_seen=quiet.outboxes.boxes["ann"].seq)
    ann.say(buy(7, 1, 4_007))
    quiet.tick()
    assert [(type(m), m.ref) for m in ann.reports()] == [(wire.OrderAccepted, 7)]


@pytest.mark.parametrize("seen", [0, 33])
def test_reports_that_cannot_be_read_end_that_session_alone(
    quiet: QuietVenue, store: FailingStore, seen: int
) -> None:
    store.broken = True
    (bob,) = quiet.logged_on("bob")
    (ann,) = quiet.logged_on("ann", last_seen=seen)
    quiet.tick()
    assert ann.closed()
    assert ann.heard[-1].reason is wire.LogoutReason.STORAGE
    assert "a bad sector" in ann.heard[-1].text
    bob.say(buy(1, 1, 4_000))
    quiet.tick()
    assert bob.all_of(wire.OrderAccepted)
    (again,) = quiet.logged_on("ann", last_seen=quiet.outboxes.boxes["ann"].seq)
    again.say(buy(9_000, 1, 4_000))
    quiet.tick()
    assert not again.closed(), "what is in memory is enough for who missed nothing"
    assert [m.ref for m in again.all_of(wire.OrderAccepted)] == [9_000]


def test_an_answer_that_cannot_be_read_ends_that_session_and_nothing_happens_twice(
    quiet: QuietVenue, store: FailingStore
) -> None:
    store.broken = True
    (ann,) = quiet.logged_on("ann", last_seen=quiet.outboxes.boxes["ann"].seq)
    live = quiet.sequencer.venue.live_orders()
    ann.say(buy(7, 1, 4_007), buy(9_000, 1, 4_000))
    quiet.tick()
    assert ann.closed()
    assert ann.heard[-1].reason is wire.LogoutReason.STORAGE
    assert quiet.sequencer.venue.live_orders() == live


def test_the_last_words_need_no_disk(quiet: QuietVenue, store: FailingStore) -> None:
    (ann,) = quiet.logged_on("ann")
    quiet.core.paused(ann.connection, quiet.now)
    ann.connection.sent = 0
    store.broken = True
    quiet.core.farewell()
    quiet.tick()
    assert ann.heard[-1].reason is wire.LogoutReason.SHUTDOWN


def test_a_logon_whose_reports_cannot_be_read_takes_no_session_over(
    quiet: QuietVenue, store: FailingStore
) -> None:
    (first,) = quiet.logged_on("ann", last_seen=quiet.outboxes.boxes["ann"].seq)
    store.broken = True
    second = End(quiet)
    second.log_on("ann", last_seen=0)
    quiet.tick()
    assert [each.reason for each in second.all_of(wire.LoggedOut)] == [wire.LogoutReason.STORAGE]
    first.say(buy(1_001, 1, 4_000))
    quiet.tick()
    assert not first.closed()
    assert [m.ref for m in first.all_of(wire.OrderAccepted)] == [1_001]

"""A disk that fills up and is freed again, under a whole core and its clients."""

from __future__ import annotations

import errno
import os
from typing import TYPE_CHECKING, Any

import pytest

from engine.log.journal import FILE_NAME, Journal, JournalError
from engine.log.sequencer import replay
from engine.rulebook.presets import load as load_rulebook
from engine.vocabulary.enums import RejectReason, Side
from gateway.protocol import wire
from tests.support.quiet_core import START, End, QuietVenue

if TYPE_CHECKING:
    from pathlib import Path

AHEAD = 1 << 14
SECOND = 1_000  # ms


class Disk:
    """A disk of which ``free`` bytes can still be reserved or written."""

    def __init__(self, patch: pytest.MonkeyPatch, error: int = errno.ENOSPC) -> None:
        self.free = 1 << 30
        self.asked = 0
        self.written = 0
        self.error = error
        self.kept: dict[int, int] = {}  # by descriptor: the offset up to which there is space
        self._write = os.write
        patch.setattr(os, "posix_fallocate", self.fallocate, raising=False)
        patch.setattr(os, "write", self.write)

    def fallocate(self, descriptor: int, start: int, length: int) -> None:
        self.asked += 1
        more = start + length - self.kept.get(descriptor, start)
        if more > self.free:
            raise OSError(self.error, os.strerror(self.error))
        self.free -= max(0, more)
        self.kept[descriptor] = max(start + length, self.kept.get(descriptor, 0))

    def write(self, descriptor: int, data: Any) -> int:
        at = os.lseek(descriptor, 0, os.SEEK_CUR)
        kept = self.kept.get(descriptor, at)
        more = at + len(data) - kept
        if more > self.free:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        self.free -= max(0, more)
        done = self._write(descriptor, data)
        self.written += done
        return done


class Venue:
    """A core on a log of this disk, and one client that trades."""

    def __init__(self, folder: Path, disk: Disk) -> None:
        self.disk = disk
        self.folder = folder
        self.journal = Journal.create(folder, load_rulebook("textbook"), START)
        self.journal.ahead = AHEAD
        self.quiet = QuietVenue(("ann", "bob"), log=self.journal)
        self.ann: End = self.quiet.logged_on("ann", "bob")[0]
        self.bob = list(self.quiet.ends.values())[1]
        self.ref = 0

    def order(self) -> int:
        """Send an order that rests; return its reference."""
        self.ref += 1
        self.ann.say(wire.NewOrder(self.ref, "CO2", Side.BUY, 1, 4_990))
        return self.ref

    def cancel(self, target: int) -> int:
        self.ref += 1
        self.ann.say(wire.CancelOrder(self.ref, target))
        return self.ref

    def fill(self) -> list[int]:
        """Send orders until one is not taken; return the references of those that were."""
        self.disk.free = 0
        taken: list[int] = []
        while not self.answers():
            taken.append(self.order())
            self.quiet.tick()
            assert len(taken) < AHEAD
        return taken[:-1]

    def answers(self) -> list[wire.NotTaken]:
        return [m for m in self.ann.all_of(wire.NotTaken) if m.ref]

    def told(self, end: End) -> list[bool]:
        return [m.over for m in end.all_of(wire.NotTaken) if not m.ref]

    def accepted(self) -> list[int]:
        return [m.ref for m in self.ann.all_of(wire.OrderAccepted)]

    def replayed(self) -> str:
        return replay(self.folder).venue.state_hash()

    def state(self) -> str:
        return self.quiet.sequencer.venue.state_hash()


@pytest.fixture
def disk(monkeypatch: pytest.MonkeyPatch) -> Disk:
    return Disk(monkeypatch)


@pytest.fixture
def venue(tmp_path: Path, disk: Disk) -> Venue:
    return Venue(tmp_path, disk)


def test_without_space_orders_are_refused_and_nothing_of_them_is_written(venue: Venue) -> None:
    taken = venue.fill()
    assert venue.accepted() == taken
    answer = venue.answers()[0]
    assert (answer.ref, answer.reason, answer.over) == (venue.ref, RejectReason.STORAGE, False)
    assert "cancels are taken" in answer.rule
    written, state = venue.disk.written, venue.state()
    for _ in range(50):
        venue.order()
    venue.quiet.tick()
    assert len(venue.answers()) == 51
    assert (venue.disk.written, venue.state()) == (written, state)
    assert venue.replayed() == state


def test_cancels_are_taken_from_what_was_reserved(venue: Venue) -> None:
    taken = venue.fill()
    for ref in taken[:20]:
        venue.cancel(ref)
    venue.quiet.tick()
    assert [m.ref for m in venue.ann.all_of(wire.OrderCancelled)] == taken[:20]
    venue.ref += 1
    venue.ann.say(wire.MassCancel(venue.ref))
    venue.quiet.tick()
    assert venue.ann.all_of(wire.MassCancelled)[0].count == len(taken) - 20
    assert venue.replayed() == venue.state()


def test_an_order_between_two_cancels_is_left_out(venue: Venue) -> None:
    taken = venue.fill()
    first, order, second = venue.cancel(taken[0]), venue.order(), venue.cancel(taken[1])
    venue.quiet.tick()
    assert [m.request for m in venue.ann.all_of(wire.OrderCancelled)] == [first, second]
    assert venue.answers()[-1].ref == order
    assert venue.replayed() == venue.state()


def test_all_sessions_hear_of_it_and_so_does_who_comes_then(venue: Venue) -> None:
    venue.fill()
    assert (venue.told(venue.ann), venue.told(venue.bob)) == ([False], [False])
    (again,) = venue.quiet.logged_on("bob")
    assert venue.told(again) == [False]
    venue.disk.free = 1 << 30
    venue.quiet.tick(SECOND)
    assert (venue.told(venue.ann), venue.told(again)) == ([False, True], [False, True])
    (later,) = venue.quiet.logged_on("bob")
    assert venue.told(later) == []


def test_a_logon_in_the_tick_in_which_space_returns_takes_nothing_from_the_others(
    venue: Venue,
) -> None:
    venue.fill()
    venue.disk.free = 1 << 30
    again = End(venue.quiet)
    again.log_on("bob")
    venue.quiet.tick(SECOND)
    assert venue.told(venue.ann) == [False, True]
    assert venue.told(again) == [True]


def test_it_goes_on_when_space_returns_under_the_same_reference(venue: Venue) -> None:
    taken = venue.fill()
    refused = venue.ref
    venue.disk.free = 1 << 30
    venue.quiet.tick(SECOND)
    venue.ann.say(wire.NewOrder(refused, "CO2", Side.BUY, 1, 4_990))
    venue.quiet.tick()
    assert venue.accepted() == [*taken, refused]
    venue.quiet.sequencer.close()
    assert venue.replayed() == venue.state()


def test_a_little_space_is_not_enough_to_begin_again(venue: Venue) -> None:
    venue.fill()
    venue.disk.free = AHEAD // 8
    venue.quiet.tick(SECOND)
    assert venue.told(venue.ann) == [False]
    assert venue.quiet.core.storage.short


def test_a_full_disk_is_asked_once_a_second(venue: Venue) -> None:
    venue.fill()
    venue.quiet.tick(SECOND)
    asked = venue.disk.asked
    for _ in range(100):
        venue.order()
        venue.quiet.tick()
    assert venue.disk.asked == asked


def test_when_all_that_was_reserved_is_used_nothing_of_a_block_is_written(venue: Venue) -> None:
    taken = venue.fill()
    while venue.journal.room >= AHEAD // 4:
        venue.cancel(10**9)  # refused by the venue, and logged
        venue.quiet.tick()
    refused = venue.cancel(taken[0])
    venue.quiet.tick()
    assert venue.answers()[-1].ref == refused
    journal, written = venue.journal, venue.disk.written
    journal.buffer += bytes(journal.room)
    with pytest.raises(JournalError, match="no space left: free the disk"):
        journal.sync()
    assert venue.disk.written == written
    assert venue.replayed() == venue.state()


def test_a_large_tick_is_cut_where_the_space_ends(venue: Venue) -> None:
    venue.disk.free = 0
    for _ in range(1_000):
        venue.order()
    venue.quiet.tick()
    taken = venue.accepted()
    assert taken
    assert taken == list(range(1, len(taken) + 1))
    assert [m.ref for m in venue.answers()] == list(range(len(taken) + 1, 1_001))
    assert venue.told(venue.ann) == [False]
    assert venue.replayed() == venue.state()


@pytest.mark.parametrize("number", [errno.EDQUOT, errno.EFBIG])
def test_a_quota_is_no_space(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int) -> None:
    venue = Venue(tmp_path, Disk(monkeypatch, number))
    assert venue.fill() == venue.accepted()


def test_a_disk_that_fails_is_the_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    venue = Venue(tmp_path, Disk(monkeypatch, errno.EIO))
    with pytest.raises(JournalError, match="Input/output error"):
        venue.fill()


def test_where_space_cannot_be_reserved_the_log_is_written_as_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    venue = Venue(tmp_path, Disk(monkeypatch, errno.EOPNOTSUPP))
    with pytest.raises(JournalError, match=r"No space left"):
        venue.fill()


def test_a_limit_on_the_size_of_files_is_met_with_the_calls_of_the_system(tmp_path: Path) -> None:
    resource = pytest.importorskip("resource", reason="this system has no such limits")
    if not hasattr(os, "posix_fallocate"):
        pytest.skip("this system cannot reserve space")
    journal = Journal.create(tmp_path, load_rulebook("textbook"), START)
    journal.ahead = AHEAD
    quiet = QuietVenue(("ann",), log=journal)
    (ann,) = quiet.logged_on("ann")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (journal.size + AHEAD, before[1]))
    try:
        ref = 0
        while not ann.all_of(wire.NotTaken):
            ref += 1
            ann.say(wire.NewOrder(ref, "CO2", Side.BUY, 1, 4_990))
            quiet.tick()
            assert ref < AHEAD
        ann.say(wire.CancelOrder(ref + 1, 1))
        quiet.tick()
        assert len(ann.all_of(wire.OrderCancelled)) == 1
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    quiet.tick(SECOND)
    assert ann.all_of(wire.NotTaken)[-1].over
    ann.say(wire.NewOrder(ref + 2, "CO2", Side.BUY, 1, 4_990))
    quiet.tick()
    assert ann.all_of(wire.OrderAccepted)[-1].ref == ref + 2
    quiet.sequencer.close()
    assert replay(tmp_path).venue.state_hash() == quiet.sequencer.venue.state_hash()


def test_a_close_gives_back_what_was_reserved(tmp_path: Path) -> None:
    journal = Journal.create(tmp_path, load_rulebook("textbook"), START)
    written = journal.size
    assert journal.reserve()
    if hasattr(os, "posix_fallocate"):
        assert (tmp_path / FILE_NAME).stat().st_size >= journal.ahead
    assert replay(tmp_path).torn_bytes == 0
    journal.close()
    assert (tmp_path / FILE_NAME).stat().st_size == written


# -- a sync now and then ---------------------------------------------------------------------------


def test_in_interval_the_log_is_synced_when_the_time_has_come_and_sessions_know(
    tmp_path: Path,
) -> None:
    journal = Journal.create(tmp_path, load_rulebook("textbook"), START, "interval")
    quiet = QuietVenue(("ann",), log=journal, sync_every=100 * 10**6)
    (ann,) = quiet.logged_on("ann")
    assert ann.all_of(wire.LoggedOn)[0].durability == "interval 100 ms"
    quiet.tick(100)
    durable = journal.chain.durable
    assert durable == journal.chain.number
    for ref in range(1, 10):
        ann.say(wire.NewOrder(ref, "CO2", Side.BUY, 1, 4_990))
        quiet.tick(10)
    assert len(ann.all_of(wire.OrderAccepted)) == 9
    assert (journal.chain.number, journal.chain.durable) == (durable + 9, durable)
    quiet.tick(10)
    assert journal.chain.durable == journal.chain.number
    quiet.now = START  # a clock that was set back
    ann.say(wire.NewOrder(10, "CO2", Side.BUY, 1, 4_990))
    quiet.tick()
    assert journal.chain.durable == journal.chain.number
    quiet.sequencer.close()


@pytest.mark.parametrize(("durability", "said"), [("sync", "sync"), ("none", "none")])
def test_the_other_modes_are_named_as_they_are(tmp_path: Path, durability: str, said: str) -> None:
    journal = Journal.create(tmp_path, load_rulebook("textbook"), START, durability)
    quiet = QuietVenue(("ann",), log=journal)
    (ann,) = quiet.logged_on("ann")
    assert ann.all_of(wire.LoggedOn)[0].durability == said
    quiet.sequencer.close()

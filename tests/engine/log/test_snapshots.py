"""Snapshots: the same state, and the same future, as the log they stand for."""

from __future__ import annotations

from io import BytesIO
from random import Random
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.log import snapshot as snapshots
from engine.log import upkeep
from engine.log.blocks import Reader
from engine.log.errors import LogError
from engine.log.files import Disk, using
from engine.log.graph import GraphError, freeze, thaw
from engine.log.journal import FILE_NAME, Journal
from engine.log.places import SnapshotError
from engine.log.sequencer import Sequencer, recover, replay
from engine.log.snapshotter import take
from engine.rulebook import presets
from engine.venue.venue import Venue
from engine.vocabulary import commands as c
from tests.support.random_flow import Flow

if TYPE_CHECKING:
    from pathlib import Path

    from engine.log.records import Record
    from engine.vocabulary.events import Event

BOOKS = tuple(presets.names())
BOOK = presets.load("textbook")


def commands_of(name: str, seed: int, days: int = 2, each: int = 40) -> list[c.Command]:
    """Return some days' commands under a rulebook."""
    flow = Flow(presets.load(name), Random(seed))
    for _ in range(days):
        for _pair in flow.day(each):
            pass
    return flow.given


def sequenced(folder: Path, name: str = "textbook", durability: str = "none") -> Sequencer:
    book = presets.load(name)
    return Sequencer(Venue(book), Journal.create(folder, book, 1, durability))


@pytest.mark.parametrize("name", BOOKS)
@settings(max_examples=4, deadline=None)
@given(seed=st.integers(0, 10**6), cut=st.integers(0, 99))
def test_a_thawed_venue_is_the_same_and_goes_on_the_same(name: str, seed: int, cut: int) -> None:
    given_commands = commands_of(name, seed)
    at = len(given_commands) * cut // 100
    live = Venue(presets.load(name))
    for command in given_commands[:at]:
        live.apply(command)
    again: Venue = thaw(freeze(live))
    again.check()
    assert again.state_hash() == live.state_hash()
    assert freeze(again) == freeze(live), "nothing is left out, the caches included"
    for command in given_commands[at:]:
        assert again.apply(command) == live.apply(command)
        assert again.state_hash() == live.state_hash()
    again.check()


def test_what_cannot_be_made_again_is_refused() -> None:
    with pytest.raises(GraphError, match=r"_io\.BytesIO cannot be kept"):
        freeze([BytesIO()])
    with pytest.raises(GraphError, match=r"os:system is not here"):
        thaw([["os:system", [], 0, []], ["", [], 5, [[1, [0]], [0, []]]]])
    tables = freeze(Venue(BOOK))
    clock = next(table for table in tables if table[0] == "engine.book.clock:Clock")
    clock[1][0] = "then"
    with pytest.raises(GraphError, match="Clock has other fields"):
        thaw(tables)


def test_values_of_every_kind_come_back() -> None:
    wide = [1 << 63, -(1 << 70), (1 << 63) - 1]
    values: list[object]
    values = [[1, "a", b"b", None, True, [2]], {"k": (1, (2, [3]))}, wide, [[]], {1: {}}]
    for value in values:
        found = thaw(freeze(value))
        assert found == value
        assert repr(found) == repr(value)


@pytest.fixture
def kept(tmp_path: Path) -> None:
    """Write a log of some days, with a snapshot in its middle and one behind that."""
    all_of_them = commands_of("shenzhen-2022", 3)
    sequencer = sequenced(tmp_path, "shenzhen-2022", "sync")
    for number, command in enumerate(all_of_them, 1):
        sequencer.submit(number, 0, command)
        sequencer.commit()
        if number in {40, 80}:
            taken = take(tmp_path)
            assert taken.path == tmp_path / f"venue.snapshot.{number}"
            assert (taken.seq, taken.replayed) == (number, 40)
            assert taken.state == sequencer.venue.state_hash()
    sequencer.close()


@pytest.mark.usefixtures("kept")
def test_recovery_begins_at_the_newest_snapshot(tmp_path: Path) -> None:
    expected = replay(tmp_path)
    again = recover(tmp_path)
    assert again.snapshot == tmp_path / "venue.snapshot.80"
    assert (again.seq, again.time) == (expected.records, expected.time)
    assert again.venue.state_hash() == expected.venue.state_hash()
    again.submit(again.time, 0, c.OpenAccount("zoe"))
    again.close()
    assert "zoe" in replay(tmp_path).venue.accounts


@pytest.mark.usefixtures("kept")
def test_a_damaged_snapshot_falls_back_to_the_one_before_and_then_to_the_log(
    tmp_path: Path,
) -> None:
    expected = replay(tmp_path).venue.state_hash()
    for number, left in ((80, "venue.snapshot.40"), (40, "")):
        path = tmp_path / f"venue.snapshot.{number}"
        data = bytearray(path.read_bytes())
        data[len(data) // 2] ^= 1
        path.write_bytes(data)
        again = recover(tmp_path)
        assert (again.snapshot.name if again.snapshot else "") == left
        assert again.venue.state_hash() == expected
        again.close()


@pytest.mark.usefixtures("kept")
def test_every_bit_and_every_cut_of_a_snapshot_is_noticed(tmp_path: Path) -> None:
    path = tmp_path / "venue.snapshot.40"
    data = path.read_bytes()
    rng = Random(1)
    for _ in range(150):
        at = rng.randrange(len(data))
        hurt = bytearray(data)
        hurt[at] ^= 1 << rng.randrange(8)
        for wrong in (hurt, data[:at]):
            path.write_bytes(wrong)
            with pytest.raises(SnapshotError, match=r"venue.snapshot.40 cannot be used"):
                snapshots.read(path)


@pytest.mark.usefixtures("kept")
def test_a_snapshot_of_another_log_is_passed_over(tmp_path: Path) -> None:
    other = sequenced(tmp_path / "other")
    for number in range(200):
        other.submit(number, 0, c.OpenAccount(f"a{number}"))
        other.commit()
        if number == 70:
            path = take(tmp_path / "other").path
    other.close()
    path.rename(tmp_path / "venue.snapshot.90")
    again = recover(tmp_path)
    assert again.snapshot == tmp_path / "venue.snapshot.80"
    again.close()


def cut_behind(folder: Path, block: int) -> None:
    """Take all behind a block from a log, and what is beside it to say that there was more."""
    path = folder / FILE_NAME
    ends = [found.end for found in Reader(BytesIO(path.read_bytes())).blocks()]
    with path.open("r+b") as file:
        file.truncate(ends[block])
    (folder / "venue.head").unlink()


@pytest.mark.usefixtures("kept")
def test_a_log_that_lacks_what_a_snapshot_knows_to_be_durable_is_refused(tmp_path: Path) -> None:
    cut_behind(tmp_path, 78)
    with pytest.raises(LogError, match=r"by venue\.snapshot\.80 more than that was durable"):
        recover(tmp_path)
    with pytest.raises(LogError, match=r"by venue\.snapshot\.80 more than that was durable"):
        upkeep.check(tmp_path)
    upkeep.repair(tmp_path)
    assert recover(tmp_path).seq == 78


@pytest.mark.usefixtures("kept")
def test_a_snapshot_of_a_commit_that_was_lost_before_it_was_known_is_set_aside(
    tmp_path: Path,
) -> None:
    data = (tmp_path / "venue.snapshot.80").read_bytes()
    cut_behind(tmp_path, 79)
    assert upkeep.check(tmp_path).replayed.records == 79
    again = recover(tmp_path)
    assert (again.seq, again.snapshot) == (79, tmp_path / "venue.snapshot.40")
    assert again.aside == [tmp_path / "venue.ahead.80"]
    assert again.aside[0].read_bytes() == data
    again.close()
    assert again.venue.state_hash() == replay(tmp_path).venue.state_hash()
    assert snapshots.paths(tmp_path) == [tmp_path / "venue.snapshot.40"]


@pytest.mark.usefixtures("kept")
def test_a_snapshot_of_a_snapshot_knows_no_more_to_be_durable(tmp_path: Path) -> None:
    cut_behind(tmp_path, 80)
    assert take(tmp_path).seq == 80
    place = snapshots.place_of(tmp_path / "venue.snapshot.80")
    assert place is not None
    assert (place.number, place.known) == (80, 79)


@pytest.mark.usefixtures("kept")
def test_a_commit_that_is_torn_behind_a_snapshot_is_cut_off(tmp_path: Path) -> None:
    with (tmp_path / FILE_NAME).open("ab") as file:
        file.write(b"half of a block")
    again = recover(tmp_path)
    journal = again.journal
    assert journal is not None
    assert (journal.cut, again.snapshot is not None) == (15, True)
    again.close()


class WatchedDisk(Disk):
    """Keeps what is written."""

    def __init__(self) -> None:
        self.written = b""

    def write(self, descriptor: int, data: bytes | memoryview) -> int:
        self.written += bytes(data)
        return super().write(descriptor, data)


def test_a_block_that_nothing_knows_to_be_durable_is_written_again_behind_a_snapshot_too(
    tmp_path: Path,
) -> None:
    sequencer = sequenced(tmp_path, durability="sync")
    for number in range(5):
        sequencer.submit(number, 0, c.OpenAccount(f"a{number}"))
        sequencer.commit()
    assert take(tmp_path).seq == 5
    assert sequencer.journal is not None
    sequencer.journal.close()  # as after a crash: without a state and a head
    data = (tmp_path / FILE_NAME).read_bytes()
    last = [block.start for block in Reader(BytesIO(data)).blocks()][-1]
    disk = WatchedDisk()
    with using(disk):
        again = recover(tmp_path)
    assert again.snapshot == tmp_path / "venue.snapshot.5"
    assert data[last:] in disk.written
    again.close()


class Hearer:
    """Hears numbers, and keeps them in parts of some names."""

    def __init__(self, *names: str) -> None:
        self.parts: dict[str, list[int]] = {name: [] for name in names}

    def absorb(self, record: Record, _events: list[Event]) -> None:
        for numbers in self.parts.values():
            numbers.append(record.seq)


def test_what_hears_the_records_is_kept_with_the_venue(tmp_path: Path) -> None:
    sequencer = sequenced(tmp_path)
    for number in range(10):
        sequencer.submit(number, 0, c.OpenAccount(f"a{number}"))
        sequencer.commit()
        if number in {3, 6}:
            hearer = Hearer("heard")
            take(tmp_path, hearer.absorb, hearer.parts)
            assert hearer.parts["heard"] == [*range(1, number + 2)]
    sequencer.close()
    for names, snapshot in ((["heard"], 7), (["heard", "others"], 0), (["others"], 0)):
        hearer = Hearer(*names)
        again = recover(tmp_path, hearer.absorb, "none", hearer.parts)
        again.close()
        assert (again.snapshot is not None) == bool(snapshot), "only where it has all of that"
        assert [*hearer.parts.values()] == [[*range(1, 11)]] * len(names)


def test_two_snapshots_are_kept(tmp_path: Path) -> None:
    sequencer = sequenced(tmp_path)
    for number in range(4):
        sequencer.submit(number, 0, c.OpenAccount(f"a{number}"))
        sequencer.commit()
        take(tmp_path)
    sequencer.close()
    assert [path.name for path in snapshots.paths(tmp_path)] == [
        "venue.snapshot.4",
        "venue.snapshot.3",
    ]

"""A log in several files is one log, whatever is done with it."""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING

import pytest

from engine.log import upkeep
from engine.log.backups import backup
from engine.log.blocks import Chain, Kind, Reader
from engine.log.errors import LogError
from engine.log.head import HEAD_NAME, write_head
from engine.log.journal import FILE_NAME, Journal, JournalError, open_log
from engine.log.segments import next_segment
from engine.log.sequencer import Sequencer, recover, replay
from engine.log.snapshotter import take
from engine.rulebook import presets
from engine.venue.venue import Venue
from engine.vocabulary import commands as c

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

BOOK = presets.load("textbook")
SIZE = 4_000  # of a segment here: the first block alone has more than half of it


def begin(folder: Path, durability: str = "none") -> Sequencer:
    journal = Journal.create(folder, BOOK, 1, durability)
    journal.segment_size = SIZE
    return Sequencer(Venue(BOOK), journal)


def go_on(sequencer: Sequencer, count: int) -> None:
    """Run so many commands, each committed, in small segments."""
    assert sequencer.journal is not None
    for _ in range(count):
        sequencer.journal.segment_size = min(sequencer.journal.segment_size, SIZE)
        sequencer.submit(sequencer.seq, 0, c.OpenAccount(f"account {sequencer.seq}", cash=5))
        sequencer.commit()


def written(folder: Path, count: int = 200) -> str:
    """Write a log of several segments; return the state."""
    sequencer = begin(folder)
    go_on(sequencer, count)
    sequencer.close()
    return sequencer.venue.state_hash()


def names(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("venue.log*"))


def test_a_log_goes_on_in_another_segment_and_reads_as_one(tmp_path: Path) -> None:
    state = written(tmp_path)
    assert len(names(tmp_path)) > 4
    assert names(tmp_path)[:3] == [FILE_NAME, "venue.log.000001", "venue.log.000002"]
    assert replay(tmp_path).venue.state_hash() == state
    again = recover(tmp_path)
    go_on(again, 100)
    again.close()
    whole = replay(tmp_path)
    assert (whole.records, whole.venue.state_hash()) == (300, again.venue.state_hash())
    assert upkeep.check(tmp_path).replayed.records == 300


def test_the_first_block_of_a_segment_has_its_number_and_the_hash_before_it(
    tmp_path: Path,
) -> None:
    written(tmp_path)
    with open_log(tmp_path) as file:
        starts = file.segments.starts
        before = b""
        for block in Reader(file).blocks():
            if block.start in starts[1:]:
                number = starts.index(block.start) + 1
                assert bytes(block.body) == b"\x93\xafcarbonx-segment\x06" + bytes([number])
                file.seek(block.start)
                assert before in file.read(65)
            before = block.hash


def test_snapshots_put_old_segments_away_and_all_is_still_read(tmp_path: Path) -> None:
    sequencer = begin(tmp_path)
    go_on(sequencer, 100)
    take(tmp_path)
    assert not (tmp_path / "archive").exists(), "the log is the second way back"
    go_on(sequencer, 100)
    take(tmp_path)
    away = [name for name in names(tmp_path) if name.startswith("archive/")]
    assert away[:2] == ["archive/venue.log.000001", "archive/venue.log.000002"]
    go_on(sequencer, 100)
    sequencer.close()
    state = sequencer.venue.state_hash()
    assert replay(tmp_path).venue.state_hash() == state
    assert upkeep.check(tmp_path).replayed.venue.state_hash() == state
    again = recover(tmp_path)
    again.close()
    assert (again.venue.state_hash(), again.snapshot) == (state, tmp_path / "venue.snapshot.200")


def test_a_start_needs_no_archive_but_a_replay_says_what_it_misses(tmp_path: Path) -> None:
    sequencer = begin(tmp_path)
    for _ in range(2):
        go_on(sequencer, 100)
        take(tmp_path)
    go_on(sequencer, 50)
    sequencer.close()
    state = sequencer.venue.state_hash()
    shutil.rmtree(tmp_path / "archive")
    again = recover(tmp_path)
    again.close()
    assert again.venue.state_hash() == state
    with pytest.raises(JournalError, match=r"venue\.log\.0000\d\d does not exist: put that part"):
        replay(tmp_path)
    assert upkeep.check(tmp_path).replayed.venue.state_hash() == state
    copy = backup(tmp_path, tmp_path / "copy")
    assert copy.replayed.venue.state_hash() == state
    for path in tmp_path.glob("venue.snapshot.*"):
        path.unlink()
    with pytest.raises(JournalError, match="no snapshot stands for it"):
        upkeep.check(tmp_path)
    with pytest.raises(JournalError, match="does not exist: put that part"):
        recover(tmp_path)


def test_a_backup_of_several_segments_goes_on(tmp_path: Path) -> None:
    sequencer = begin(tmp_path / "one")
    go_on(sequencer, 120)
    take(tmp_path / "one")
    go_on(sequencer, 30)
    found = backup(tmp_path / "one", tmp_path / "two")
    assert found.replayed.venue.state_hash() == sequencer.venue.state_hash()
    sequencer.close()
    shutil.rmtree(tmp_path / "one")
    again = recover(tmp_path / "two")
    assert again.snapshot is not None
    go_on(again, 50)
    again.close()
    assert replay(tmp_path / "two").records == 200


@pytest.mark.parametrize("segment", [1, 3])
def test_rot_in_an_old_segment_is_refused_and_repair_ends_the_log_there(
    tmp_path: Path, segment: int
) -> None:
    written(tmp_path)
    take(tmp_path)
    path = tmp_path / f"venue.log.{segment:06}"
    data = bytearray(path.read_bytes())
    data[-40] ^= 4
    path.write_bytes(data)
    with pytest.raises(LogError, match="is damaged, and blocks up to"):
        replay(tmp_path)
    again = recover(tmp_path)  # from the snapshot, which is right
    again.close()
    found = upkeep.repair(tmp_path)
    assert found.kept is not None
    assert len([name for name in names(tmp_path) if "torn" not in name]) == segment
    after = replay(tmp_path)
    assert 0 < after.records < 200
    assert not list(tmp_path.glob("venue.snapshot.*")), "it stood behind what is cut off"
    again = recover(tmp_path)
    go_on(again, 100)
    again.close()
    assert replay(tmp_path).records == after.records + 100


def test_a_segment_that_is_missing_is_named(tmp_path: Path) -> None:
    written(tmp_path)
    (tmp_path / "venue.log.000002").unlink()
    for read in (replay, recover):
        with pytest.raises(JournalError, match=r"venue\.log\.000002 does not exist: put that"):
            read(tmp_path)


def test_a_migration_leaves_one_segment_and_the_old_ones_aside(tmp_path: Path) -> None:
    sequencer = begin(tmp_path)
    go_on(sequencer, 200)
    assert sequencer.journal is not None
    sequencer.journal.mark(sequencer.seq, "the state that another engine came to")
    sequencer.journal.close()
    count = len(names(tmp_path))
    old = upkeep.migrate(tmp_path)
    assert old == tmp_path / "venue.log.before.1"
    kept = [name for name in names(tmp_path) if name.startswith("venue.log.before.1")]
    assert len(kept) == count
    assert upkeep.check(tmp_path).replayed.records == 200
    again = recover(tmp_path)
    go_on(again, 100)
    again.close()
    assert replay(tmp_path).records == 300


class PowerCutError(BaseException):
    """The machine goes off here."""


CALLS = ("open", "write", "fsync", "fdatasync", "ftruncate", "link", "replace")


class Calls:
    """Counts the calls of the system that a journal makes, and makes one of them fail."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, error: BaseException) -> None:
        self.made = 0
        self.fail_at = -1
        self.error = error

        for name in CALLS:
            monkeypatch.setattr(os, name, self._counting(getattr(os, name)))

    def _counting(self, call: Callable[..., object]) -> Callable[..., object]:
        def counted(*args: object, **words: object) -> object:
            self.made += 1
            if self.made == self.fail_at:
                raise self.error
            return call(*args, **words)

        return counted


@pytest.mark.parametrize("error", [OSError(5, "the device does not answer"), PowerCutError()])
def test_whatever_fails_while_a_segment_is_begun_nothing_committed_is_lost(
    tmp_path: Path, error: BaseException
) -> None:
    outcomes: dict[str, int] = {}
    for fail_at in range(1, 40):
        folder = tmp_path / str(fail_at)
        sequencer = begin(folder, "sync")
        assert sequencer.journal is not None
        sequencer.journal.segment_size = 1 << 40
        go_on(sequencer, 0)
        for number in range(30):
            sequencer.submit(number, 0, c.OpenAccount(f"a{number}"))
            sequencer.commit()
        committed = sequencer.seq
        sequencer.submit(50, 0, c.OpenAccount("last"))
        sequencer.journal.segment_size = 1
        with pytest.MonkeyPatch.context() as patch:
            calls = Calls(patch, error)
            calls.fail_at = fail_at
            try:
                sequencer.commit()
            except JournalError:
                outcome = "stopped"
            except PowerCutError:
                outcome = "off"
            else:
                outcome = "rolled" if sequencer.journal.segment == 2 else "went on"
                committed += 1
        outcomes[outcome] = outcomes.get(outcome, 0) + 1
        if outcome in {"rolled", "went on"}:
            go_on(sequencer, 60)
            committed = sequencer.seq
        sequencer.journal.buffer.clear()
        sequencer.journal.close()
        found = replay(folder)
        assert found.records in {committed, committed + (outcome in {"stopped", "off"})}
        again = recover(folder)
        go_on(again, 60)
        again.close()
        assert replay(folder).records == found.records + 60
        if calls.made < fail_at:
            break
    assert outcomes.pop("rolled") >= 1, "the last went through"
    assert outcomes.keys() == ({"stopped", "went on"} if isinstance(error, OSError) else {"off"})


def test_a_name_that_a_power_cut_left_is_not_written_through(tmp_path: Path) -> None:
    """What was renamed may have both names afterwards: the new file must be another one."""
    chain, log = Chain(), tmp_path / FILE_NAME
    write_head(tmp_path, chain)
    log.write_bytes(b"the log")
    before = {}
    for path in (tmp_path / HEAD_NAME, log):
        before[path] = path.read_bytes()
        for name in ("new", "kept"):
            path.with_name(f"{path.name}.{name}").hardlink_to(path)
    chain.add(Kind.STATE, b"more")
    write_head(tmp_path, chain)
    os.close(next_segment(log, log.with_name(f"{log.name}.new"), chain, 1))
    for path, data in before.items():
        assert path.with_name(f"{path.name}.kept").read_bytes() == data
        assert path.read_bytes() != data
    assert not list(tmp_path.glob("*.new"))

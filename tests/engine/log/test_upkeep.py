"""Logs checked, repaired, converted, copied and put back."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from engine.log import upkeep
from engine.log.backups import backup
from engine.log.errors import EngineDisagreesError, LogError, LogFormatError
from engine.log.head import HEAD_NAME, read_head
from engine.log.journal import FILE_NAME, Journal, JournalError
from engine.log.sequencer import Sequencer, recover, replay
from engine.log.snapshotter import take
from engine.rulebook.presets import load
from engine.venue.venue import Venue
from engine.vocabulary.commands import Command, MoveCash, NewOrder, OpenAccount, SetPhase
from engine.vocabulary.enums import Phase, Side
from tests.engine.venue.test_close import participants

if TYPE_CHECKING:
    from engine.log.records import Record

GOLDEN = Path(__file__).parent / "golden"
BOOK = load("textbook")
COMMANDS: list[Command] = [OpenAccount("a"), *(MoveCash("a", n) for n in range(1, 9))]


def written(folder: Path) -> Sequencer:
    """Write a log of a block for each command, and leave it open."""
    sequencer = Sequencer(Venue(BOOK), Journal.create(folder, BOOK, 1))
    for command in COMMANDS:
        sequencer.submit(2, 0, command)
        sequencer.commit()
    return sequencer


def records_of(folder: Path) -> list[Record]:
    found: list[Record] = []
    replay(folder, lambda record, _events: found.append(record))
    return found


def test_a_log_that_was_put_back_shows(tmp_path: Path) -> None:
    live = written(tmp_path)
    early = (tmp_path / FILE_NAME).read_bytes()
    live.submit(3, 0, MoveCash("a", 5))
    live.close()
    (tmp_path / FILE_NAME).write_bytes(early)
    for use in (recover, upkeep.check):
        with pytest.raises(LogError, match=r"ends with block 9, and venue.head says that block 11"):
            use(tmp_path)
    assert upkeep.repair(tmp_path) == (10, 0, None)
    recover(tmp_path).close()
    assert upkeep.check(tmp_path).replayed.records == len(COMMANDS)


def test_a_flipped_bit_in_the_last_acknowledged_block_is_refused_after_a_close(
    tmp_path: Path,
) -> None:
    written(tmp_path).close()
    path = tmp_path / FILE_NAME
    data = bytearray(path.read_bytes())
    data[-3] ^= 4
    path.write_bytes(data)
    with pytest.raises(LogError, match=r"venue.head says that block 10 was durable"):
        recover(tmp_path)
    assert path.read_bytes() == data, "a refusal changes nothing"
    assert [each.name for each in sorted(tmp_path.iterdir())] == [HEAD_NAME, FILE_NAME]


def test_another_log_under_a_head_is_refused(tmp_path: Path) -> None:
    written(tmp_path / "one").close()
    other = Sequencer(Venue(BOOK), Journal.create(tmp_path / "two", BOOK, 2))
    for n in range(1, 20):
        other.submit(2, 0, OpenAccount(f"a{n}"))
        other.commit()
    other.close()
    shutil.copy(tmp_path / "two" / FILE_NAME, tmp_path / "one" / FILE_NAME)
    with pytest.raises(LogError, match=r"block 10 is not the one that .* names"):
        recover(tmp_path / "one")


def test_a_head_without_its_log_is_no_empty_directory(tmp_path: Path) -> None:
    written(tmp_path).close()
    (tmp_path / FILE_NAME).unlink()
    with pytest.raises(JournalError, match=r"venue.head is here, and its log is not"):
        Journal.create(tmp_path, BOOK, 1)


@pytest.mark.parametrize("junk", [b"", b"{}", b"\xff", b'{"number": "x", "hash": ""}'])
def test_a_head_that_cannot_be_read_is_written_again_by_a_repair(
    tmp_path: Path, junk: bytes
) -> None:
    written(tmp_path).close()
    (tmp_path / HEAD_NAME).write_bytes(junk)
    with pytest.raises(LogError, match="carbonx log repair"):
        recover(tmp_path)
    upkeep.repair(tmp_path)
    head = read_head(tmp_path)
    assert head is not None
    assert head.number == 10
    recover(tmp_path).close()


def test_a_repair_keeps_what_stands_before_the_rot_and_the_rest_aside(tmp_path: Path) -> None:
    written(tmp_path).close()
    path = tmp_path / FILE_NAME
    data = bytearray(path.read_bytes())
    place = data.index(b"\xa1a\x04")  # within the fourth movement of cash
    data[place] ^= 1
    path.write_bytes(data)
    with pytest.raises(LogError, match="carbonx log repair") as caught:
        recover(tmp_path)
    found = upkeep.repair(tmp_path)
    assert found.kept is not None
    assert found.kept.read_bytes() == data[caught.value.offset :]
    assert path.read_bytes() == data[: caught.value.offset]
    again = recover(tmp_path)
    assert (again.seq, again.venue.cash("a")) == (4, (1 + 2 + 3, 0))
    again.close()


def test_no_verb_touches_a_log_in_use(tmp_path: Path) -> None:
    live = written(tmp_path)
    for verb in (upkeep.repair, upkeep.migrate):
        with pytest.raises(JournalError, match="in use"):
            verb(tmp_path)
    assert upkeep.check(tmp_path).replayed.records == len(COMMANDS)
    live.close()


def test_a_log_of_format_5_becomes_one_of_format_6(tmp_path: Path) -> None:
    shutil.copy(GOLDEN / "format5.log", tmp_path / FILE_NAME)
    with pytest.raises(LogFormatError):
        recover(tmp_path)
    old = upkeep.migrate(tmp_path)
    assert old is not None
    assert old.read_bytes() == (GOLDEN / "format5.log").read_bytes()
    (tmp_path / "six").mkdir()
    shutil.copy(GOLDEN / "format6.log", tmp_path / "six" / FILE_NAME)
    assert records_of(tmp_path) == records_of(tmp_path / "six")
    assert replay(tmp_path).started == replay(tmp_path / "six").started
    assert upkeep.migrate(tmp_path) is None
    recover(tmp_path).close()
    assert {each.name for each in tmp_path.iterdir()} == {
        FILE_NAME, HEAD_NAME, "venue.log.before.1", "six",
    }  # fmt: skip


@pytest.mark.parametrize("cut", [1, 40])
def test_a_torn_log_of_format_5_is_not_converted(tmp_path: Path, cut: int) -> None:
    data = (GOLDEN / "format5.log").read_bytes()[:-cut]
    (tmp_path / FILE_NAME).write_bytes(data)
    with pytest.raises(LogError, match="not whole"):
        upkeep.migrate(tmp_path)
    assert (tmp_path / FILE_NAME).read_bytes() == data


def test_a_log_with_the_states_of_another_engine_is_converted(tmp_path: Path) -> None:
    live = written(tmp_path)
    assert live.journal is not None
    live.journal.mark(live.seq, "0" * 64)
    live.journal.close()
    with pytest.raises(EngineDisagreesError, match=r"pip install carbonx-exchange==0\.1\.0"):
        recover(tmp_path)
    assert upkeep.migrate(tmp_path) is not None
    again = recover(tmp_path)
    assert again.venue.state_hash() == live.venue.state_hash()
    again.close()


def test_the_restore_drill(tmp_path: Path) -> None:
    """Copy a venue that runs, lose it, put the copy back, go on."""
    live = written(tmp_path / "venue")
    (tmp_path / "venue" / "keys.toml").write_text("k")
    found = backup(tmp_path / "venue", tmp_path / "copies" / "monday")
    state = live.venue.state_hash()
    assert found.replayed.venue.state_hash() == state
    live.submit(3, 0, MoveCash("a", 5))
    live.close()
    shutil.rmtree(tmp_path / "venue")
    shutil.copytree(tmp_path / "copies" / "monday", tmp_path / "venue")
    again = recover(tmp_path / "venue")
    assert (again.seq, again.venue.state_hash()) == (len(COMMANDS), state)
    again.submit(4, 0, MoveCash("a", 7))
    again.close()
    assert upkeep.check(tmp_path / "venue").replayed.records == len(COMMANDS) + 1
    assert (tmp_path / "venue" / "keys.toml").read_text() == "k"
    with pytest.raises(JournalError, match="exists already"):
        backup(tmp_path / "venue", tmp_path / "copies" / "monday")


def test_a_damaged_venue_has_no_backup(tmp_path: Path) -> None:
    written(tmp_path / "venue").close()
    path = tmp_path / "venue" / FILE_NAME
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    with pytest.raises(LogError):
        backup(tmp_path / "venue", tmp_path / "copy")
    assert not (tmp_path / "copy").exists()


def test_what_replays_a_log_lets_go_of_the_venue(tmp_path: Path) -> None:
    """A venue with live orders that is not closed is never freed."""
    sequencer = written(tmp_path)
    sequencer.submit(2, 0, OpenAccount("dropped", cash=10**6))
    sequencer.submit(2, 0, SetPhase(Phase.CONTINUOUS))
    sequencer.submit(2, 1, NewOrder("dropped", 1, "CO2", Side.BUY, 1, 5_000))
    assert sequencer.venue.live_orders() == 1
    sequencer.close()
    sequencer.venue.close()
    del sequencer
    assert participants("dropped") == 0
    assert upkeep.migrate(tmp_path) is None
    assert participants("dropped") == 0
    take(tmp_path)
    take(tmp_path)
    assert participants("dropped") == 0
    disagreeing = recover(tmp_path)
    assert disagreeing.journal is not None
    disagreeing.journal.mark(disagreeing.seq, "0" * 64)
    disagreeing.journal.close()
    disagreeing.venue.close()
    del disagreeing
    with pytest.raises(EngineDisagreesError):
        recover(tmp_path)
    assert participants("dropped") == 0
    assert upkeep.migrate(tmp_path) is not None
    assert participants("dropped") == 0

"""The log: what is appended comes back, torn tails are cut, damage is refused."""

import os
from io import BytesIO
from pathlib import Path
from zlib import crc32

import msgspec
import pytest

from engine.log.blocks import Chain, Kind, Reader
from engine.log.errors import READERS, EngineDisagreesError, LogError, LogFormatError
from engine.log.files import lock
from engine.log.journal import FILE_NAME, Journal, JournalError, holds_log
from engine.log.records import MAGIC, CommandError, Genesis, Record
from engine.log.sequencer import Sequencer, recover, replay, replay_bytes
from engine.rulebook.model import Product, Rulebook, RulebookError, canonical
from engine.venue.venue import Venue
from engine.vocabulary.commands import (
    AmendRulebook,
    Command,
    MoveCash,
    NewOrder,
    OpenAccount,
    Quote,
    SetAccountClass,
    SetPhase,
)
from engine.vocabulary.enums import Phase, Side
from engine.vocabulary.texts import MAX_TEXT

RULES = Rulebook("t", (Product("P", 1_000),))
COMMANDS: list[Command] = [
    OpenAccount("a"),
    MoveCash("a", 10**9),
    SetPhase(Phase.CONTINUOUS),
    *(NewOrder("a", ref, "P", Side.BUY, 10, 900 + ref) for ref in range(1, 8)),
]


def ends_of(data: bytes) -> list[int]:
    """Return the offset behind each block."""
    return [block.end for block in Reader(BytesIO(data)).blocks()]


def records_of(folder: Path) -> list[Record]:
    """Return what stands in a log."""
    found: list[Record] = []
    replay(folder, lambda record, _events: found.append(record))
    return found


def written(folder: Path, batches: int = len(COMMANDS)) -> str:
    """Write a log of one or of ten batches; return the live venue's state hash."""
    sequencer = Sequencer(Venue(RULES), Journal.create(folder, RULES, 1))
    for time, command in enumerate(COMMANDS, 10):
        sequencer.submit(time, 0, command)
        if batches > 1:
            sequencer.commit()
    sequencer.commit()
    state = sequencer.venue.state_hash()
    assert sequencer.journal is not None
    sequencer.journal.close()  # as a kill would: without the state at its end
    return state


def test_a_replayed_log_gives_the_state_the_venue_had(tmp_path: Path) -> None:
    state = written(tmp_path / "v")
    found = replay(tmp_path / "v")
    assert found.venue.state_hash() == state
    assert (found.records, found.torn_bytes, found.time) == (len(COMMANDS), 0, 19)


def test_commands_submitted_together_leave_what_one_after_the_other_leaves(tmp_path: Path) -> None:
    logs, states, told = [], [], []
    for name in ("one", "all"):
        sequencer = Sequencer(Venue(RULES), Journal.create(tmp_path / name, RULES, 1))
        sequencer.submit(10, 0, COMMANDS[0])
        rest = COMMANDS[1:]
        if name == "one":
            told.append([sequencer.submit(5, 7, command) for command in rest])
        else:
            told.append(sequencer.submit_all(5, 7, rest))
        assert (sequencer.seq, sequencer.time) == (len(COMMANDS), 10)
        states.append(sequencer.venue.state_hash())
        sequencer.close()
        logs.append(records_of(tmp_path / name))
    assert logs[0] == logs[1]
    assert states[0] == states[1]
    assert told[0] == told[1]


def test_nothing_is_in_the_file_before_commit_and_all_of_it_after(tmp_path: Path) -> None:
    sequencer = Sequencer(Venue(RULES), Journal.create(tmp_path / "v", RULES, 1))
    sequencer.submit(5, 0, OpenAccount("a"))
    assert replay(tmp_path / "v").records == 0
    sequencer.commit()
    assert replay(tmp_path / "v").records == 1
    sequencer.close()


def test_time_never_goes_backwards(tmp_path: Path) -> None:
    times: list[int] = []
    sequencer = Sequencer(Venue(RULES), Journal.create(tmp_path / "v", RULES, 1))
    for time, name in ((50, "a"), (40, "b"), (60, "c")):
        sequencer.submit(time, 0, OpenAccount(name))
    sequencer.close()
    replay(tmp_path / "v", lambda record, _events: times.append(record.time))
    assert times == [50, 50, 60]


def test_a_clock_before_1970_counts_as_its_beginning() -> None:
    sequencer = Sequencer(Venue(RULES))
    assert (sequencer.seq, sequencer.time) == (0, 0)
    sequencer.submit(-5, 0, OpenAccount("a"))
    assert (sequencer.seq, sequencer.time) == (1, 0)


def test_any_truncation_recovers_exactly_the_whole_records_before_it(tmp_path: Path) -> None:
    written(tmp_path / "v")
    data = (tmp_path / "v" / FILE_NAME).read_bytes()
    counts = []
    for size in range(len(data)):
        try:
            counts.append(replay_bytes(data[:size]).records)
        except LogError as error:
            assert error.offset == 0  # noqa: PT017 - cut within the genesis record
            counts.append(-1)
    assert counts == sorted(counts)
    assert set(counts) == set(range(-1, len(COMMANDS)))


def test_any_flipped_byte_is_noticed(tmp_path: Path) -> None:
    state = written(tmp_path / "v")
    data = (tmp_path / "v" / FILE_NAME).read_bytes()
    for place in range(len(data)):
        broken = bytearray(data)
        broken[place] ^= 0x55
        try:
            found = replay_bytes(bytes(broken))
        except LogError:
            assert place < ends_of(data)[-2]
            continue
        assert place >= ends_of(data)[-2]
        assert found.torn_bytes > 0
        assert found.records == len(COMMANDS) - 1
        assert found.venue.state_hash() != state


def test_what_a_lost_page_leaves_of_the_last_commit_is_no_damage(tmp_path: Path) -> None:
    """Power goes while many pages are being synced: one is missing, later ones are there."""
    written(tmp_path / "v", batches=1)
    data = (tmp_path / "v" / FILE_NAME).read_bytes()
    for start in range(ends_of(data)[0], len(data)):
        for size in (1, 8, 64, len(data) - start):
            broken = bytearray(data)
            broken[start : start + size] = bytes(len(broken[start : start + size]))
            if broken != data:
                assert replay_bytes(bytes(broken)).records == 0


def test_a_commit_of_many_pages_that_lost_one_leaves_what_was_synced(tmp_path: Path) -> None:
    sequencer = Sequencer(Venue(RULES), Journal.create(tmp_path / "v", RULES, 1, "none"))
    sequencer.submit_all(2, 0, COMMANDS[:3])
    sequencer.commit()
    orders = [NewOrder("a", ref, "P", Side.BUY, 1, 900) for ref in range(1, 800)]
    for order in orders:
        sequencer.submit(3, 2, order)
    sequencer.commit()
    assert sequencer.journal is not None
    sequencer.journal.close()
    path = tmp_path / "v" / FILE_NAME
    data = path.read_bytes()
    assert len(data) > 3 * 4096
    broken = data[:8192] + bytes(4096) + data[12288:]
    path.write_bytes(broken)
    assert replay(tmp_path / "v").records == 3
    again = recover(tmp_path / "v")
    assert again.seq == 3
    journal = again.journal
    assert journal is not None
    assert journal.kept is not None
    end = ends_of(broken)[-1]
    assert journal.kept.read_bytes() == broken[end:].rstrip(b"\0") != b""
    assert path.read_bytes() == data[:end]
    again.close()


def test_a_lost_page_with_a_later_commit_behind_it_is_damage(tmp_path: Path) -> None:
    sequencer = Sequencer(Venue(RULES), Journal.create(tmp_path / "v", RULES, 1))
    sequencer.submit_all(1, 0, COMMANDS[:-2])
    sequencer.commit()
    sequencer.submit_all(2, 0, COMMANDS[-2:])
    sequencer.commit()
    data = (tmp_path / "v" / FILE_NAME).read_bytes()
    ends = ends_of(data)
    for place in (ends[0], ends[0] + 30, ends[1] - 9):
        broken = data[:place] + bytes(8) + data[place + 8 :]
        with pytest.raises(LogError, match="block 1 is damaged, and blocks up to 1 were durable"):
            replay_bytes(broken)
    assert replay_bytes(data[: ends[1]] + bytes(8) + data[ends[1] + 8 :]).records == 8
    sequencer.close()


def test_a_log_says_what_state_it_came_to(tmp_path: Path) -> None:
    sequencer = Sequencer(Venue(RULES), Journal.create(tmp_path / "v", RULES, 1))
    sequencer.submit_all(1, 0, COMMANDS)
    sequencer.close()
    data = (tmp_path / "v" / FILE_NAME).read_bytes()
    *_, last = Reader(BytesIO(data)).blocks()
    assert (last.kind, last.number) == (Kind.STATE, 2)
    assert bytes(last.body).endswith(sequencer.venue.state_hash().encode())
    recover(tmp_path / "v").close()
    assert (tmp_path / "v" / FILE_NAME).read_bytes() == data


def test_an_engine_that_comes_to_another_state_refuses_the_log(tmp_path: Path) -> None:
    journal = Journal.create(tmp_path / "v", RULES, 1)
    sequencer = Sequencer(Venue(RULES), journal)
    sequencer.submit_all(1, 0, COMMANDS)
    sequencer.commit()
    journal.mark(sequencer.seq, "0" * 64)
    journal.close()
    for read in (replay, recover):
        with pytest.raises(EngineDisagreesError, match=r"behind record 10 .* carbonx log migrate"):
            read(tmp_path / "v")


def test_recovery_cuts_a_torn_tail_and_goes_on(tmp_path: Path) -> None:
    written(tmp_path / "v")
    path = tmp_path / "v" / FILE_NAME
    path.write_bytes(path.read_bytes() + b"\x20\x00\x00\x00half")
    sequencer = recover(tmp_path / "v")
    sequencer.submit(100, 0, OpenAccount("b"))
    sequencer.close()
    assert replay(tmp_path / "v").records == len(COMMANDS) + 1


def test_two_processes_cannot_use_one_log(tmp_path: Path) -> None:
    journal = Journal.create(tmp_path / "v", RULES, 1)
    with pytest.raises(JournalError, match="in use"):
        Journal.open(tmp_path / "v")
    journal.close()
    Journal.open(tmp_path / "v").close()


def test_a_log_is_never_overwritten(tmp_path: Path) -> None:
    written(tmp_path / "v")
    with pytest.raises(JournalError, match="exists already"):
        Journal.create(tmp_path / "v", RULES, 1)


def test_a_missing_log_is_named(tmp_path: Path) -> None:
    with pytest.raises(JournalError, match="does not exist"):
        replay(tmp_path)


@pytest.mark.parametrize("number", [1, 2, 4])
def test_a_log_in_older_frames_is_refused_with_what_reads_it(number: int) -> None:
    payload = msgspec.msgpack.encode(Genesis(MAGIC, number, 1, canonical(RULES), RULES.digest()))
    old = len(payload).to_bytes(4, "little") + crc32(payload).to_bytes(4, "little") + payload
    for data in (old, old + b"more"):
        with pytest.raises(LogFormatError, match=f"format {number}, which .* this version reads"):
            replay_bytes(data)
    with pytest.raises(LogError, match="no genesis record"):
        replay_bytes(old[:-1])


@pytest.mark.parametrize("size", [0, 1, 5, 12, 13, 30, 65, 200])
def test_a_log_cut_in_its_first_record_promises_nothing_and_is_made_anew(
    tmp_path: Path, size: int
) -> None:
    written(tmp_path / "v")
    path = tmp_path / "v" / FILE_NAME
    whole = path.read_bytes()
    for left in (whole[:size], bytes(size)):
        path.write_bytes(left)
        assert not holds_log(tmp_path / "v")
        Journal.create(tmp_path / "v", RULES, 1).close()
        assert replay(tmp_path / "v").records == 0
        assert [each.name for each in path.parent.iterdir()] == [FILE_NAME]


@pytest.mark.parametrize("left", [b"a letter to a friend, and no log", bytes(40) + b"x"])
def test_a_file_that_is_no_log_is_never_overwritten(tmp_path: Path, left: bytes) -> None:
    (tmp_path / FILE_NAME).write_bytes(left)
    assert holds_log(tmp_path)
    with pytest.raises(JournalError, match="exists already"):
        Journal.create(tmp_path, RULES, 1)
    with pytest.raises(LogError, match="no genesis"):
        recover(tmp_path)
    assert (tmp_path / FILE_NAME).read_bytes() == left
    assert [each.name for each in tmp_path.iterdir()] == [FILE_NAME]


def test_a_rulebook_too_large_for_a_log_makes_none(tmp_path: Path) -> None:
    products = tuple(Product(f"P{n}", 1, title="x" * 30_000) for n in range(560))
    with pytest.raises(RulebookError, match="bytes in a log"):
        Journal.create(tmp_path / "v", Rulebook("t", products), 1)
    assert not (tmp_path / "v").exists()


@pytest.mark.parametrize("number", [1, 2, 99])
def test_a_log_of_another_format_is_refused_with_what_reads_it(number: int) -> None:
    genesis = Genesis(MAGIC, number, 1, canonical(RULES), RULES.digest())
    payload = msgspec.msgpack.encode(genesis)
    data = Chain().add(Kind.GENESIS, payload) + payload
    with pytest.raises(LogFormatError, match=f"format {number}, which .* this version reads") as e:
        replay_bytes(data)
    assert "damaged" not in str(e.value)
    assert READERS.get(number, "another version") in str(e.value)
    assert (e.value.offset, e.value.problem) == (0, "another format")


def test_a_disk_that_is_full_at_the_first_start_leaves_nothing_in_the_way(tmp_path: Path) -> None:
    resource = pytest.importorskip("resource", reason="this system has no such limits")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (50, before[1]))
        with pytest.raises(JournalError, match="free the disk"):
            Journal.create(tmp_path / "v", RULES, 1)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert list((tmp_path / "v").iterdir()) == []
    Journal.create(tmp_path / "v", RULES, 1).close()
    assert replay(tmp_path / "v").records == 0


def test_a_venue_is_made_by_one_process_alone(tmp_path: Path) -> None:
    (tmp_path / "venue.log.new").write_bytes(b"what a kill left of a first start")
    first = Journal.create(tmp_path, RULES, 1)
    with pytest.raises(JournalError, match="exists already"):
        Journal.create(tmp_path, RULES, 1)
    first.close()
    aside = (tmp_path / "venue.log.new").open("wb")
    with aside:
        lock(aside.fileno())  # another process is making one
        with pytest.raises(JournalError, match="in use"):
            Journal.create(tmp_path, RULES, 1)


def test_where_an_open_file_keeps_its_name_another_process_may_come_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The file is closed to be renamed; who locks it meanwhile has it, and it is whole."""
    monkeypatch.setattr("engine.log.journal.RENAMES_OPEN", False)
    thieves: list[int] = []

    def lose_the_second(descriptor: int) -> None:
        if thieves or not (tmp_path / "venue.log").exists():
            lock(descriptor)
            return
        thieves.append(descriptor)
        raise BlockingIOError

    monkeypatch.setattr("engine.log.journal.lock", lose_the_second)
    with pytest.raises(JournalError, match="in use by another process"):
        Journal.create(tmp_path, RULES, 1)
    assert len(thieves) == 1
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(thieves[0])
    Journal.open(tmp_path).close()
    assert replay(tmp_path).records == 0


def test_what_is_applied_is_what_a_replay_applies(tmp_path: Path) -> None:
    sequencer = Sequencer(Venue(RULES), Journal.create(tmp_path / "v", RULES, 1))
    for command in (OpenAccount("a"), SetPhase(3), SetPhase(Phase.HALTED)):  # type: ignore[arg-type]
        sequencer.submit(5, 0, command)
    assert sequencer.venue.phase("P") is Phase.HALTED
    sequencer.close()
    assert replay(tmp_path / "v").venue.state_hash() == sequencer.venue.state_hash()


HALF, LONG = "\ud800", "x" * (MAX_TEXT + 1)
WIDE: tuple[tuple[str, int], ...] = (("P", 1 << 63),)
UNLOGGABLE: list[tuple[Command, str]] = [
    *((SetPhase(Phase.HALTED, "", text), "SetPhase.reason") for text in (HALF, LONG)),
    *((AmendRulebook("close", text), "AmendRulebook.value") for text in (HALF, LONG)),
    *((SetAccountClass("a", text), "SetAccountClass.role") for text in (HALF, LONG)),
    *((Quote("a", 1, "P", Side.BUY, 1, 1, ("b", text)), "Quote.to") for text in (HALF, LONG)),
    (OpenAccount("b", allowances=WIDE), "OpenAccount.allowances"),
    (OpenAccount("b", allowances=((HALF, 1),)), "OpenAccount.allowances"),
    (OpenAccount("b", cash=True), "OpenAccount.cash"),
    (SetPhase(99), "SetPhase.phase"),  # type: ignore[arg-type]
    (SetPhase(Phase.HALTED, None), "SetPhase.symbol"),  # type: ignore[arg-type]
    (MoveCash("a", 1.5), "MoveCash.amount"),  # type: ignore[arg-type]
    (Quote("a", 1, "P", Side.BUY, 1, 1, ("b" * 30_000,) * 600), "Quote"),
    ("halt", "str"),  # type: ignore[list-item]
]


@pytest.mark.parametrize(
    ("command", "field"), UNLOGGABLE, ids=lambda x: x if type(x) is str else ""
)
def test_what_no_log_could_hold_has_no_number(command: Command, field: str) -> None:
    sequencer = Sequencer(Venue(RULES))
    sequencer.submit(1, 0, OpenAccount("a"))
    state = sequencer.venue.state_hash()
    with pytest.raises(CommandError) as caught:
        sequencer.submit(2, 0, command)
    assert caught.value.field == field
    assert len(str(caught.value)) < 400
    assert (sequencer.seq, sequencer.time, sequencer.venue.state_hash()) == (1, 1, state)

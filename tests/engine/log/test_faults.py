"""A log cut at every byte, with every bit of its end flipped, and with a disk that fails anywhere.

The suite tries a seeded sample of places; ``make soak`` (``CARBONX_TEXTS``) tries all of them.
"""

from __future__ import annotations

import errno
import os
from io import BytesIO
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any, Final

import pytest

from engine.log.blocks import Reader
from engine.log.errors import LogError
from engine.log.journal import FILE_NAME, Journal, JournalError, holds_log, whole
from engine.log.sequencer import Sequencer, recover, replay, replay_bytes
from engine.rulebook.presets import load
from engine.venue.venue import Venue
from tests.support.random_flow import Flow

if TYPE_CHECKING:
    from engine.vocabulary.commands import Command

ALL: Final = "CARBONX_TEXTS" in os.environ
PRESET: Final = "guangdong"
COMMANDS: Final = 2_000


def mixed() -> list[Command]:
    """Return commands of all kinds that a venue of several modes ran."""
    flow = Flow(load(PRESET), Random(16))
    while len(flow.given) < COMMANDS:
        for _ in flow.day(60):
            pass
    return flow.given[:COMMANDS]


class Written:
    """A log of a mixed run, with what had been promised at each of its bytes."""

    def __init__(self, folder: Path) -> None:
        random = Random(7)
        book = load(PRESET)
        sequencer = Sequencer(Venue(book), Journal.create(folder, book, 1))
        path = folder / FILE_NAME
        self.ends = [path.stat().st_size]
        self.records = [0]
        given = mixed()
        place = 0
        while place < len(given):
            for _ in range(random.randint(1, 3)):
                size = random.randint(1, 20)
                sequencer.submit_all(place + 1, random.randint(0, 9), given[place : place + size])
                place += size
            sequencer.commit()
            self.ends.append(path.stat().st_size)
            self.records.append(sequencer.seq)
        assert sequencer.journal is not None
        sequencer.journal.close()
        self.state = sequencer.venue.state_hash()
        self.data = path.read_bytes()


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Written:
    return Written(tmp_path_factory.mktemp("mixed") / "v")


def sample(places: range, count: int, seed: int) -> list[int]:
    """Return all places or, in the suite, some of them."""
    return list(places) if ALL else sorted(Random(seed).sample(places, min(count, len(places))))


def test_the_whole_log_comes_to_the_live_state(log: Written) -> None:
    found = replay_bytes(log.data)
    assert (found.records, found.venue.state_hash()) == (COMMANDS, log.state)


def test_a_log_cut_at_any_byte_has_exactly_what_was_promised_there(log: Written) -> None:
    for size in sample(range(log.ends[0], len(log.data)), 600, 1):
        reader = whole(BytesIO(log.data[:size]))
        blocks = sum(end <= size for end in log.ends)
        assert reader.end == log.ends[blocks - 1]
        assert reader.chain.number == blocks - 1
    for size in Random(2).sample(range(log.ends[0], len(log.data)), 6):
        blocks = sum(end <= size for end in log.ends)
        assert replay_bytes(log.data[:size]).records == log.records[blocks - 1]


def test_a_log_cut_within_its_first_block_is_no_log(log: Written) -> None:
    for size in sample(range(log.ends[0]), 200, 3):
        with pytest.raises(LogError, match="no genesis"):
            whole(BytesIO(log.data[:size]))


def test_any_bit_flipped_in_the_last_two_blocks_is_cut_or_refused(log: Written) -> None:
    before, last, end = log.ends[-3:]
    for bit in sample(range(8 * before, 8 * end), 1_500, 4):
        broken = bytearray(log.data)
        broken[bit // 8] ^= 1 << bit % 8
        reader = Reader(BytesIO(bytes(broken)))
        try:
            for _ in reader.blocks():
                pass
        except LogError as error:
            assert bit // 8 < last
            assert error.offset == before  # noqa: PT017
        else:
            assert bit // 8 >= last
            assert reader.end == last
            assert reader.torn > 0


def test_any_bit_flipped_in_a_log_is_noticed(log: Written) -> None:
    for bit in sample(range(8 * log.ends[-3]), 1_000, 5):
        broken = bytearray(log.data)
        broken[bit // 8] ^= 1 << bit % 8
        with pytest.raises(LogError):
            whole(BytesIO(bytes(broken)))


# -- a disk that fails --------------------------------------------------------------------------


class Disk:
    """Calls of the system that fail once, at the one with a number."""

    NAMES: Final = ("write", "fdatasync", "fsync", "ftruncate", "replace", "posix_fallocate")

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.calls = 0
        self.fails_at = -1
        self.error = errno.EIO
        self.short = False  # whether a write that fails has written half before
        for name in self.NAMES:
            owner: Any = Path if name == "replace" else os
            if hasattr(owner, name):
                patch.setattr(owner, name, self.failing(name, getattr(owner, name)))

    def failing(self, name: str, real: Any) -> Any:
        def call(*words: Any) -> Any:
            self.calls += 1
            if self.calls == self.fails_at:
                if name == "write" and self.short:
                    real(words[0], words[1][: len(words[1]) // 2])
                raise OSError(self.error, os.strerror(self.error))
            return real(*words)

        return call


def live(folder: Path, acknowledged: list[int]) -> None:
    """Make a venue, run it, close it, start it again, run it and close it."""
    book = load("textbook")
    flow = Flow(book, Random(1))
    sequencer = Sequencer(Venue(book), Journal.create(folder, book, 1))
    acknowledged.append(0)
    try:
        for _ in range(2):
            assert sequencer.journal is not None
            sequencer.journal.ahead = 1 << 12
            sequencer.journal.reserve()
            for command in flow.given[sequencer.seq : sequencer.seq + 3]:
                sequencer.submit(2, 0, command)
                sequencer.commit()
                acknowledged.append(sequencer.seq)
            sequencer.close()
            sequencer = recover(folder)
    finally:
        if sequencer.journal is not None:
            sequencer.journal.buffer = bytearray()
            sequencer.journal.close()


@pytest.mark.parametrize("error", [errno.EIO, errno.ENOSPC])
@pytest.mark.parametrize("short", [False, True])
def test_a_disk_that_fails_at_any_call_loses_nothing_acknowledged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: int, *, short: bool
) -> None:
    disk = Disk(monkeypatch)
    disk.error = error
    disk.short = short
    live(tmp_path / "counted", [])
    count, failed = disk.calls, 0
    assert count > 20
    for call in range(1, count + 1):
        folder, acknowledged = tmp_path / str(call), list[int]()
        disk.calls, disk.fails_at = 0, call
        try:
            live(folder, acknowledged)
        except (OSError, JournalError):
            failed += 1
        disk.fails_at = -1
        if not acknowledged and not holds_log(folder):
            Journal.create(folder, load("textbook"), 1).close()
        again = recover(folder)
        assert again.seq >= max(acknowledged, default=0), call
        assert again.seq <= max(acknowledged, default=0) + 1, call
        again.close()
        assert replay(folder).venue.state_hash() == again.venue.state_hash()
    # A close goes on where it cannot give back what it had reserved; without space a head and what
    # is reserved can wait.
    if error == errno.EIO:
        assert failed >= count - 2
    else:
        assert count // 2 < failed < count


def test_a_journal_that_failed_takes_nothing_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A sync that failed is never tried again: the pages may have been dropped."""
    book = load("textbook")
    sequencer = Sequencer(Venue(book), Journal.create(tmp_path, book, 1))
    disk = Disk(monkeypatch)
    sequencer.submit(1, 0, mixed()[0])
    disk.fails_at = 2  # the sync
    with pytest.raises(JournalError, match="free the disk, then restart"):
        sequencer.commit()
    calls = disk.calls
    for _ in range(3):
        with pytest.raises(JournalError, match="failed before"):
            sequencer.commit()
    assert disk.calls == calls
    assert sequencer.journal is not None
    sequencer.journal.close()


class Pages:
    """What a disk has of a log when a sync that fails drops the pages that it could not write."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.disk: dict[int, bytes] = {}  # by offset
        self.dirty: dict[int, bytes] = {}
        self.fails = False
        self.patch = patch
        self.real = {name: getattr(os, name) for name in ("write", "fdatasync", "fsync")}
        patch.setattr(os, "write", self.write)
        patch.setattr(os, "fdatasync", lambda fd: self.sync("fdatasync", fd))
        patch.setattr(os, "fsync", lambda fd: self.sync("fsync", fd))

    def write(self, descriptor: int, data: bytes) -> int:
        if Path(f"/proc/self/fd/{descriptor}").resolve().name.startswith(FILE_NAME):
            start = os.lseek(descriptor, 0, os.SEEK_CUR)
            self.dirty |= {start + n: data[n : n + 1] for n in range(len(data))}
        return int(self.real["write"](descriptor, data))

    def sync(self, name: str, descriptor: int) -> None:
        if Path(f"/proc/self/fd/{descriptor}").resolve().name.startswith(FILE_NAME):
            dirty, self.dirty = self.dirty, {}
            if self.fails:
                self.fails = False
                raise OSError(errno.EIO, os.strerror(errno.EIO))
            self.disk |= dirty
        self.real[name](descriptor)


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="it asks which file is synced")
@pytest.mark.parametrize("durability", ["sync", "interval", "none"])
def test_what_a_failed_sync_dropped_is_written_again_before_anything_is_promised(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, durability: str
) -> None:
    pages = Pages(monkeypatch)
    book = load("textbook")
    sequencer = Sequencer(Venue(book), Journal.create(tmp_path, book, 1, durability))
    journal = sequencer.journal
    assert journal is not None
    commands = Flow(book, Random(1)).given
    for command in commands[:5]:
        sequencer.submit(1, 0, command)
        sequencer.commit()
    sequencer.submit(1, 0, commands[5])
    pages.fails = True
    if durability == "sync":
        with pytest.raises(JournalError, match="free the disk, then restart"):
            sequencer.commit()
    else:
        sequencer.commit()
        if durability == "interval":
            with pytest.raises(JournalError, match="free the disk, then restart"):
                journal.make_durable()
        pages.fails = False
        pages.dirty.clear()  # the system gave up on them by itself
    journal.close()
    data = (tmp_path / FILE_NAME).read_bytes()
    assert b"".join(pages.disk[n] for n in sorted(pages.disk)) != data, "some is not on the disk"
    recover(tmp_path, durability=durability).journal.close()  # type: ignore[union-attr]
    assert b"".join(pages.disk[n] for n in sorted(pages.disk)) == data

"""Which blocks are durable in each mode, and what a crash of the machine leaves of them."""

from __future__ import annotations

import errno
import os
from typing import TYPE_CHECKING, Final

import pytest

from engine.log import journal as journal_module
from engine.log.blocks import Reader
from engine.log.errors import LogError
from engine.log.head import read_head
from engine.log.journal import FILE_NAME, Journal, JournalError
from engine.log.sequencer import Sequencer, recover, replay
from engine.rulebook.presets import load
from engine.venue.venue import Venue
from engine.vocabulary.commands import OpenAccount

if TYPE_CHECKING:
    from pathlib import Path

BOOK: Final = load("textbook")


class Syncs:
    """Counts syncs of a log's bytes; one may fail."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.count = 0
        self.fails = False
        patch.setattr(journal_module, "sync_data", self.sync)

    def sync(self, _descriptor: int) -> None:
        self.count += 1
        if self.fails:
            raise OSError(errno.EIO, os.strerror(errno.EIO))


def started(folder: Path, durability: str) -> tuple[Sequencer, Journal]:
    journal = Journal.create(folder, BOOK, 1, durability)
    return Sequencer(Venue(BOOK), journal), journal


def commit(sequencer: Sequencer, *names: str) -> None:
    for name in names:
        sequencer.submit(2, 0, OpenAccount(name))
        sequencer.commit()


@pytest.mark.parametrize(("durability", "count"), [("sync", 4), ("interval", 1), ("none", 0)])
def test_a_mode_says_when_blocks_are_synced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, durability: str, count: int
) -> None:
    syncs = Syncs(monkeypatch)
    sequencer, journal = started(tmp_path, durability)
    commit(sequencer, "ann", "bob", "eve")
    assert syncs.count == count
    assert journal.chain.durable == count - 1
    journal.make_durable()
    journal.make_durable()
    assert journal.chain.durable == 3
    assert syncs.count == count + (durability != "sync")
    sequencer.close()
    assert replay(tmp_path).venue.accounts == ("ann", "bob", "eve")


def test_a_close_in_interval_is_durable_and_names_the_head(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    syncs = Syncs(monkeypatch)
    sequencer, journal = started(tmp_path, "interval")
    commit(sequencer, "ann")
    sequencer.close()
    assert syncs.count == 2
    head = read_head(tmp_path)
    assert head is not None
    assert head.number == journal.chain.number == journal.chain.durable == 2


def test_a_crash_in_interval_costs_what_came_since_the_last_sync_and_no_more(
    tmp_path: Path,
) -> None:
    """Of the blocks that were not synced the disk has any, in any order."""
    sequencer, journal = started(tmp_path, "interval")
    commit(sequencer, "ann")
    journal.make_durable()
    synced = journal.size
    commit(sequencer, "bob")
    second = journal.size
    commit(sequencer, "eve")
    path = tmp_path / FILE_NAME
    data = path.read_bytes()
    for left in (
        data[:synced],
        data[: synced + 9],
        data[:synced] + bytes(len(data) - synced),
        data[:synced] + bytes(second - synced) + data[second:],
    ):
        folder = tmp_path / str(len(list(tmp_path.iterdir())))
        folder.mkdir()
        (folder / FILE_NAME).write_bytes(left)
        again = recover(folder, durability="interval")
        assert again.venue.accounts == ("ann",)
        again.close()
    journal.close()


def test_what_was_synced_in_interval_is_known_to_a_block_behind_it(tmp_path: Path) -> None:
    sequencer, journal = started(tmp_path, "interval")
    start = journal.size
    commit(sequencer, "ann")
    journal.make_durable()
    commit(sequencer, "bob")
    journal.close()
    path = tmp_path / FILE_NAME
    data = bytearray(path.read_bytes())
    data[start + 70] ^= 1
    path.write_bytes(data)
    with path.open("rb") as file, pytest.raises(LogError, match="block 1 is damaged"):
        list(Reader(file).blocks())


def test_a_sync_that_failed_in_interval_is_never_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    syncs = Syncs(monkeypatch)
    sequencer, journal = started(tmp_path, "interval")
    commit(sequencer, "ann")
    syncs.fails = True
    with pytest.raises(JournalError, match="Input/output error"):
        journal.make_durable()
    count = syncs.count
    journal.make_durable()
    sequencer.submit(3, 0, OpenAccount("bob"))
    with pytest.raises(JournalError, match="failed before"):
        sequencer.commit()
    journal.close()
    assert syncs.count == count

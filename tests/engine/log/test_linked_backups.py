"""Linked venues that are copied while they trade: the copies start together, and lack nothing.

``CARBONX_DEEP`` is the number of random histories.
"""

from __future__ import annotations

import os
import shutil
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.log import backups
from engine.log.backups import backup, backup_linked
from engine.log.federation_log import FederationLog
from engine.log.journal import JournalError
from engine.log.sequencer import replay
from engine.log.upkeep import check
from engine.vocabulary.enums import LinkKind
from tests.engine.log.test_federation_log import NAMES, Doomed, checked, logs
from tests.support import regions

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from engine.log.records import Record
    from engine.log.segments import LogFile

HISTORIES: Final = int(os.environ.get("CARBONX_DEEP", "0")) or 8
KINDS: Final = (LinkKind.ROUTING, LinkKind.SHARED)


class Trading:
    """A federation that goes on trading, and takes snapshots, whenever it has a turn."""

    def __init__(self, log: Doomed, directory: Path, seed: int, segment: int) -> None:
        self.log, self.directory, self.random = log, directory, Random(seed)
        self.segment = segment
        self.time = 2
        self.used: dict[str, int] = {}

    def go_on(self, steps: int) -> None:
        log = self.log
        for name, command in regions.flow(self.random, NAMES, 2, steps, self.used):
            self.time += 1
            journal = log.sequencers[name].journal
            assert journal is not None
            journal.segment_size = self.segment
            log.submit(self.time, 0, name, command)
            if self.random.random() < 0.3:
                log.commit()
            if self.random.random() < 0.05:
                log.snapshot(self.random.choice(NAMES))

    def durable(self) -> dict[str, list[Record]]:
        """Return what each log has."""
        return {name: records(self.directory / name) for name in NAMES}


def records(directory: Path) -> list[Record]:
    found: list[Record] = []
    replay(directory, lambda record, _: found.append(record)).venue.close()
    return found


@contextmanager
def between(patch: pytest.MonkeyPatch, name: str, work: Callable[[], None]) -> Iterator[None]:
    """Have work done before each call of a function that a backup uses."""
    real = getattr(backups, name)

    def call(*words: object) -> LogFile:
        work()
        return real(*words)  # type: ignore[no-any-return]

    with patch.context() as patched:
        patched.setattr(backups, name, call)
        yield


def started(copy: Path) -> None:
    """Start copies together, go on with them, and see that all of it fits."""
    log = FederationLog.open(copy, "none")
    checked(log, copy)
    for time, (name, command) in enumerate(regions.flow(Random(1), NAMES, 2, 20), 10**6):
        log.submit(time, 0, name, command)
    checked(log, copy)
    log.close()


@given(
    seed=st.integers(0, 10**9),
    kind=st.sampled_from(KINDS),
    segment=st.sampled_from((1_000, 1 << 26)),
    where=st.sampled_from(("open_log", "_copy_beside", "_copy_log", "check")),
)
@settings(max_examples=HISTORIES, deadline=None)
def test_copies_made_while_all_trade_start_and_lack_nothing(
    seed: int, kind: LinkKind, segment: int, where: str
) -> None:
    with logs(kind) as (log, directory), TemporaryDirectory() as folder:
        trading = Trading(log, directory, seed, segment)
        trading.go_on(30)
        log.commit()
        before = trading.durable()
        copy = Path(folder) / "copies" / "monday"
        with (
            pytest.MonkeyPatch.context() as patch,
            between(patch, where, lambda: trading.go_on(15)),
        ):
            found = backup_linked({name: directory / name for name in NAMES}, copy)
        log.commit()
        behind = trading.durable()
        for name in NAMES:
            copied = records(copy / name)
            assert copied[: len(before[name])] == before[name], "all that was durable"
            assert copied == behind[name][: len(copied)], "and nothing else"
            assert found[name].replayed.records == len(copied)
            assert check(copy / name).replayed.records == len(copied)
        assert [each.name for each in copy.parent.iterdir()] == ["monday"]
        started(copy)


@pytest.mark.parametrize("kind", KINDS)
def test_copies_made_one_at_a_time_do_not_fit_and_those_made_together_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: LinkKind
) -> None:
    """Were they not cut, the start would refuse them: so the cut is what this is about."""
    refused = 0
    for seed in range(4):
        with logs(kind) as (log, directory):
            trading = Trading(log, directory, seed, 1 << 26)
            trading.go_on(20)
            apart, together = tmp_path / f"{kind}-{seed}-apart", tmp_path / f"{kind}-{seed}"
            for name in NAMES:
                backup(directory / name, apart / name)
                trading.go_on(20)
            try:
                FederationLog.open(apart, "none").close()
            except JournalError:
                refused += 1
            with between(monkeypatch, "open_log", partial(trading.go_on, 20)):
                backup_linked({name: directory / name for name in NAMES}, together)
            started(together)
    assert refused


def test_copies_without_the_first_segments_stand_on_their_snapshots(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with logs(LinkKind.SHARED) as (log, directory):
        trading = Trading(log, directory, 5, 1_000)
        for _ in range(3):
            trading.go_on(40)
            for name in NAMES:
                log.snapshot(name)
        carried_away = [directory / name / "archive" for name in NAMES]
        assert all(each.exists() for each in carried_away)
        for each in carried_away:
            shutil.rmtree(each)
        with between(monkeypatch, "open_log", lambda: trading.go_on(10)):
            backup_linked({name: directory / name for name in NAMES}, tmp_path / "copy")
        again = FederationLog.open(tmp_path / "copy", "none")
        again.federation.check()
        assert again.federation.on_the_way() == (0, 0)
        again.close()


def test_a_damaged_log_is_named_and_nothing_is_left(tmp_path: Path) -> None:
    with logs() as (log, directory):
        Trading(log, directory, 1, 1 << 26).go_on(30)
        log.commit()
        path = directory / "sz" / "venue.log"
        data = bytearray(path.read_bytes())
        data[len(data) // 2] ^= 1
        path.write_bytes(data)
        with pytest.raises(JournalError, match=r"sz/venue\.log: log damaged at byte"):
            backup_linked({name: directory / name for name in NAMES}, tmp_path / "copy")
        assert list(tmp_path.iterdir()) == []
        with pytest.raises(JournalError, match="no name for the directory"):
            backup_linked({"a/b": directory / "sz"}, tmp_path / "copy")


def test_a_venue_without_its_peer_is_refused_before_there_is_a_copy(tmp_path: Path) -> None:
    with logs() as (log, directory):
        log.commit()
        with pytest.raises(JournalError, match="is not here"):
            backup_linked({"sz": directory / "sz", "hb": directory / "hb"}, tmp_path / "copy")
        assert list(tmp_path.iterdir()) == []

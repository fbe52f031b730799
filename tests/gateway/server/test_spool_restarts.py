"""A venue that ends anywhere has every report of every account again when it starts."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING, Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.log import snapshot as snapshots
from engine.log.backups import backup
from engine.log.journal import Journal
from engine.log.sequencer import Sequencer, recover, replay
from engine.log.snapshot import beside
from engine.log.snapshotter import take
from engine.rulebook import presets
from engine.venue.venue import Venue
from gateway.server import box as boxes
from gateway.server import pieces
from gateway.server.followers import Followers
from gateway.server.spool import NAME, Spool
from tests.support.random_flow import Flow

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from engine.vocabulary.commands import Command

BOOK: Final = presets.load("textbook")


@pytest.fixture(autouse=True, scope="module")
def _small_windows() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(boxes, "WINDOW", 300)
        patch.setattr(boxes, "CHUNK", 200)
        patch.setattr(pieces, "PAGE", 3)
        yield


class Life:
    """A venue in a folder, with its reports, and what happens to the two."""

    def __init__(self, folder: Path, seed: int) -> None:
        self.folder = folder
        journal = Journal.create(folder, BOOK, 1, "none")
        self.sequencer = Sequencer(Venue(BOOK), journal)
        self.followers = Followers(Spool(folder))
        self.commands = _commands(seed)

    def run(self, many: int) -> None:
        """Run some commands and make reports of them."""
        outboxes = self.followers.outboxes
        for _ in range(many):
            time = self.sequencer.time + 1
            outboxes.absorb(time, self.sequencer.submit(time, 0, next(self.commands)))
        self.sequencer.commit()

    def snapshot(self) -> Path:
        """Have another process take a snapshot."""
        followers = Followers(Spool(self.folder))
        try:
            return take(self.folder, followers.absorb, followers.parts).path
        finally:
            followers.outboxes.close()

    def restart(self) -> Path | None:
        """End and start; return the snapshot that it started from."""
        self.sequencer.close()
        self.followers.outboxes.close()
        self.followers = Followers(Spool(self.folder))
        parts = self.followers
        self.sequencer = recover(self.folder, parts.absorb, "none", parts.parts)
        return self.sequencer.snapshot

    def check(self) -> None:
        """Hold all reports against those of the log, made in memory alone."""
        whole = Followers()
        replay(self.folder, whole.absorb)
        assert self.followers.outboxes.boxes.keys() == whole.outboxes.boxes.keys()
        for account, box in self.followers.outboxes.boxes.items():
            other = whole.outboxes.boxes[account]
            assert (box.seq, box.last_answered) == (other.seq, other.last_answered)
            assert box.frames(0, box.end) == other.frames(0, other.end)
            for seq in range(box.seq + 1):
                assert box.place(seq) == other.place(seq)
            for ref in range(box.last_answered + 2):
                assert box.answer_to(ref) == other.answer_to(ref)

    def end(self) -> None:
        """Close all."""
        self.sequencer.close()
        self.followers.outboxes.close()


def _commands(seed: int) -> Iterator[Command]:
    flow, at = Flow(BOOK, Random(seed)), 0
    while True:
        for _ in flow.day(60):
            pass
        yield from flow.given[at:]
        at = len(flow.given)


@pytest.fixture
def life(tmp_path: Path) -> Iterator[Life]:
    """Return a venue that has reports on the disk."""
    found = Life(tmp_path, 5)
    found.run(300)
    yield found
    found.end()


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 99), st.lists(st.sampled_from(["run", "snapshot", "end", "damage", "lose"]),
                                    max_size=9))  # fmt: skip
def test_whatever_happens_all_reports_are_there(
    tmp_path_factory: pytest.TempPathFactory, seed: int, story: list[str]
) -> None:
    life = Life(tmp_path_factory.mktemp("life"), seed)
    life.run(60)
    for step in story:
        files = sorted(life.folder.glob("venue.snapshot.*.reports"))
        if step == "run":
            life.run(80)
        elif step == "snapshot":
            life.snapshot()
        elif step == "end":
            life.restart()
        elif step == "damage" and files:
            data = files[-1].read_bytes()
            files[-1].unlink()  # what a venue has open stays as it is
            files[-1].write_bytes(data[:-1] + bytes([data[-1] ^ 1]))
        elif files:
            files[-1].unlink()
    life.check()
    life.restart()
    life.check()
    life.end()


def test_a_start_from_a_snapshot_reads_its_reports_and_goes_on(life: Life) -> None:
    path = life.snapshot()
    size = path.with_name(f"{path.name}.reports").stat().st_size
    life.run(200)
    assert life.restart() == path
    assert life.followers.outboxes.store.size > size > 0  # type: ignore[attr-defined]
    life.check()
    newer = life.snapshot()
    assert newer.with_name(f"{newer.name}.reports").stat().st_size > size
    life.check()


def test_a_snapshot_without_its_reports_is_passed_over(life: Life) -> None:
    first = life.snapshot()
    life.run(50)
    second = life.snapshot()
    assert life.restart() == second
    second.with_name(f"{second.name}.reports").write_bytes(b"")
    assert life.restart() == first
    first.with_name(f"{first.name}.reports").unlink()
    assert life.restart() is None
    life.check()


def test_a_venue_killed_before_the_snapshot_has_its_name_starts_from_the_one_before(
    life: Life, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = life.snapshot()
    life.run(50)
    with monkeypatch.context() as patch:
        patch.setattr(snapshots, "_try", _killed)
        with pytest.raises(KeyboardInterrupt):
            life.snapshot()
    assert len(list(life.folder.glob("*.reports"))) == 2
    assert life.restart() == first
    life.check()


def _killed(*_: object) -> None:
    raise KeyboardInterrupt


def test_only_kept_snapshots_keep_reports(life: Life) -> None:
    paths = []
    for _ in range(4):
        life.run(30)
        paths.append(life.snapshot())
    kept = sorted(each.name for each in life.folder.glob("venue.snapshot.*"))
    assert kept == sorted(
        name for each in paths[2:] for name in (each.name, f"{each.name}.reports")
    )


def test_a_backup_has_the_reports_of_its_snapshots(life: Life, tmp_path: Path) -> None:
    path = life.snapshot()
    life.run(30)
    backup(tmp_path, tmp_path / "copy")
    followers = Followers(Spool(tmp_path / "copy"))
    again = recover(tmp_path / "copy", followers.absorb, "none", followers.parts)
    again.close()
    assert again.snapshot == tmp_path / "copy" / path.name
    for account, box in life.followers.outboxes.boxes.items():
        found = followers.outboxes.boxes[account]
        assert found.frames(0, found.end) == box.frames(0, box.end)
    followers.outboxes.close()


def test_reports_that_rot_in_the_file_without_a_name_are_not_passed_on(tmp_path: Path) -> None:
    spool = Spool(tmp_path)
    assert spool.put(b"older reports") == 0
    spool.keep(tmp_path / "venue.snapshot.1")
    assert spool._file is not None
    spool._file.seek(3)
    spool._file.write(b"rot")
    with pytest.raises(OSError, match="have changed"):
        spool.keep(tmp_path / "venue.snapshot.2")
    spool.close()


def test_reports_that_rot_behind_a_look_at_them_are_not_passed_on(life: Life) -> None:
    first = life.snapshot()
    assert life.restart() == first
    with beside(first, NAME).open("r+b") as file:
        file.seek(100)
        file.write(b"rot")
    with pytest.raises(OSError, match="have changed"):
        life.followers.outboxes.keep(life.folder / "venue.snapshot.999")

"""Reports in memory and on the disk: nobody who asks can see which of the two they are in."""

from __future__ import annotations

import errno
from typing import TYPE_CHECKING, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.server import box as boxes
from gateway.server import pieces
from gateway.server.box import Outbox
from gateway.server.report_store import StoreError
from gateway.server.spool import Spool
from tests.gateway.server.test_outbox import answer, filled

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

WINDOW: Final = 300
STORIES: Final = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 2)), max_size=60)


@pytest.fixture(autouse=True, scope="module")
def _small_windows() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(boxes, "MARK_EVERY", 4)
        patch.setattr(boxes, "MARK_MASK", 3)
        patch.setattr(boxes, "WINDOW", WINDOW)
        patch.setattr(boxes, "CHUNK", 120)
        patch.setattr(pieces, "PAGE", 2)
        yield


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder for all examples."""
    return tmp_path_factory.mktemp("spool")


@pytest.fixture
def spool(tmp_path: Path) -> Iterator[Spool]:
    """Return an empty spool."""
    found = Spool(tmp_path)
    yield found
    found.close()


def told(story: list[tuple[int, int]], *all_boxes: Outbox) -> None:
    """Put the same reports into outboxes; a step of 0 answers nothing."""
    first, ref = all_boxes[0], all_boxes[0].last_answered
    for step, kind in story:
        seq = first.seq + 1
        ref += step
        for box in all_boxes:
            box.answer(ref, answer(seq, ref, kind)) if step else box.add(filled(seq))


def same(box: Outbox, other: Outbox) -> None:
    """Hold two outboxes against each other, asked for everything."""
    assert (box.seq, box.end, box.last_answered) == (other.seq, other.end, other.last_answered)
    for seq in range(box.seq + 1):
        place = box.place(seq)
        assert place == other.place(seq)
        assert box.frames(place, 1 << 30) == other.frames(place, 1 << 30)
    for ref in range(box.last_answered + 2):
        assert box.answer_to(ref) == other.answer_to(ref)


@given(STORIES, st.integers(1, 500))
def test_a_bounded_outbox_is_an_unbounded_one(
    folder: Path, story: list[tuple[int, int]], most: int
) -> None:
    spool = Spool(folder)
    box, unbounded = Outbox(spool), Outbox()
    told(story, box, unbounded)
    same(box, unbounded)
    place, pieces = 0, list[bytes]()
    while place < box.end:
        pieces.append(box.frames(place, most))
        place += len(pieces[-1])
        assert pieces[-1]
    assert b"".join(pieces) == unbounded.frames(0, unbounded.end)
    assert len(unbounded.stream) == unbounded.end
    spool.close()


def test_only_a_window_stays_in_memory(spool: Spool) -> None:
    box = Outbox(spool)
    for _ in range(50):
        told([(0, 0)] * 4, box)
        assert len(box.stream) <= WINDOW
    assert spool.size > box.end - WINDOW


def test_a_disk_that_takes_nothing_leaves_all_in_memory(
    spool: Spool, monkeypatch: pytest.MonkeyPatch
) -> None:
    box, unbounded = Outbox(spool), Outbox()
    told([(1, 0)] * 40, box, unbounded)
    before = spool.size
    with monkeypatch.context() as patch:
        patch.setattr("gateway.server.spool._write", _no_space)
        told([(1, 1)] * 40, box, unbounded)
        assert spool.size == before
        same(box, unbounded)
    told([(1, 2)] * 8, box, unbounded)
    assert len(box.stream) <= WINDOW
    same(box, unbounded)


def _no_space(*_: object) -> None:
    raise OSError(errno.ENOSPC, "no space")


def test_what_the_disk_does_not_give_back_is_an_error_and_no_other_report(spool: Spool) -> None:
    box = Outbox(spool)
    told([(1, 0)] * 40, box)
    file = spool._file
    assert file is not None
    file.seek(200)
    file.write(b"\xff")
    with pytest.raises(StoreError, match="not what was written"):
        box.frames(0, box.end)
    file.truncate(10)
    with pytest.raises(StoreError, match=r"\d of \d+ bytes"):
        box.place(1)
    with pytest.raises(StoreError):
        box.answer_to(1)

"""All accounts' reports in memory: bounded, and the longest idle go to the disk first."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.protocol.framing import frame
from gateway.server.box import MARK_EVERY, Outbox, Windows
from tests.gateway.server.test_outbox import filled
from tests.support.report_stores import FailingStore

ACCOUNTS = 5
EACH, TOTAL, CHUNK, PAGE = 4_000, 9_000, 1_500, 3
# who has reports, and how many times sixteen
STORIES = st.lists(st.tuples(st.integers(0, ACCOUNTS - 1), st.integers(1, 6)), max_size=40)


class FullStore(FailingStore):
    """A store that may be full."""

    full = False

    def put(self, data: bytes) -> int:
        """Keep bytes."""
        return None if self.full else super().put(data)  # type: ignore[return-value]


def more(box: Outbox) -> bytes:
    """Make reports up to the next mark; return their frames."""
    made = b""
    for _ in range(MARK_EVERY):
        payload = filled(box.seq + 1)
        box.add(payload)
        made += frame(payload)
    return made


@given(STORIES)
def test_the_least_recently_used_windows_go_first(story: list[tuple[int, int]]) -> None:
    windows = Windows(EACH, TOTAL, CHUNK, PAGE)
    store = FailingStore()
    boxes = [Outbox(store, windows) for _ in range(ACCOUNTS)]
    all_frames = [b""] * ACCOUNTS
    held: dict[int, int] = {}  # the oracle: bytes in memory, the least recently used first
    for who, times in story:
        for _ in range(times):
            made = more(boxes[who])
            all_frames[who] += made
            size = held.pop(who, 0) + len(made)
            stays = len(boxes[who].stream)
            if stays < size:  # its own bound, a chunk below the largest at most, takes from it
                assert size > EACH - CHUNK
                assert stays > EACH - 3 * CHUNK
            assert stays <= EACH
            held[who] = stays
            while sum(held.values()) > TOTAL:
                del held[next(iter(held))]
            assert [len(box.stream) for box in boxes] == [held.get(n, 0) for n in range(ACCOUNTS)]
            assert windows.held == sum(held.values()) <= TOTAL
    for box, frames in zip(boxes, all_frames, strict=True):
        assert box.frames(0, box.end) == frames


def test_accounts_that_are_told_the_same_do_not_all_write_at_once() -> None:
    store = FailingStore()
    windows = Windows(each=1 << 15, chunk=1 << 12)
    boxes = [Outbox(store, windows) for _ in range(16)]
    written: list[int] = []
    for _ in range(600):
        before = len(store.data)
        for box in boxes:
            more(box)
        written.append(len(store.data) - before)
    assert sum(written) >= 16 * windows.chunk
    assert max(written) <= 4 * windows.chunk


def test_a_disk_that_takes_nothing_leaves_all_in_memory_and_is_asked_again() -> None:
    windows = Windows(EACH, TOTAL, CHUNK, PAGE)
    store = FullStore()
    boxes = [Outbox(store, windows) for _ in range(ACCOUNTS)]
    store.full = True
    for _ in range(12):
        for box in boxes:
            more(box)
    assert windows.held == sum(box.end for box in boxes) > TOTAL
    store.full = False
    for _ in range(2 * CHUNK // MARK_EVERY):
        more(boxes[-1])
    assert windows.held <= TOTAL
    assert sum(len(box.stream) for box in boxes) == windows.held


@pytest.mark.parametrize("accounts", [2_000])
def test_many_accounts_share_one_budget(accounts: int) -> None:
    windows = Windows(total=1 << 20)
    boxes = [Outbox(FailingStore(), windows) for _ in range(accounts)]
    for _ in range(5):
        for box in boxes:
            more(box)
    assert sum(box.end for box in boxes) > 2 * windows.total
    assert sum(len(box.stream) for box in boxes) <= windows.total

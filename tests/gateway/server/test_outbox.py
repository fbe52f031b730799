"""Reports lie in one buffer; a plain list of frames would answer the same to every question."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.vocabulary.enums import CancelReason, OrderState, RejectReason, Side
from gateway.protocol import wire
from gateway.protocol.framing import Unframer, frame
from gateway.server import box as boxes

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(autouse=True, scope="module")
def _a_mark_at_every_fourth_report() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(boxes, "MARK_EVERY", 4)
        patch.setattr(boxes, "MARK_MASK", 3)
        yield


def filled(seq: int) -> bytes:
    """Return a report that answers nothing."""
    return wire.encode(
        wire.OrderFilled(seq, 1, 1, "P", Side.BUY, 9, 1, 1, 0, maker=True, trade=seq)
    )


def answer(seq: int, ref: int, kind: int) -> bytes:
    """Return a report that answers ``ref``, short or long."""
    if kind == 0:
        return wire.encode(wire.OrderAccepted(seq, 1, ref, "P", Side.BUY, 9, 5, OrderState.RESTING))
    if kind == 1:
        return wire.encode(wire.OrderCancelled(seq, 1, 1, 5, CancelReason.REQUESTED, ref))
    return wire.encode(wire.Rejected(seq, 1, ref, RejectReason.PHASE, "symbol", "x" * 700))


# each report: 0 answers nothing, n answers the reference n above the last one; and its kind
STORIES = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 2)), max_size=40)


@given(STORIES)
def test_an_outbox_is_a_list_of_frames(story: list[tuple[int, int]]) -> None:
    box, frames, answers, ref = boxes.Outbox(), list[bytes](), dict[int, bytes](), 0
    for seq, (step, kind) in enumerate(story, 1):
        ref += step
        payload = answer(seq, ref, kind) if step else filled(seq)
        if step:
            box.answer(ref, payload)
            answers[ref] = frame(payload)
        else:
            box.add(payload)
        frames.append(frame(payload))
        if kind == 2 and ref:  # an old reference once more: refused, which answers nothing
            payload = wire.encode(
                wire.Rejected(box.seq + 1, 1, ref, RejectReason.DUPLICATE_REF, "ref", "above")
            )
            box.add(payload)
            frames.append(frame(payload))
    assert (box.seq, box.last_answered) == (len(frames), ref)
    for seq in range(len(frames) + 1):
        assert box.frames(box.place(seq), 1 << 30) == b"".join(frames[seq:])
    for asked in range(ref + 2):
        assert box.answer_to(asked) == answers.get(asked, b"")


@given(STORIES, st.integers(1, 400))
def test_pieces_end_with_frames_and_lose_nothing(story: list[tuple[int, int]], most: int) -> None:
    box = boxes.Outbox()
    for seq, (step, kind) in enumerate(story, 1):
        box.answer(seq, answer(seq, seq, kind)) if step else box.add(filled(seq))
    place, payloads = 0, list[bytes]()
    while place < box.end:
        piece = box.frames(place, most)
        unframer = Unframer(wire.MAX_REPLY)
        payloads += unframer.feed(piece)
        assert piece
        assert not unframer.pending, "a piece that ends within a frame"
        place += len(piece)
    assert [wire.decode_from_venue(p).seq for p in payloads] == list(range(1, box.seq + 1))

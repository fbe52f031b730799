"""Payloads come out of a stream in turns, however far a peer is ahead."""

from __future__ import annotations

import itertools
import tracemalloc

from hypothesis import given
from hypothesis import strategies as st

from gateway.protocol.framing import Unframer, frame


@given(st.lists(st.tuples(st.integers(0, 600), st.integers(1, 30)), min_size=1))
def test_payloads_come_in_turns_whatever_came_with_them(turns: list[tuple[int, int]]) -> None:
    sent = [bytes([number % 256]) * (1 + number * 7 % 40) for number in range(200)]
    stream = b"".join(map(frame, sent))
    unframer, found, fed = Unframer(64), list[bytes](), 0
    for size, most in turns:
        piece = stream[fed : fed + size]
        fed += len(piece)
        taken = unframer.feed(piece, most)
        found += taken
        assert len(taken) <= most
        assert unframer.pending == fed - sum(len(frame(each)) for each in found)
        assert found == sent[: len(found)]
    while unframer.more:
        found += unframer.feed(b"", 7)
    ends = itertools.accumulate(len(frame(each)) for each in sent)
    assert len(found) == sum(end <= fed for end in ends)


def test_a_peer_that_is_far_ahead_is_not_copied_at_each_of_its_turns() -> None:
    unframer = Unframer(64)
    payloads = unframer.feed(frame(b"x" * 60) * 4_000, 16)
    tracemalloc.start()
    try:
        for _ in range(50):
            payloads += unframer.feed(b"", 16)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert len(payloads) == 51 * 16
    assert peak < 4_000 * 64 // 2, "the rest was copied"

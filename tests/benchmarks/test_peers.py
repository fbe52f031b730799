"""The peers are timed at the whole work: every report, and where it is due."""

from __future__ import annotations

import pytest

from benchmarks.peers import Peer, difference, installed
from benchmarks.reference import replay
from benchmarks.workloads import SHAPES, Shape, generate

COUNT = 3_000


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.name)
def test_the_peers_that_are_installed_make_every_report(shape: Shape) -> None:
    peers, _ = installed()
    if not peers:
        pytest.skip("the extra is not installed")
    workload = generate(shape, COUNT)
    right = replay(workload.messages, workload.opening)
    for peer in peers:
        assert not difference(peer, workload, right), peer.name


def test_a_peer_that_says_less_is_found_out() -> None:
    workload = generate(SHAPES[1], COUNT)
    right = replay(workload.messages, workload.opening)
    short = right[:-1]
    peer = Peer("short", "1", True, lambda _: lambda: short, "")
    assert difference(peer, workload, right).startswith(f"report {len(right)} of {len(right)}")
    vague = [report if len(report) == 5 else (*report[:3], 0) for report in right]
    peer = Peer("vague", "1", True, lambda _: lambda: vague, "")
    assert difference(peer, workload, right).startswith("report 1 of ")

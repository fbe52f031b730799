"""Book, apply, codec, journal and recovery under pytest-benchmark; right before fast.

The collector is off while a round is timed (``--benchmark-disable-gc``, set by ``make bench``).
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from benchmarks import book_driver
from benchmarks.measure import verify
from benchmarks.targets import commands, funded
from benchmarks.workloads import BY_NAME, SHAPES, Shape, generate
from engine.log.journal import Journal
from engine.log.sequencer import Sequencer, replay, replay_bytes
from engine.vocabulary.enums import Side
from gateway.protocol import wire

if TYPE_CHECKING:
    from pathlib import Path

MESSAGES = 20_000
PLACE = wire.NewOrder(7, "P", Side.BUY, 10, 1_000)


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.name)
def test_book(benchmark: Any, shape: Shape) -> None:
    workload = generate(shape, MESSAGES)
    benchmark.extra_info["correct"] = verify(workload, book_driver.prepare)
    benchmark.pedantic(
        lambda run: run(), setup=lambda: ((book_driver.prepare(workload),), {}), rounds=5
    )


def sequenced(folder: Path, *, journalled: bool) -> tuple[Sequencer, list[Any]]:
    """Return a sequencer on a funded venue, and the normal session's commands."""
    workload = generate(BY_NAME["normal"], MESSAGES)
    venue = funded()
    journal = Journal.create(folder, venue.rulebook, 1) if journalled else None
    return Sequencer(venue, journal), commands([*workload.opening, *workload.messages])


def submit(sequencer: Sequencer, work: list[Any]) -> None:
    for command in work:
        sequencer.submit(1, 1, command)
    sequencer.commit()


@pytest.mark.parametrize("journalled", [False, True], ids=["apply", "journal"])
def test_sequencer(benchmark: Any, tmp_path: Path, *, journalled: bool) -> None:
    states = []
    for name in ("a", "b"):
        sequencer, work = sequenced(tmp_path / name, journalled=journalled)
        submit(sequencer, work)
        sequencer.venue.check()
        states.append(sequencer.venue.state_hash())
        sequencer.close()
    assert states[0] == states[1]
    count = iter(range(100))

    def setup() -> tuple[tuple[Any, ...], dict[str, Any]]:
        return sequenced(tmp_path / f"r{next(count)}", journalled=journalled), {}

    benchmark.pedantic(submit, setup=setup, rounds=5)


def test_recovery(benchmark: Any, tmp_path: Path) -> None:
    sequencer, work = sequenced(tmp_path / "v", journalled=True)
    opening = sequencer.venue.rulebook
    for command in work:
        sequencer.submit(1, 1, command)
    sequencer.close()
    assert replay(tmp_path / "v").records == len(work)
    data = (tmp_path / "v" / "venue.log").read_bytes()
    assert opening.name == "bench"
    benchmark.pedantic(partial(replay_bytes, data), rounds=5)


def test_encode(benchmark: Any) -> None:
    assert wire.decode_from_client(wire.encode(PLACE)) == PLACE
    benchmark(wire.encode, PLACE)


def test_decode(benchmark: Any) -> None:
    payload = wire.encode(PLACE)
    assert wire.decode_from_client(payload) == PLACE
    benchmark(wire.decode_from_client, payload)

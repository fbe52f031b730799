"""Commands run a handful at a time; one at a time, and cut anywhere, gives the same reports."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING, Any

import pytest

from engine.rulebook.presets import load as load_rulebook
from engine.vocabulary.commands import SetPhase
from engine.vocabulary.enums import Phase, RejectReason, Side, TimeInForce
from gateway.protocol import wire
from gateway.protocol.framing import Unframer
from gateway.protocol.session import pack
from gateway.server import connection as server
from gateway.server.accounts import Directory
from gateway.server.node import Node, Options
from tests.support.venues import ACCOUNTS

if TYPE_CHECKING:
    from pathlib import Path


class Line:
    """A transport that only listens."""

    def __init__(self) -> None:
        self.heard = bytearray()

    def write(self, data: bytes) -> None:
        self.heard += data

    def set_write_buffer_limits(self, high: int) -> None:
        assert high

    def close(self) -> None:
        raise AssertionError


def stream(rng: Random) -> bytes:
    """Return a client's messages: orders, cancels, questions, and some of it sent again."""
    said: list[bytes] = []
    for ref in range(1, 300):
        roll = rng.random()
        message: Any
        if roll < 0.55:
            tif = rng.choice((TimeInForce.DAY, TimeInForce.IOC))
            side = rng.choice((Side.BUY, Side.SELL))
            message = wire.NewOrder(
                ref, "CO2", side, rng.randint(0, 9), rng.randint(4_990, 5_010), tif=tif
            )
        elif roll < 0.85:
            message = wire.CancelOrder(ref, rng.randint(1, ref))
        elif roll < 0.93:
            message = wire.AmendOrder(ref, rng.randint(1, ref), rng.randint(0, 12))
        else:
            message = wire.MassCancel(ref)
        said.append(pack(message))
        if rng.random() < 0.15:
            said.append(rng.choice(said))  # sent again, at once or late
        if rng.random() < 0.05:
            said.append(pack(wire.AskStatus()))
    return b"".join(said)


def told(folder: Path, data: bytes, cuts: list[int], throttle: int = 0) -> tuple[bytes, list[Any]]:
    """Feed a stream in pieces; return the kept reports and all that was said beside them."""
    options = Options(throttle=throttle, durability="none")
    node = Node.open(folder, load_rulebook("textbook"), Directory(ACCOUNTS), options)
    node.clock = lambda: 10**19  # one time for all runs
    node.operate(SetPhase(Phase.CONTINUOUS))
    link, line = server.Connection(node), Line()
    link.connection_made(line)  # type: ignore[arg-type] # as much of one as is needed
    link.data_received(pack(wire.Logon(wire.VERSION, "M1", "alice", "alice-key")))
    node._tick()
    for start, end in zip([0, *cuts], [*cuts, len(data)], strict=True):
        link.data_received(data[start:end])
        node._tick()
    box = node.outboxes.boxes["alice"]
    said = [wire.decode_from_venue(p) for p in Unframer(wire.MAX_REPLY).feed(bytes(line.heard))]
    beside = [m for m in said if isinstance(m, wire.AccountStatus | wire.Throttled)]
    node.sequencer.venue.check()
    node.sequencer.close()
    return box.frames(box.place(2), 1 << 30), beside


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("throttle", [0, 1_000])
def test_handfuls_of_any_size_give_the_same_reports(
    seed: int, throttle: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rng = Random(seed)
    data = stream(rng)
    results = []
    for number, (handful, pieces) in enumerate(((1, 0), (128, 0), (128, 9), (7, 40))):
        monkeypatch.setattr(server, "BATCH_SIZE", handful)
        cuts = sorted(rng.randrange(len(data)) for _ in range(pieces))
        results.append(told(tmp_path / str(number), data, cuts, throttle))
    assert all(result == results[0] for result in results)
    assert len(results[0][0]) > 5_000
    reports = [wire.decode_from_venue(p) for p in Unframer(wire.MAX_REPLY).feed(results[0][0])]
    refused = [m.reason for m in reports if isinstance(m, wire.Rejected)]
    assert refused
    assert RejectReason.DUPLICATE_REF not in refused, "what was sent again was taken for new"

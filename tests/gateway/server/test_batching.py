"""Commands run a handful at a time; one at a time, and cut anywhere, gives the same reports."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest

from engine.vocabulary.enums import RejectReason, Side, TimeInForce
from gateway.protocol import wire, wire_account
from gateway.protocol.session import pack
from tests.support.quiet_core import QuietVenue


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


def outcome(
    data: bytes, cuts: list[int], batch: int, throttle: int = 0
) -> tuple[list[Any], list[Any]]:
    """Feed a stream in pieces; return the reports and all that was said beside them."""
    quiet = QuietVenue(("alice",), turn=batch, throttle=throttle)
    (alice,) = quiet.logged_on("alice", last_seen=2)
    for start, end in zip([0, *cuts], [*cuts, len(data)], strict=True):
        alice.send(data[start:end])
        quiet.tick(0)
    quiet.sequencer.venue.check()
    beside = [m for m in alice.heard if isinstance(m, wire_account.AccountStatus | wire.Throttled)]
    return alice.reports(), beside


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("throttle", [0, 1_000])
def test_handfuls_of_any_size_give_the_same_reports(seed: int, throttle: int) -> None:
    rng = Random(seed)
    data = stream(rng)
    results = []
    for batch, pieces in ((1, 0), (128, 0), (128, 9), (7, 40)):
        cuts = sorted(rng.randrange(len(data)) for _ in range(pieces))
        results.append(outcome(data, cuts, batch, throttle))
    assert all(result == results[0] for result in results)
    reports = results[0][0]
    assert len(reports) > 200
    refused = [m.reason for m in reports if isinstance(m, wire.Rejected)]
    assert refused
    assert RejectReason.DUPLICATE_REF not in refused, "what was sent again was taken for new"

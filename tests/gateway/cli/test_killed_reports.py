"""A venue that is killed with most reports on the disk sends all of them again."""

from __future__ import annotations

import asyncio
import signal
from typing import TYPE_CHECKING, Any, Final

from gateway.client.client import Client
from gateway.protocol import wire
from gateway.server.box import WINDOW
from tests.gateway.cli.test_snapshots import Served, carbonx
from tests.support.systems import unix_sockets

if TYPE_CHECKING:
    from pathlib import Path

ORDERS: Final = 6_000


def client_of(served: Served, last_seen: int = 0) -> Client:
    """Return a client of the venue's account."""
    port = served.facts["port"]
    return Client("127.0.0.1", port, account="alice", key="secret", last_seen=last_seen)


async def traded(served: Served) -> int:
    """Send many orders, most of them refused for want of cash; return the last report's number."""
    async with client_of(served) as client, asyncio.timeout(60):
        answers = [client.buy("CO2", 1, price_minor=1_000) for _ in range(ORDERS)]
        await asyncio.gather(*answers, return_exceptions=True)
        async for event in client.events():
            if isinstance(event, wire.Rejected) and event.ref == ORDERS:
                return event.seq
    raise AssertionError


async def resumed(served: Served, last_seen: int, seq: int) -> list[Any]:
    """Connect and return the reports after one, up to another."""
    reports: list[Any] = []
    async with client_of(served, last_seen) as client, asyncio.timeout(60):
        async for event in client.events():
            if isinstance(event, wire.Report.__args__):
                reports.append(event)
                if event.seq == seq:
                    break
    assert [each.seq for each in reports] == list(range(last_seen + 1, seq + 1))
    return reports


@unix_sockets
def test_all_reports_come_again_after_a_kill_with_a_snapshot_and_without(tmp_path: Path) -> None:
    folder = tmp_path / "venue"
    served = Served(tmp_path)
    seq = asyncio.run(traded(served))
    reports = asyncio.run(resumed(served, 0, seq))
    assert sum(len(wire.encode(each)) for each in reports) > WINDOW
    for snapshot in (False, True):
        served.end(signal.SIGKILL)
        served = Served(tmp_path)
        assert asyncio.run(resumed(served, 0, seq)) == reports
        assert asyncio.run(resumed(served, seq // 2, seq)) == reports[seq // 2 :]
        if not snapshot:
            assert "venue.snapshot" in carbonx("admin", "snapshot", "--dir", str(folder))
    served.end(signal.SIGKILL)
    names = [each.suffix for each in folder.glob("venue.snapshot.*")]
    assert ".reports" in names

"""Connections that break and venues that die: clients go on where they were, nothing is lost."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from carbonx.testing import LocalVenue
from engine.log.sequencer import replay
from engine.vocabulary.enums import Side
from gateway.protocol import wire
from tests.support.paths import ROOT
from tests.support.venues import (
    FUNDING,
    NAMES,
    bounded,
    client_of,
    free_port,
    next_report,
    start_node,
    until,
    venue,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from gateway.client.client import Client, Pending


# -- connections that break ----------------------------------------------------------------------


def test_a_broken_connection_is_resumed_without_gap_or_duplicate(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with venue(tmp_path) as node, client_of(node) as client:
            orders: list[Pending[wire.OrderAccepted]] = []
            for cut in range(3):
                orders += [client.buy("CO2", 1, price_minor=4_000 + len(orders)) for _ in range(50)]
                await asyncio.sleep(0.005 * cut)  # before, during and after the answers
                for link in list(node.sockets.values()):
                    assert link.transport is not None
                    link.transport.abort()
                await until(lambda cut=cut: client.reconnects > cut)  # type: ignore[misc]
            reports = await asyncio.gather(*orders)
            assert [r.ref for r in reports] == list(range(1, 151))
            seen = [(await next_report(client)).seq for _ in range(150 + FUNDING)]
            assert seen == list(range(1, 151 + FUNDING))
            assert len(node.sequencer.venue.open_orders("alice")) == 150

    bounded(scenario())


def test_a_program_that_starts_again_gets_the_reports_after_the_last_it_saw(
    tmp_path: Path,
) -> None:
    async def scenario() -> None:
        async with venue(tmp_path) as node:
            async with client_of(node) as client:
                await client.sell("CO2", 10, price_minor=5_000)
                while client.last_seen < client.last_arrived:
                    await client.next_event()
                seen = client.last_seen
            async with client_of(node, "bob") as bob:
                await bob.buy("CO2", 10, price_minor=5_000)
            async with client_of(node, last_seen=seen) as again:
                report = await again.next_event()
                assert isinstance(report, wire.OrderFilled)
                assert report.seq == seen + 1
                assert (await again.buy("CO2", 1, price_minor=4_900)).ref == 2

    bounded(scenario())


def test_what_is_asked_while_the_venue_is_down_is_answered_when_it_is_back(
    tmp_path: Path,
) -> None:
    async def scenario() -> None:
        port = free_port()
        node = await start_node(tmp_path, port=port)
        async with client_of(node) as client:
            before = await client.buy("CO2", 1, price_minor=4_900)
            client.subscribe("CO2")
            await node.stop()
            await until(lambda: not client.connected)
            order, status = client.buy("CO2", 2, price_minor=4_901), client.status()
            await asyncio.sleep(0.1)
            assert not order.done()
            node = await start_node(tmp_path, port=port)
            assert (await order).ref == before.ref + 1
            assert [o.ref for o in (await status).orders] == [1, 2]
            assert client.reconnects == 1
        await node.stop()

    bounded(scenario())


def test_cancel_on_disconnect_cancels_when_the_connection_breaks_but_not_at_logout(
    tmp_path: Path,
) -> None:
    async def scenario() -> None:
        async with venue(tmp_path) as node:
            async with client_of(node, cancel_on_disconnect=True) as client:
                await client.buy("CO2", 1, price_minor=4_900)
            open_orders = node.sequencer.venue.open_orders
            assert len(open_orders("alice")) == 1
            async with client_of(node, cancel_on_disconnect=True) as client:
                for link in list(node.sockets.values()):
                    assert link.transport is not None
                    link.transport.abort()
                await until(lambda: not open_orders("alice"))
                await until(lambda: client.reconnects == 1)

    bounded(scenario())


# -- a venue that dies ---------------------------------------------------------------------------

SERVER = """
import asyncio, sys
from pathlib import Path
from tests.support.venues import start_node

async def main():
    node = await start_node(Path(sys.argv[1]), port=int(sys.argv[2]))
    print("ready", flush=True)
    await asyncio.Event().wait()

asyncio.run(main())
"""


@pytest.fixture
def process(tmp_path: Path) -> Iterator[Callable[[int], subprocess.Popen[bytes]]]:
    """Start venue processes on one folder; none outlives the test."""
    started: list[subprocess.Popen[bytes]] = []

    def start(port: int) -> subprocess.Popen[bytes]:
        child = subprocess.Popen(
            [sys.executable, "-c", SERVER, str(tmp_path), str(port)],
            stdout=subprocess.PIPE,
            env=os.environ | {"PYTHONPATH": str(ROOT)},
        )
        started.append(child)
        assert child.stdout is not None
        assert child.stdout.readline() == b"ready\n"
        return child

    yield start
    for child in started:
        child.kill()
        child.wait()
        assert child.stdout is not None
        child.stdout.close()


def test_a_venue_killed_under_load_loses_nothing_that_it_acknowledged(
    tmp_path: Path, process: Callable[[int], subprocess.Popen[bytes]]
) -> None:
    async def trade(client: Client, side: Side, seen: list[Any]) -> list[wire.OrderAccepted]:
        """Keep a hundred orders in flight until four thousand are accepted."""
        accepted: list[wire.OrderAccepted] = []

        async def listen() -> None:
            async for event in client.events():
                seen.append(event)  # noqa: PERF401 - the others look at it meanwhile

        listener = asyncio.create_task(listen())
        while len(accepted) < 4_000:
            step = len(accepted)
            prices = [5_000 + (step + n) % 7 - 3 for n in range(100)]
            orders = [client.place("CO2", side, 1, price_minor=price) for price in prices]
            accepted += await asyncio.gather(*orders)
        await until(lambda: bool(seen) and seen[-1].seq == client.last_arrived)
        listener.cancel()
        await asyncio.gather(listener, return_exceptions=True)
        return accepted

    async def scenario() -> None:
        port = free_port()
        child = process(port)
        seen: dict[str, list[Any]] = {name: [] for name in NAMES}
        async with client_of(port) as alice, client_of(port, "bob") as bob:
            running = asyncio.gather(
                trade(alice, Side.BUY, seen["alice"]), trade(bob, Side.SELL, seen["bob"])
            )
            for _ in range(2):
                reached = alice.last_arrived + 800
                await until(lambda reached=reached: alice.last_arrived > reached)  # type: ignore[misc]
                child.send_signal(signal.SIGKILL)
                await asyncio.to_thread(child.wait)
                child = await asyncio.to_thread(process, port)
            accepted = dict(zip(NAMES, await running, strict=True))
            assert (alice.reconnects, bob.reconnects) == (2, 2)
        child.send_signal(signal.SIGKILL)
        child.wait()

        taken: dict[str, list[int]] = {name: [] for name in NAMES}

        def told(_record: Any, events: list[Any]) -> None:
            for event in events:
                if type(event).__name__ == "OrderAccepted":
                    taken[event.account].append(event.ref)

        replayed = replay(tmp_path, told)
        replayed.venue.check()
        for name in NAMES:
            assert [r.ref for r in accepted[name]] == list(range(1, 4_001))
            assert taken[name] == list(range(1, 4_001))  # each once, none lost
            assert [r.seq for r in seen[name]] == list(range(1, len(seen[name]) + 1))

    bounded(scenario())


@pytest.mark.parametrize("asked", [-1, -4, -8, -100, -(2**63) + 1])
def test_a_client_without_a_number_asks_for_so_many_of_the_last_reports(asked: int) -> None:
    async def scenario() -> None:
        async with LocalVenue() as local:
            async with local.client("alice") as earlier:
                for _ in range(6):
                    await earlier.buy("CO2", 1, price="49.00")
                last = earlier.last_arrived
            async with local.client("alice", last_seen=asked) as client:
                assert client.last_seen == max(0, last + asked)
                for seq in range(client.last_seen + 1, last + 1):
                    assert (await next_report(client)).seq == seq
                assert client.last_seen == last
                local.cut("alice")
                await client.buy("CO2", 1, price="49.00")
                assert (await next_report(client)).seq == last + 1

    bounded(scenario())

"""A venue killed under load: what was acknowledged is there, and every client resumes whole.

``CARBONX_KILLS`` is how often; ``make soak`` does it 200 times.
"""

import asyncio
import json
import os
import random
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

from engine.log.sequencer import replay
from gateway.client.client import Client
from gateway.protocol import wire
from gateway.server.accounts import Credentials, Directory
from tests.support.paths import ROOT

NAMES = ("alice", "bob")
KILLS = int(os.environ.get("CARBONX_KILLS", "3"))


def start(folder: Path, accounts: Path, port: int) -> tuple[subprocess.Popen[str], int]:
    """Start ``carbonx serve`` as a user would; return it and its port."""
    command = [sys.executable, "-m", "carbonx", "serve", "--rulebook", "textbook", "--json",
               "--dir", str(folder), "--accounts", str(accounts), "--port", str(port)]  # fmt: skip
    server = subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, cwd=ROOT, env=os.environ | {"PYTHONPATH": "."}
    )
    assert server.stdout is not None
    return server, json.loads(server.stdout.readline())["port"]


class Trader:
    """A client that trades for as long as it is let, and remembers what it was told."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.acknowledged: list[int] = []
        self.seqs: list[int] = []

    async def run(self, port: int, over: asyncio.Event) -> None:
        key = f"key-{self.name}"
        async with Client("127.0.0.1", port, account=self.name, key=key, attempts=60) as client:
            listener = asyncio.create_task(self.listen(client))
            while not over.is_set():
                price = 4_990 + len(self.acknowledged) % 21
                pending = [
                    client.buy("CO2", 5, price_minor=price)
                    if self.name == "alice"
                    else client.sell("CO2", 5, price_minor=price)
                    for _ in range(20)
                ]
                for report in await asyncio.wait_for(asyncio.gather(*pending), 30):
                    self.acknowledged.append(report.ref)
            await asyncio.sleep(0.1)
            listener.cancel()
            await asyncio.gather(listener, return_exceptions=True)

    async def listen(self, client: Client) -> None:
        reports = wire.Report.__args__
        async for event in client.events():
            if isinstance(event, reports):
                self.seqs.append(event.seq)


async def trade_through_kills(folder: Path, accounts: Path) -> list[Trader]:
    server, port = start(folder, accounts, 0)
    traders = [Trader(name) for name in NAMES]
    over = asyncio.Event()
    running = [asyncio.create_task(trader.run(port, over)) for trader in traders]
    try:
        rng = random.Random(1)
        for _ in range(KILLS):
            await asyncio.sleep(rng.uniform(0.05, 0.6))  # also while clients come back
            server.send_signal(signal.SIGKILL)
            server.communicate(timeout=10)
            server, _ = start(folder, accounts, port)
        await asyncio.sleep(0.5)
        over.set()
        await asyncio.wait_for(asyncio.gather(*running), 60)
    finally:
        server.terminate()
        server.communicate(timeout=10)
    return traders


def test_kills_under_load_lose_nothing_and_double_nothing(tmp_path: Path) -> None:
    accounts = tmp_path / "accounts.toml"
    tonnes = {"CO2": 10**9}
    known = tuple(Credentials(n, f"key-{n}", cash=10**14, allowances=tonnes) for n in NAMES)
    Directory(known).write(accounts)
    folder = tmp_path / "venue"
    traders = asyncio.run(trade_through_kills(folder, accounts))
    accepted: dict[str, list[int]] = {name: [] for name in NAMES}

    def note(_record: Any, events: list[Any]) -> None:
        for event in events:
            if type(event).__name__ == "OrderAccepted":
                accepted[event.account].append(event.ref)

    replay(folder, note).venue.check()
    for trader in traders:
        assert len(trader.acknowledged) > 100
        assert len(set(trader.acknowledged)) == len(trader.acknowledged)
        assert set(trader.acknowledged) <= set(accepted[trader.name])
        assert len(set(accepted[trader.name])) == len(accepted[trader.name])
        assert trader.seqs == list(range(1, len(trader.seqs) + 1))

"""The restore drill of linked venues, as ``docs/operations.md`` has it, while members trade."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import signal
import subprocess
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

from engine.log.sequencer import replay
from engine.log.snapshot import paths
from engine.vocabulary.commands import NewOrder
from engine.vocabulary.link_commands import RouteOrder
from gateway.client.client import Client
from gateway.client.errors import ClientError
from tests.gateway.cli.test_serve_linked import ACCOUNTS, FILE, written
from tests.support.command_line import typed
from tests.support.paths import ROOT
from tests.support.private import write_private
from tests.support.venues import bounded

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from engine.log.records import Record

RICH: Final = ACCOUNTS.replace("1_000_000", "10_000_000_000").replace("1_000 }", "1_000_000 }")
BOTH: Final = FILE.replace("routing", "shared").replace("fee = 2", "fee = 0")
VENUES: Final = ("north", "south")
WHO: Final = {"north": "bob", "south": "ann"}


@contextmanager
def served(folder: Path) -> Iterator[tuple[subprocess.Popen[str], dict[str, Any]]]:
    """Serve the file's venues; kill what is left of them."""
    with subprocess.Popen(
        [sys.executable, "-m", "carbonx", "serve", "--linked", "linked.toml", "--json"],
        stdout=subprocess.PIPE,
        text=True,
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    ) as server:
        assert server.stdout is not None
        try:
            yield server, json.loads(server.stdout.readline())
        finally:
            server.kill()


def stopped(server: subprocess.Popen[str]) -> None:
    """Stop venues in good order."""
    server.send_signal(signal.SIGINT)
    assert server.wait(60) == 0


def client_of(facts: dict[str, Any], venue: str, account: str) -> Client:
    return Client("127.0.0.1", facts[venue]["port"], account=account, key="k", attempts=2)


async def trade(client: Client, acknowledged: list[int], *, buys: bool) -> None:
    """Order for ever; keep the references that were answered."""
    while True:
        side = client.buy if buys else client.sell
        answer = await side("CO2", 1, price_minor=5_000)
        acknowledged.append(answer.ref)


def references(folder: Path) -> list[int]:
    """Return the references of orders in a log."""
    found: list[int] = []

    def keep(record: Record, _events: object) -> None:
        if isinstance(record.command, NewOrder | RouteOrder):
            found.append(record.command.ref)

    replay(folder, keep).venue.close()
    return found


def test_the_restore_drill_of_linked_venues_that_trade(tmp_path: Path) -> None:
    written(tmp_path, BOTH)
    write_private(tmp_path / "accounts.toml", RICH)
    acknowledged: dict[str, list[int]] = {name: [] for name in VENUES}
    before: list[dict[str, int]] = []

    async def drill(facts: dict[str, Any], server: subprocess.Popen[str]) -> None:
        clients = {name: client_of(facts, name, who) for name, who in WHO.items()}
        async with clients["north"], clients["south"]:
            traders = [
                asyncio.create_task(trade(each, acknowledged[name], buys=name == "south"))
                for name, each in clients.items()
            ]
            for number in range(3):
                await asyncio.sleep(0.3)
                before.append({name: len(each) for name, each in acknowledged.items()})
                answer = await asyncio.to_thread(
                    typed, "backup", str(tmp_path / "linked.toml"), str(tmp_path / f"copy{number}")
                )
                assert answer.status == 0, answer.err
                assert answer.out.count("state ") == 2
            assert all(len(acknowledged[name]) > before[-1][name] for name in VENUES), "it went on"
            server.send_signal(signal.SIGKILL)
            for each in await asyncio.gather(*traders, return_exceptions=True):
                assert isinstance(each, ClientError)

    with served(tmp_path) as (server, _):
        stopped(server)  # which leaves snapshots
    with served(tmp_path) as (server, facts):
        bounded(drill(facts, server))
    for number, counts in enumerate(before):
        for name in VENUES:
            shutil.rmtree(tmp_path / name)
            shutil.copytree(tmp_path / f"copy{number}" / name, tmp_path / name)
            assert paths(tmp_path / name), "the snapshot is copied too"
            kept = references(tmp_path / name)
            assert kept[: counts[name]] == acknowledged[name][: counts[name]]

        async def go_on(facts: dict[str, Any]) -> None:
            async with client_of(facts, "south", "ann") as south:
                await south.status()
                await south.buy("CO2", 1, price_minor=5_000)

        with served(tmp_path) as (server, facts):
            bounded(go_on(facts))
            stopped(server)


def test_a_copy_of_one_linked_venue_says_how_all_are_copied(tmp_path: Path) -> None:
    written(tmp_path, BOTH)
    with served(tmp_path) as (server, _):
        answer = typed("backup", str(tmp_path / "south"), str(tmp_path / "copy"))
        assert answer.status == 0
        assert "it is linked with north" in answer.err
        stopped(server)

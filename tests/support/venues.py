"""Venues and clients for tests: on loopback, funded, trading, and gone afterwards."""

from __future__ import annotations

import asyncio
import socket
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, Final

from engine.rulebook.presets import load as load_rulebook
from engine.vocabulary.commands import SetPhase
from engine.vocabulary.enums import Phase
from gateway.client.client import Client
from gateway.protocol import wire
from gateway.server.accounts import Credentials, Directory
from gateway.server.node import Node, Options
from tests.support.logons import predictable

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Coroutine
    from pathlib import Path

NAMES: Final = ("alice", "bob")
ACCOUNTS: Final = (
    *(
        Credentials(name, f"{name}-key", "M1", cash=10**12, allowances={"CO2": 10**6})
        for name in NAMES
    ),
    Credentials("carol", "c", cash=10**12, allowances={"CO2": 10**6}),
)
FUNDING: Final = 2  # reports every account begins with: its cash and its allowances


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


async def start_node(folder: Path, **options_of_node: Any) -> Node:
    """Start (or recover) a venue that trades."""
    options = Options(**options_of_node)
    node = Node.open(folder, load_rulebook("textbook"), predictable(Directory(ACCOUNTS)), options)
    await node.start()
    if node.sequencer.venue.phase("CO2") is Phase.CLOSED:
        node.operate(SetPhase(Phase.CONTINUOUS))
    return node


@asynccontextmanager
async def venue(folder: Path, **options: Any) -> AsyncIterator[Node]:
    node = await start_node(folder, **options)
    try:
        yield node
    finally:
        await node.stop()


def client_of(where: Node | int, name: str = "alice", **more: Any) -> Client:
    port = where if isinstance(where, int) else where.address[1]
    options = {"account": name, "key": f"{name}-key", "member": "M1"} | more
    return Client("127.0.0.1", port, **options)


def bounded(scenario: Coroutine[Any, Any, None]) -> None:
    """Run a scenario; a future that is left waiting fails the test instead of stopping it."""

    async def within() -> None:
        async with asyncio.timeout(60):
            await scenario

    asyncio.run(within())


async def next_report(client: Client) -> wire.Report:
    event = await client.next_event()
    assert isinstance(event, wire.Report), event
    return event


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not holds():  # noqa: ASYNC110 - a test may poll
            await asyncio.sleep(0.01)

"""A venue with its page, and a page without a browser: what the WebSocket says, decoded."""

from __future__ import annotations

import asyncio
import json
import os
from contextlib import asynccontextmanager
from time import time_ns
from typing import TYPE_CHECKING, Any, Final, Self

import msgspec
from websockets.asyncio.client import ClientConnection, connect

from engine.rulebook.presets import load as load_rulebook
from gateway.protocol import wire
from gateway.server.accounts import Credentials, Directory
from gateway.server.node import Node, Options
from gateway.web.door import FILE_NAME, Door
from gateway.web.keeper import Keeper
from gateway.web.operator import Operator
from gateway.web.server import WebServer
from gateway.web.settings import Web
from gateway.web.source import Near
from tests.support.browser import Tab, browser
from tests.support.logons import proof_of
from tests.support.paths import ROOT
from tests.support.venues import NAMES, venue

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from pathlib import Path


OPERATOR_KEY: Final = "the operator's"
_decode = msgspec.json.Decoder(wire.FromVenue).decode


@asynccontextmanager
async def venue_with_page(folder: Path, **options: Any) -> AsyncIterator[tuple[Node, WebServer]]:
    async with venue(folder, **options) as node, page_of(node) as web:
        yield node, web


@asynccontextmanager
async def page_of(node: Node, port: int = 0) -> AsyncIterator[WebServer]:
    given = Web(port=port, curves=True)
    web = WebServer({"": Near(node, given, {"operator": Operator(node, OPERATOR_KEY)})}, given)
    await web.start()
    try:
        yield web
    finally:
        await web.stop()


@asynccontextmanager
async def page_apart(
    node: Node, folder: Path, said: list[str] | None = None
) -> AsyncIterator[Keeper]:
    """Serve a node's page from a process of its own."""
    given = Web(curves=True)
    source = Near(node, given, {"operator": Operator(node, OPERATOR_KEY)})
    heard = said if said is not None else []
    door = Door(node, folder / FILE_NAME, source, curves=True)
    keeper = Keeper({"": door}, given, heard.append)
    await keeper.start()
    try:
        yield keeper
    finally:
        await keeper.stop()


@asynccontextmanager
async def ruled(
    folder: Path, rulebook: str, *, trading: bool = False, clock: Callable[[], int] = time_ns
) -> AsyncIterator[Node]:
    """Run a venue under a rulebook with alice and bob; its lines are closed or trade."""
    rules = load_rulebook(rulebook)
    stock = dict.fromkeys((product.symbol for product in rules.products), 10**6)
    directory = Directory(
        tuple(
            Credentials(name, f"{name}-key", "M1", cash=10**12, allowances=stock) for name in NAMES
        )
    )
    node = Node.open(folder, rules, directory, Options(durability="none", opens=trading), clock)
    await node.start()
    try:
        yield node
    finally:
        await node.stop()


class Reader:
    """A page that keeps what it is sent."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket
        self.heard: list[wire.FromVenue] = []
        self.words: list[list[Any]] = []

    def say(self, message: wire.FromClient) -> Any:
        return self.socket.send(msgspec.json.encode(message).decode())

    async def log_on(self, name: str, key: str = "") -> None:
        logon = wire.Logon(wire.VERSION, "M1", name, "its nonce")
        await self.say(logon)
        await self.say(proof_of(logon, key or f"{name}-key"))

    async def read(self) -> None:
        for item in json.loads(await self.socket.recv()):
            if isinstance(item[0], str):
                self.words.append(item)
            else:
                self.heard.append(_decode(json.dumps(item)))

    async def until(self, holds: Callable[[Self], bool]) -> None:
        async with asyncio.timeout(20):
            while not holds(self):
                await self.read()

    def all_of(self, kind: type[Any]) -> list[Any]:
        return [each for each in self.heard if isinstance(each, kind)]


@asynccontextmanager
async def page(web: WebServer, origin: str | None = None) -> AsyncIterator[Reader]:
    async with page_at(web.url, origin) as reader:
        yield reader


@asynccontextmanager
async def page_at(url: str, origin: str | None = None, path: str = "ws") -> AsyncIterator[Reader]:
    where = f"{url.replace('http', 'ws', 1)}{path}"
    given: Any = origin or url.removesuffix("/")
    async with connect(where, origin=given, compression=None) as socket:
        yield Reader(socket)


async def keep(tab: Tab, name: str) -> None:
    """Take a picture for ``docs`` where that is asked for: ``CARBONX_PICTURES=1 pytest``."""
    if os.environ.get("CARBONX_PICTURES"):
        await tab.shot(ROOT / "docs" / name)


@asynccontextmanager
async def in_browser(
    folder: Path, rulebook: str, *, clock: Callable[[], int] = time_ns
) -> AsyncIterator[tuple[Node, WebServer, Tab]]:
    """Run a venue that trades under a rulebook, its page, and a browser to look at it."""
    async with (
        ruled(folder / "venue", rulebook, trading=True, clock=clock) as node,
        page_of(node) as web,
        browser(folder / "profile") as tab,
    ):
        yield node, web, tab


async def log_on(tab: Tab, name: str = "alice") -> None:
    await tab.until("document.querySelector('#logon')")
    await tab.type("#member", "M1")
    await tab.type("#account", name)
    await tab.type("#key", f"{name}-key")
    await tab.click("#logon button")
    await tab.until("document.querySelector('#ticket')")

"""A venue with its page, and a page without a browser: what the WebSocket says, decoded."""

from __future__ import annotations

import asyncio
import json
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, Self

import msgspec
from websockets.asyncio.client import ClientConnection, connect

from gateway.protocol import wire
from gateway.web.server import WebServer
from tests.support.venues import venue

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from pathlib import Path

    from gateway.server.node import Node

_decode = msgspec.json.Decoder(wire.FromVenue).decode


@asynccontextmanager
async def venue_with_page(folder: Path, **options: Any) -> AsyncIterator[tuple[Node, WebServer]]:
    async with venue(folder, **options) as node:
        web = WebServer(node, "127.0.0.1", 0)
        await web.start()
        try:
            yield node, web
        finally:
            await web.stop()


class Reader:
    """A page that keeps what it is sent."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket
        self.heard: list[wire.FromVenue] = []
        self.words: list[list[Any]] = []

    def say(self, message: wire.FromClient) -> Any:
        return self.socket.send(msgspec.json.encode(message).decode())

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
    host, port = web.address
    where = f"ws://{host}:{port}/ws"
    async with connect(where, origin=origin or f"http://{host}:{port}", compression=None) as socket:  # type: ignore[arg-type] # a plain text
        yield Reader(socket)

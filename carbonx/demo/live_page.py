"""The demonstration's page: while the day goes, and afterwards as it ended."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Final

from carbonx.demo.day import accounts, rules
from carbonx.demo.shenzhen_day import BARS
from engine.log.sequencer import replay
from gateway.runtime import event_loop
from gateway.server.node import Node, Options
from gateway.web.server import WebServer
from gateway.web.settings import Web
from gateway.web.source import Near

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from pathlib import Path

HOST: Final = "127.0.0.1"
DEFAULT_PORT: Final = 8117


class Page:
    """One address, at which the day is shown and then what it came to."""

    def __init__(self, port: int | None, say: Callable[[str], None]) -> None:
        """Serve at a port; without one at the usual one, or any. ``say`` is given the address."""
        self.url = ""
        self._port = port
        self._say = say

    @asynccontextmanager
    async def of(self, node: Node) -> AsyncIterator[None]:
        """Serve the page of a node. Raises ``OSError`` where a port that was asked for is taken."""
        web = self._server(node, DEFAULT_PORT if self._port is None else self._port)
        try:
            await web.start()
        except OSError:
            if self._port is not None:
                raise
            web = self._server(node, 0)
            await web.start()
        self._port = web.address[1]
        if web.url != self.url:
            self.url = web.url
            self._say(web.url)
        try:
            yield
        finally:
            await web.stop()

    def _server(self, node: Node, port: int) -> WebServer:
        real = {name: (bar.low, bar.high, bar.close, bar.volume) for name, bar in BARS.items()}
        web = Web(host=HOST, port=port, timetable=True, curves=True, real_day=real)
        return WebServer({"": Near(node, web)}, web)

    async def stay(self, folder: Path) -> None:
        """Serve the venue as the day left it, brought back from its log, until a signal comes."""
        found = replay(folder)
        last = found.time
        found.venue.close()
        options = Options(durability="none")
        node = Node.open(folder, rules(), accounts(), options, lambda: last)
        await node.start()
        stop = asyncio.Event()
        event_loop.on_stop(stop.set)
        try:
            async with self.of(node):
                await stop.wait()
        finally:
            await node.stop()

"""The page of a venue on a port, in the event loop that the venue runs in."""

from __future__ import annotations

import asyncio
import socket
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final, cast

import msgspec
import uvicorn
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

from engine.rulebook.calendar import local_date, steps
from engine.rulebook.model import line_name
from gateway.web.app import application
from gateway.web.hub import Hub
from gateway.web.page import AGAIN, TRANSPORT, Page
from gateway.web.translate import encode

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from starlette.websockets import WebSocket
    from websockets.http11 import Request

    from gateway.server.node import Node
    from gateway.web.page import Control

PER_SECOND: Final = 25  # frames to one page
WRITES: Final = 1_000  # frames a second to all pages: more pages get fewer each
IN_A_ROW: Final = 8  # pages that are written to before the venue has its turn
MOST_PAGES: Final = 512
MAX_MESSAGE: Final = 16_384  # bytes of what a page says
LOOPBACK: Final = ("127.0.0.1", "localhost", "[::1]")


class _Protocol(WebSocketsSansIOProtocol):
    """Gives a page its transport: what many are sent is written by itself."""

    def handle_connect(self, event: Request) -> None:
        """Begin."""
        super().handle_connect(event)
        if hasattr(self, "scope"):  # a handshake that failed has none
            cast("dict[str, Any]", self.scope)[TRANSPORT] = self.transport


class _Server(uvicorn.Server):
    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave signals to whoever runs the venue."""
        yield


class Web(msgspec.Struct, frozen=True, kw_only=True):
    """How to serve a page."""

    host: str = "127.0.0.1"
    port: int = 0  # 0: any free port
    names: tuple[str, ...] = ()  # by which browsers reach it, beside the machine's own and the host
    timetable: bool = False  # somebody follows the calendar, so a page may say what is next
    curves: bool = False  # show supply and demand of a call while it forms, without names


class WebServer:
    """Serves the page of one node."""

    def __init__(
        self,
        node: Node,
        web: Web,
        controls: dict[str, Control] | None = None,
        state: Callable[[], list[Any]] | None = None,
    ) -> None:
        """Serve ``node``; ``start`` opens the port.

        ``controls`` take what a page says under a word and return an item for it. ``state``
        returns an item that every page begins with.
        """
        self._node = node
        self._web = web
        self._controls = controls or {}
        self._state = state
        self.pages: dict[Page, None] = {}
        self._hub: Hub | None = None
        bound = f"[{web.host}]" if ":" in web.host else web.host
        app = application(self._talk, dict.fromkeys((*LOOPBACK, bound, *web.names)))
        self._server = _Server(
            uvicorn.Config(app, log_level="critical", access_log=False, lifespan="off",
                           ws=_Protocol, ws_max_size=MAX_MESSAGE,
                           ws_per_message_deflate=False, server_header=False,
                           timeout_graceful_shutdown=2)
        )  # fmt: skip
        self._serving: asyncio.Task[None] | None = None
        self._writing: asyncio.Task[None] | None = None
        self.address = ("", 0)

    async def start(self) -> None:
        """Open the port. Raises ``OSError`` where it is taken."""
        host, port = self._web.host, self._web.port
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        listener = socket.create_server((host, port), family=family)
        self.address = listener.getsockname()[:2]
        self._hub = Hub(self._node, curves=self._web.curves)
        self._serving = asyncio.ensure_future(self._server.serve([listener]))
        self._writing = asyncio.ensure_future(self._write())

    @property
    def url(self) -> str:
        """The address that a browser opens."""
        host, port = self.address
        return f"http://{f'[{host}]' if ':' in host else host}:{port}/"

    async def stop(self) -> None:
        """Send all pages away and close the port."""
        if self._hub is not None:
            self._hub.close()
        self._server.should_exit = True
        if self._serving is not None:
            await self._serving
        if self._writing is not None:
            self._writing.cancel()

    async def _write(self) -> None:
        """Send to all pages what is due, some at a time."""
        while True:
            await asyncio.sleep(max(1 / PER_SECOND, len(self.pages) / WRITES))
            for place, page in enumerate(list(self.pages)):
                page.flush()
                if place % IN_A_ROW == IN_A_ROW - 1:
                    await asyncio.sleep(0)

    async def _talk(self, web: WebSocket) -> None:
        assert self._hub is not None
        await web.accept()
        if len(self.pages) >= MOST_PAGES:
            await web.close(AGAIN, f"{MOST_PAGES} pages are open")
            return
        page = Page(self._node, self._hub, web, self._controls)
        self.pages[page] = None
        try:
            page.answered(encode(["hello", self._hello()]))
            if self._state is not None:
                page.answered(encode(self._state()))
            await page.run()
        finally:
            del self.pages[page]

    def show(self, node: Node) -> None:
        """Show another node on all pages."""
        before, self._node = self._hub, node
        self._hub = Hub(node, curves=self._web.curves)
        for page in self.pages:
            page.move(node, self._hub)
        if before is not None:
            before.close()

    def tell(self, item: list[Any]) -> None:
        """Send an item to all pages."""
        text = encode(item)
        for page in self.pages:
            page.answered(text)

    def _hello(self) -> dict[str, Any]:
        """Return what a page must know before anything else."""
        venue = self._node.sequencer.venue
        book = venue.rulebook
        now = self._node.clock()
        return {
            "controls": [*self._controls],
            "venue": book.name, "title": book.title, "durability": self._node.durability,
            "currency": book.currency, "digits": book.minor_digits,
            "utc_offset_minutes": book.calendar.utc_offset_minutes,
            "steps": [[each.time, each.command.symbol, int(each.command.phase)]
                      for each in steps(book, local_date(book.calendar, now))
                      if self._web.timetable],
            "picks": {line_name(product, mode, book.modes_of(product)[0]):
                      [mode.pick.name.lower(), mode.pick_levels]
                      for product in book.products for mode in book.modes_of(product)},
        }  # fmt: skip

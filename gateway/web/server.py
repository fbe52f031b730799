"""The pages of a venue, or of venues that are linked, on a port."""

from __future__ import annotations

import asyncio
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final, cast

import uvicorn
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

from gateway.web.app import application
from gateway.web.hub import Hub
from gateway.web.page import AGAIN, POLICY, TRANSPORT, Page
from gateway.web.settings import listen, url_of
from gateway.web.source import HELLO
from gateway.web.translate import encode

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable, Iterator, Mapping

    from starlette.websockets import WebSocket
    from websockets.http11 import Request

    from gateway.web.settings import Web
    from gateway.web.source import Source

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


class WebServer:
    """Serves the pages of one venue, or of several."""

    def __init__(
        self,
        sources: Mapping[str, Source],
        web: Web,
        state: Callable[[], list[Any]] | None = None,
    ) -> None:
        """Serve venues by their names; ``start`` opens the port.

        A page begins with the first of them, which alone may have no name. ``state`` returns an
        item that every page begins with.
        """
        self._sources = dict(sources)
        self._web = web
        self._state = state
        self.pages: dict[Page, None] = {}
        self.hubs: dict[str, Hub] = {}
        bound = f"[{web.host}]" if ":" in web.host else web.host
        app = application(self._talk, dict.fromkeys((*LOOPBACK, bound, *web.names)))
        self._server = _Server(
            uvicorn.Config(
                app,
                log_level="critical",
                access_log=False,
                lifespan="off",
                ws=_Protocol,
                ws_max_size=MAX_MESSAGE,
                ws_per_message_deflate=False,
                server_header=False,
                timeout_graceful_shutdown=2,
            )
        )
        self._serving: asyncio.Task[None] | None = None
        self._writing: asyncio.Task[None] | None = None
        self.address = ("", 0)

    async def start(self, listener: socket.socket | None = None) -> None:
        """Open the port, or take one over. Raises ``OSError`` where it is taken."""
        listener = listener or listen(self._web)
        self.address = listener.getsockname()[:2]
        self.hubs = {name: Hub(source) for name, source in self._sources.items()}
        self._serving = asyncio.ensure_future(self._server.serve([listener]))
        self._writing = asyncio.ensure_future(self._write())

    @property
    def url(self) -> str:
        """The address that a browser opens."""
        return url_of(self.address)

    async def ended(self) -> None:
        """Wait until a venue lets go: those that are linked stop together."""
        ends = [asyncio.ensure_future(hub.ended.wait()) for hub in self.hubs.values()]
        try:
            await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for each in ends:
                each.cancel()

    async def stop(self) -> None:
        """Send all pages away and close the port."""
        for hub in self.hubs.values():
            hub.close()
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

    async def _talk(self, web: WebSocket, name: str) -> None:
        name = name or next(iter(self._sources))
        if name not in self._sources:
            await web.close(POLICY)
            return
        await web.accept()
        word, told = await self._sources[name].ask(HELLO, None)
        if word == HELLO:
            told = told | {"at": name, "venues": list(self._sources)}
        hello = encode([word, told])
        if len(self.pages) >= MOST_PAGES:
            await web.close(AGAIN, f"{MOST_PAGES} pages are open")
            return
        page = Page(self._sources[name], self.hubs[name], web)
        self.pages[page] = None
        try:
            page.answered(hello)
            if self._state is not None:
                page.answered(encode(self._state()))
            await page.run()
        finally:
            del self.pages[page]

    def show(self, source: Source) -> None:
        """Show another venue on all pages, in the place of the only one."""
        (name,) = self._sources
        before, hub = self.hubs[name], Hub(source)
        self._sources[name], self.hubs[name] = source, hub
        for page in self.pages:
            page.move(source, hub)
        before.close()

    def tell(self, item: list[Any]) -> None:
        """Send an item to all pages."""
        text = encode(item)
        for page in self.pages:
            page.answered(text)

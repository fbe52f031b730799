"""What answers HTTP: the page's files, the table of messages, and the WebSocket.

Nothing here is for other sites: a request must name this server, a WebSocket must come from a page
of it, and the pages may load nothing but its files. Keys come over the WebSocket alone.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from starlette.applications import Starlette
from starlette.datastructures import Headers
from starlette.responses import FileResponse, PlainTextResponse, Response
from starlette.routing import Mount, Route, WebSocketRoute
from starlette.staticfiles import StaticFiles

from gateway.web.translate import table

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Container

    from starlette.requests import Request
    from starlette.types import ASGIApp, Message, Receive, Scope, Send
    from starlette.websockets import WebSocket

STATIC: Final = Path(__file__).parent / "static"
CSP: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
HEADERS: Final = (
    (b"content-security-policy", CSP.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"cache-control", b"no-cache"),
)
SCHEMES: Final = ("http://", "https://")


class Guard:
    """Refuses what another site asks for, and puts the headers on every answer."""

    def __init__(self, app: ASGIApp, names: Container[str]) -> None:
        """Let requests through that name this server by one of ``names``."""
        self._app = app
        self._names = names

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", ()), *HEADERS]
            await send(message)

        refusal = self._refusal(scope)
        if not refusal:
            await self._app(scope, receive, with_headers)
        elif scope["type"] == "websocket":
            await receive()
            await send({"type": "websocket.close", "code": 1008})  # before it is accepted: 403
        else:
            await PlainTextResponse(refusal, 403)(scope, receive, with_headers)

    def _refusal(self, scope: Scope) -> str:
        """Return why a request is refused, "" where it is not."""
        headers = Headers(scope=scope)
        host = headers.get("host", "")
        if _name(host) not in self._names:
            return "this server is not called so: see --web-name\n"
        origin = headers.get("origin")
        if origin is not None and origin not in [scheme + host for scheme in SCHEMES]:
            return "requests of other sites are refused\n"
        if origin is None and scope["type"] == "websocket":
            return "a WebSocket must say where it comes from\n"
        if headers.get("sec-fetch-site", "none") not in ("none", "same-origin"):
            return "requests of other sites are refused\n"
        if scope.get("query_string"):
            return "addresses here have no query: nothing that is secret may stand in one\n"
        return ""


def _name(host: str) -> str:
    """Return a host without its port."""
    return host[: host.rindex("]") + 1] if "]" in host else host.partition(":")[0]


def application(
    talk: Callable[[WebSocket, str], Awaitable[None]], names: Container[str]
) -> ASGIApp:
    """Return the application.

    ``talk`` is given each WebSocket that may be accepted, and the venue that it asks for: "" is
    the first.
    """

    async def page(_request: Request) -> Response:
        return FileResponse(STATIC / "index.html", media_type="text/html")

    async def messages(_request: Request) -> Response:
        return Response(table(), media_type="application/json")

    async def socket(web: WebSocket) -> None:
        await talk(web, web.path_params.get("venue", ""))

    routes = [
        Route("/", page),
        Route("/protocol.json", messages),
        WebSocketRoute("/ws", socket),
        WebSocketRoute("/ws/{venue:path}", socket),
        Mount("/static", StaticFiles(directory=STATIC)),
    ]
    return Guard(Starlette(routes=routes), names)

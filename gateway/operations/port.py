"""The operations port: ``/metrics``, ``/healthz``, ``/readyz`` and ``/status`` over HTTP.

It is answered in threads of its own, so that it speaks while the venue recovers and says so where
the venue's loop does not. What it shows of the venue is looked at in the venue's loop.
"""

from __future__ import annotations

import asyncio
import json
import threading
from socketserver import ThreadingMixIn
from typing import TYPE_CHECKING, Final
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from msgspec import to_builtins
from prometheus_client import make_wsgi_app

from gateway.operations.figures import Figures

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Any

    from gateway.server.node import Node
    from gateway.server.status import Status

    Answer = tuple[str, str, bytes]  # status line, type, body

ANSWERS_WITHIN: Final = 2.0  # seconds that the venue's loop gets before it counts as stuck
PATHS: Final = ("/metrics", "/healthz", "/readyz", "/status")
_TEXT: Final = "text/plain; charset=utf-8"


class StuckError(Exception):
    """The venue's loop does not answer."""


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True
    request_queue_size = 16


class _Handler(WSGIRequestHandler):
    timeout = ANSWERS_WITHIN  # a peer that says nothing holds its thread no longer

    def log_message(self, *_words: object) -> None:
        """Say nothing: scrapes are many."""


class OperationsPort:
    """Serves one process: first without a venue, while that recovers, then with one."""

    def __init__(self, host: str, port: int) -> None:
        """Open the port. Raises ``OSError``; 0 takes any free one."""
        self.figures = Figures()
        self._metrics = make_wsgi_app(self.figures.registry)
        self._node: Node | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._server = make_server(host, port, self._answer, _Server, _Handler)
        self.address: tuple[str, int] = self._server.server_address[:2]  # type: ignore[assignment]
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    def serve(self, node: Node) -> None:
        """Show a node that has started, from within its loop."""
        self.figures.watch(node)
        self._loop, self._node = asyncio.get_running_loop(), node

    def close(self) -> None:
        """Close the port."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
        self.figures.close()

    # -- in threads of its own ----------------------------------------------------------------

    def _answer(
        self, environ: dict[str, Any], start_response: Callable[..., Any]
    ) -> Iterable[bytes]:
        """Answer one request."""
        path = environ.get("PATH_INFO", "")
        if environ.get("REQUEST_METHOD") not in ("GET", "HEAD"):
            code, kind, body = "405 Method Not Allowed", _TEXT, b"only GET is answered here\n"
        elif path == "/healthz":
            code, kind, body = self._health()
        elif path == "/readyz":
            code, kind, body = self._ready()
        elif path in ("/metrics", "/status"):
            try:
                status = self._look()
            except StuckError as error:
                code, kind, body = _unavailable(str(error))
            else:
                if path == "/metrics":
                    pages: Iterable[bytes] = self._metrics(environ, start_response)
                    return pages
                text = json.dumps(to_builtins(status), ensure_ascii=False)
                code, kind, body = "200 OK", "application/json", text.encode() + b"\n"
        else:
            body = f"there are {', '.join(PATHS)}\n".encode()
            code, kind = "404 Not Found", _TEXT
        start_response(code, [("Content-Type", kind), ("Content-Length", str(len(body)))])
        return [body]

    def _look(self) -> Status | None:
        """Look at the venue in its own loop. Raises ``StuckError``."""
        node, loop = self._node, self._loop
        if node is None or loop is None:
            return None

        async def look() -> Status:
            return self.figures.look(node)

        asked = look()
        try:
            return asyncio.run_coroutine_threadsafe(asked, loop).result(ANSWERS_WITHIN)
        except TimeoutError:
            problem = f"the venue's loop has not answered for {ANSWERS_WITHIN:g} s"
            raise StuckError(problem) from None
        except RuntimeError as error:  # the loop is closed
            asked.close()
            raise StuckError(str(error)) from error

    def _health(self) -> Answer:
        """Say whether the process should be left alone: it recovers, or its loop turns."""
        try:
            self._look()
        except StuckError as error:
            return _unavailable(str(error))
        return "200 OK", _TEXT, b"ok\n"

    def _ready(self) -> Answer:
        """Say whether the venue takes orders."""
        if self._node is None:
            return _unavailable("recovering: the log is being replayed")
        try:
            status = self._look()
        except StuckError as error:
            return _unavailable(str(error))
        if status is None or not status.ready:
            return _unavailable(status.why if status else "recovering")
        return "200 OK", _TEXT, b"ready\n"


def _unavailable(why: str) -> Answer:
    return "503 Service Unavailable", _TEXT, why.encode() + b"\n"

"""What a venue that replays its log says at its port: it recovers, come back soon.

The listening sockets are open from the start and the node takes the same ones over, so that a
client is never refused a connection; whoever comes in between waits in the system's queue.
"""

from __future__ import annotations

import asyncio
import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Final, Self, cast

from gateway.protocol.session import pack
from gateway.protocol.wire import LoggedOut, LogoutReason

if TYPE_CHECKING:
    import socket
    import ssl
    from collections.abc import Sequence

ANSWER: Final = pack(LoggedOut(0, LogoutReason.RECOVERING, "the venue recovers; come back soon"))
MOST: Final = 32  # connections at once; the others wait in the system's queue
PAUSE: Final = 0.005  # seconds between two of them: the replay keeps its processor
HEARD_WITHIN: Final = 2.0  # seconds to say something and take the answer


class _Answer(asyncio.Protocol):
    """Answers the first bytes, whatever they are, and closes.

    To close before anything was read could lose the answer on its way.
    """

    def __init__(self) -> None:
        """Wait for bytes."""
        self.gone = asyncio.get_running_loop().create_future()
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep what to write to."""
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, _data: bytes) -> None:
        """Say what the venue does, once."""
        transport = self._transport
        if transport is not None and not transport.is_closing():
            transport.write(ANSWER)
            transport.close()

    def connection_lost(self, _error: Exception | None) -> None:
        """End the wait."""
        if not self.gone.done():
            self.gone.set_result(None)


class Recovering:
    """Answers at listening sockets, in a thread, for as long as it is entered.

    It closes none of them: who opened them hands them on.
    """

    def __init__(self, sockets: Sequence[socket.socket], tls: ssl.SSLContext | None = None) -> None:
        """Answer at these, in TLS where there is a context."""
        self._sockets = sockets
        self._tls = tls
        self._loop = asyncio.SelectorEventLoop()  # leaves the sockets free for another loop
        self._listening: list[asyncio.Task[None]] = []
        self._answering: dict[asyncio.Task[None], socket.socket] = {}
        self._thread = threading.Thread(target=self._run, name="carbonx-recovering", daemon=True)

    def __enter__(self) -> Self:
        """Begin."""
        for each in self._sockets:
            each.settimeout(0)
            self._listening.append(self._loop.create_task(self._listen(each)))
        self._thread.start()
        return self

    def __exit__(self, *_exc: object) -> None:
        """End; who has no answer yet is cut off, and comes back."""
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _run(self) -> None:
        loop = self._loop
        loop.run_forever()
        for task in (*self._listening, *self._answering):
            task.cancel()
        if self._listening:
            loop.run_until_complete(asyncio.wait(self._listening))
        while self._answering:
            loop.run_until_complete(asyncio.wait([*self._answering]))
        loop.run_until_complete(asyncio.sleep(0))  # what was aborted is closed

    async def _listen(self, listening: socket.socket) -> None:
        """Take connections in, one after the other, where there is room.

        It looks now and then: an accept that is waited for could be lost at the end, and not every
        system's loop tells of a socket that can be read.
        """
        while True:
            if len(self._answering) < MOST:
                with suppress(OSError):  # nobody is there, or the process may open no more files
                    accepted, _ = listening.accept()
                    accepted.settimeout(0)
                    task = self._loop.create_task(self._answer(accepted))
                    self._answering[task] = accepted
                    task.add_done_callback(self._answered)
            await asyncio.sleep(PAUSE)

    def _answered(self, task: asyncio.Task[None]) -> None:
        self._answering.pop(task).close()

    async def _answer(self, accepted: socket.socket) -> None:
        transport = None
        try:
            async with asyncio.timeout(HEARD_WITHIN):
                transport, protocol = await self._loop.connect_accepted_socket(
                    _Answer, accepted, ssl=self._tls
                )
                await protocol.gone
        except (OSError, TimeoutError):
            pass  # it broke, its TLS is none, or it said nothing
        finally:
            if transport is not None:
                transport.abort()

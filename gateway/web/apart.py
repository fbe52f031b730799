"""The process that serves a venue's pages: ``python -m gateway.web.apart``, started by the venue.

It is given the port already open, reaches each venue through the socket in its folder, and ends
with them: when its input closes, or a venue lets the watcher go. Where they share a processor, the
venues go first.
"""

from __future__ import annotations

import asyncio
import gc
import os
import signal
import socket
import sys
from pathlib import Path
from typing import Final

import msgspec

from gateway.runtime import event_loop
from gateway.web.far import Far
from gateway.web.server import WebServer
from gateway.web.settings import Web  # noqa: TC001 - msgspec reads it

NICENESS: Final = 10


class Given(msgspec.Struct, frozen=True, kw_only=True):
    """What the process is started with."""

    listener: int  # the file descriptor of the open port
    doors: dict[str, str]  # by the venue's name: the path of the socket in its folder
    web: Web


class _Input(asyncio.Protocol):
    """The venue's end of the pipe; it closes when the venue wants it so, or dies."""

    def __init__(self, over: asyncio.Event) -> None:
        self._over = over

    def connection_lost(self, _error: Exception | None) -> None:
        self._over.set()


async def serve(given: Given) -> None:
    """Serve until the venue has enough."""
    over = asyncio.Event()
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: _Input(over), sys.stdin)
    server = WebServer({name: Far(Path(door)) for name, door in given.doors.items()}, given.web)
    await server.start(socket.socket(fileno=given.listener))
    gc.collect()
    gc.freeze()
    sys.stdout.write("serving\n")
    sys.stdout.flush()
    ends = [asyncio.ensure_future(each) for each in (over.wait(), server.ended())]
    await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
    for each in ends:
        each.cancel()
    await server.stop()


def main() -> None:
    """Read what is given and serve."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # it is for the venue, which then closes the pipe
    os.nice(NICENESS)
    if hasattr(os, "SCHED_BATCH"):  # on Linux: it takes a processor from nobody by waking up
        os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0))
    event_loop.run(serve(msgspec.json.decode(sys.argv[1], type=Given)))


if __name__ == "__main__":
    main()

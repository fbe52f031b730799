"""Starts the process that serves the pages, starts it anew when it fails, and ends it.

Whatever happens to it, the venue goes on: it has one reader less until the next one comes.
"""

from __future__ import annotations

import asyncio
import contextlib
import sys
from asyncio.subprocess import PIPE, Process
from typing import TYPE_CHECKING, Final

import msgspec

from gateway.web.settings import listen, url_of

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable, Mapping

    from gateway.web.door import Door
    from gateway.web.settings import Web

STARTS_WITHIN: Final = 30.0  # seconds
ENDS_WITHIN: Final = 5.0
AGAIN_AFTER: Final = 1.0  # seconds between an end that nobody wanted and the next start


class Keeper:
    """The pages of a venue, or of several, in a process of their own."""

    def __init__(self, doors: Mapping[str, Door], web: Web, say: Callable[[str], None]) -> None:
        """Serve the venues behind ``doors``; ``say`` is given what the operator should hear."""
        self._doors = doors
        self._web = web
        self._say = say
        self._listener: socket.socket | None = None
        self._process: Process | None = None
        self._keeping: asyncio.Task[None] | None = None
        self._ready = asyncio.Event()
        self.url = ""

    @property
    def pid(self) -> int:
        """The process that serves now, 0 while there is none."""
        return self._process.pid if self._process is not None else 0

    async def start(self) -> None:
        """Open the port and wait until pages are served. Raises ``OSError`` where it is taken."""
        self._listener = listen(self._web)
        self.url = url_of(self._listener.getsockname()[:2])
        for door in self._doors.values():
            await door.open()
        self._keeping = asyncio.ensure_future(self._keep())
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._ready.wait(), STARTS_WITHIN)

    async def stop(self) -> None:
        """End the process and close the port."""
        if self._keeping is not None:
            self._keeping.cancel()
            await asyncio.gather(self._keeping, return_exceptions=True)
        await self._end()
        for door in self._doors.values():
            await door.close()
        if self._listener is not None:
            self._listener.close()

    async def _keep(self) -> None:
        while True:
            code = await self._run()
            self._say(
                f"the pages' process ended (exit code {code}); the venue goes on, and pages "
                f"come back in {AGAIN_AFTER:g} s"
            )
            await asyncio.sleep(AGAIN_AFTER)

    async def _run(self) -> int:
        """Start the process; return its exit code once it has ended."""
        assert self._listener is not None
        number = self._listener.fileno()
        doors = {name: str(door.path) for name, door in self._doors.items()}
        given = {"listener": number, "doors": doors, "web": self._web}
        self._process = process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "gateway.web.apart",
            msgspec.json.encode(given).decode(),
            stdin=PIPE,
            stdout=PIPE,
            pass_fds=(number,),
        )
        assert process.stdout is not None
        if await process.stdout.readline():
            self._ready.set()
        return await process.wait()

    async def _end(self) -> None:
        process, self._process = self._process, None
        if process is None or process.returncode is not None:
            return
        assert process.stdin is not None
        process.stdin.close()
        try:
            await asyncio.wait_for(process.wait(), ENDS_WITHIN)
        except TimeoutError:
            process.kill()
            await process.wait()

"""A network that does what networks do: it splits, delays, cuts, and swallows without a word."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING, Final, Self

if TYPE_CHECKING:
    from random import Random

MOST_SPLITS: Final = 8  # pieces that one arrival is split into
LONGEST_DELAY: Final = 0.01  # seconds before a piece goes on


class _Way:
    """One direction of one connection, with what will become of it."""

    def __init__(self, rng: Random, *, calm: bool) -> None:
        self.rng = rng
        fate = "calm" if calm else rng.choice(["calm", "cut", "cut", "swallow"])
        self.fate = fate
        self.left = rng.choice([0, 3, 60, 400, 4_000, 30_000]) + rng.randrange(200)  # bytes
        self.slow = not calm and rng.random() < 0.5
        self.split = not calm and rng.random() < 0.5

    def pieces(self, data: bytes) -> list[bytes]:
        """Return an arrival in pieces."""
        if not self.split or len(data) < 2:
            return [data]
        most = min(MOST_SPLITS, len(data) - 1)
        cuts = sorted(self.rng.sample(range(1, len(data)), self.rng.randint(1, most)))
        return [data[a:b] for a, b in zip([0, *cuts], [*cuts, len(data)], strict=True)]

    def passes(self, data: bytes) -> bytes | None:
        """Return what goes on of a piece, None where the connection is cut instead."""
        if self.fate == "calm":
            return data
        passed, self.left = data[: self.left], max(0, self.left - len(data))
        if self.fate == "cut" and not self.left:
            return None
        return passed


class HostileLink:
    """Stands between clients and a venue's port on the loopback; what it does follows its seed."""

    def __init__(self, rng: Random, target: int) -> None:
        """Lead to a port; ``async with`` opens it."""
        self.rng = rng
        self.target = target
        self.calm = False  # whether connections made from now on are left alone
        self.cuts = 0
        self.connections = 0
        self._writers: dict[asyncio.StreamWriter, None] = {}
        self._tasks: dict[asyncio.Task[None], None] = {}
        self._server: asyncio.Server | None = None

    @property
    def port(self) -> int:
        """Where clients connect."""
        assert self._server is not None
        return int(self._server.sockets[0].getsockname()[1])

    async def __aenter__(self) -> Self:
        """Listen."""
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        return self

    async def __aexit__(self, *_exc: object) -> None:
        """Cut everything and leave nothing behind."""
        assert self._server is not None
        self._server.close()
        self.cut_all()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._server.wait_closed()

    def settle(self) -> None:
        """Leave connections alone from now on; those that are have their fate, so they end."""
        self.calm = True
        self.cut_all()

    def cut_all(self) -> None:
        """Cut every connection there is."""
        for writer in list(self._writers):
            writer.transport.abort()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks[task] = None
        self._writers[writer] = None
        self.connections += 1
        ends = [writer]
        try:
            venue_reader, venue_writer = await asyncio.open_connection("127.0.0.1", self.target)
            self._writers[venue_writer] = None
            ends.append(venue_writer)
            async with asyncio.TaskGroup() as both:
                both.create_task(self._pump(reader, venue_writer, ends))
                both.create_task(self._pump(venue_reader, writer, ends))
        except (OSError, asyncio.CancelledError):
            pass  # the venue is down, or the link closes
        finally:
            for end in ends:
                self._writers.pop(end, None)
                end.transport.abort()
            del self._tasks[task]

    async def _pump(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        ends: list[asyncio.StreamWriter],
    ) -> None:
        """Carry one direction until either side ends, then cut both."""
        way = _Way(self.rng, calm=self.calm)
        with contextlib.suppress(OSError):
            while data := await reader.read(1 << 16):
                for piece in way.pieces(data):
                    if way.slow:
                        await asyncio.sleep(self.rng.random() * LONGEST_DELAY)
                    passed = way.passes(piece)
                    if passed is None:
                        self.cuts += 1
                        data = b""
                        break
                    writer.write(passed)
                    await writer.drain()
                if not data:
                    break
        for end in ends:
            end.transport.abort()

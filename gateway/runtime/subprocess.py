"""A server in another process, for measurements: started, asked and stopped over pipes.

The child writes one JSON line when it serves, one for every line it is sent, and one when its
input ends, after which it goes. A parent that dies therefore never leaves a child behind.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any, Self

import msgspec

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

START_WITHIN = 30.0  # seconds


class ChildError(Exception):
    """The child did not do what was asked; the text has what it said on its error output."""


class ServerStats(msgspec.Struct, frozen=True):
    """What a child says of itself, counted from its start."""

    port: int
    cpu_ns: int = 0  # time on a processor
    wall_ns: int = 0  # monotonic clock
    commands: int = 0  # written to its log
    syncs: int = 0
    largest_batch: int = 0  # commands made durable by one sync, at most
    durability: str = ""
    collector: str = ""
    state_hash: str = ""  # at the end only; empty where there is no venue


class Child:
    """The parent's handle: ``with Child([...]) as child``, then ``child.port``."""

    def __init__(self, arguments: list[str]) -> None:
        """Describe a child: this Python with ``arguments``."""
        self.arguments = arguments
        self.first = ServerStats(0)
        self.last = ServerStats(0)
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        """Start it and wait until it serves. Raises ``ChildError``."""
        self._process = subprocess.Popen(  # noqa: S603 - this very Python, with fixed arguments
            [sys.executable, *self.arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        try:
            self.first = self._read()
        except BaseException:
            self._discard(self._process)
            raise
        return self

    def __exit__(self, *_exc: object) -> None:
        """End it if ``stop`` did not."""
        self.stop()

    @property
    def port(self) -> int:
        """Where it listens, on 127.0.0.1."""
        return self.first.port

    @property
    def pid(self) -> int:
        """Its process number."""
        assert self._process is not None
        return self._process.pid

    def ask(self) -> ServerStats:
        """Return what it counted so far. Raises ``ChildError``."""
        assert self._process is not None
        assert self._process.stdin is not None
        self._process.stdin.write(b"\n")
        self._process.stdin.flush()
        return self._read()

    def stop(self) -> ServerStats:
        """Let it finish; return its last count. Raises ``ChildError``. Twice is harmless."""
        process, self._process = self._process, None
        if process is None:
            return self.last
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            with contextlib.suppress(BrokenPipeError):
                process.stdin.close()
            self.last = _parse(process.stdout.readline(), process.wait(START_WITHIN))
        except subprocess.TimeoutExpired:
            message = "the server did not stop when asked"
            raise ChildError(message) from None
        finally:
            self._discard(process)
        return self.last

    def _discard(self, process: subprocess.Popen[bytes]) -> None:
        """Leave nothing of it behind, whatever state it is in."""
        process.kill()
        process.wait()
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                with contextlib.suppress(BrokenPipeError):
                    pipe.close()
        self._process = None

    def _read(self) -> ServerStats:
        assert self._process is not None
        assert self._process.stdout is not None
        return _parse(self._process.stdout.readline(), self._process.poll())


def _parse(line: bytes, code: int | None) -> ServerStats:
    try:
        return msgspec.json.decode(line, type=ServerStats)
    except msgspec.MsgspecError:
        message = f"the server gave no answer (exit code {code}): see its error output"
        raise ChildError(message) from None


async def attend(count: Callable[[], ServerStats], finish: Callable[[], Awaitable[Any]]) -> None:
    """Be a child: answer the parent until its end of the pipe closes; then ``finish``."""
    say(count())
    while lines := await asyncio.to_thread(os.read, 0, 4_096):  # Windows has no other way
        for _ in lines:
            say(count())
    await finish()
    say(count())


def say(stats: ServerStats) -> None:
    """Write one line to the parent."""
    sys.stdout.buffer.write(msgspec.json.encode(stats) + b"\n")
    sys.stdout.buffer.flush()


def pin(core: int) -> None:
    """Stay on one processor core; a negative number, or a system that can't, changes nothing."""
    if core >= 0 and hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {core})


def two_cores() -> tuple[int, int]:
    """Return a core for a server and another for its load; (-1, -1) where there is only one."""
    if not hasattr(os, "sched_getaffinity"):
        return -1, -1
    cores = sorted(os.sched_getaffinity(0))
    return (cores[0], cores[1]) if len(cores) > 1 else (-1, -1)


def stats_now(port: int) -> ServerStats:
    """Return a count with this process's clocks read."""
    return ServerStats(port, time.process_time_ns(), time.monotonic_ns())

"""A writer in a process of its own: tables are made there while this process replays.

A thread would not do: Python's threads take turns, and a replay is nearly all Python. Nor would
``multiprocessing``: its new process imports the caller's program again, which takes as long as the
replay of a short log. What goes over is in the order of the log, so that the files are the same,
byte for byte; a thread hands it over, so that the replay does not wait for who takes it.
"""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, Final, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator
    from concurrent.futures import Future
    from typing import NoReturn

    from backtest.frames.stretch import Stretch
    from backtest.frames.wanted import Wanted

_PIPE: Final = 1 << 20  # bytes under way, where the system lets a pipe have so many
_AHEAD: Final = 4  # stretches that may wait to be handed over
WORTH_IT: Final = 1 << 22  # bytes of a log whose replay takes longer than a process to start


class WriterError(Exception):
    """The process that writes the files has gone."""


class Writes(Protocol):
    """Takes a log's stretches and makes files of them."""

    def take(self, stretch: Stretch) -> None:
        """Write what happened in a stretch."""

    def finish(self) -> dict[str, int]:
        """Give the files their names; return how many rows each has."""


@contextmanager
def writing(wanted: Wanted, size: int) -> Iterator[Writes]:
    """Write tables of a log of so many bytes; no file is left where that fails.

    Raises ``OSError``, and ``WriterError`` where another process writes and is killed.
    """
    if size < WORTH_IT or processors() == 1:
        from backtest.frames.writer import Writer  # noqa: PLC0415 - it imports pyarrow

        writer: Writer | Apart = Writer(wanted)
    else:
        writer = Apart(wanted)
    try:
        yield writer
    except BaseException:
        writer.drop()
        raise


def processors() -> int:
    """Return how many processors this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


class Apart:
    """The handle of a ``Writer`` in another process."""

    def __init__(self, wanted: Wanted) -> None:
        """Start it; it imports what it needs while the replay begins."""
        self._wanted = wanted
        paths = os.pathsep.join(sys.path)
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", "backtest.frames.writer"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            pipesize=_PIPE,
            env={**os.environ, "PYTHONPATH": paths},
            start_new_session=True,  # Ctrl-C is for this process, which then ends that one
        )
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._to, self._back = self._process.stdin, self._process.stdout
        self._sender = ThreadPoolExecutor(1)
        self._sending: deque[Future[None]] = deque()
        self._send(wanted)

    @property
    def pid(self) -> int:
        """Its process number."""
        return self._process.pid

    def take(self, stretch: Stretch) -> None:
        """Have a stretch handed over; wait where too many wait already."""
        self._sending.append(self._sender.submit(self._send, stretch))
        self._sent(_AHEAD)

    def finish(self) -> dict[str, int]:
        """Let it give the files their names; return how many rows each has."""
        self._sent(0)
        self._send(None)
        rows = self._answer()
        if not isinstance(rows, dict):
            self._fail(rows)
        self._end()
        return rows

    def drop(self) -> None:
        """End it, wherever it is, and remove what it wrote."""
        self._process.kill()
        self._end()
        self._wanted.discard()

    def _sent(self, most: int) -> None:
        """Wait until at most so many wait."""
        while len(self._sending) > most:
            self._sending.popleft().result()

    def _send(self, what: object) -> None:
        try:
            pickle.dump(what, self._to, pickle.HIGHEST_PROTOCOL)
            self._to.flush()
        except OSError:
            self._fail(self._answer())

    def _answer(self) -> Any:  # noqa: ANN401 - rows or an error
        try:
            return pickle.load(self._back)  # noqa: S301 - from the process that was started
        except (EOFError, pickle.UnpicklingError):
            return None

    def _fail(self, answer: OSError | None) -> NoReturn:
        if answer is not None:
            raise answer
        message = f"the process that writes the files ended (exit code {self._process.wait()})"
        raise WriterError(message)

    def _end(self) -> None:
        self._process.wait()
        self._sender.shutdown(cancel_futures=True)
        for pipe in (self._to, self._back):
            with suppress(OSError):
                pipe.close()

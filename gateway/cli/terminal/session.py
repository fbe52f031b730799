"""One session at the shell: lines in, answers out, and in between what happens."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from typing import TYPE_CHECKING, Final, Protocol, Self, TypeVar

from gateway.cli.terminal import verbs
from gateway.cli.terminal.desk import Desk, Window
from gateway.cli.terminal.typed import RefusedError

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Iterator

    from gateway.cli.terminal.calls import Calls

LAST_REPORTS_WITHIN: Final = 2.0  # seconds that the end of a pipe waits for what its lines caused

_Result = TypeVar("_Result")


class Lines(Window, Protocol):
    """Where lines come from and answers go: a console or a pipe."""

    interactive: bool
    desk: Desk | None

    def __enter__(self) -> Self:
        """Begin to show."""

    def __exit__(self, *error: object) -> None:
        """Show what is left."""

    async def read(self) -> str | None:
        """Return the next line, None at the end."""

    def refuse(self, text: str) -> None:
        """Say that the last line was not taken."""


class Session:
    """Answers line after line; ends with the lines, with ``quit``, or with the client's session."""

    def __init__(self, calls: Calls, lines: Lines) -> None:
        """Trade through a client that is logged on."""
        self.lines = lines
        self.desk = lines.desk = Desk(calls, lines)
        self.refused = 0
        self._following: asyncio.Task[None] | None = None

    async def run(self) -> int:
        """Return how many lines were refused. Raises the ``ClientError`` that ended the session."""
        self._following = asyncio.create_task(self.desk.follow())
        try:
            await self._unless_ended(self.desk.open())
            while True:
                line = await self._unless_ended(self.lines.read())
                if line is None or line.split()[:1] in ([each] for each in verbs.LEAVE):
                    break
                await self._answer(line)
            await self._end()
        finally:
            self._following.cancel()
            await asyncio.gather(self._following, return_exceptions=True)
            self.desk.flush()
        return self.refused

    async def _answer(self, line: str) -> None:
        self.desk.answering = True
        try:
            with self._interruptible() as interrupted:
                text = await self._unless_ended(verbs.answer(self.desk, line))
            self.lines.say(text)
        except RefusedError as refused:
            self.refused += 1
            self.lines.refuse(str(refused))
        except asyncio.CancelledError:
            if not interrupted():
                raise
            self.lines.refuse("given up waiting: what comes of it will be shown")
        finally:
            self.desk.answering = False
        await self.desk.settle()
        self.desk.flush()

    async def _end(self) -> None:
        """Without a terminal, show what the lines caused before leaving."""
        if self.lines.interactive:
            left = len(self.desk.orders)
            if left:
                orders = "order stays" if left == 1 else "orders stay"
                self.lines.say(f"{left} {orders} in the market")
            return
        with contextlib.suppress(RefusedError, TimeoutError):
            async with asyncio.timeout(LAST_REPORTS_WITHIN):
                status = await self.desk.refresh()
                await self.desk.until(lambda: self.desk.seen >= status.seq)

    async def _unless_ended(self, work: Coroutine[None, None, _Result]) -> _Result:
        """Return what some work gives; raise at once what ends the client's session meanwhile."""
        assert self._following is not None
        task = asyncio.create_task(work)
        try:
            await asyncio.wait({task, self._following}, return_when=asyncio.FIRST_COMPLETED)
            if task.done():
                return task.result()
        finally:
            if not task.done():
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)
        self._following.result()
        raise EOFError  # the client was closed

    @contextlib.contextmanager
    def _interruptible(self) -> Iterator[Callable[[], bool]]:
        """Let Ctrl-C give up the wait for an answer, at a terminal; gives whether it did."""
        task = asyncio.current_task()
        assert task is not None
        came: list[bool] = []

        def interrupt() -> None:
            came.append(True)
            task.cancel()

        loop = asyncio.get_running_loop()
        installed = False
        if self.lines.interactive:
            with contextlib.suppress(NotImplementedError, ValueError, RuntimeError):
                loop.add_signal_handler(signal.SIGINT, interrupt)
                installed = True
        try:
            yield lambda: bool(came) and task.uncancel() == 0
        finally:
            if installed:
                loop.remove_signal_handler(signal.SIGINT)

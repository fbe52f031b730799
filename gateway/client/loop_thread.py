"""An event loop in a thread of its own: any thread may run coroutines on it, and each call ends."""

from __future__ import annotations

import asyncio
import concurrent.futures
import os
import threading
from typing import TYPE_CHECKING, Any, TypeVar

from gateway.client.errors import FORKED, ClientError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

_Result = TypeVar("_Result")


class LoopThread:
    """Runs from its making to ``stop``, in the process that made it."""

    def __init__(self, name: str) -> None:
        """Start the thread."""
        self._process = os.getpid()
        self._lock = threading.Lock()  # over whether calls are taken
        self._taking = True
        self._calls: dict[concurrent.futures.Future[Any], None] = {}  # those that wait
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._main, name=name, daemon=True)
        self._thread.start()

    @property
    def own(self) -> bool:
        """Whether this process made it; in a forked child there is no thread."""
        return os.getpid() == self._process

    def run(self, work: Callable[[], Awaitable[_Result]], limit: float) -> _Result:
        """Call ``work`` on the loop and wait for what it comes to, ``limit`` seconds at most.

        Raises what it raises, ``TimeoutError``, and ``ClientError`` where the loop was stopped
        before or meanwhile, or in a forked child.
        """
        if not self.own:
            raise ClientError(FORKED)

        async def within() -> _Result:
            # The loop keeps the time, so that what was taken off a queue is always returned.
            async with asyncio.timeout(limit):
                return await work()

        with self._lock:
            if not self._taking:
                message = "the client is closed"
                raise ClientError(message)
            call = asyncio.run_coroutine_threadsafe(within(), self._loop)
            self._calls[call] = None
        try:
            return call.result()
        except concurrent.futures.CancelledError:
            message = "the client was closed while this call waited; what came of it is not known"
            raise ClientError(message) from None
        finally:
            call.cancel()  # where the wait was interrupted; it is done otherwise
            with self._lock:
                del self._calls[call]

    def stop(self) -> None:
        """Take no more calls, end those that wait, and wait for the thread. Twice is harmless."""
        if not self.own:
            return
        with self._lock:
            if self._taking:
                self._taking = False
                # Behind every call that was taken: the thread ends all that it finds.
                self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()

    def _main(self) -> None:
        loop = self._loop
        try:
            loop.run_forever()
            loop.run_until_complete(_end_all())
            loop.run_until_complete(loop.shutdown_asyncgens())
            loop.run_until_complete(loop.shutdown_default_executor())
        finally:
            with self._lock:
                self._taking = False
                left = list(self._calls)
            for call in left:  # none, but for a loop that failed
                call.cancel()
            loop.close()


async def _end_all() -> None:
    """Cancel all that runs, and let those that wait for it hear what it came to."""
    while tasks := asyncio.all_tasks() - {asyncio.current_task()}:
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)
    await asyncio.sleep(0)

"""A loop in a thread: whoever calls while it is stopped is answered or told, every time."""

from __future__ import annotations

import asyncio
import threading
import time
from typing import TYPE_CHECKING

import pytest

from gateway.client.errors import ClientError
from gateway.client.loop_thread import LoopThread

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable


async def at_once() -> None:
    pass


async def never() -> None:
    await asyncio.Event().wait()


def test_every_call_ends_however_a_stop_falls_among_them() -> None:
    for turn in range(25):
        thread = LoopThread("carbonx-client")
        ends: list[str] = []

        def call(
            work: Callable[[], Awaitable[None]],
            limit: float,
            thread: LoopThread = thread,
            ends: list[str] = ends,
        ) -> None:
            while True:
                try:
                    thread.run(work, limit)
                except TimeoutError:
                    continue
                except ClientError as error:
                    ends.append(str(error))
                    return

        calls = ((at_once, 1.0), (never, 0.0), (never, 0.001), (never, 60.0))
        callers = [threading.Thread(target=call, args=each, daemon=True) for each in calls]
        for caller in callers:
            caller.start()
        time.sleep(turn / 5_000)
        stoppers = [threading.Thread(target=thread.stop) for _ in range(2)]
        for each in stoppers:
            each.start()
        for each in (*callers, *stoppers):
            each.join(20)
            assert not each.is_alive()
        assert len(ends) == len(callers)
        assert all("closed" in end for end in ends)
    with pytest.raises(ClientError, match="closed"):
        thread.run(at_once, 1)

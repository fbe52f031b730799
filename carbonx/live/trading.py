"""An agent trading on a live venue: its port over the SDK, and what keeps it going."""

from __future__ import annotations

import asyncio
import contextlib
import heapq
import time
from typing import TYPE_CHECKING, Final

from backtest.agents.market import Market
from carbonx.live.channel import Channel
from carbonx.live.public_feed import pictures
from carbonx.live.randomness import stream

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.random import Generator

    from backtest.agents.market import Participant
    from backtest.agents.market_picture import LinePicture
    from engine.vocabulary.commands import ClientCommand
    from engine.vocabulary.events import Event
    from gateway.client.client import Client

LAST_WITHIN: Final = 2.0  # seconds that the answers to the last commands may take
POLL: Final = 0.005  # seconds


class LivePort(Market):
    """One agent's port to a live venue, over a client that is logged on for its account.

    What the client needs and the agent is told is as in ``Channel``.
    """

    def __init__(self, client: Client, agent: Participant, seed: int = 1) -> None:
        """Connect an agent with its client; ``trade`` lets it act.

        It draws from the streams of ``seed``.
        """
        self.seed = seed
        self.agent = agent
        self.channel = Channel(client)
        self.account = client.account
        self._caught_up = asyncio.Event()  # set when the agent knows what its account has
        self._due: list[int] = []  # a heap of the times to wake the agent at, ns UTC
        self._asked = asyncio.Event()  # set when a time was added

    def lines(self) -> list[LinePicture]:
        """Return the lines as the logon described them; the books follow."""
        return pictures(self.channel.client.lines)

    def stream(self, purpose: str) -> Generator:
        """Return the account's random numbers for a purpose."""
        return stream(self.seed, self.account, purpose)

    def now(self) -> int:
        """Return the time in ns UTC."""
        return time.time_ns()

    def submit(self, command: ClientCommand) -> int:
        """Send a command; return its reference. Raises ``ClientError`` where the session ended."""
        return self.channel.send(command)

    def wake_at(self, time: int) -> None:
        """Have the agent woken once at a time (ns UTC), or at once where that is over."""
        heapq.heappush(self._due, time)
        self._asked.set()

    async def trade(self, over: asyncio.Event) -> None:
        """Let the agent trade until it is over, and receive the answers to its last commands.

        Raises the ``ClientError`` that ends the session before, and what the agent raises.
        """
        present = await self.channel.begin()
        self.agent.on_start(self)
        self._tell(present)
        listener = asyncio.create_task(self._listen())
        waker = asyncio.create_task(self._wake())
        ending = asyncio.create_task(over.wait())
        tasks = (listener, waker, ending)
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            waker.cancel()
            if not listener.done() and not _failed(waker):
                await self._await_last(listener)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        for task in (listener, waker):
            if _failed(task):
                task.result()  # raises

    async def _listen(self) -> None:
        """Give the agent whatever arrives."""
        async for message in self.channel.client.events():
            self._tell(self.channel.events(message))

    def _tell(self, events: Iterable[Event]) -> None:
        for event in events:
            self.agent.on_event(self, event)
        if self.channel.caught_up:
            self._caught_up.set()

    async def _wake(self) -> None:
        """Wake the agent whenever it is due, once it knows what its account has live."""
        await self._caught_up.wait()
        while True:
            if self._due and self._due[0] <= self.now():
                heapq.heappop(self._due)
                self.agent.on_wake(self)
                await asyncio.sleep(0)  # let others run, even where it is due again
                continue
            wait = (self._due[0] - self.now()) / 1e9 if self._due else None
            self._asked.clear()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._asked.wait(), wait)

    async def _await_last(self, listener: asyncio.Task[None]) -> None:
        """Wait until the agent has received all that its commands have caused."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(LAST_WITHIN):
                last = await self.channel.told()
                while self.channel.seq < last and not listener.done():  # noqa: ASYNC110 - they come
                    await asyncio.sleep(POLL)


def _failed(task: asyncio.Task[None]) -> bool:
    return task.done() and not task.cancelled() and task.exception() is not None

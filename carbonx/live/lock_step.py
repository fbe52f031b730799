"""Agents on a live venue one after the other, on a clock that the run itself moves.

Messages of several clients arrive in whatever order the machine brings them. Here one agent acts at
a time, and nobody else acts before everybody has received all that came of it. So a run over real
sockets depends on its seeds and on nothing else, however fast or busy the machine is.
"""

from __future__ import annotations

import asyncio
import heapq
from typing import TYPE_CHECKING, Final

from backtest.agents.market import Market
from carbonx.live.public_feed import pictures
from carbonx.live.randomness import stream

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from numpy.random import Generator

    from backtest.agents.market import Participant
    from backtest.agents.market_picture import LinePicture
    from carbonx.live.channel import Channel
    from engine.vocabulary.commands import ClientCommand

REST: Final = 600_000_000_000  # ns of silence at a time, well below what ends a session


class SteppedPort(Market):
    """One agent's port to a venue that its agents use in turns."""

    def __init__(self, home: LockStep, channel: Channel, agent: Participant) -> None:
        """Connect an agent with its account's session."""
        self.channel = channel
        self.account = channel.account
        self.agent = agent
        self._home = home

    def lines(self) -> list[LinePicture]:
        """Return the lines as the logon described them; the books follow."""
        return pictures(self.channel.client.lines)

    def stream(self, purpose: str) -> Generator:
        """Return the account's random numbers for a purpose."""
        return stream(self._home.seed, self.account, purpose)

    def now(self) -> int:
        """Return the time of the run, ns UTC."""
        return self._home.now

    def submit(self, command: ClientCommand) -> int:
        """Send a command; return its reference. Raises ``ClientError`` where the session ended."""
        return self.channel.send(command)

    def wake_at(self, time: int) -> None:
        """Have the agent woken once at a time (ns UTC)."""
        self._home.wake_at(time, self)

    async def hear(self) -> None:
        """Give the agent all that has come for it."""
        for event in await self.channel.waiting():
            self.agent.on_event(self, event)


class LockStep:
    """The run: who is due first is woken, at that time; those due together as they asked."""

    def __init__(self, begin: int, moved: Callable[[], Awaitable[None]], seed: int = 1) -> None:
        """Begin at a time (ns UTC); ``moved`` is awaited whenever the clock has moved.

        Agents draw from the streams of ``seed``.
        """
        self.seed = seed
        self.now = begin
        self.ports: list[SteppedPort] = []
        self._moved = moved
        self._due: list[tuple[int, int, SteppedPort]] = []  # time, order of asking, whom
        self._asked = 0

    async def join(self, channel: Channel, agent: Participant) -> SteppedPort:
        """Let an agent take part: it is told what its account has, and woken as time passes."""
        port = SteppedPort(self, channel, agent)
        self.ports.append(port)
        present = await channel.begin()
        agent.on_start(port)
        for event in present:
            agent.on_event(port, event)
        await self.settle()
        return port

    def wake_at(self, time: int, port: SteppedPort) -> None:
        """Remember to wake an agent, not before now."""
        self._asked += 1
        heapq.heappush(self._due, (max(time, self.now), self._asked, port))

    async def run_until(self, time: int) -> None:
        """Wake agents as they are due, until a time (ns UTC) is reached."""
        while self._due and self._due[0][0] <= time:
            due, _, port = heapq.heappop(self._due)
            await self._move(due)
            port.agent.on_wake(port)
            await self.settle(port)
        await self._move(time)

    async def rest_until(self, time: int) -> None:
        """Let time pass in which nobody is woken: who was due in it is due as much later."""
        gap = time - self.now
        self._due = [(due + gap, place, port) for due, place, port in self._due]
        while self.now < time:
            await self._move(min(time, self.now + REST))
            await self.settle()  # who says nothing for long is taken for gone

    def dismiss(self) -> None:
        """Wake nobody any more who was due."""
        self._due.clear()

    async def send(self, *commands: tuple[SteppedPort, ClientCommand]) -> None:
        """Send commands out of turn, one after the other; then let everybody receive what came."""
        for port, command in commands:
            port.submit(command)
            await port.channel.told()
        await self.settle()

    async def settle(self, first: SteppedPort | None = None) -> None:
        """Wait until everybody has received what came of the commands of ``first``, or of all."""
        before = -1
        while before < (sent := sum(port.channel.sent for port in self.ports)):
            before = sent
            if first is not None:
                await first.channel.told()  # its commands have been run, and all was sent
            await asyncio.gather(*(port.channel.told() for port in self.ports))
            for port in self.ports:
                await port.hear()  # an agent may answer what it hears, in its turn
            first = None

    async def _move(self, time: int) -> None:
        if time > self.now:
            self.now = time
            await self._moved()

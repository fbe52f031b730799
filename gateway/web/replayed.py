"""A log on the page: at any moment, at any speed.

What is shown is a venue without accounts that is given the log's own records and nothing else.
Forward they run on it; backward, or far away, a venue is brought there out of sight and shown then,
from the nearest of some states that are kept.
"""

from __future__ import annotations

import asyncio
from bisect import bisect_right
from typing import TYPE_CHECKING, Any, Final

from gateway.server.accounts import Directory
from gateway.server.core import Core
from gateway.server.node import Node, Options
from gateway.server.timetable import Past
from gateway.web.checkpoints import Checkpoints, State, fresh
from gateway.web.server import WebServer
from gateway.web.source import Near

if TYPE_CHECKING:
    from gateway.server.core import Write
    from gateway.web.settings import Web
    from gateway.web.tape import Tape

EVERY: Final = 0.04  # seconds between steps while it plays
AT_ONCE: Final = 2_000  # records in one step: the page is to stay alive
FAR: Final = 5_000  # records beyond which a way forward is gone out of sight
FASTEST: Final = 100_000
TOLD: Final = 1_000_000_000  # ns of the log that may be told together, with one time
MAX_INT: Final = (1 << 63) - 1


class _Recorded(Core):
    """Nothing is due by the clock, and commands come between ticks: the log has what was."""

    def tick(self, now: int) -> list[Write]:
        """Run one tick; whatever was run before it is written to everybody."""
        self._awake |= dict.fromkeys(self.sessions.by_account.values())
        return super().tick(now)

    def _run_clock(self, now: int) -> None:
        """Run nothing."""


class Replayed:
    """A log that plays on a page."""

    def __init__(self, tape: Tape, web: Web) -> None:
        """Begin at the start of a log, at rest."""
        self.tape = tape
        self.position = 0  # records that were run
        self.speed = 60  # seconds of the log in a second
        self.playing = False
        self._time = tape.started
        self._checkpoints = Checkpoints(tape)
        self._node = self._around(fresh(tape))
        self._web = web
        self.web = WebServer({"": self._shown()}, web, self._state)
        self._clock: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Open the port. Raises ``OSError``."""
        await self.web.start()
        self._clock = asyncio.ensure_future(self._play())

    async def stop(self) -> None:
        """Close the port."""
        if self._clock is not None:
            self._clock.cancel()
        await self.web.stop()
        self._checkpoints.close()
        self._node.sequencer.venue.close()

    def seek(self, position: int) -> None:
        """Go behind a record: as it was then."""
        position = min(max(position, 0), len(self.tape))
        if 0 <= position - self.position <= FAR:
            self._run_shown(position)
        else:
            left = self._go(position)
            self.web.show(self._shown())
            if left is not None:
                left.let_go()
        self._time = self.tape.times[position - 1] if position else self.tape.started
        self._node.tick()

    # -- what plays -----------------------------------------------------------------------------

    def _shown(self) -> Near:
        return Near(self._node, self._web, {"replay": self._told})

    def _go(self, position: int) -> State | None:
        """Go far out of sight, from the nearest state before.

        The one that is left is kept, or returned where that is of no use.
        """
        here = State(self.position, self._node.sequencer, self._node.outboxes)
        back = position < self.position
        start = self._checkpoints.take(position, -1 if back else self.position)
        left = None
        if start is None and not back:
            start = here
        elif not self._checkpoints.keep(here):
            left = here
        start = start or fresh(self.tape)
        self._node = self._around(start)
        self.position = start.place
        self._run(position)
        return left

    def _around(self, state: State) -> Node:
        _, sequencer, outboxes = state
        options = Options(durability="none")
        node = Node(Directory(()), sequencer, outboxes, options, Past())
        node.core = _Recorded(Directory(()), sequencer, outboxes, options)
        node.clock = lambda: self._time
        node.observers = node.core.running.observers
        return node

    def _run(self, position: int) -> None:
        running = self._node.core.running
        for place in range(self.position, position):
            record = self.tape.record(place)
            running.begin(record.time)
            running.run(record.source, record.command)
        self.position = position

    def _run_shown(self, position: int) -> None:
        """Run records and tell them with their times: what one tick tells has the time of it."""
        times = self.tape.times
        while self.position < position:
            began = times[self.position]
            end = bisect_right(times, began + TOLD, self.position, position)
            self._run(end)
            self._time = times[end - 1]
            self._node.tick()

    async def _play(self) -> None:
        loop = asyncio.get_running_loop()
        before = loop.time()
        while True:
            await asyncio.sleep(EVERY)
            passed, before = loop.time() - before, loop.time()
            if self.playing:
                self._step(passed)
                self.web.tell(self._state())
            else:
                self._node.tick()  # questions of pages
                self._checkpoints.build(AT_ONCE)

    def _step(self, passed: float) -> None:
        """Let the log's time go on by so many seconds, times the speed."""
        tape = self.tape
        until = min(self._time + int(passed * self.speed * 1e9), MAX_INT)
        due = bisect_right(tape.times, until)
        end = min(due, self.position + AT_ONCE)
        self._run_shown(max(end, self.position))
        # No more was done than there was time for: the log's time waits for its records.
        self._time = until if end >= due else tape.times[end - 1]
        self.playing = self.position < len(tape)
        self._node.tick()

    # -- what a page says -------------------------------------------------------------------------

    def _told(self, what: object) -> list[Any]:
        """Do what a page asks for: ``seek`` to a record, ``speed``, ``play``."""
        wanted = what if isinstance(what, dict) else {}
        seek, speed, play = (wanted.get(word) for word in ("seek", "speed", "play"))
        if type(seek) is int:
            self.seek(seek)
        if type(speed) is int:
            self.speed = min(max(speed, 1), FASTEST)
        if isinstance(play, bool):
            self.playing = play and self.position < len(self.tape)
        state = self._state()
        self.web.tell(state)
        return state

    def _state(self) -> list[Any]:
        tape = self.tape
        last = tape.times[-1] if len(tape) else tape.started
        return ["replay", {"position": self.position, "records": len(tape), "time": self._time,
                           "first": tape.started, "last": last, "speed": self.speed,
                           "playing": self.playing}]  # fmt: skip

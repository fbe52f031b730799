"""A venue with its log and all that looks at what happens in it: one way in for every command."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gateway.server.market_data import MarketData

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from engine.log.sequencer import Sequencer
    from engine.vocabulary.commands import Command
    from engine.vocabulary.events import Event
    from gateway.server.outbox import Outboxes


class RunningVenue:
    """Sequences commands and hands their events to reports, market data and observers.

    Nothing that comes of a command may leave the process before the sequencer has committed it;
    that is for the core to see to.
    """

    __slots__ = ("_digest", "market_data", "observers", "outboxes", "sequencer", "through", "time")

    def __init__(self, sequencer: Sequencer, outboxes: Outboxes) -> None:
        """Go on behind the sequencer's last record, whose reports ``outboxes`` holds."""
        self.sequencer = sequencer
        self.outboxes = outboxes
        self.market_data = MarketData(sequencer.venue)
        self.observers: list[Callable[[int, list[Event]], None]] = []
        self.through: Callable[[int, Command], list[Event]] | None = None  # a federation's way in
        self.time = 0  # ns UTC, of the records of this tick
        self._digest = (sequencer.venue.rulebook, sequencer.venue.rulebook.digest())

    def begin(self, now: int) -> None:
        """Begin a tick: its records carry ``now``, or the last record's time if that is later."""
        self.time = max(now, self.sequencer.time)

    def run(self, source: int, command: Command) -> list[Event]:
        """Run one command, with what follows from it at linked venues; return what happened."""
        if self.through is not None:
            return self.through(source, command)
        return self.give(source, command)

    def give(self, source: int, command: Command) -> list[Event]:
        """Run one command here alone; return what happened."""
        time = self.time
        events = self.sequencer.submit(time, source, command)
        self.outboxes.absorb(time, events)
        self._observe([events])
        return events

    def run_all(self, source: int, commands: Sequence[Command]) -> None:
        """Run a client's commands in their order."""
        if self.through is not None:
            for command in commands:
                self.through(source, command)
            return
        time, project = self.time, self.outboxes.project
        happened = self.sequencer.submit_all(time, source, commands)
        for events in happened:
            for event in events:
                project[event.__class__](time, event)
        if self.observers or self.market_data.active:
            self._observe(happened)

    def _observe(self, happened: list[list[Event]]) -> None:
        market_data = self.market_data
        for events in happened:
            if market_data.active:
                market_data.absorb(events)
            for observer in self.observers:
                observer(self.time, events)

    @property
    def digest(self) -> str:
        """The digest of the rulebook that is in force."""
        rulebook = self.sequencer.venue.rulebook
        if rulebook is not self._digest[0]:
            self._digest = (rulebook, rulebook.digest())
        return self._digest[1]

    def abandon(self) -> None:
        """Close the log behind what is durable; what was run since is forgotten."""
        journal = self.sequencer.journal
        if journal is not None:
            journal.buffer = bytearray()  # a failed write may still hold the old one
            journal.close()

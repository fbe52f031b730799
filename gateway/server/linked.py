"""Linked venues in one process: a core each, and a federation that passes on what goes over links.

A command of any core's tick goes through the federation. What follows from it at other venues runs
there at once, as their own commands, in their logs; the sender's log is made durable before the
receiver is given its part. The other venues then have a tick of their own to come, in which all
that is concerned is written to. One that stops takes the others with it: each log has all that was
acknowledged, and opened together they deliver what was cut off.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from engine.log.sequencer import OPERATOR
from engine.venue.federation import Federation, FederationError
from engine.vocabulary.enums import RejectReason
from engine.vocabulary.events import Rejected
from engine.vocabulary.link_commands import SetLink

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from engine.venue.link_news import LinkNews
    from engine.vocabulary.commands import Command
    from engine.vocabulary.events import Event
    from gateway.server.core import Core, Write


class Linked:
    """Cores by their venues' names, and the federation of their venues."""

    def __init__(
        self,
        cores: Mapping[str, Core],
        news: Mapping[str, LinkNews],
        wake: Callable[[str], None] = lambda _: None,
    ) -> None:
        """Join cores and deliver what a crash cut off; ``news`` is what their logs say of it.

        ``wake`` is called with the name of a venue that was given something from elsewhere: a tick
        of its core has to follow. Raises ``JournalError``, and ``FederationError`` where the logs
        do not fit together.
        """
        self.cores = dict(cores)
        self._wake = wake
        self._due: dict[str, None] = {}  # venues whose tick has to follow
        self._running = ""  # the venue whose tick it is
        self._source = OPERATOR  # of the command that is given first
        venues = {name: core.running.sequencer.venue for name, core in cores.items()}
        self._time = max(core.running.sequencer.time for core in cores.values())
        self.federation = Federation(venues, self._apply, self._before, news)
        self.federation.hold()
        for name, core in self.cores.items():
            core.running.through = partial(self._submit, name)
            core.commit = partial(self._commit, name, core.commit)
        for name in self.cores:
            self.federation.confirm(name)
        self.federation.complete()
        self.federation.deliver()
        for core in self.cores.values():
            core.commit()

    def tick(self, name: str, now: int) -> dict[str, list[Write]]:
        """Run a core's tick, then those of all that it gave something; return what to write."""
        found = {name: self.cores[name].tick(now)}
        while self._due:
            other = next(iter(self._due))
            del self._due[other]
            found[other] = found.get(other, []) + self.cores[other].tick(now)
        return found

    def _submit(self, name: str, source: int, command: Command) -> list[Event]:
        """Run a command of a core's tick and all that follows; return what happened there."""
        self._running, self._source = name, source
        self._time = self.cores[name].running.time
        try:
            if type(command) is SetLink:
                happened = self.federation.link(name, command, command.peer)
            else:
                happened = self.federation.submit(name, command)
        except FederationError as error:
            return [Rejected("", 0, RejectReason.VALUE, "peer", str(error))]
        except BaseException:
            for core in self.cores.values():
                core.stopped = True
            raise
        finally:
            self._running = ""
        return happened[0].events

    def _apply(self, name: str, command: Command) -> list[Event]:
        core, source, self._source = self.cores[name], self._source, OPERATOR
        if core.stopped:
            problem = f"{name}, which is linked, has stopped"
            raise RuntimeError(problem)
        if name != self._running:
            core.running.begin(self._time)
            self._due[name] = None
            self._wake(name)
        return core.running.give(source, command)

    def _before(self, sender: str) -> None:
        self.cores[sender].commit()

    def _commit(self, name: str, commit: Callable[[], None]) -> None:
        commit()
        self.federation.confirm(name)

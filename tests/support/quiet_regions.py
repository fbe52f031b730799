"""Linked venues' cores without sockets, clocks or disks, which a test may kill anywhere."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from engine.log.records import encode_genesis
from engine.log.sequencer import Sequencer, replay_bytes
from gateway.server.accounts import Credentials, Directory
from gateway.server.core import Core
from gateway.server.followers import Followers
from gateway.server.limits import Limits
from gateway.server.linked import Linked
from tests.support import regions
from tests.support.logons import predictable
from tests.support.quiet_core import MILLISECOND, START, End, MemoryLog

if TYPE_CHECKING:
    from engine.venue.federation import Federation
    from engine.venue.venue import Venue
    from engine.vocabulary.commands import Command
    from engine.vocabulary.events import Event
    from engine.vocabulary.link_commands import SetLink

NAMES: Final = ("gd", "sz")
PEOPLE: Final = 2


class KilledError(Exception):
    """The process ends here."""


class QuietRegion:
    """One venue's core and its ends; it looks to an end as a quiet venue does."""

    def __init__(self, name: str, log: bytes) -> None:
        names = [f"{name}{n}" for n in range(PEOPLE)]
        directory = predictable(Directory(tuple(Credentials(n, f"{n}-key") for n in names)))
        self.log = MemoryLog(log)
        followers = Followers()
        replayed = replay_bytes(log, followers.absorb)
        self.links = followers.links
        journal: Any = self.log
        sequencer = Sequencer(replayed.venue, journal, replayed.records, replayed.time)
        self.core = Core(directory, sequencer, followers.outboxes, Limits())
        self.now = max(START, replayed.time)
        self.ends: dict[Any, End] = {}

    def logged_on(self, name: str, **fields: Any) -> End:
        end = End(self, name)  # type: ignore[arg-type] # it has what an end looks at
        end.log_on(name, **fields)
        return end


class QuietRegions:
    """Two linked venues."""

    def __init__(self, logs: dict[str, bytes] | None = None) -> None:
        """Begin, or go on behind what is in the logs."""
        new = {name: encode_genesis(regions.rulebook(name), START) for name in NAMES}
        self.venues = {name: QuietRegion(name, data) for name, data in (logs or new).items()}
        cores = {name: each.core for name, each in self.venues.items()}
        news = {name: each.links for name, each in self.venues.items()}
        self.linked = Linked(cores, news)
        if logs is None:
            for name in NAMES:
                self.operate(name, *regions.opening(name, PEOPLE))

    @property
    def federation(self) -> Federation:
        return self.linked.federation

    def operate(self, name: str, *commands: Command) -> list[Event]:
        operations = [self.venues[name].core.operate(command) for command in commands]
        self.tick(name)
        return [event for each in operations for event in each.events]

    def link(self, rules: SetLink, name: str = "sz") -> list[Event]:
        return self.operate(name, rules)

    def tick(self, name: str) -> None:
        """Run a tick of one venue, and those that follow."""
        now = max(each.now for each in self.venues.values()) + MILLISECOND
        for venue in self.venues.values():
            venue.now = now
        for other, writes in self.linked.tick(name, now).items():
            for write in writes:
                self.venues[other].ends[write.connection].hear(write.data, close=write.close)

    def durable(self) -> dict[str, bytes]:
        """Return what a crash now would leave of each log."""
        return {name: bytes(each.log.kept) for name, each in self.venues.items()}

    def checked(self) -> None:
        """Check that nothing is lost or made, and that each log alone gives its venue."""
        self.federation.check()
        assert self.federation.on_the_way() == (0, 0)
        outside = regions.Outside()
        for name, each in self.venues.items():
            replayed = replay_bytes(bytes(each.log.kept), lambda _, events: outside.take(events))
            venue: Venue = each.core.running.sequencer.venue
            assert replayed.venue.state_hash() == venue.state_hash(), name
        assert regions.owned(self.federation) == (outside.cash, outside.tonnes)

"""Linked venues in a process of its own, under random flow until it is killed.

    python -m tests.support.linked_process DIRECTORY SEED KIND

The process makes logs in the directory, or goes on behind those that are there. A line goes to its
output for every command that is durable: the venue, the record's number, a digest of its events.
"""

from __future__ import annotations

import sys
from hashlib import sha256
from itertools import count
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Final

import msgspec

from engine.log.federation_log import FederationLog
from engine.vocabulary.enums import LinkKind
from tests.support import linked_years as years
from tests.support import regions

if TYPE_CHECKING:
    from collections.abc import Mapping

    from engine.log.sequencer import Sequencer
    from engine.venue.link_news import LinkNews
    from engine.vocabulary.commands import Command
    from engine.vocabulary.events import Event
    from engine.vocabulary.link_commands import SetLink

PEOPLE: Final = 2
YEARS: Final = "YEARS"  # not a kind of link: orders, surrender and recognition


def digest(events: list[Event]) -> str:
    """Return a short digest of events, in their order."""
    return sha256(msgspec.msgpack.encode(events)).hexdigest()[:16]


class Acknowledging(FederationLog):
    """Keeps what is said of a command until it is durable, and says it then."""

    def __init__(
        self,
        directory: Path,
        durability: str,
        sequencers: dict[str, Sequencer],
        news: Mapping[str, LinkNews] | None = None,
    ) -> None:
        """Start with nothing to say."""
        self.waiting: dict[str, list[str]] = {name: [] for name in sequencers}
        super().__init__(directory, durability, sequencers, news)

    def _submit(self, name: str, command: Command) -> list[Event]:
        events = super()._submit(name, command)
        line = f"{name} {self.sequencers[name].seq} {digest(events)}\n"
        self.waiting[name].append(line)
        return events

    def _commit(self, name: str) -> None:
        super()._commit(name)
        sys.stdout.write("".join(self.waiting[name]))
        sys.stdout.flush()
        self.waiting[name].clear()


def links(kind: str) -> list[tuple[str, SetLink, str]]:
    """Return the links of the regions."""
    if kind == YEARS:
        return list(years.links(regions.NAMES, 0))
    host, *others = regions.NAMES
    return [(one, regions.link_of(one, host, LinkKind[kind], 1), host) for one in others]


def first(directory: Path, kind: str) -> FederationLog:
    """Start logs with people, open markets and links."""
    module = years if kind == YEARS else regions
    log = Acknowledging.create(directory, {n: module.rulebook(n) for n in regions.NAMES}, 1)
    for name in regions.NAMES:
        for command in module.opening(name, PEOPLE):
            log.submit(2, 0, name, command)
    for one, rules, other in links(kind):
        log.link(one, rules, other)
    return log


def main(directory: Path, seed: int, kind: str) -> None:
    """Run for ever."""
    random = Random(seed)
    flow = years.flow if kind == YEARS else regions.flow
    log = Acknowledging.open(directory) if any(directory.iterdir()) else first(directory, kind)
    used = {
        account: venue.last_ref(account)
        for venue in log.federation.venues.values()
        for account in venue.accounts
    }
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    for time in count(3):
        for name, command in flow(random, regions.NAMES, PEOPLE, 20, used):
            log.submit(time, 0, name, command)
            if random.random() < 0.3:
                log.commit()
        one, rules, other = random.choice(links(kind))
        log.link(one, rules, other)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3])

"""Linked venues with a log each: what one sends is durable before another hears of it.

A directory holds one for each venue. Every log replays alone; opening them together delivers again
what a crash cut off between two of them. Each has snapshots of its own, which keep what may have to
be delivered.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from engine.log.journal import Journal, JournalError, holds_log
from engine.log.sequencer import OPERATOR, Sequencer, recover
from engine.log.snapshotter import take
from engine.log.starts import starting
from engine.venue.federation import Federation, FederationError
from engine.venue.link_news import PART, LinkNews
from engine.venue.venue import Venue

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from engine.log.records import Record
    from engine.log.snapshot import Parts
    from engine.log.snapshotter import Taken
    from engine.rulebook.model import Rulebook
    from engine.venue.federation import Happened
    from engine.vocabulary.commands import Command
    from engine.vocabulary.events import Event
    from engine.vocabulary.link_commands import SetLink

LINKED: Final = OPERATOR  # the source of what passes between venues


class Follower:
    """What there is to say between venues, as one venue's records bring it about."""

    def __init__(self) -> None:
        """Begin before the first record; a recovery may put what a snapshot has in ``parts``."""
        self.parts: Parts = {PART: LinkNews()}

    @property
    def news(self) -> LinkNews:
        """What may have to be delivered, and to be said of guests' orders."""
        found: LinkNews = self.parts[PART]
        return found

    def absorb(self, record: Record, events: list[Event]) -> None:
        """Take in a record and what came of it."""
        self.news.absorb(record.command, events)


class FederationLog:
    """Venues that are being run together, each with its own sequencer and journal."""

    __slots__ = ("_directory", "_durability", "_given", "_time", "federation", "sequencers")

    def __init__(
        self,
        directory: Path,
        durability: str,
        sequencers: dict[str, Sequencer],
        news: Mapping[str, LinkNews] | None = None,
    ) -> None:
        """Join sequencers; use ``create`` or ``open``."""
        self._directory = directory
        self._durability = durability
        self.sequencers = sequencers
        self._time = max(each.time for each in sequencers.values())
        self._given = OPERATOR  # the source of the command that is given first
        venues = {name: each.venue for name, each in sequencers.items()}
        self.federation = Federation(venues, self._submit, self._commit, news)

    @classmethod
    def create(
        cls,
        directory: Path,
        rulebooks: Mapping[str, Rulebook],
        time: int,
        durability: str = "sync",
    ) -> FederationLog:
        """Start a log for each venue. Raises ``JournalError`` and ``RulebookError``."""
        sequencers = {}
        for name, rulebook in rulebooks.items():
            with starting(directory / name):
                journal = Journal.create(directory / name, rulebook, time, durability)
            sequencers[name] = Sequencer(Venue(rulebook), journal, 0, time)
        return cls(directory, durability, sequencers)

    @classmethod
    def open(cls, directory: Path, durability: str = "sync") -> FederationLog:
        """Open the logs in a directory and deliver what was cut off.

        Raises ``JournalError`` and ``LogError``.
        """
        names = sorted(each.name for each in directory.glob("*") if each.is_dir())
        names = [name for name in names if holds_log(directory / name)]
        if not names:
            problem = f"{directory} holds no venue's log: name the directory above them"
            raise JournalError(problem)
        followers = {name: Follower() for name in names}
        sequencers = {
            name: recover(directory / name, each.absorb, durability, each.parts)
            for name, each in followers.items()
        }
        news = {name: each.news for name, each in followers.items()}
        found = cls(directory, durability, sequencers, news)
        try:
            found.federation.hold()
        except FederationError as error:
            found.close()
            raise JournalError(str(error)) from error
        for name in names:
            found.federation.confirm(name)
        found.federation.complete()
        found.federation.deliver()
        found.commit()
        return found

    def snapshot(self, name: str) -> Taken:
        """Keep one venue's state at the end of its log; a start goes on from there.

        Raises ``JournalError``, ``LogError`` and ``SnapshotError``.
        """
        follower, needed = Follower(), self.federation.needed(name)
        return take(
            self._directory / name,
            follower.absorb,
            follower.parts,
            lambda: follower.news.forget(needed),
        )

    def submit(self, time: int, source: int, name: str, command: Command) -> list[Happened]:
        """Give a venue a command; return what happened everywhere.

        Nothing of it may leave the process before ``commit``. Raises ``CommandError``.
        """
        self._time, self._given = max(time, self._time), source
        return self.federation.submit(name, command)

    def link(self, one: str, rules: SetLink, other: str) -> None:
        """Set both ends of a link, for good. Raises ``FederationError`` and ``JournalError``."""
        self._given = OPERATOR
        self.federation.link(one, rules, other)
        self.commit()

    def restart(self, name: str) -> list[Happened]:
        """Let one venue go on from what its log holds; deliver to it what it lost.

        What was not durable of it is gone, as after a crash. Raises ``JournalError``.
        """
        old = self.sequencers[name]
        if old.journal is not None:
            old.journal.buffer.clear()
            old.journal.close()
        follower = Follower()
        self.sequencers[name] = found = recover(
            self._directory / name, follower.absorb, self._durability, follower.parts
        )
        self.federation.cut_back(name, found.venue, follower.news)
        old.venue.close()
        self.federation.complete()
        return self.federation.deliver()

    def commit(self) -> None:
        """Make everything durable. Raises ``JournalError``."""
        for name in self.sequencers:
            self._commit(name)

    def close(self) -> None:
        """Commit and close all logs."""
        for each in self.sequencers.values():
            each.close()

    def _submit(self, name: str, command: Command) -> list[Event]:
        source, self._given = self._given, LINKED
        return self.sequencers[name].submit(self._time, source, command)

    def _commit(self, name: str) -> None:
        self.sequencers[name].commit()
        self.federation.confirm(name)

"""Faults planted in a simulated venue, one of each class that a simulation must find."""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING, Any, Final

import pytest
from msgspec import structs

from engine.log import sequencer as sequencing
from engine.log import snapshot as snapshots
from engine.log.blocks import HEADER, Kind, Reader
from engine.log.journal import Journal, JournalError
from engine.log.records import LENGTH
from engine.log.segments import numbered
from engine.log.sequencer import Sequencer
from engine.log.snapshot import paths as snapshot_paths
from engine.log.snapshotter import take
from engine.vocabulary.enums import RejectReason
from engine.vocabulary.events import AccountOpened, OrderResting
from gateway.protocol.wire import NotTaken
from gateway.server.core import Core
from gateway.server.grace import Grace
from gateway.server.outbox import Outboxes
from gateway.server.sessions import Sessions
from gateway.server.spool import Spool
from gateway.server.storage import RULE
from gateway.simulation.machine import Parts, recovered, small_windows, taken

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from engine.log.snapshot import Covered
    from engine.venue.venue import Venue
    from engine.vocabulary.commands import ClientCommand, Command
    from engine.vocabulary.events import Event
    from gateway.server.connection import Connection
    from gateway.server.core import Operation
    from gateway.server.followers import Followers
    from gateway.server.limits import Limits
    from gateway.server.report_store import ReportStore


class EagerSequencer(Sequencer):
    """Acknowledges before the sync: one commit of eight is not made durable."""

    def commit(self) -> None:
        journal = self.journal
        assert journal is not None
        journal.durability = "sync" if journal.syncs % 8 else "none"
        super().commit()


class Unreserved(Journal):
    """Reserves nothing, and takes the disk to have space for whatever comes."""

    def reserve(self) -> bool:
        return True


class BoldSequencer(Sequencer):
    """Has such a journal."""

    def __init__(self, venue: Venue, journal: Journal, *behind: int) -> None:
        super().__init__(venue, journal, *behind)
        journal.__class__ = Unreserved


class CarelessSequencer(Sequencer):
    """Goes on without a log where there is no space for a block."""

    def commit(self) -> None:
        try:
            super().commit()
        except JournalError as error:
            if "no space left" not in str(error):
                raise
            self.journal = None


class LossyOutboxes(Outboxes):
    """Loses an entry when it is made again from the log."""

    def absorb(self, time: int, events: list[Event]) -> None:
        super().absorb(time, [each for each in events if not isinstance(each, OrderResting)])


class UnsortedOutboxes(Outboxes):
    """Goes through the events of a record by where they happen to lie in memory."""

    def absorb(self, time: int, events: list[Event]) -> None:
        opens = any(isinstance(each, AccountOpened) for each in events)  # that has to come first
        super().absorb(time, events if opens else sorted(events, key=id))


class ForgetfulSessions(Sessions):
    """Takes a reference that was used."""

    def _answered(self, connection: Connection, ref: int, now: int) -> bool:
        del now
        self._running.sequencer.venue.participants[connection.account].last_ref = ref - 1
        return False


class HastySessions(Sessions):
    """Forgets that the venue itself was away."""

    def _pass(self, now: int) -> None:
        """Look at nothing."""


class HarshSessions(Sessions):
    """Forgets that time in which nothing was written is not the reader's."""

    def cut_slow_readers(self, now: int) -> None:
        self._looked_at = now
        super().cut_slow_readers(now)


class StingySessions(Sessions):
    """Refuses cancels as soon as it refuses orders."""

    def _run(self, connection: Connection, commands: list[ClientCommand]) -> None:
        if self._storage.pressed:
            for command in commands:
                reason = RejectReason.STORAGE
                connection.say(NotTaken(connection.seq(), command.ref, reason, RULE))
            commands.clear()
        super()._run(connection, commands)


class ForgetfulStart(Sessions):
    """Waits for nobody whom a crash cut off, and so never cancels."""

    def opened(self, now: int, asking: Iterable[str]) -> None:
        super().opened(now, ())
        del asking


class Unforgiving(Grace):
    """Cancels for those too who came back in time."""

    def back(self, account: str) -> bool:
        return account in self._absent


class UnforgivingSessions(Sessions):
    """Have such a grace."""

    def __init__(self, running: Any, directory: Any, limits: Limits, *others: Any) -> None:
        super().__init__(running, directory, limits, *others)
        self.grace = Unforgiving(limits.grace)


def core_with(sessions: type[Sessions]) -> type[Core]:
    """Return a core whose sessions are of this kind."""

    class Faulty(Core):
        def __init__(self, directory: Any, sequencer: Any, outboxes: Any, limits: Any) -> None:
            super().__init__(directory, sequencer, outboxes, limits)
            self.sessions = sessions(self.running, directory, limits, self.durability, self.storage)

    return Faulty


class NumberingCore(Core):
    """Gives a command its number before it is known that a log can hold it."""

    def operate(self, command: Command, *, timed: bool = False) -> Operation:
        sequencer = self.running.sequencer
        sequencer.seq += 1
        operation = super().operate(command, timed=timed)
        sequencer.seq -= 1
        return operation


def taken_as_far_as_it_goes(data: bytes) -> bytes:
    """Take the commands of a torn commit that are whole."""
    reader = Reader(BytesIO(data))
    for _ in reader.blocks():
        pass
    rest = data[reader.end :]
    if len(rest) < HEADER.size or not rest.startswith(reader.chain.marker):
        return data
    body, place = rest[HEADER.size :], 0
    while place + LENGTH.size <= len(body):
        (length,) = LENGTH.unpack_from(body, place)
        if not length or place + LENGTH.size + length > len(body):
            break
        place += LENGTH.size + length
    kept = body[:place]
    return data[: reader.end] + reader.chain.add(Kind.RUNS, kept) + kept if kept else data


def wrongly_numbered(followers: Followers, folder: Path) -> None:
    """Take a snapshot that says it stands behind one command more."""
    write = snapshots.write

    def faulty(directory: Path, covered: Covered, *state: Any) -> Path:
        return write(directory, structs.replace(covered, seq=covered.seq + 1), *state)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(snapshots, "write", faulty)
        taken(followers, folder)


def hastily_put_away(followers: Followers, folder: Path) -> None:
    """Remove the segments that a snapshot will stand for before it is durable."""
    for _, path in numbered(folder):
        path.unlink()
    taken(followers, folder)


def without_links(followers: Followers, folder: Path) -> None:
    """Take a snapshot that lacks what there is to be said of guests' orders."""
    take(folder, followers.absorb, followers.parts, followers.links.orders.clear)


class BoldSpool(Spool):
    """Takes reports for written that the disk did not take."""

    __slots__ = ()

    def put(self, data: bytes) -> int:
        place = super().put(data)
        if place is None:
            place = self.size
            self.size += len(data)
        return place


def boldly(store: ReportStore) -> Outboxes:
    """Have such a spool."""
    store.__class__ = BoldSpool
    return small_windows(store)


def stale(followers: Followers, folder: Path) -> Sequencer:
    """Take the newest snapshot for the log's end: what is behind it is not replayed."""

    def no_record(*_: object) -> None:
        """Apply nothing."""

    with pytest.MonkeyPatch.context() as patch:
        if snapshot_paths(folder):
            patch.setattr(sequencing, "_apply", no_record)
            patch.setattr(sequencing, "_compare", no_record)
        return recovered(followers, folder)


_KEPT: Final = (
    "what was acknowledged is there",
    "what was seen stays",
    "the replay comes to the live state",
)
_HEARD: Final = ("clients heard what the log says", "no report comes twice",
                 "a report that comes again is the same", "what was seen stays",
                 "who keeps to the protocol stays", "reports come without a gap",
                 "status and reports agree", "what is cancelled is what was left",
                 "fills add up", "a message is answered once",
                 "what is changed is live")  # fmt: skip
# what is planted -> where, and the promises of which one must be found broken
FAULTS: Final[dict[str, tuple[Parts, tuple[str, ...]]]] = {
    "acknowledged before the sync": (Parts(sequencer=EagerSequencer), _KEPT),
    "an outbox entry lost": (Parts(outboxes=LossyOutboxes), _HEARD),
    "iteration without an order": (
        Parts(outboxes=UnsortedOutboxes),
        (*_HEARD, "the venue goes on"),  # some orders are none that a projection can follow
    ),
    "a reference used again": (
        Parts(core=core_with(ForgetfulSessions)),
        (
            "a message is answered once",
            "a reference is taken once",
            "the replay comes to the live state",
            "what was answered stays",
        ),
    ),
    "a number before the encoding": (
        Parts(core=NumberingCore),
        (
            "a crash leaves a log that starts",
            "the venue goes on",
            "a snapshot is taken of a sound log",
        ),
    ),
    "the grace for silence forgotten": (
        Parts(core=core_with(HastySessions)),
        ("who speaks is not ended as silent",),
    ),
    "the grace for readers forgotten": (
        Parts(core=core_with(HarshSessions)),
        ("who reads is not ended as slow",),
    ),
    "the grace to come back forgotten": (
        Parts(core=core_with(ForgetfulStart)),
        ("who does not come back is cancelled",),
    ),
    "cancelled though it came back within the grace": (
        Parts(core=core_with(UnforgivingSessions)),
        ("nobody else is cancelled",),
    ),
    "a block written without space for it": (
        Parts(sequencer=BoldSequencer),
        ("no block is begun without space for it",),
    ),
    "acknowledged without space for it": (
        Parts(sequencer=CarelessSequencer),
        (
            *_KEPT,
            "clients heard what the log says",
            "who asked for it and went is cancelled",
            "who does not come back is cancelled",
        ),
    ),
    "cancels refused with the orders": (
        Parts(core=core_with(StingySessions)),
        ("what there is space for is taken",),
    ),
    "a snapshot with a wrong number": (
        Parts(taken=wrongly_numbered),
        ("a crash leaves a log that starts", "a snapshot knows where it stands"),
    ),
    "a segment removed before the snapshot is durable": (
        Parts(taken=hastily_put_away),
        ("a crash leaves a log that starts", "a snapshot is taken of a sound log"),
    ),
    "a stale snapshot taken": (
        Parts(recovered=stale),
        ("the replay comes to the live state", "a snapshot knows where it stands"),
    ),
    "what links pass on left out of a snapshot": (
        Parts(taken=without_links),
        ("a snapshot has what links pass on", "what links pass on is what the log says"),
    ),
    "older reports taken for written": (
        Parts(outboxes=boldly),
        (
            "a snapshot has what the server keeps",
            "every client that reads has every report",
            "older reports are there unless the disk fails",
            "the venue goes on",
        ),
    ),
    "a torn block taken": (
        Parts(found=taken_as_far_as_it_goes),
        (
            "a commit is there whole or not at all",
            "a crash leaves a log that starts",
            "the venue goes on",
        ),
    ),
}

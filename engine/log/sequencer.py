"""Stamps commands with a sequence number and a time, logs them, applies them; and replays.

The order that matters: a command is appended to the journal's buffer and applied at once, but
nothing of what came of it may leave the process before ``commit`` has returned. That is the
caller's part of the promise *durable, then acknowledged*.
"""

from collections.abc import Callable, Sequence
from io import BytesIO
from pathlib import Path
from typing import BinaryIO, Final, TypeAlias

import msgspec

from engine.log import snapshot as snapshots
from engine.log.blocks import MAX_GENESIS, Block, Kind, Reader
from engine.log.errors import EngineDisagreesError
from engine.log.journal import Journal, open_log
from engine.log.places import SnapshotError
from engine.log.records import (
    ENGINE,
    LENGTH,
    Record,
    check_command,
    decode_genesis,
    decode_state,
    no_genesis,
    runs,
)
from engine.log.snapshot import Parts, Snapshot
from engine.log.starts import starting
from engine.venue.venue import Venue
from engine.vocabulary.commands import Command
from engine.vocabulary.events import Event

OPERATOR: Final = 0  # the source of operator commands
TIMER: Final = 1  # the source of the passing of time

OnRecord: TypeAlias = Callable[[Record, list[Event]], None]

_encode = msgspec.msgpack.Encoder().encode
_pack_length = LENGTH.pack
MARK_EVERY: Final = 1 << 16  # commits from one hash of the state in the log to the next


class Sequencer:
    """The one way into a venue that is being run."""

    __slots__ = ("_mark_at", "aside", "journal", "seq", "snapshot", "time", "venue")

    def __init__(
        self, venue: Venue, journal: Journal | None = None, seq: int = 0, time: int = 0
    ) -> None:
        """Go on behind record ``seq`` of ``time``; without a journal nothing is kept."""
        self.venue = venue
        self.journal = journal
        self.seq = seq
        self.time = time
        self.snapshot: Path | None = None  # from which the venue was recovered
        self.aside: list[Path] = []  # snapshots of commands that the log has lost, unacknowledged
        self._mark_at = MARK_EVERY

    def submit(self, time: int, source: int, command: Command) -> list[Event]:
        """Stamp, log and apply a command; return what happened.

        ``time`` (ns UTC) is raised to the last record's where it would go backwards. Raises
        ``CommandError`` where a log could not hold the command; it then has no number.
        """
        return self.submit_checked(time, source, check_command(command))

    def submit_checked(self, time: int, source: int, command: Command) -> list[Event]:
        """Do as ``submit`` does with a command that was decoded, or checked, before."""
        time = max(time, self.time)
        self.seq = seq = self.seq + 1
        self.time = time
        journal = self.journal
        if journal is not None:  # as ``submit_all`` does, without its lists
            run = _encode((seq, time, source, (command,)))
            buffer = journal.buffer
            buffer += _pack_length(len(run))
            buffer += run
        return self.venue.apply(command)

    def submit_all(self, time: int, source: int, commands: Sequence[Command]) -> list[list[Event]]:
        """Stamp, log and apply commands in their order; return what happened, one list for each.

        The same as ``submit`` for each of them, a step at a time for all: it costs less. They must
        have been decoded, or checked with ``check_command``, before.
        """
        time = max(time, self.time)
        journal = self.journal
        if journal is not None and commands:
            # The bytes of a Run, without the cost of making one.
            run = _encode((self.seq + 1, time, source, commands))
            journal.buffer += _pack_length(len(run))
            journal.buffer += run
        self.time = time
        self.seq += len(commands)
        apply = self.venue.apply
        return [apply(command) for command in commands]

    def commit(self) -> None:
        """Make everything submitted so far durable. Raises ``JournalError``."""
        journal = self.journal
        if journal is not None and journal.buffer:
            journal.sync()
            if journal.syncs >= self._mark_at:
                self._mark_at += MARK_EVERY
                journal.mark(self.seq, self.venue.state_hash())

    def close(self) -> None:
        """Commit, say what state it came to, and close the journal."""
        journal = self.journal
        if journal is not None and not journal.closed:
            self.commit()
            if journal.syncs:
                journal.mark(self.seq, self.venue.state_hash())
            journal.close()


class Replay:
    """What a log came to."""

    __slots__ = ("genesis", "reader", "records", "started", "time", "torn_bytes", "venue")

    def __init__(self, venue: Venue, started: int) -> None:
        """Start behind the genesis, made at ``started`` (ns UTC)."""
        self.venue = venue
        self.genesis = venue.rulebook  # as it was then; amendments change the venue's
        self.started = started
        self.records = 0
        self.time = started  # of the last record
        self.torn_bytes = 0
        self.reader: Reader | None = None  # behind the last block


def replay_file(file: BinaryIO, on_record: OnRecord | None = None) -> Replay:
    """Apply a log's records to a new venue, telling ``on_record`` of each.

    Raises ``LogError`` where the log is damaged, which a torn commit is not, and where this
    engine comes to another state than the one that wrote it.
    """
    reader = Reader(file)
    replayed = _follow(reader, None, on_record)
    if replayed is None:
        file.seek(0)
        raise no_genesis(file.read(MAX_GENESIS))
    return replayed


def _follow(reader: Reader, replayed: Replay | None, on_record: OnRecord | None) -> Replay | None:
    try:
        for block in reader.blocks():
            if replayed is None:
                genesis, rulebook = decode_genesis(block.body)
                replayed = Replay(Venue(rulebook), genesis.time)
            elif block.kind == Kind.RUNS:
                _apply(block, replayed, on_record)
            elif block.kind == Kind.STATE:
                _compare(block, replayed)
    except BaseException:
        if replayed is not None:
            replayed.venue.close()
        raise
    if replayed is not None:
        replayed.torn_bytes = reader.torn
        replayed.reader = reader
    return replayed


def replay_behind(
    file: BinaryIO,
    snapshot: Snapshot,
    on_record: OnRecord | None = None,
    parts: Parts | None = None,
) -> Replay:
    """Apply what a log has behind a snapshot to the venue in it, whose parts go into ``parts``.

    Raises what ``replay_file`` does, and ``SnapshotError`` where it is one of another log.
    """
    covered = snapshot.covered
    reader = covered.place.reader(file)
    if parts is not None:
        parts.update(snapshot.parts)
    replayed = Replay(snapshot.venue, covered.time)
    replayed.records, replayed.genesis = covered.seq, snapshot.venue.genesis
    _follow(reader, replayed, on_record)
    return replayed


def _apply(block: Block, replayed: Replay, on_record: OnRecord | None) -> None:
    apply = replayed.venue.apply
    for run in runs(block, replayed.records + 1):
        if on_record is None:
            for command in run.commands:
                apply(command)
        else:
            for seq, command in enumerate(run.commands, run.seq):
                events = apply(command)
                on_record(Record(seq, run.time, run.source, command), events)
        replayed.records += len(run.commands)
        replayed.time = run.time


def _compare(block: Block, replayed: Replay) -> None:
    """Hold the state against what the log says of it. Raises ``EngineDisagreesError``."""
    state = decode_state(block)
    if (state.seq, state.hash) != (replayed.records, replayed.venue.state_hash()):
        raise EngineDisagreesError(block.start, state.seq, state.engine, ENGINE)


def replay_bytes(data: bytes, on_record: OnRecord | None = None) -> Replay:
    """Replay a log that is in memory. Raises ``LogError``."""
    return replay_file(BytesIO(data), on_record)


def replay(directory: Path, on_record: OnRecord | None = None) -> Replay:
    """Replay the log in a directory. Raises ``JournalError`` and ``LogError``."""
    with open_log(directory) as file:
        return replay_file(file, on_record)


def recover(
    directory: Path,
    on_record: OnRecord | None = None,
    durability: str = "sync",
    parts: Parts | None = None,
) -> Sequencer:
    """Open a directory's log, bring a venue to its end and return a sequencer that goes on there.

    It begins at the newest snapshot that is of use, or at the log's first record. Where records are
    to be heard by ``on_record``, all are, unless what hears them is in ``parts`` and a snapshot has
    all of that: it then takes the place of what is there. Raises ``JournalError``, ``LogError``.
    """
    with starting(directory):
        return _from_newest(directory, on_record, durability, parts)


def _from_newest(
    directory: Path, on_record: OnRecord | None, durability: str, parts: Parts | None
) -> Sequencer:
    if on_record is None or parts is not None:
        for found in snapshots.usable(directory, parts):
            try:
                return _recovered(directory, on_record, durability, found, parts)
            except SnapshotError:
                continue
            except BaseException:
                snapshots.close(found.parts)
                raise
    return _recovered(directory, on_record, durability, None, None)


def _recovered(
    directory: Path,
    on_record: OnRecord | None,
    durability: str,
    snapshot: Snapshot | None,
    parts: Parts | None,
) -> Sequencer:
    place = snapshot.covered.place if snapshot is not None else None
    journal = Journal.open(directory, durability, place)
    try:
        with open_log(directory, place.segment if place is not None else 1) as file:
            if snapshot is None:
                replayed = replay_file(file, on_record)
            else:
                replayed = replay_behind(file, snapshot, on_record, parts)
        ahead = snapshots.ahead(directory, replayed.records, journal.chain.number, journal.size)
        aside = [snapshots.set_aside(path) for path in ahead]
    except BaseException:
        journal.close()
        raise
    sequencer = Sequencer(replayed.venue, journal, replayed.records, replayed.time)
    sequencer.snapshot = snapshot.path if snapshot is not None else None
    sequencer.aside = aside
    return sequencer

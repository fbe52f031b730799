"""Stamps commands with a sequence number and a time, logs them, applies them; and replays.

The order that matters: a command is appended to the journal's buffer and applied at once, but
nothing of what came of it may leave the process before ``commit`` has returned. That is the
caller's part of the promise *durable, then acknowledged*.
"""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final, TypeAlias
from zlib import crc32

import msgspec

from engine.log.journal import Journal, read_log
from engine.log.records import (
    HEADER,
    Record,
    check_command,
    decode_genesis,
    decode_record,
    frames,
    no_genesis,
)
from engine.venue.venue import Venue
from engine.vocabulary.commands import Command
from engine.vocabulary.events import Event

OPERATOR: Final = 0  # the source of operator commands
TIMER: Final = 1  # the source of the passing of time

OnRecord: TypeAlias = Callable[[Record, list[Event]], None]

_encode = msgspec.msgpack.Encoder().encode
_pack_header = HEADER.pack
_HEADER_SIZE: Final = HEADER.size


class Sequencer:
    """The one way into a venue that is being run."""

    __slots__ = ("journal", "seq", "time", "venue")

    def __init__(
        self, venue: Venue, journal: Journal | None = None, seq: int = 0, time: int = 0
    ) -> None:
        """Go on behind record ``seq`` of ``time``; without a journal nothing is kept."""
        self.venue = venue
        self.journal = journal
        self.seq = seq
        self.time = time

    def submit(self, time: int, source: int, command: Command) -> list[Event]:
        """Stamp, log and apply a command; return what happened.

        ``time`` (ns UTC) is raised to the last record's where it would go backwards. Raises
        ``CommandError`` where a log could not hold the command; it then has no number.
        """
        return self.submit_all(time, source, [check_command(command)])[0]

    def submit_checked(self, time: int, source: int, command: Command) -> list[Event]:
        """Do as ``submit`` does with a command that was decoded, or checked, before."""
        if self.journal is not None:
            return self.submit_all(time, source, [command])[0]
        self.time = max(self.time, time)
        self.seq += 1
        return self.venue.apply(command)

    def submit_all(self, time: int, source: int, commands: Sequence[Command]) -> list[list[Event]]:
        """Stamp, log and apply commands in their order; return what happened, one list for each.

        The same as ``submit`` for each of them, a step at a time for all: it costs less. They must
        have been decoded, or checked with ``check_command``, before.
        """
        time = max(time, self.time)
        seq = self.seq
        journal = self.journal
        if journal is not None:
            frames = bytearray()
            back = len(journal.buffer)  # since the last sync
            for command in commands:
                seq += 1
                # The bytes of a Record, without the cost of making one for each order.
                payload = _encode((seq, time, source, command))
                frames += _pack_header(len(payload), back, crc32(payload, back))
                frames += payload
                back += _HEADER_SIZE + len(payload)
            journal.buffer += frames  # all of them or, where one cannot be encoded, none
        self.time = time
        self.seq += len(commands)
        apply = self.venue.apply
        return [apply(command) for command in commands]

    def commit(self) -> None:
        """Make everything submitted so far durable. Raises ``JournalError``."""
        journal = self.journal
        if journal is not None and journal.buffer:
            journal.sync()

    def close(self) -> None:
        """Commit and close the journal."""
        if self.journal is not None:
            self.journal.close()


class Replay:
    """What a log came to."""

    __slots__ = ("genesis", "records", "started", "time", "torn_bytes", "venue")

    def __init__(self, venue: Venue, started: int) -> None:
        """Start behind the genesis, made at ``started`` (ns UTC)."""
        self.venue = venue
        self.genesis = venue.rulebook  # as it was then; amendments change the venue's
        self.started = started
        self.records = 0
        self.time = started  # of the last record
        self.torn_bytes = 0


def replay_bytes(data: bytes, on_record: OnRecord | None = None) -> Replay:
    """Apply a log's records to a new venue, telling ``on_record`` of each.

    Raises ``LogError`` where the log is damaged, which a torn tail is not.
    """
    stream = frames(data)
    replayed: Replay | None = None
    end = 0
    for payload, behind in stream:
        if replayed is None:
            genesis, rulebook = decode_genesis(payload)
            replayed = Replay(Venue(rulebook), genesis.time)
            end = behind
            continue
        record = decode_record(payload, replayed.records + 1, end)
        events = replayed.venue.apply(record.command)
        replayed.records += 1
        replayed.time = record.time
        if on_record is not None:
            on_record(record, events)
        end = behind
    if replayed is None:
        raise no_genesis(data)
    replayed.torn_bytes = len(data) - end
    return replayed


def replay(directory: Path, on_record: OnRecord | None = None) -> Replay:
    """Replay the log in a directory. Raises ``JournalError`` and ``LogError``."""
    return replay_bytes(read_log(directory), on_record)


def recover(
    directory: Path, on_record: OnRecord | None = None, durability: str = "fdatasync"
) -> Sequencer:
    """Open a directory's log, replay it and return a sequencer that goes on behind it."""
    journal = Journal.open(directory, durability)
    try:
        replayed = replay(directory, on_record)
    except BaseException:
        journal.close()
        raise
    return Sequencer(replayed.venue, journal, replayed.records, replayed.time)

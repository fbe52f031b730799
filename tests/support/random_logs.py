"""Logs of random days under any rulebook, with all that happened."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING, NamedTuple

from engine.log.records import Record, log_pieces
from engine.venue.venue import Venue
from engine.vocabulary.enums import Side
from tests.support.random_flow import Flow

if TYPE_CHECKING:
    from engine.rulebook.model import Rulebook
    from engine.vocabulary.commands import Command
    from engine.vocabulary.events import Event


class Happened(NamedTuple):
    """A record with what came of it, and what the books show behind it."""

    seq: int
    time: int
    command: Command
    events: list[Event]
    books: dict[tuple[str, str], list[tuple[int, int]]]  # line, side -> price, tonnes, best first


class RandomLog(NamedTuple):
    """A log's bytes, what happened in it, and the venue at its end."""

    data: bytes
    happened: list[Happened]
    venue: Venue


def random_log(
    rulebook: Rulebook, seed: int, days: int = 3, commands: int = 40, kind: type[Flow] = Flow
) -> RandomLog:
    """Return a log of some days under a rulebook; ``kind`` says what flows."""
    flow = kind(rulebook, Random(f"{seed}:{rulebook.name}"))
    for _ in range(days):
        for _pair in flow.day(commands):
            pass
    venue = Venue(rulebook)
    records = []
    happened = []
    for seq, command in enumerate(flow.given, 1):
        events = venue.apply(command)
        time = max(venue.time, 0) + seq  # each record at a time that is later than the last
        records.append(Record(seq, time, 0, command))
        happened.append(Happened(seq, time, command, events, books(venue)))
    data = b"".join(log_pieces(rulebook, 0, records, 0))
    return RandomLog(data, happened, venue)


def books(venue: Venue) -> dict[tuple[str, str], list[tuple[int, int]]]:
    """Return what the books of all lines show."""
    found = {
        (line, side.name.lower()): venue.depth(line, side)
        for line in venue.symbols
        for side in Side
    }
    return {place: rows for place, rows in found.items() if rows}

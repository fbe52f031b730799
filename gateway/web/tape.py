"""A log's records, for whoever goes to any of them."""

from __future__ import annotations

from array import array
from typing import TYPE_CHECKING, Final

import msgspec

from engine.log.blocks import MAX_GENESIS, Kind, Reader
from engine.log.journal import open_log
from engine.log.records import Record, decode_genesis, no_genesis, records

if TYPE_CHECKING:
    from pathlib import Path

    from engine.rulebook.model import Rulebook

_encode: Final = msgspec.msgpack.Encoder().encode
_decode: Final = msgspec.msgpack.Decoder(Record).decode


class Tape:
    """A log's records, kept as bytes and decoded when they are needed."""

    def __init__(self, folder: Path) -> None:
        """Read the log in a folder. Raises ``JournalError`` and ``LogError``."""
        self.times = array("q")  # of the records: never decreasing
        self._records: list[bytes] = []
        rulebook: Rulebook | None = None
        with open_log(folder) as log:
            for block in Reader(log).blocks():
                if rulebook is None:
                    genesis, rulebook = decode_genesis(block.body)
                    self.started = genesis.time
                elif block.kind == Kind.RUNS:
                    for record in records(block, len(self._records) + 1):
                        self.times.append(record.time)
                        self._records.append(_encode(record))
            if rulebook is None:
                log.seek(0)
                raise no_genesis(log.read(MAX_GENESIS))
        self.rulebook = rulebook

    def __len__(self) -> int:
        """Return how many records there are."""
        return len(self._records)

    def record(self, place: int) -> Record:
        """Return the record at a place, from 0."""
        return _decode(self._records[place])

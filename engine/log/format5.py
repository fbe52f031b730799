"""Logs of format 5, to be converted: a frame for each record, which says where its commit began.

A frame is a 12-byte header, little-endian (the payload's length, how many bytes before the frame
its commit began, the CRC-32 of both) and the payload, msgpack. The first payload is the genesis.
"""

import zlib
from collections.abc import Iterator
from struct import Struct as Layout
from typing import Final

import msgspec

from engine.log.errors import LogError
from engine.log.records import Genesis, Record, decode_genesis
from engine.rulebook.model import Rulebook

FORMAT: Final = 5
_HEADER: Final = Layout("<III")

_decode_record = msgspec.msgpack.Decoder(Record).decode


def _payloads(data: bytes) -> Iterator[tuple[int, memoryview]]:
    """Yield each whole frame's offset and payload."""
    view = memoryview(data)
    place = 0
    while place + _HEADER.size <= len(view):
        length, back, checksum = _HEADER.unpack_from(view, place)
        payload = view[place + _HEADER.size : place + _HEADER.size + length]
        if not length or len(payload) < length or zlib.crc32(payload, back) != checksum:
            break
        yield place, payload
        place += _HEADER.size + length
    if place < len(view):
        problem = (
            "a record that is not whole: start the venue once with the version that wrote it, "
            "which cuts off what was never durable, then convert"
        )
        raise LogError(place, problem)


def genesis_of(data: bytes) -> tuple[Genesis, Rulebook]:
    """Read the first frame. Raises ``LogError``."""
    for _, payload in _payloads(data):
        return decode_genesis(payload, FORMAT)
    raise LogError(0, "no genesis record")


def records_of(data: bytes) -> Iterator[Record]:
    """Yield the records. Raises ``LogError`` where one is damaged or missing."""
    for expected, (place, payload) in enumerate(_payloads(data)):
        if not expected:
            continue
        try:
            record = _decode_record(payload)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
            problem = f"not a record ({error})"
            raise LogError(place, problem) from error
        if record.seq != expected:
            problem = f"record {record.seq} where {expected} should stand"
            raise LogError(place, problem)
        yield record

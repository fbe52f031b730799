"""Frames on a byte stream: a 4-byte big-endian length, then that many bytes of msgpack.

Incremental and bounded: any split of a stream gives the same frames, and a peer can make the
buffer grow by one frame at the most, because a length above the bound is refused at once.
"""

import sys
from struct import Struct
from typing import Final

from gateway.protocol.wire import HEADER_SIZE

_BIG: Final = "big"
_unpack_length = Struct(">I").unpack_from
# The headers of the lengths that nearly all messages have: a look-up is faster than making one.
SHORT: Final = 512
HEADERS: Final = tuple(length.to_bytes(HEADER_SIZE, _BIG) for length in range(SHORT))


def header(length: int) -> bytes:
    """Return what stands before a payload of this length."""
    return HEADERS[length] if length < SHORT else length.to_bytes(HEADER_SIZE, _BIG)


def length_at(frames: bytes | bytearray, place: int) -> int:
    """Return the length of the payload whose frame starts at a place."""
    return int(_unpack_length(frames, place)[0])


def frame(payload: bytes) -> bytes:
    """Return a payload with its length before it."""
    return header(len(payload)) + payload


class Unframer:
    """Turns the bytes that arrive into whole payloads."""

    __slots__ = ("_buffer", "_limit", "_start", "error", "more")

    def __init__(self, limit: int) -> None:
        """Accept payloads of 1 to ``limit`` bytes."""
        self.error = ""  # set once the stream does not consist of frames any more
        self.more = False  # whether the last call may have left whole payloads for the next
        self._buffer = b""  # empty, or something of it is left
        self._start = 0  # of what is left of it
        self._limit = limit

    def feed(self, data: bytes, most: int = sys.maxsize) -> list[bytes]:
        """Take bytes in; return the payloads that are whole now, ``most`` of them at most.

        There are none after an error. Where some may be left for the next call, ``more`` is true.
        At a length of 0 or above the limit ``error`` says so; the payloads before it count.
        """
        payloads: list[bytes] = []
        self.more = False
        if self.error:
            return payloads
        start = 0
        if not data:
            data = self._buffer
            start = self._start
        elif self._buffer:
            data = self._buffer[self._start :] + data
        size = len(data)
        body = start + HEADER_SIZE
        limit = self._limit
        unpack = _unpack_length
        keep = payloads.append
        for _ in range(most):
            if body > size:
                break
            length = unpack(data, start)[0]
            end = body + length
            if end > size or length > limit or not length:
                if not 0 < length <= limit:
                    self.error = f"a frame of {length} bytes; 1 to {limit} are allowed"
                break
            keep(data[body:end])
            start = end
            body = end + HEADER_SIZE
        else:
            self.more = start < size
        if self.error:
            data = b""
            start = 0
        elif start >= size - start:  # else a peer that is far ahead is copied at each of its turns
            data = data[start:]
            start = 0
        self._buffer = data
        self._start = start
        return payloads

    @property
    def pending(self) -> int:
        """Bytes that no payload was made of yet."""
        return len(self._buffer) - self._start

"""Frames on a byte stream: a 4-byte big-endian length, then that many bytes of msgpack.

Incremental and bounded: any split of a stream gives the same frames, and a peer can make the
buffer grow by one frame at the most, because a length above the bound is refused at once.
"""

from struct import Struct
from typing import Final

from gateway.wire import HEADER_SIZE

_BIG: Final = "big"
_unpack_length = Struct(">I").unpack_from
# The headers of the lengths that nearly all messages have: a look-up is faster than making one.
SHORT: Final = 512
HEADERS: Final = tuple(length.to_bytes(HEADER_SIZE, _BIG) for length in range(SHORT))


def frame(payload: bytes) -> bytes:
    """Return a payload with its length before it."""
    length = len(payload)
    if length < SHORT:
        return HEADERS[length] + payload
    return length.to_bytes(HEADER_SIZE, _BIG) + payload


class Unframer:
    """Turns the bytes that arrive into whole payloads."""

    __slots__ = ("_buffer", "_limit", "error")

    def __init__(self, limit: int) -> None:
        """Accept payloads of 1 to ``limit`` bytes."""
        self.error = ""  # set once the stream does not consist of frames any more
        self._buffer = b""
        self._limit = limit

    def feed(self, data: bytes) -> list[bytes]:
        """Take bytes in; return the payloads that are whole now, none after an error.

        At a length of 0 or above the limit ``error`` says so; the payloads before it count.
        """
        payloads: list[bytes] = []
        if self.error:
            return payloads
        if self._buffer:
            data = self._buffer + data
        size = len(data)
        start = 0
        limit = self._limit
        unpack = _unpack_length
        while size - start >= HEADER_SIZE:
            body = start + HEADER_SIZE
            length = unpack(data, start)[0]
            end = body + length
            if not 0 < length <= limit:
                self.error = f"a frame of {length} bytes; 1 to {limit} are allowed"
                break
            if end > size:
                break
            payloads.append(data[body:end])
            start = end
        self._buffer = b"" if self.error else data[start:]
        return payloads

    @property
    def pending(self) -> int:
        """Bytes of an unfinished frame."""
        return len(self._buffer)

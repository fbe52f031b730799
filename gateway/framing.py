"""Frames on a byte stream: a 4-byte big-endian length, then that many bytes of msgpack.

Incremental and bounded: any split of a stream gives the same frames, and a peer can make the
buffer grow by one frame at the most, because a length above the bound is refused at once.
"""

from typing import Final

from gateway.wire import HEADER_SIZE

_BIG: Final = "big"


def frame(payload: bytes) -> bytes:
    """Return a payload with its length before it."""
    return len(payload).to_bytes(HEADER_SIZE, _BIG) + payload


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
        while size - start >= HEADER_SIZE:
            body = start + HEADER_SIZE
            length = int.from_bytes(data[start:body], _BIG)
            end = body + length
            if not 0 < length <= self._limit:
                self.error = f"a frame of {length} bytes; 1 to {self._limit} are allowed"
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

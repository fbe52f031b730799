"""Public data, encoded once for all who hear it: they differ by the number of their last report."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec import msgpack

from gateway.protocol import wire
from gateway.protocol.framing import header

if TYPE_CHECKING:
    from collections.abc import Sequence

_encode_number: Final = msgpack.Encoder().encode
_ARRAY_16: Final = 0xDC  # an array whose length has two bytes after this one; else it is in it
_UINT_8: Final = 0xCC  # a number in the byte after this one: a tag from 128 on; else it is in it


class Encoded:
    """Messages whose first field, ``seq``, is still to be filled in."""

    __slots__ = ("_made", "_messages", "_parts")

    def __init__(self, messages: Sequence[wire.MarketData]) -> None:
        """Take messages that have a ``seq`` of 0; they are encoded when somebody hears them."""
        self._messages = messages
        self._parts: list[tuple[bytes, bytes]] = []  # what stands before the number, and behind it
        self._made: dict[int, bytes] = {}

    def __len__(self) -> int:
        """Return how many messages there are."""
        return len(self._messages)

    def frames(self, seq: int) -> bytes:
        """Return the frames for an account whose last report has the number ``seq``."""
        made = self._made.get(seq)
        if made is None:
            if not self._parts:
                self._parts = [_parted(wire.encode(message)) for message in self._messages]
            number = _encode_number(seq)
            pieces: list[bytes] = []
            for before, behind in self._parts:
                length = len(before) + len(number) + len(behind)
                pieces += (header(length), before, number, behind)
            made = self._made[seq] = b"".join(pieces)
        return made


def _parted(payload: bytes) -> tuple[bytes, bytes]:
    """Return what stands before a ``seq`` of 0, which takes a byte, and what stands behind it."""
    tag = 3 if payload[0] == _ARRAY_16 else 1
    place = tag + (2 if payload[tag] == _UINT_8 else 1)
    return payload[:place], payload[place + 1 :]

"""A log as a chain of blocks: what one sync makes durable, whole or not at all.

A block is a 65-byte header, little-endian, and a body. The header has a marker of eight bytes, the
body's length, what kind of block it is, its number, the number of the last block that was durable
when this one was written, the SHA-256 of the block before it, and the CRC-32 of all of that and of
the body. The first block has number 0 and a marker that says what the file is; the others' marker
is taken from the first one's SHA-256, so that nobody who sends commands can know it.

A block that cannot be read ends the log. Where no block can be found behind it, or only such as
were written before it was known to be durable, it is a *torn commit*: nothing of it was
acknowledged. Where one behind it knows it to be durable, acknowledged commands have rotted, and the
log is refused. Zeros are space that was reserved and never written.
"""

from collections.abc import Iterator
from enum import IntEnum
from hashlib import sha256
from io import SEEK_END
from struct import Struct as Layout
from typing import BinaryIO, Final, NamedTuple
from zlib import crc32

from engine.log.errors import LogError

MARKER: Final = b"carbonx6"
HEADER: Final = Layout("<8sIBQQ32sI")  # marker, length, kind, number, durable, previous, CRC-32
_CHECKED: Final = HEADER.size - 4  # bytes of a header before its checksum
_pack_checked: Final = Layout("<8sIBQQ32s").pack
_NOTHING: Final = bytes(32)  # the hash before the first block
_PIECE: Final = 1 << 20
MAX_GENESIS: Final = 1 << 24  # a first block with a large rulebook fits many times over


class Kind(IntEnum):
    """What a block holds."""

    GENESIS = 0
    RUNS = 1  # commands
    STATE = 2  # the hash of the state behind the commands so far
    SEGMENT = 3  # the first of a file that goes on behind another
    SNAPSHOT = 4  # a part of a state


class Block(NamedTuple):
    """A block as it was read."""

    kind: int
    number: int
    durable: int
    body: memoryview
    start: int
    end: int  # the offset behind it
    hash: bytes


class Chain:
    """The end of a chain, to which blocks are added."""

    __slots__ = ("durable", "hash", "marker", "number")

    def __init__(self) -> None:
        """Begin before the first block."""
        self.number = -1  # of the last block
        self.durable = -1
        self.hash = _NOTHING
        self.marker = MARKER

    def add(self, kind: Kind, body: bytes | bytearray) -> bytes:
        """Return the next block's header; the chain then ends behind that block."""
        number = self.number + 1
        head = _pack_checked(self.marker, len(body), kind, number, self.durable + 1, self.hash)
        head += crc32(body, crc32(head)).to_bytes(4, "little")
        digest = sha256(head)
        digest.update(body)
        self.hash = found = digest.digest()
        self.number = number
        if number == 0:
            self.marker = found[:8]
        return head

    def follow(self, number: int, digest: bytes) -> None:
        """End behind this block."""
        if number == 0:
            self.marker = digest[:8]
        self.number = number
        self.hash = digest


class Reader:
    """Reads a log's blocks one after the other; ``end`` is then what is whole of it."""

    def __init__(self, file: BinaryIO, chain: Chain | None = None, start: int = 0) -> None:
        """Read from a file's start, or from where a chain goes on."""
        self.chain = chain or Chain()
        self.end = start
        self.last = start  # where the last block that is whole begins
        self.size = file.seek(0, SEEK_END)
        self.torn = 0  # bytes of a commit that is not whole
        self.known = self.chain.durable  # the last block that another knows to be durable
        self._file = file

    def blocks(self) -> Iterator[Block]:
        """Yield what is whole. Raises ``LogError`` where what was durable is damaged."""
        chain = self.chain
        while True:
            found = self._at(self.end, chain.marker)
            if found is None:
                durable = self._known_behind() if chain.number >= 0 else -1
                if durable <= chain.number:
                    break
                found = self._at(self.end, chain.marker)  # written meanwhile, perhaps
                if found is None:
                    raise self._rotten(durable)
            block, previous = found
            if block.number != chain.number + 1 or previous != chain.hash:
                problem = (
                    f"block {block.number} does not follow on block {chain.number}: parts of two "
                    "logs, or it was changed; restore a copy"
                )
                raise LogError(self.end, problem)
            chain.follow(block.number, block.hash)
            chain.durable = block.number
            self.known = max(self.known, block.durable)
            self.last = block.start
            self.end = block.end
            yield block
        self.torn = self._written_behind() - self.end

    def _rotten(self, durable: int) -> LogError:
        problem = (
            f"block {self.chain.number + 1} is damaged, and blocks up to {durable} were durable: "
            "restore a copy, or keep what stands before it with carbonx log repair"
        )
        return LogError(self.end, problem)

    def has(self, start: int, number: int, digest: bytes, marker: bytes) -> bool:
        """Say whether this block stands at a place."""
        found = self._at(start, marker)
        return found is not None and (found[0].number, found[0].hash) == (number, digest)

    def _at(self, offset: int, marker: bytes) -> tuple[Block, bytes] | None:
        """Return the block at a place and the hash before it, or ``None`` if it is not whole."""
        self._file.seek(offset)
        head = self._file.read(HEADER.size)
        if len(head) < HEADER.size or not head.startswith(marker):
            return None
        _, length, kind, number, durable, previous, checksum = HEADER.unpack(head)
        if offset + HEADER.size + length > self.size:
            return None
        body = self._file.read(length)
        if crc32(body, crc32(head[:_CHECKED])) != checksum:
            return None
        digest = sha256(head)
        digest.update(body)
        end = offset + HEADER.size + length
        found = memoryview(body)
        return Block(kind, number, durable - 1, found, offset, end, digest.digest()), previous

    def _known_behind(self) -> int:
        """Return the highest number that a block behind the end knows to be durable, -1 if none."""
        marker = self.chain.marker
        place, highest = self.end + 1, -1
        while place < self.size:
            self._file.seek(place)
            piece = self._file.read(_PIECE)
            at = piece.find(marker)
            if at < 0:
                place += max(1, len(piece) - len(marker) + 1)
                continue
            found = self._at(place + at, marker)
            if found is None:
                place += at + 1
            else:
                highest = max(highest, found[0].durable)
                place = found[0].end
        return highest

    def _written_behind(self) -> int:
        """Return the offset behind the last byte that is not zero, at least the end."""
        place = self.end
        last = place
        self._file.seek(place)
        while piece := self._file.read(_PIECE):
            written = len(piece.rstrip(b"\0"))
            if written:
                last = place + written
            place += len(piece)
        return last


def is_cut_genesis(start: bytes, size: int) -> bool:
    """Say whether a file of ``size`` bytes is what a full disk leaves of a log's first block."""
    zeros = len(start) == size and not any(start)
    length = MAX_GENESIS
    if len(start) >= HEADER.size:
        length = HEADER.unpack_from(start)[1]
    cut = size < HEADER.size + length <= HEADER.size + MAX_GENESIS
    return zeros or (cut and MARKER.startswith(start[: len(MARKER)]))

"""The log's bytes: records framed with a length and a checksum.

A log file is a sequence of frames. A frame is a 12-byte header, little-endian - the payload's
length, how many bytes before the frame its *batch* began, the CRC-32 of both - and the payload,
msgpack. A batch is what one sync made durable. The first payload is the ``Genesis``, all others are
``Record``s with sequence numbers 1, 2, 3 and so on. A log and nothing else is enough to replay: the
rulebook is in its first record.

Reading stops before the first frame that is not whole. That is a *torn tail* where nothing behind
it belongs to a later batch: power went, or a kill came, before the batch was durable, and nothing
of it was acknowledged. Damage with a later batch behind it is an error, because acknowledged
commands would be lost if it were passed over.
"""

import re
import zlib
from collections.abc import Iterator
from struct import Struct as Layout
from typing import Final, NamedTuple, get_args

import msgspec

from engine.rulebook.model import Rulebook, RulebookError, canonical
from engine.rulebook.validation import from_canonical
from engine.vocabulary.commands import Command
from engine.vocabulary.texts import MAX_TEXT, encodable, shown
from engine.vocabulary.units import MAX_INT, MIN_INT, Int

FORMAT: Final = 5
READERS: Final = {  # earlier formats, and what reads them
    1: "development versions of 0.1.0 whose rulebooks have no modes",
    2: "development versions of 0.1.0 up to commit 96f675c",
    3: "development versions of 0.1.0 up to commit d211ea8",  # another price of calls, other days
    4: "development versions of 0.1.0 up to commit 2605717",  # no money in openings, no batches
}
_OLD_HEADER: Final = Layout("<II")  # of formats up to 4: length and CRC-32 of the payload
MAGIC: Final = "carbonx-log"
HEADER: Final = Layout("<III")  # payload length, bytes back to the batch's start, CRC-32
MAX_PAYLOAD: Final = 1 << 24  # a genesis with a large rulebook fits many times over
_HIGH_BYTE: Final = re.compile(rb"[\0\1]")  # the last byte of every length up to MAX_PAYLOAD
_AROUND: Final = 64  # bytes of a record around its command, at most
_KINDS: Final = get_args(Command)
_FIELD: Final = re.compile(r"\$\[(\d+)\]")  # of a command, in msgspec's words


class LogError(Exception):
    """A log that cannot be read on; ``offset`` is the byte where the trouble starts."""

    def __init__(self, offset: int, problem: str) -> None:
        """Say what is wrong and where."""
        super().__init__(offset, problem)  # what it is made of, so that it pickles
        self.offset = offset
        self.problem = problem

    def __str__(self) -> str:
        """Return what is wrong and where."""
        return f"log damaged at byte {self.offset}: {self.problem}"


class LogFormatError(LogError):
    """A whole log of another format; the text says what reads it."""

    def __init__(self, magic: str, number: int) -> None:
        """Name the versions that read it."""
        super().__init__(0, "another format")
        self.args = (magic, number)

    def __str__(self) -> str:
        """Return what this is and what reads it."""
        magic, number = self.args
        reader = READERS.get(number, "another version")
        return (
            f"this is a {magic} of format {number}, which {reader} can read; "
            f"this version reads format {FORMAT}"
        )


class CommandError(ValueError):
    """A command that the log could not hold; it has no number. Names the field where known."""

    def __init__(self, field: str, rule: str) -> None:
        """Keep the field beside the text."""
        super().__init__(field, rule)  # what it is made of, so that it pickles
        self.field = field
        self.rule = rule

    def __str__(self) -> str:
        """Return both in a line."""
        return f"{self.field}: {self.rule}"


class Record(msgspec.Struct, frozen=True, array_like=True):
    """One command as it was sequenced."""

    seq: Int  # 1, 2, 3, ...
    time: Int  # ns UTC, never decreasing
    source: Int  # who brought it: 0 the operator, 1 the timer, above: a gateway session
    command: Command


class Genesis(msgspec.Struct, frozen=True, array_like=True):
    """The first frame: which format, under which rules, since when."""

    magic: str
    format: int
    time: int  # ns UTC
    rulebook: bytes  # canonical bytes
    digest: str  # the rulebook's SHA-256


class Frame(NamedTuple):
    """A payload and the offset behind its frame."""

    payload: memoryview
    end: int


_encode = msgspec.msgpack.Encoder().encode
_decode_command = msgspec.msgpack.Decoder(Command).decode
_decode_record = msgspec.msgpack.Decoder(Record).decode
_decode_genesis = msgspec.msgpack.Decoder(Genesis).decode


def frame(payload: bytes, back: int = 0) -> bytes:
    """Return a payload with its header, ``back`` bytes behind the start of its batch."""
    return HEADER.pack(len(payload), back, zlib.crc32(payload, back)) + payload


def encode_record(record: Record) -> bytes:
    """Return a record's frame."""
    return frame(_encode(record))


def encode_genesis(rulebook: Rulebook, time: int) -> bytes:
    """Return the first frame of a log under this rulebook. Raises ``RulebookError``."""
    payload = _encode(Genesis(MAGIC, FORMAT, time, canonical(rulebook), rulebook.digest()))
    if len(payload) > MAX_PAYLOAD:
        message = f"$: {len(payload)} bytes in a log, which takes {MAX_PAYLOAD}: fewer lines"
        raise RulebookError(message)
    return frame(payload)


def frames(data: bytes | memoryview, offset: int = 0) -> Iterator[Frame]:
    """Yield the whole frames from ``offset`` on; stop at a torn tail.

    Raises ``LogError`` where a frame is damaged and a whole one of a later batch stands behind it.
    """
    view = memoryview(data)
    size = len(view)
    while offset + HEADER.size <= size:
        length, back, checksum = HEADER.unpack_from(view, offset)
        end = offset + HEADER.size + length
        if not 0 < length <= MAX_PAYLOAD or end > size:
            break
        payload = view[offset + HEADER.size : end]
        if zlib.crc32(payload, back) != checksum:
            break
        yield Frame(payload, end)
        offset = end
    if _later_batch_behind(view, offset):
        raise LogError(offset, "a damaged record with whole records behind it; restore a copy")


def _later_batch_behind(view: memoryview, offset: int) -> bool:
    """Say whether a record of a batch that began behind an unreadable place can be found."""
    size = len(view)
    behind = offset + 1
    for found in _HIGH_BYTE.finditer(view, behind + 3):
        start = found.start() - 3
        if not behind <= start < size - HEADER.size:
            continue
        length, back, checksum = HEADER.unpack_from(view, start)
        end = start + HEADER.size + length
        if not 2 < length <= MAX_PAYLOAD or end > size:  # noqa: PLR2004 - no record is shorter
            continue
        payload = view[end - length : end]
        if zlib.crc32(payload, back) == checksum and _is_record(payload):
            if start - back > offset:
                return True
            behind = end  # of the batch that was not durable; a later one may follow
    return False


def _is_record(payload: memoryview) -> bool:
    try:
        _decode_record(payload)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return False
    return True


def is_cut_genesis(start: bytes, size: int) -> bool:
    """Say whether a file of ``size`` bytes is what a full disk leaves of a log's first frame."""
    begins = b"\x95" + bytes([0xA0 + len(MAGIC)]) + MAGIC.encode()  # an array of five, the magic
    payload = start[HEADER.size :]
    length = HEADER.unpack_from(start)[0] if len(start) >= HEADER.size else MAX_PAYLOAD
    cut = size < HEADER.size + length <= HEADER.size + MAX_PAYLOAD
    zeros = len(start) == size and not any(start)
    return zeros or (cut and begins.startswith(payload[: len(begins)]))


def no_genesis(data: bytes) -> LogError:
    """Return what to say of a log whose first frame is not whole."""
    if len(data) > _OLD_HEADER.size:
        length, checksum = _OLD_HEADER.unpack_from(data)
        payload = data[_OLD_HEADER.size : _OLD_HEADER.size + length]
        if length and zlib.crc32(payload) == checksum:
            try:
                decode_genesis(payload)
            except LogError as error:
                return error
    return LogError(
        0, "no genesis record; this is not a log, or it was cut at its very start; restore a copy"
    )


def decode_genesis(payload: bytes | memoryview) -> tuple[Genesis, Rulebook]:
    """Read the first payload. Raises ``LogError`` when it is not one of this format."""
    try:
        genesis = _decode_genesis(payload)
        if genesis.magic != MAGIC or genesis.format != FORMAT:
            raise LogFormatError(genesis.magic, genesis.format)
        rulebook = from_canonical(genesis.rulebook)
    except (msgspec.MsgspecError, RulebookError) as error:
        raise LogError(
            0, f"no readable genesis record ({error}): no log, or damaged; restore a copy"
        ) from error
    if rulebook.digest() != genesis.digest:
        raise LogError(0, "the rulebook does not have the digest that was recorded")
    return genesis, rulebook


def check_command(command: Command) -> Command:
    """Return a command as a log gives it back: what is applied now is what a replay applies.

    Raises ``CommandError``, with the field where that is known, on one that no log could hold.
    """
    name = type(command).__name__
    if type(command) not in _KINDS:
        raise CommandError(name, f"not one of {', '.join(kind.__name__ for kind in _KINDS)}")
    for field in command.__struct_fields__:
        rule = _unloggable(getattr(command, field))
        if rule:
            place = f"{name}.{field}"
            raise CommandError(place, rule)
    try:
        data = _encode(command)
        read: Command = _decode_command(data)
    except (msgspec.MsgspecError, ValueError, OverflowError, TypeError, RecursionError) as error:
        at = _FIELD.search(str(error))
        place = f"{name}.{command.__struct_fields__[int(at[1]) - 1]}" if at else name
        raise CommandError(place, str(error)) from error
    if read != command:
        raise CommandError(name, "it does not read back as it was written")
    if len(data) > MAX_PAYLOAD - _AROUND:
        raise CommandError(name, f"{len(data)} bytes, more than a record holds")
    return read


def _unloggable(value: object) -> str:
    """Return the rule that a field's value breaks, "" for none."""
    if isinstance(value, int) and not MIN_INT <= value <= MAX_INT:
        return f"{shown(value)} does not fit in 63 bits"
    if isinstance(value, str):
        if len(value) > MAX_TEXT:
            return f"{len(value)} characters, more than {MAX_TEXT}"
        if not encodable(value):
            return f"{shown(value)} has half of a surrogate pair"
    if isinstance(value, tuple):
        return next((rule for rule in map(_unloggable, value) if rule), "")
    return ""


def _explain(payload: bytes | memoryview, error: Exception) -> str:
    """Return what is wrong with a record, the field by its name where it is a command's."""
    at = re.search(r"\$\[3\]\[(\d+)\]", str(error))
    if at is None:
        return str(error)
    tag = msgspec.msgpack.decode(payload)[3][0]
    kind = next(kind for kind in get_args(Command) if kind.__struct_config__.tag == tag)
    return f"{kind.__name__}.{kind.__struct_fields__[int(at[1]) - 1]}: {error}"


def decode_record(payload: bytes | memoryview, expected: int, offset: int) -> Record:
    """Read a record that must have sequence number ``expected``. Raises ``LogError``."""
    try:
        record = _decode_record(payload)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise LogError(offset, f"not a record ({_explain(payload, error)})") from error
    if record.seq != expected:
        raise LogError(offset, f"record {record.seq} where {expected} should stand")
    return record

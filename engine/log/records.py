"""The log's records: what stands in the bodies of its blocks.

The first block holds the ``Genesis``: a log and nothing else is enough to replay, since the
rulebook is in its first block. Commands stand in *runs*: those that one source brought at one time,
behind one sequence number. A run is msgpack behind its length. A ``Record`` is one command as it
was sequenced, with numbers 1, 2, 3 and so on.
"""

import hashlib
import re
import zlib
from collections.abc import Iterable, Iterator
from struct import Struct as Layout
from typing import Final, get_args

import msgspec

from engine.log.blocks import MAX_GENESIS, Block, Chain, Kind
from engine.log.errors import FORMAT, LogError, LogFormatError
from engine.rulebook.model import Rulebook, RulebookError, canonical
from engine.rulebook.validation import from_canonical
from engine.vocabulary.commands import Command
from engine.vocabulary.texts import MAX_TEXT, encodable, shown
from engine.vocabulary.units import MAX_INT, MIN_INT, Int

ENGINE: Final = "0.1.0"  # the version that writes; a test holds it against the package's
MAGIC: Final = "carbonx-log"
LENGTH: Final = Layout("<I")  # of a run
MAX_PAYLOAD: Final = 1 << 24  # bytes of one command
_OLD_HEADERS: Final = (  # of earlier formats: length, bytes back to the batch's start, CRC-32
    Layout("<II"),
    Layout("<III"),
)
_AROUND: Final = 64  # bytes of a run around a command, at most
_KINDS: Final = get_args(Command)
_FIELD: Final = re.compile(r"\$\[(\d+)\]")  # of a command, in msgspec's words


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


class Run(msgspec.Struct, frozen=True, array_like=True):
    """Commands that were sequenced together."""

    seq: Int  # of the first
    time: Int
    source: Int
    commands: list[Command]


class Genesis(msgspec.Struct, frozen=True, array_like=True):
    """The first block: which format, under which rules, since when, by which version."""

    magic: str
    format: int
    time: int  # ns UTC
    rulebook: bytes  # canonical bytes
    digest: str  # the rulebook's SHA-256
    engine: str = ""


class State(msgspec.Struct, frozen=True, array_like=True):
    """What a venue had come to when the engine of this version had run ``seq`` commands."""

    seq: Int
    engine: str
    hash: str


_encode = msgspec.msgpack.Encoder().encode
_decode_command = msgspec.msgpack.Decoder(Command).decode
_decode_run = msgspec.msgpack.Decoder(Run).decode
_NO_RUN: Final = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)
_decode_state = msgspec.msgpack.Decoder(State).decode
_decode_genesis = msgspec.msgpack.Decoder(Genesis).decode


def encode_run(run: Run) -> bytes:
    """Return a run with its length."""
    payload = _encode(run)
    return LENGTH.pack(len(payload)) + payload


def encode_state(seq: int, state: str) -> bytes:
    """Return the body of a block that says what the venue has come to."""
    return _encode(State(seq, ENGINE, state))


def decode_state(block: Block) -> State:
    """Read such a body. Raises ``LogError``."""
    try:
        return _decode_state(block.body)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        problem = f"not a state ({error})"
        raise LogError(block.start, problem) from error


def encode_genesis(rulebook: Rulebook, time: int, chain: Chain | None = None) -> bytes:
    """Return the first block of a log under this rulebook. Raises ``RulebookError``."""
    rules, digest = canonical(rulebook), rulebook.digest()
    payload = _encode(Genesis(MAGIC, FORMAT, time, rules, digest, ENGINE))
    if len(payload) > MAX_GENESIS:
        message = f"$: {len(payload)} bytes in a log, which takes {MAX_GENESIS}: fewer lines"
        raise RulebookError(message)
    return (chain or Chain()).add(Kind.GENESIS, payload) + payload


def log_pieces(
    rulebook: Rulebook, time: int, records: Iterable[Record], size: int = 1 << 16
) -> Iterator[bytes]:
    """Yield the bytes of a log: its first block, then one for every ``size`` bytes of records."""
    chain = Chain()
    yield encode_genesis(rulebook, time, chain)
    body = bytearray()
    for record in records:
        body += encode_run(Run(record.seq, record.time, record.source, [record.command]))
        if len(body) > size:
            chain.durable = chain.number  # each is written behind the one before it
            yield chain.add(Kind.RUNS, body) + body
            body = bytearray()
    if body:
        yield chain.add(Kind.RUNS, body) + body


def records(block: Block, expected: int) -> Iterator[Record]:
    """Yield the records of a block, the first with number ``expected``. Raises ``LogError``."""
    for run in runs(block, expected):
        for seq, command in enumerate(run.commands, run.seq):
            yield Record(seq, run.time, run.source, command)


def runs(block: Block, expected: int) -> Iterator[Run]:
    """Yield the runs of a block, the first with number ``expected``. Raises ``LogError``."""
    body = block.body
    size = len(body)
    length_at = LENGTH.unpack_from
    place = 0
    while place < size:
        start = place + LENGTH.size
        if start > size:
            raise LogError(block.start, "a run without its length")
        behind = start + length_at(body, place)[0]
        if behind > size:
            raise LogError(block.start, "a run that is longer than its block")
        try:  # as ``decode_run`` does, without the call: a replay comes here for every run
            run = _decode_run(body[start:behind])
        except _NO_RUN:
            run = decode_run(body[start:behind], expected, block.start)  # says what is wrong
        if run.seq != expected:
            raise _misplaced(run, expected, block.start)
        yield run
        expected += len(run.commands)
        place = behind


def decode_run(payload: bytes | memoryview, expected: int, offset: int) -> Run:
    """Read a run that must have sequence number ``expected``. Raises ``LogError``."""
    try:
        run = _decode_run(payload)
    except _NO_RUN as error:
        problem = f"not a run of commands ({_explain(payload, error)})"
        raise LogError(offset, problem) from error
    if run.seq != expected:
        raise _misplaced(run, expected, offset)
    return run


def _misplaced(run: Run, expected: int, offset: int) -> LogError:
    return LogError(offset, f"record {run.seq} where {expected} should stand")


def no_genesis(start: bytes) -> LogError:
    """Return what to say of a log whose first block is not whole; ``start`` has its bytes."""
    for header in _OLD_HEADERS:
        if len(start) <= header.size:
            continue
        length, *back, checksum = header.unpack_from(start)
        payload = start[header.size : header.size + length]
        if length and zlib.crc32(payload, *back) == checksum:
            try:
                decode_genesis(payload)
            except LogError as error:
                return error
    return LogError(
        0, "no genesis record; this is not a log, or it was cut at its very start; restore a copy"
    )


def decode_genesis(payload: bytes | memoryview, number: int = FORMAT) -> tuple[Genesis, Rulebook]:
    """Read the first payload. Raises ``LogError`` when it is not one of this format."""
    try:
        genesis = _decode_genesis(payload)
        if genesis.magic != MAGIC or genesis.format != number:
            raise LogFormatError(genesis.magic, genesis.format)
        rulebook = from_canonical(genesis.rulebook)
    except (msgspec.MsgspecError, RulebookError) as error:
        raise LogError(
            0, f"no readable genesis record ({error}): no log, or damaged; restore a copy"
        ) from error
    # of the bytes as they were written: a later version's rulebook has more fields
    if hashlib.sha256(genesis.rulebook).hexdigest() != genesis.digest:
        raise LogError(0, "the rulebook does not have the digest that was recorded")
    return genesis, rulebook


def check_command(command: Command) -> Command:
    """Return a command as a log gives it back: what is applied now is what a replay applies.

    Raises ``CommandError``, with the field where that is known, on one that no log could hold.
    """
    name = type(command).__name__
    if type(command) not in _KINDS:
        raise CommandError(name, "not one of the commands that docs/commands.md lists")
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
    """Return what is wrong with a run, the field by its name where it is a command's."""
    at = re.search(r"\$\[3\]\[(\d+)\]\[(\d+)\]", str(error))
    if at is None:
        return str(error)
    tag = msgspec.msgpack.decode(payload)[3][int(at[1])][0]
    kind = next(kind for kind in _KINDS if kind.__struct_config__.tag == tag)
    return f"{kind.__name__}.{kind.__struct_fields__[int(at[2]) - 1]}: {error}"

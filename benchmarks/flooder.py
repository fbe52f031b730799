"""Floods a venue in one way until its input ends: ``python -m benchmarks.flooder KIND PORT``.

A child of ``benchmarks.floods``; it writes a line when the flood is on.
"""

from __future__ import annotations

import asyncio
import os
import secrets
import sys
import time
from contextlib import suppress
from enum import IntEnum
from itertools import count
from random import Random
from typing import TYPE_CHECKING, Any, Final

import msgspec
from msgspec import structs

from benchmarks.measure import stand_back
from engine.vocabulary.enums import Mechanism, Side
from gateway.protocol import wire, wire_history, wire_modes
from gateway.protocol.framing import Unframer, frame
from gateway.protocol.proof import NONCE_BYTES, exchange, prove
from gateway.protocol.session import pack

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Iterator

    from gateway.protocol.wire_market import LineInfo

HOST: Final = "127.0.0.1"
SENDERS: Final = 4  # sessions that flood; account 0 is the one that is measured
BLOCK: Final = 128  # messages written at once
OLD: Final = 5_000  # messages of a session that are answered first: by far not all in memory
MANY: Final = 1_000  # sessions that are idle, or subscribed
HEARTBEAT_MS: Final = 600_000
FEW: Final = 16  # hostile frames written at once
PAUSE: Final = 0.01  # seconds between them
PREPARING: Final[list[int]] = []  # sessions that are not ready to flood
LISTED: Final = 5_000  # live orders of each session that floods with questions for its status


def logon(number: int, last_seen: int = -1) -> wire.Logon:
    """Return the logon of one of the accounts that ``gateway.load.server`` opens."""
    return wire.Logon(
        wire.VERSION,
        "",
        f"load-{number}",
        secrets.token_hex(NONCE_BYTES),
        last_seen,
        heartbeat_ms=HEARTBEAT_MS,
    )


def proof(said: wire.Logon, key: str, challenge: wire.Challenge) -> bytes:
    """Return the answer to a challenge."""
    return pack(wire.Proof(prove(key, said.account, exchange(said, challenge.nonce))))


async def log_on(
    port: int, number: int, key: str = ""
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter, wire.LoggedOn]:
    """Connect and log on."""
    reader, writer = await asyncio.open_connection(HOST, port)
    said = logon(number)
    writer.write(pack(said))
    unframer = Unframer(wire.MAX_REPLY)
    while data := await reader.read(1 << 16):
        for payload in unframer.feed(data):
            message = wire.decode_from_venue(payload)
            if isinstance(message, wire.Challenge):
                writer.write(proof(said, key or f"key-{number}", message))
            if isinstance(message, wire.LoggedOn):
                return reader, writer, message
    writer.close()
    problem = f"load-{number} was not let in"
    raise ConnectionError(problem)


async def discard(reader: asyncio.StreamReader) -> bytes:
    """Take all that comes and look at nothing; return the last of it."""
    last = data = b""
    with suppress(OSError):
        while data := await reader.read(1 << 18):
            last = data
    return last[-200:]


def line_of(logged_on: wire.LoggedOn, mechanism: Mechanism) -> LineInfo:
    """Return the first line that trades in this way."""
    return next(line for line in logged_on.lines if line.mechanism is mechanism)


def price_of(line: LineInfo) -> int:
    """Return a price that the line takes."""
    return line.reference or 5_000


def messages(kind: str, lines: wire.LoggedOn) -> Iterator[wire.FromClient]:
    """Yield what one session floods with."""
    first = time.time_ns() // 1_000  # above those of earlier rounds
    refs = count(first)
    book = line_of(lines, Mechanism.ORDER_BOOK)
    symbol, price, lot = book.symbol, price_of(book), book.min_quantity
    others = tuple(f"load-{number}" for number in range(SENDERS + 1, SENDERS + 17))
    for ref in refs:
        match kind:
            case "orders":
                yield wire.NewOrder(ref, symbol, Side.BUY, lot, price)
            case "cancels":
                yield wire.NewOrder(ref, symbol, Side.BUY, lot, price)
                yield wire.CancelOrder(next(refs), ref)
            case "refusals":
                yield wire.NewOrder(ref, symbol, Side.BUY, 0, price)
            case "resent":  # the first refused, then the oldest of them again and again
                again = ref if ref < first + OLD else first + ref % (OLD // 10)
                yield wire.NewOrder(again, symbol, Side.BUY, 0, price)
            case "quotes":
                block = line_of(lines, Mechanism.NEGOTIATED)
                yield wire_modes.Quote(
                    ref, block.symbol, Side.BUY, block.min_quantity, price_of(block), others
                )
                yield wire.CancelOrder(next(refs), ref)
            case _:
                yield from questions(kind, symbol, lines.last_ref)


def questions(kind: str, symbol: str, last_ref: int) -> tuple[wire.FromClient, ...]:
    """Return one round of a flood that orders nothing."""
    rounds: dict[str, tuple[wire.FromClient, ...]] = {
        "queries": (wire.AskStatus(), wire_history.AskHistory(symbol)),
        "statuses": (wire.AskStatus(), wire.AskStatus(last_ref - LISTED // 2)),
        "heartbeats": (wire.Heartbeat(),),
        "subscriptions": (wire.Subscribe(), wire.Unsubscribe()),
    }
    return rounds[kind]


async def rest(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, lines: wire.LoggedOn
) -> wire.LoggedOn:
    """Have many live orders; return what a logon would say then."""
    refs = range(lines.last_ref + 1, lines.last_ref + 1 + LISTED)
    orders = messages("orders", lines)
    writer.write(b"".join(pack(structs.replace(next(orders), ref=ref)) for ref in refs))
    unframer = Unframer(wire.MAX_REPLY)
    while data := await reader.read(1 << 18):
        told = [wire.decode_from_venue(payload) for payload in unframer.feed(data)]
        if any(getattr(message, "ref", 0) == refs[-1] for message in told):
            break
        if isinstance(told[-1], wire.LoggedOut):
            raise ConnectionError(told[-1].text)
    return structs.replace(lines, last_ref=refs[-1])


async def send(port: int, number: int, kind: str) -> bytes:
    """Flood on one session, as fast as the venue takes it."""
    reader, writer, logged_on = await log_on(port, number)
    if kind == "statuses":
        PREPARING.append(number)
        logged_on = await rest(reader, writer, logged_on)
        PREPARING.remove(number)
    taking = asyncio.create_task(discard(reader))
    flood = messages(kind, logged_on)
    with suppress(OSError):
        while not taking.done():
            writer.write(b"".join(pack(next(flood)) for _ in range(BLOCK)))
            await writer.drain()
    return await taking


async def storm(port: int, number: int, kind: str) -> bytes:
    """Connect and log on again and again: with a wrong key, or to one account, which is taken."""
    said, key = logon(1), "key-1"
    if kind == "logons":
        said, key = logon(number), "a wrong key"
    while True:
        with suppress(OSError):
            reader, writer = await asyncio.open_connection(HOST, port)
            writer.write(pack(said))
            for payload in Unframer(wire.MAX_REPLY).feed(await reader.read(1 << 16)):
                message = wire.decode_from_venue(payload)
                if isinstance(message, wire.Challenge):
                    writer.write(proof(said, key, message))
                    await reader.read(1 << 16)
            writer.close()


FRAMES: Final = [0]  # hostile ones that were sent
KINDS: Final = wire.FromClient.__args__
HOSTILE: Final = tuple(
    map(
        msgspec.msgpack.encode,
        (
            None,
            True,
            -1,
            0,
            2**63,
            2**64 - 1,
            -(2**63),
            1.5,
            "",
            "x" * 5_000,
            "碳",
            [],
            [[]] * 50,
            {},
            {"a": 1},
            b"\xff",
        ),
    )
)


def hostile(rng: Random, lines: wire.LoggedOn) -> bytes:
    """Return a frame with something wrong in it; one in ten is none that a session outlives."""
    kind = rng.choice(KINDS)
    while kind in {wire.Logout, wire.Logon, wire.Proof}:
        kind = rng.choice(KINDS)
    right: dict[str, Any] = {"ref": time.time_ns() // 1_000, "symbol": lines.lines[0].symbol}
    parts = [msgspec.msgpack.encode(kind.__struct_config__.tag)]
    for field in structs.fields(kind):
        value = field.default if field.default is not msgspec.NODEFAULT else 5
        if isinstance(field.type, type) and issubclass(field.type, IntEnum):
            value = next(iter(field.type))
        parts.append(msgspec.msgpack.encode(right.get(field.name, value)))
    way = rng.random()
    if way < 0.9:
        for place in range(1, len(parts)):
            if parts[place][0] < 0x80 and rng.random() < 0.5:
                parts[place] = msgspec.msgpack.encode(rng.choice((0, 1, 7, 2**31, 2**62)))
    elif len(parts) > 1:
        parts[rng.randrange(1, len(parts))] = rng.choice(HOSTILE)
    body = bytearray(bytes((0xDC, 0, len(parts))) + b"".join(parts))
    if way > 0.97:
        body[rng.randrange(len(body))] ^= 1 << rng.randrange(8)
    return frame(bytes(body))


async def fuzz(port: int, number: int, _kind: str) -> bytes:
    """Send hostile frames, and come back whenever the venue has ended the session."""
    rng = Random(number)
    while True:
        with suppress(OSError):
            reader, writer, logged_on = await log_on(port, number)
            taking = asyncio.create_task(discard(reader))
            while not taking.done():
                writer.write(b"".join(hostile(rng, logged_on) for _ in range(FEW)))
                FRAMES[0] += FEW
                await writer.drain()
                await asyncio.sleep(PAUSE)
            writer.close()


async def sit(port: int, number: int, kind: str) -> bytes:
    """Be one of many that say nothing, whether they hear something or not."""
    async with COMING:
        reader, writer, _ = await log_on(port, number)
    if kind == "subscribed":
        writer.write(pack(wire.Subscribe()))
    return await discard(reader)


WAYS: Final[dict[str, tuple[Callable[[int, int, str], Coroutine[Any, Any, bytes]], int]]] = {
    **dict.fromkeys(("orders", "cancels", "refusals", "resent", "queries", "heartbeats",
                     "subscriptions", "statuses", "quotes"), (send, SENDERS)),
    **dict.fromkeys(("logons", "takeovers"), (storm, SENDERS)),
    "frames": (fuzz, SENDERS),
    **dict.fromkeys(("idle", "subscribed"), (sit, MANY)),
}  # fmt: skip


COMING: Final = asyncio.Semaphore(16)  # one address may have 32 connections without a logon


async def flood(kind: str, port: int) -> None:
    """Flood until the input ends."""
    way, sessions = WAYS[kind]
    tasks = [asyncio.create_task(way(port, n, kind)) for n in range(1, sessions + 1)]
    await asyncio.sleep(0.5)
    while COMING.locked() or PREPARING:  # noqa: ASYNC110 - they just come
        await asyncio.sleep(0.1)
    failed = [task for task in tasks if task.done()]
    print(*(task.exception() or task.result() for task in failed), file=sys.stderr)
    print(f"{sessions - len(failed)} of {sessions}", flush=True)
    await asyncio.to_thread(sys.stdin.read)
    print(FRAMES[0], flush=True)
    os._exit(0)  # nothing of it is worth an orderly end


if __name__ == "__main__":
    stand_back()
    asyncio.run(flood(sys.argv[1], int(sys.argv[2])))

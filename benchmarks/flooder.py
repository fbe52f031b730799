"""Floods a venue in one way until its input ends: ``python -m benchmarks.flooder KIND PORT``.

A child of ``benchmarks.floods``; it writes a line when the flood is on.
"""

from __future__ import annotations

import asyncio
import os
import sys
import time
from contextlib import suppress
from itertools import count
from typing import TYPE_CHECKING, Any, Final

from engine.vocabulary.enums import Mechanism, Side
from gateway.protocol import wire, wire_history, wire_modes
from gateway.protocol.framing import Unframer
from gateway.protocol.proof import NONCE_BYTES, exchange, prove
from gateway.protocol.session import pack

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Iterator

    from gateway.protocol.wire_market import LineInfo

HOST: Final = "127.0.0.1"
SENDERS: Final = 4  # sessions that flood; account 0 is the one that is measured
BLOCK: Final = 128  # messages written at once
MANY: Final = 800  # sessions that are idle, or subscribed; the accounts' cash stays within bounds
HEARTBEAT_MS: Final = 600_000
NICE: Final = 10  # whoever measures on the same core goes first


async def log_on(
    port: int, number: int, key: str = ""
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter, wire.LoggedOn]:
    """Connect and log on to one of the accounts that ``gateway.load.server`` opens."""
    reader, writer = await asyncio.open_connection(HOST, port)
    logon = wire.Logon(wire.VERSION, "", f"load-{number}", os.urandom(NONCE_BYTES).hex(),
                       heartbeat_ms=HEARTBEAT_MS)  # fmt: skip
    writer.write(pack(logon))
    unframer = Unframer(wire.MAX_REPLY)
    while data := await reader.read(1 << 16):
        for payload in unframer.feed(data):
            message = wire.decode_from_venue(payload)
            if isinstance(message, wire.Challenge):
                said = exchange(logon, message.nonce)
                writer.write(pack(wire.Proof(prove(key or f"key-{number}", logon.account, said))))
            elif isinstance(message, wire.LoggedOn):
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
    refs = count(time.time_ns() // 1_000)  # above those of earlier rounds
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
            case "queries":
                yield wire.AskStatus()
                yield wire_history.AskHistory(symbol)
            case "heartbeats":
                yield wire.Heartbeat()
            case "subscriptions":
                yield wire.Subscribe()
                yield wire.Unsubscribe()
            case "quotes":
                block = line_of(lines, Mechanism.NEGOTIATED)
                yield wire_modes.Quote(ref, block.symbol, Side.BUY, block.min_quantity,
                                 price_of(block), others)  # fmt: skip
                yield wire.CancelOrder(next(refs), ref)


async def send(port: int, number: int, kind: str) -> bytes:
    """Flood on one session, as fast as the venue takes it."""
    reader, writer, logged_on = await log_on(port, number)
    taking = asyncio.create_task(discard(reader))
    flood = messages(kind, logged_on)
    with suppress(OSError):
        while not taking.done():
            writer.write(b"".join(pack(next(flood)) for _ in range(BLOCK)))
            await writer.drain()
    return await taking


async def storm(port: int, number: int, kind: str) -> bytes:
    """Connect and log on again and again: with a wrong key, or to one account, which is taken."""
    account, key = (number, "a wrong key") if kind == "logons" else (1, "")
    while True:
        with suppress(OSError):
            _, writer, _ = await log_on(port, account, key)
            writer.close()


async def sit(port: int, number: int, kind: str) -> bytes:
    """Be one of many that say nothing, whether they hear something or not."""
    async with COMING:
        reader, writer, _ = await log_on(port, number)
    if kind == "subscribed":
        writer.write(pack(wire.Subscribe()))
    return await discard(reader)


WAYS: Final[dict[str, tuple[Callable[[int, int, str], Coroutine[Any, Any, bytes]], int]]] = {
    **dict.fromkeys(("orders", "cancels", "refusals", "queries", "heartbeats", "subscriptions",
                     "quotes"), (send, SENDERS)),
    **dict.fromkeys(("logons", "takeovers"), (storm, SENDERS)),
    **dict.fromkeys(("idle", "subscribed"), (sit, MANY)),
}  # fmt: skip


COMING: Final = asyncio.Semaphore(16)  # one address may have 32 connections without a logon


async def flood(kind: str, port: int) -> None:
    """Flood until the input ends."""
    way, sessions = WAYS[kind]
    tasks = [asyncio.create_task(way(port, n, kind)) for n in range(1, sessions + 1)]
    await asyncio.sleep(0.5)
    while COMING.locked():  # noqa: ASYNC110 - they just come
        await asyncio.sleep(0.1)
    failed = [task for task in tasks if task.done()]
    print(*(task.exception() or task.result() for task in failed), file=sys.stderr)
    print(f"{sessions - len(failed)} of {sessions}", flush=True)
    await asyncio.to_thread(sys.stdin.read)
    os._exit(0)  # nothing of it is worth an orderly end


if __name__ == "__main__":
    os.nice(NICE)
    asyncio.run(flood(sys.argv[1], int(sys.argv[2])))

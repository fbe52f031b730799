"""The yardstick of the pipe: a server that does all a venue's server must, except being a venue.

It reads frames, decodes each message, appends it to a log, makes the log durable with one sync per
loop tick, and acknowledges. No account, no book, no session rules, no checks, nothing kept to
send again: what is left is the cost of the wire and the disk.

    python -m benchmarks.bare_server '{"folder": "...", "sessions": 1, "core": 0}'
"""

from __future__ import annotations

import asyncio
import gc
import os
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import msgspec
from msgspec import structs

from engine.vocabulary.enums import CancelReason, OrderState, Phase
from gateway.load.server import CASH, TONNES, Settings, rulebook
from gateway.protocol import wire, wire_market
from gateway.protocol.framing import Unframer
from gateway.protocol.wire_account import AccountStatus, BalanceStatus
from gateway.runtime.event_loop import run
from gateway.runtime.subprocess import ServerStats, attend, pin, stats_now

if TYPE_CHECKING:
    from collections.abc import Callable


class Connection(asyncio.Protocol):
    """A socket, and the number of the last message sent to it."""

    def __init__(self, server: BareServer) -> None:
        self.server = server
        self.unframer = Unframer(wire.MAX_FRAME)
        self.data: list[bytes] = []
        self.out: list[bytes] = []
        self.seq = 0
        self.heartbeat = 0  # ms
        self.transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        self.data.append(data)
        self.server.wake(self)

    def connection_lost(self, _error: Exception | None) -> None:
        self.transport = None


class BareServer:
    """Decode, append, sync once per tick, acknowledge."""

    def __init__(self, settings: Settings) -> None:
        self.durability = settings.durability
        products = rulebook(settings.rulebook).products
        self.lines = tuple(
            wire_market.LineInfo(
                symbol=p.symbol,
                title=p.title,
                currency=p.currency,
                minor_digits=2,
                tick=p.tick,
                lot=p.lot,
                phase=Phase.CONTINUOUS,
                reference=p.reference,
                low_limit=0,
                high_limit=0,
                product=p.symbol,
                min_quantity=p.min_quantity,
                max_quantity=p.max_quantity,
            )
            for p in products
        )
        # What every account has, as the venue that stands beside it gives it.
        currencies = dict.fromkeys(p.currency for p in products)
        self.cash = tuple(BalanceStatus(name, CASH, 0) for name in currencies)
        self.holdings = tuple(BalanceStatus(p.symbol, TONNES, 0) for p in products)
        self.commands = self.syncs = self.largest_batch = 0
        self.port = 0
        self._log = os.open(Path(settings.folder) / "bare.log", os.O_CREAT | os.O_WRONLY, 0o640)
        self._buffer = bytearray()
        self._awake: dict[Connection, None] = {}
        self._loop = asyncio.get_running_loop()
        self._server: asyncio.Server | None = None
        self._acknowledge: dict[type, Callable[[Any, int, int], Any]] = {
            wire.NewOrder: _placed,
            wire.CancelOrder: _cancelled,
            wire.AmendOrder: _amended,
        }

    async def start(self) -> None:
        self._server = await self._loop.create_server(lambda: Connection(self), "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        assert self._server is not None
        self._server.close()
        os.close(self._log)

    def wake(self, connection: Connection) -> None:
        if not self._awake:
            self._loop.call_soon(self._tick)
        self._awake[connection] = None

    def _tick(self) -> None:
        awake, self._awake = self._awake, {}
        now = time.time_ns()
        before = self.commands
        for connection in awake:
            self._read(connection, now)
        if self._buffer:
            os.write(self._log, self._buffer)
            if self.durability == "sync":
                os.fdatasync(self._log)
            self._buffer.clear()
            self.syncs += 1
            self.largest_batch = max(self.largest_batch, self.commands - before)
        for connection in awake:
            if connection.out and connection.transport is not None:
                connection.transport.write(b"".join(connection.out))
            connection.out.clear()

    def _read(self, connection: Connection, now: int) -> None:
        data = b"".join(connection.data)
        connection.data.clear()
        seq, out, buffer = connection.seq, connection.out, self._buffer
        decode, encode, acknowledge = wire.decode_from_client, wire.encode, self._acknowledge
        for payload in connection.unframer.feed(data):
            message = decode(payload)
            answer = acknowledge.get(message.__class__)
            if answer is None:
                self._session(connection, message, seq)
                continue
            seq += 1
            buffer += len(payload).to_bytes(4, "big") + payload
            report = encode(answer(message, seq, now))
            out.append(len(report).to_bytes(4, "big") + report)
        self.commands += seq - connection.seq
        connection.seq = seq

    def _session(self, connection: Connection, message: Any, seq: int) -> None:
        if isinstance(message, wire.Logon):
            report = wire.encode(wire.Challenge(0, "00" * 32))
            connection.heartbeat = message.heartbeat_ms
            connection.out.append(len(report).to_bytes(4, "big") + report)
        elif isinstance(message, wire.Proof):
            report = wire.encode(
                wire.LoggedOn(
                    0,
                    0,
                    wire.VERSION,
                    "bare",
                    "",
                    self.durability,
                    connection.heartbeat,
                    self.lines,
                )
            )
            connection.out.append(len(report).to_bytes(4, "big") + report)
        elif isinstance(message, wire.AskStatus):
            report = wire.encode(AccountStatus(seq, 0, False, self.cash, self.holdings, ()))
            connection.out.append(len(report).to_bytes(4, "big") + report)
        elif isinstance(message, wire.Logout) and connection.transport is not None:
            connection.transport.close()


def _placed(m: wire.NewOrder, seq: int, now: int) -> wire.OrderAccepted:
    return wire.OrderAccepted(
        seq, now, m.ref, m.symbol, m.side, m.price, m.quantity, OrderState.RESTING
    )


def _cancelled(m: wire.CancelOrder, seq: int, now: int) -> wire.OrderCancelled:
    return wire.OrderCancelled(seq, now, m.target, 1, CancelReason.REQUESTED, m.ref)


def _amended(m: wire.AmendOrder, seq: int, now: int) -> wire.OrderAmended:
    return wire.OrderAmended(
        seq, now, m.target, m.price, m.quantity, m.quantity, OrderState.RESTING, m.ref
    )


async def serve(settings: Settings) -> None:
    server = BareServer(settings)
    await server.start()
    gc.collect()
    gc.freeze()

    def count() -> ServerStats:
        return structs.replace(
            stats_now(server.port),
            commands=server.commands,
            syncs=server.syncs,
            largest_batch=server.largest_batch,
            durability=server.durability,
            collector="frozen at the start, then on",
        )

    await attend(count, server.stop)


def main(arguments: list[str]) -> None:
    settings = msgspec.json.decode(arguments[0], type=Settings)
    pin(settings.core)
    run(serve(settings))


if __name__ == "__main__":
    main(sys.argv[1:])

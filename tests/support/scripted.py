"""A venue that follows a script, for what no real one would do."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from msgspec import structs

from engine.vocabulary.enums import OrderState, Side
from gateway.protocol import wire
from gateway.protocol.framing import Unframer
from gateway.protocol.proof import exchange, sign, verifier_of
from gateway.protocol.session import pack
from tests.support.logons import SAME

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


def signature(logon: wire.Logon) -> str:
    """Return what a venue that knows the key of ``client_of`` signs for the nonce ``SAME``."""
    key = verifier_of(f"{logon.account}-key", logon.account)
    return sign(key, exchange(logon, SAME))


async def logon_asked(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> wire.Logon:
    """Hear a logon and its proof, which is not looked at."""
    logon = wire.decode_from_client((await reader.read(1_000))[4:])
    assert isinstance(logon, wire.Logon)
    writer.write(pack(wire.Challenge(0, SAME)))
    await reader.read(1_000)
    return logon


def logged_on(seq: int, last_ref: int) -> wire.LoggedOn:
    return wire.LoggedOn(seq, last_ref, wire.VERSION, "fake", "", "none", 10_000, ())


def accepted(seq: int, ref: int, quantity: int = 1) -> wire.OrderAccepted:
    return wire.OrderAccepted(seq, 0, ref, "CO2", Side.BUY, 4_900, quantity, OrderState.RESTING)


@asynccontextmanager
async def scripted(*answers: list[Any], mute: bool = False) -> AsyncIterator[tuple[int, list[Any]]]:
    """Run a venue that follows a script; give its port and what it hears.

    The nth connection answers its logon with the nth list and hangs up once it has heard more, but
    for the last: that stays until the client logs out, or the script is over.
    """
    heard: list[Any] = []
    writers: list[asyncio.StreamWriter] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        answer = answers[min(len(writers), len(answers) - 1)]
        writers.append(writer)
        frames = Unframer(wire.MAX_FRAME)
        logon: wire.Logon
        while data := await reader.read(10_000):
            messages = [wire.decode_from_client(payload) for payload in frames.feed(data)]
            heard.extend(messages)
            if isinstance(messages[0], wire.Logon):
                logon = messages[0]
                writer.write(pack(wire.Challenge(0, SAME)))
            elif isinstance(messages[0], wire.Proof):
                known = {"signature": signature(logon)}
                writer.write(
                    b"".join(
                        pack(structs.replace(m, **known) if isinstance(m, wire.LoggedOn) else m)
                        for m in answer
                    )
                )
            elif answer is not answers[-1] or (isinstance(messages[-1], wire.Logout) and not mute):
                break
        writer.transport.abort()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1], heard
        for writer in writers:
            writer.transport.abort()

"""A venue that follows a script, for what no real one would do."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from engine.vocabulary.enums import OrderState, Side
from gateway.protocol import wire
from gateway.protocol.framing import Unframer
from gateway.protocol.session import pack

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


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
        while data := await reader.read(10_000):
            messages = [wire.decode_from_client(payload) for payload in frames.feed(data)]
            heard.extend(messages)
            if isinstance(messages[0], wire.Logon):
                writer.write(b"".join(map(pack, answer)))
            elif answer is not answers[-1] or (isinstance(messages[-1], wire.Logout) and not mute):
                break
        writer.transport.abort()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1], heard
        for writer in writers:
            writer.transport.abort()

"""Two clients at once over real sockets, one of them hostile: it goes with a reason, alone."""

from __future__ import annotations

import asyncio
import socket
import time
from typing import TYPE_CHECKING, Any, Final

import pytest

from engine.vocabulary.commands import SetPhase
from engine.vocabulary.enums import Phase, RejectReason, Side
from gateway.protocol import wire
from gateway.protocol.framing import Unframer
from gateway.protocol.session import pack
from tests.support.logons import hello, proof_of
from tests.support.venues import FUNDING, bounded, client_of, until, venue

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from gateway.server.connection import Connection
    from gateway.server.core import Write
    from gateway.server.node import Node

LOGON: Final = wire.Logon(wire.VERSION, "", "carol", "a nonce")
ORDER: Final = wire.NewOrder(1, "CO2", Side.BUY, 1, 4_900)
HELLO: Final = hello(LOGON, "c")
WRONG_KEY: Final = hello(LOGON, "no")


def frame_of(payload: bytes) -> bytes:
    return len(payload).to_bytes(4, "big") + payload


ACTS: Final[list[tuple[str, bytes, wire.LogoutReason]]] = [
    ("no message at all", b"GET / HTTP/1.1\r\nHost: venue\r\n\r\n", wire.LogoutReason.BAD_FRAME),
    ("a frame of nothing", b"\x00\x00\x00\x00", wire.LogoutReason.BAD_FRAME),
    ("a frame too long", HELLO + b"\x7f\xff\xff\xff", wire.LogoutReason.BAD_FRAME),
    ("bytes that are no msgpack", HELLO + frame_of(b"\xc1\xc1"), wire.LogoutReason.BAD_FRAME),
    ("an unknown tag", HELLO + frame_of(b"\x91\x63"), wire.LogoutReason.BAD_FRAME),
    ("text for a number", HELLO + frame_of(b"\x93\x05\xa1x\x01"), wire.LogoutReason.BAD_FRAME),
    ("an order before the logon", pack(ORDER) + HELLO, wire.LogoutReason.OUT_OF_ORDER),
    ("a second logon", HELLO + HELLO, wire.LogoutReason.OUT_OF_ORDER),
    ("a venue's message", HELLO + pack(wire.VenueHeartbeat(1)), wire.LogoutReason.BAD_FRAME),
    ("another version", pack(wire.Logon(99, "", "carol", "c")), wire.LogoutReason.VERSION),
    ("a wrong key", WRONG_KEY, wire.LogoutReason.CREDENTIALS),
    ("a wrong key, and orders behind it", WRONG_KEY + pack(ORDER), wire.LogoutReason.CREDENTIALS),
    ("another's account", hello(wire.Logon(wire.VERSION, "M2", "alice", "n"), "alice-key"),
     wire.LogoutReason.CREDENTIALS),
    ("an order before its proof", pack(LOGON) + pack(ORDER), wire.LogoutReason.OUT_OF_ORDER),
    ("the proof of another logon", pack(LOGON) + pack(proof_of(LOGON, "c", "another nonce")),
     wire.LogoutReason.CREDENTIALS),
    ("a proof that is none", pack(LOGON) + pack(wire.Proof("ß" * 64)),
     wire.LogoutReason.CREDENTIALS),
    ("reports that were never sent", hello(wire.Logon(wire.VERSION, "", "carol", "n", 10**6), "c"),
     wire.LogoutReason.SEQUENCE),
    ("orders behind its logout", HELLO + pack(wire.Logout()) + pack(ORDER),
     wire.LogoutReason.REQUESTED),
]  # fmt: skip


async def last_words(reader: asyncio.StreamReader) -> wire.LoggedOut:
    """Read to the end of a connection; return the venue's farewell."""
    frames = Unframer(wire.MAX_REPLY).feed(await reader.read())
    said = [wire.decode_from_venue(payload) for payload in frames]
    assert isinstance(said[-1], wire.LoggedOut)
    return said[-1]


async def trade_beside(node: Node, misbehave: Callable[[], Any]) -> None:
    """Let a good client trade before, during and after; it must notice nothing."""
    async with client_of(node) as good:
        for turn in range(3):
            pending = [good.buy("CO2", 1, price_minor=4_800 + n) for n in range(20)]
            if turn == 1:
                await misbehave()
            answers = await asyncio.gather(*pending)
            assert [a.seq for a in answers] == sorted(a.seq for a in answers)
        assert good.last_arrived == FUNDING + 60
        assert good.reconnects == 0
    node.sequencer.venue.check()


@pytest.mark.parametrize(
    ("data", "farewell"), [act[1:] for act in ACTS], ids=[act[0] for act in ACTS]
)
def test_who_breaks_the_rules_goes_alone_and_hears_why(
    data: bytes, farewell: wire.LogoutReason, tmp_path: Path
) -> None:
    async def scenario() -> None:
        async with venue(tmp_path) as node:

            async def misbehave() -> None:
                reader, writer = await asyncio.open_connection(*node.address)
                writer.write(data)
                said = await last_words(reader)
                assert said.reason is farewell
                assert said.text
                writer.close()

            await trade_beside(node, misbehave)
            assert node.sequencer.venue.last_ref("carol") == 0

    bounded(scenario())


def test_who_goes_in_the_middle_of_a_frame_leaves_nothing(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with venue(tmp_path) as node:

            async def misbehave() -> None:
                _, writer = await asyncio.open_connection(*node.address)
                writer.write(HELLO + pack(ORDER)[:-1])
                await writer.drain()
                await asyncio.sleep(0.05)
                writer.transport.abort()

            await trade_beside(node, misbehave)
            await until(lambda: not node.sockets)
            assert node.sequencer.venue.last_ref("carol") == 0

    bounded(scenario())


def deaf_to(node: Node) -> socket.socket:
    """Return a connection that nobody reads from."""
    deaf = socket.socket()
    deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
    deaf.connect(node.address)
    deaf.setblocking(False)
    return deaf


async def logged_on(node: Node, deaf: socket.socket) -> tuple[Connection, asyncio.Transport]:
    """Log it on; return the venue's end, of which the system keeps little."""
    await asyncio.get_running_loop().sock_sendall(deaf, HELLO)
    await until(lambda: any(each.account == "carol" for each in node.sockets))
    (link,) = [each for each in node.sockets if each.account == "carol"]
    transport = node.sockets[link].transport
    assert transport is not None
    line = transport.get_extra_info("socket")
    line.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 14)
    return link, transport


async def deaf_with_orders(node: Node, orders: int) -> socket.socket:
    """Return a connection on which so many orders were sent, and nothing was read."""
    loop = asyncio.get_running_loop()
    deaf = deaf_to(node)
    await logged_on(node, deaf)
    flood = (pack(wire.NewOrder(n, "CO2", Side.BUY, 1, 4_000)) for n in range(1, orders + 1))
    await loop.sock_sendall(deaf, b"".join(flood))
    await until(lambda: node.sequencer.venue.last_ref("carol") == orders)
    return deaf


def test_what_waits_for_a_reader_waits_in_one_piece(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Thousands of small writes, each waiting by itself, took a system call each in the end."""
    orders = 20_000

    async def scenario() -> None:
        async with venue(tmp_path, unshared=0, most=16) as node:
            before: list[int] = []
            write = node._write

            def watched(one: Write) -> None:
                transport = node.sockets[one.connection].transport
                assert transport is not None
                before.append(transport.get_write_buffer_size())
                write(one)

            monkeypatch.setattr(node, "_write", watched)
            deaf = await deaf_with_orders(node, orders)
            with deaf:
                assert max(before) <= 4_096
                assert len(before) < 300, "of 1,250 ticks"
                unframer, seqs = Unframer(wire.MAX_REPLY), [0]
                while seqs[-1] < FUNDING + orders:
                    piece = await asyncio.get_running_loop().sock_recv(deaf, 1 << 16)
                    said = map(wire.decode_from_venue, unframer.feed(piece))
                    seqs += [m.seq for m in said if isinstance(m, wire.OrderAccepted)]
                assert seqs[1:] == list(range(FUNDING + 1, FUNDING + 1 + orders))

    bounded(scenario())


def test_who_reads_slowly_is_not_cut_off(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with venue(tmp_path, patience=400_000_000) as node:
            with await deaf_with_orders(node, 20_000) as slow:
                (link,) = [each for each in node.sockets if each.account == "carol"]
                loop = asyncio.get_running_loop()
                ends = time.monotonic() + 2
                while time.monotonic() < ends:
                    await loop.sock_recv(slow, 8_192)
                    await asyncio.sleep(0.02)
                    assert not link.ended
                assert link.stuck_since, "it is behind all the time"
                await until(lambda: link.ended)  # and now it reads no more

    bounded(scenario())


def test_who_does_not_read_is_cut_off_with_a_reason_and_fills_no_memory(tmp_path: Path) -> None:
    tight = {"high_water": 1 << 14, "chunk": 1 << 15, "patience": 200_000_000}
    orders = 20_000

    async def scenario() -> None:
        async with venue(tmp_path, **tight) as node:
            deaf = deaf_to(node)

            async def misbehave() -> None:
                loop = asyncio.get_running_loop()
                link, transport = await logged_on(node, deaf)
                flood = (
                    pack(wire.NewOrder(n, "CO2", Side.BUY, 1, 4_000)) for n in range(1, orders)
                )
                await loop.sock_sendall(deaf, b"".join(flood))
                waiting = 0
                while link in node.sockets and not link.ended:
                    waiting = max(waiting, transport.get_write_buffer_size())
                    await asyncio.sleep(0.01)
                assert waiting <= (1 << 14) + (1 << 15) + 1_000
                while piece := await loop.sock_recv(deaf, 1 << 16):  # now it listens: too late
                    heard.extend(piece)

            heard = bytearray()
            await trade_beside(node, misbehave)
            deaf.close()
            said = [wire.decode_from_venue(p) for p in Unframer(wire.MAX_REPLY).feed(bytes(heard))]
            reports = [m.seq for m in said if isinstance(m, wire.OrderAccepted)]
            assert reports == list(range(FUNDING + 1, FUNDING + 1 + len(reports)))
            assert len(reports) < orders - 1
            assert isinstance(said[-1], wire.LoggedOut)
            assert said[-1].reason is wire.LogoutReason.SLOW_READER
            # what it did not hear is kept, and it can come back for it
            async with client_of(node, "carol", key="c", member="") as again:
                last = node.outboxes.boxes["carol"].seq
                assert FUNDING + len(reports) < last < FUNDING + orders
                await until(lambda: again.last_arrived == last)

    bounded(scenario())


def test_references_beyond_all_bounds_are_refused_and_the_log_still_reads(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with venue(tmp_path) as node:
            reader, writer = await asyncio.open_connection(*node.address)
            writer.write(HELLO)
            beyond = [(1 << 62) + 1, (1 << 62) + 2, (1 << 63) - 2, (1 << 63) - 1]
            refs = [ref for ref in beyond for _ in range(40)]  # some fall on every kind of report
            writer.write(
                b"".join(pack(wire.NewOrder(ref, "CO2", Side.BUY, 1, 4_900)) for ref in refs)
            )
            writer.write(pack(ORDER) + pack(ORDER) + pack(wire.Logout()))
            frames = Unframer(wire.MAX_REPLY).feed(await reader.read())
            said = [wire.decode_from_venue(payload) for payload in frames]
            refused = [m for m in said if isinstance(m, wire.Rejected)]
            assert [m.ref for m in refused] == refs
            assert {m.reason for m in refused} == {RejectReason.DUPLICATE_REF}
            accepted = [m for m in said if isinstance(m, wire.OrderAccepted)]
            assert len(accepted) == 2
            assert accepted[0] == accepted[1], "sent again it has the same answer"
            writer.close()
        async with venue(tmp_path) as node:
            assert node.sequencer.venue.last_ref("carol") == 1
            node.sequencer.venue.check()

    bounded(scenario())


def test_a_clock_behind_the_log_stops_nobody(tmp_path: Path) -> None:
    hour = 3_600 * 10**9

    async def scenario() -> None:
        async with venue(tmp_path) as node:
            node.clock = lambda: time.time_ns() + hour
            node.operate(SetPhase(Phase.HALTED))
            last = node.sequencer.time
        async with venue(tmp_path, throttle=50) as node:  # its clock is an hour behind the log
            node.operate(SetPhase(Phase.CONTINUOUS))
            reader, writer = await asyncio.open_connection(*node.address)
            async with client_of(node, heartbeat_ms=100) as client:
                for _ in range(3):
                    pending = [client.buy("CO2", 1, price_minor=4_900) for _ in range(40)]
                    for answer in await asyncio.gather(*pending):
                        assert answer.time >= last
                    await asyncio.sleep(1)  # the throttle refills, heartbeats go to and fro
                assert client.reconnects == 0
            writer.write(HELLO)  # who has not logged on yet is not taken for silent either
            heard = Unframer(wire.MAX_REPLY).feed(await reader.read(1 << 16))
            assert isinstance(wire.decode_from_venue(heard[1]), wire.LoggedOn)
            writer.close()

    bounded(scenario())

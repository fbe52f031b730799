"""A venue that replays its log says so at its port, and serves those who came meanwhile."""

from __future__ import annotations

import asyncio
import json
import os
import socket
import subprocess
import sys
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Final

import pytest

from engine.rulebook.presets import load as load_rulebook
from gateway.cli.addresses import listening
from gateway.client.blocking import BlockingClient
from gateway.client.client import Client, ClientError
from gateway.protocol import wire
from gateway.protocol.session import client_end, pack
from gateway.runtime.tls import client_context, self_signed, server_context
from gateway.server import recovering
from gateway.server.accounts import Directory
from gateway.server.node import Node, Options
from gateway.server.recovering import Recovering
from tests.support.paths import ROOT
from tests.support.private import write_private
from tests.support.venues import ACCOUNTS, bounded, client_of, free_port

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Iterator
    from pathlib import Path

HELLO: Final = pack(wire.Logon(wire.VERSION, "M1", "alice", "0" * 64))


@pytest.fixture
def sockets() -> Iterator[list[socket.socket]]:
    with listening("127.0.0.1", 0) as found:
        yield found


def port_of(sockets: list[socket.socket]) -> int:
    return int(sockets[0].getsockname()[1])


def everything(client: socket.socket) -> bytes:
    parts = []
    while part := client.recv(65_536):
        parts.append(part)
    return b"".join(parts)


@pytest.mark.parametrize("said", [HELLO, b"\x00", b"GET / HTTP/1.1\r\n\r\n"])
def test_whatever_is_said_gets_the_answer_and_the_end(
    sockets: list[socket.socket], said: bytes
) -> None:
    with (
        Recovering(sockets),
        socket.create_connection(("127.0.0.1", port_of(sockets)), 20) as client,
    ):
        client.sendall(said)
        heard = everything(client)
    (message,) = client_end(0).receive(heard, 0)
    assert isinstance(message, wire.LoggedOut)
    assert (message.seq, message.reason) == (0, wire.LogoutReason.RECOVERING)
    assert "recovers" in message.text


def test_who_says_nothing_is_cut_off_and_keeps_nobody_out(
    sockets: list[socket.socket], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recovering, "MOST", 2)
    monkeypatch.setattr(recovering, "HEARD_WITHIN", 0.1)
    at = ("127.0.0.1", port_of(sockets))
    with Recovering(sockets):
        mute = [socket.create_connection(at, 20) for _ in range(4)]
        with socket.create_connection(at, 20) as client:
            client.sendall(HELLO)
            assert everything(client) == recovering.ANSWER
        for each in mute:
            with each, suppress(ConnectionResetError):
                assert everything(each) == b""


async def served(folder: Path, sockets: list[socket.socket], tls: ssl.SSLContext | None) -> Node:
    options = Options(opens=True, durability="none")
    node = Node.open(folder, load_rulebook("textbook"), Directory(ACCOUNTS), options)
    node.tls = tls
    await node.start(sockets)
    return node


@pytest.mark.parametrize("encrypted", [False, True])
def test_a_client_waits_and_is_served_at_the_same_port(
    tmp_path: Path, sockets: list[socket.socket], *, encrypted: bool
) -> None:
    certificate, key = self_signed(tmp_path)

    async def scenario() -> None:
        tls = server_context(certificate, key) if encrypted else None
        trusted = client_context(certificate) if encrypted else None
        tries, sent_away = 0, asyncio.Event()

        async def connect(made: Callable[[], asyncio.Protocol]) -> None:
            nonlocal tries
            tries += 1
            if tries > 2:
                sent_away.set()
            loop = asyncio.get_running_loop()
            await loop.create_connection(made, "127.0.0.1", port_of(sockets), ssl=trusted)

        client = client_of(port_of(sockets), attempts=1, wait=30, connect=connect)
        with Recovering(sockets, tls):
            opening = asyncio.create_task(client.__aenter__())
            await sent_away.wait()
            assert not opening.done()
        node = await served(tmp_path / "venue", sockets, tls)
        await opening
        assert (await client.buy("CO2", 1, price_minor=4_900)).ref == 1
        await client.close()
        await node.stop()

    bounded(scenario())


def test_a_client_that_is_not_to_wait_says_why_it_gave_up(sockets: list[socket.socket]) -> None:
    async def scenario() -> None:
        with Recovering(sockets):
            for bounds in ({"attempts": 2}, {"wait": 0.2}, {"attempts": 1, "wait": 0}):
                client = client_of(port_of(sockets), **bounds)
                with pytest.raises(ClientError, match=r"attempts \(the venue recovers"):
                    await client.__aenter__()

    bounded(scenario())


def test_how_long_to_wait_is_a_number_of_seconds() -> None:
    for wrong, error in ((-1, ValueError), ("5", TypeError), (True, TypeError)):
        with pytest.raises(error, match="wait"):
            Client("h", 1, account="a", key="b", wait=wrong)  # type: ignore[arg-type]


SLOW: Final = """
import sys, time
from pathlib import Path
from gateway.server import followers
recover = followers.recover
def slow(*words):
    while not Path("go").exists():
        time.sleep(0.01)
    return recover(*words)
followers.recover = slow
from carbonx.main import main
main(sys.argv[1:])
"""


def serve(folder: Path, port: int) -> subprocess.Popen[str]:
    """Start a venue whose recovery waits for a file."""
    words = [sys.executable, "-c", SLOW, "serve", "--json", "--port", str(port),
             "--rulebook", "textbook", "--dir", "v", "--accounts", "accounts.toml"]  # fmt: skip
    return subprocess.Popen(
        words,
        stdout=subprocess.PIPE,
        text=True,
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    )


def test_a_venue_killed_and_started_again_says_that_it_recovers(tmp_path: Path) -> None:
    accounts = '[[account]]\nname = "a"\nkey = "secret"\ncash = 1000000\n'
    write_private(tmp_path / "accounts.toml", accounts)
    port = free_port()
    first = serve(tmp_path, port)
    with first:
        assert first.stdout is not None
        json.loads(first.stdout.readline())
        with BlockingClient(
            "127.0.0.1", port, account="a", key="secret", wait=60, timeout=60
        ) as client:
            assert client.buy("CO2", 1, price="40.00").ref == 1
            first.kill()
            first.wait()
            again = serve(tmp_path, port)
            began = time.monotonic()
            with again:
                answer = b""
                while not answer and time.monotonic() - began < 60:
                    try:
                        with socket.create_connection(("127.0.0.1", port), 20) as other:
                            other.sendall(HELLO)
                            answer = other.recv(65_536)
                    except OSError:
                        time.sleep(0.02)
                assert answer == recovering.ANSWER
                (tmp_path / "go").touch()
                assert client.buy("CO2", 1, price="41.00").ref == 2
                again.terminate()

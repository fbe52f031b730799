"""The page's side without a browser: HTTP, the WebSocket, what is refused, the numbered stream."""

from __future__ import annotations

import asyncio
import http.client
import json
import socket
from contextlib import AsyncExitStack, suppress
from typing import TYPE_CHECKING, Any

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus

from engine.vocabulary.enums import Side
from gateway.client.market_view import MarketView
from gateway.protocol import wire, wire_market
from gateway.protocol.wire_history import AskTrades, DayTrades
from gateway.web.stream import Stream
from tests.support.venues import bounded, client_of, until
from tests.support.web_pages import Reader, page, venue_with_page

if TYPE_CHECKING:
    from pathlib import Path

    from gateway.web.server import WebServer


async def get(web: WebServer, path: str, **headers: str) -> tuple[int, dict[str, str], bytes]:
    """Ask for a path in a thread, as the venue runs in this loop."""

    def ask() -> tuple[int, dict[str, str], bytes]:
        connection = http.client.HTTPConnection(*web.address, timeout=10)
        connection.request(
            "GET", path, headers={k.replace("_", "-"): v for k, v in headers.items()}
        )
        answer = connection.getresponse()
        found = {name.lower(): value for name, value in answer.getheaders()}
        body = answer.read()
        connection.close()
        return answer.status, found, body

    return await asyncio.to_thread(ask)


def test_a_page_gets_the_numbers_that_every_subscriber_gets(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with (
            venue_with_page(tmp_path, durability="none") as (node, web),
            client_of(node) as alice,
            client_of(node, "bob") as bob,
            page(web) as reader,
        ):
            await reader.until(lambda r: bool(r.all_of(wire_market.BookSnapshot)))
            for step in range(20):
                await alice.sell("CO2", 10, price=f"{50 + step}.00")
            await bob.buy("CO2", 55, price="80.00")
            await reader.until(lambda r: len(r.all_of(wire_market.Trade)) == 6)
            view = MarketView((), new_lines=True)
            for each in reader.heard:
                view.absorb(each)
            line = view.lines["CO2"]
            assert (line.gaps, line.stale, line.volume) == (0, False, 55)
            venue = node.sequencer.venue
            assert line.depth(Side.SELL, 99) == list(venue.depth("CO2", Side.SELL))
            assert reader.words[0][0] == "time"
            assert (
                next(each for each in reader.words if each[0] == "hello")[1]["venue"] == "textbook"
            )
            await reader.say(AskTrades("CO2", 4))
            await reader.until(lambda r: bool(r.all_of(DayTrades)))
            assert [each.trade for each in reader.all_of(DayTrades)[0].trades] == [5, 6]

    bounded(scenario())


def test_the_files_come_with_a_policy_and_load_nothing_from_elsewhere(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with venue_with_page(tmp_path, durability="none") as (_node, web):
            status, headers, body = await get(web, "/")
            assert status == 200
            assert b'<script type="module" src=' in body
            assert b"style=" not in body
            assert b"onclick" not in body
            policy = headers["content-security-policy"]
            assert "default-src 'none'" in policy
            assert "unsafe" not in policy
            status, _, body = await get(web, "/protocol.json")
            assert json.loads(body)["messages"]["113"][0] == "BookUpdate"
            charts = ("uplot.mjs", "uplot.LICENSE", "lightweight-charts.mjs",
                      "lightweight-charts.LICENSE")  # fmt: skip
            for name in ("js/app.js", "style.css", *(f"vendor/{each}" for each in charts)):
                assert (await get(web, f"/static/{name}"))[0] == 200
            assert (await get(web, "/static/../page.py"))[0] == 404

    bounded(scenario())


@pytest.mark.parametrize(
    ("path", "headers"),
    [
        ("/", {"Host": "evil.example"}),
        ("/", {"Host": "evil.example:1"}),
        ("/", {"Origin": "http://evil.example"}),
        ("/protocol.json", {"Sec_Fetch_Site": "cross-site"}),
        ("/protocol.json", {"Sec_Fetch_Site": "same-site"}),
        ("/?key=alice-key", {}),
    ],
)
def test_what_another_site_asks_for_is_refused(
    tmp_path: Path, path: str, headers: dict[str, str]
) -> None:
    async def scenario() -> None:
        async with venue_with_page(tmp_path, durability="none") as (_node, web):
            status, found, _ = await get(web, path, **headers)
            assert status == 403
            assert "content-security-policy" in found

    bounded(scenario())


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "http://127.0.0.1:1"])
def test_a_web_socket_of_another_site_is_refused(tmp_path: Path, origin: str) -> None:
    async def scenario() -> None:
        async with venue_with_page(tmp_path, durability="none") as (node, web):
            connections = len(node.core.sessions.connections)
            with pytest.raises(InvalidStatus, match="403"):
                async with page(web, origin):
                    pass
            assert len(node.core.sessions.connections) == connections

    bounded(scenario())


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", "[4]", '"x"', "[999]", '[4,1,"CO2",1,1]', "[65,0,1,null]", "[" * 5_000,
     '[1,2,"M1"]', "[8,5]", '["operator"]'],
)  # fmt: skip
def test_a_forged_message_changes_nothing_and_is_answered(tmp_path: Path, text: str) -> None:
    async def scenario() -> None:
        async with venue_with_page(tmp_path, durability="none") as (node, web), page(web) as reader:
            await reader.until(lambda r: bool(r.all_of(wire_market.BookSnapshot)))
            records = node.sequencer.seq
            await reader.socket.send(text)
            await reader.until(lambda r: any(each[0] == "refused" for each in r.words))
            assert node.sequencer.seq == records

    bounded(scenario())


def test_a_page_that_floods_or_guesses_keys_is_sent_away(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with venue_with_page(tmp_path, durability="none") as (_node, web):
            async with page(web) as reader:
                for _ in range(100):
                    await reader.say(wire.Heartbeat())
                with pytest.raises(ConnectionClosed):
                    await reader.until(lambda _r: False)
            async with page(web) as reader:
                for guess in range(6):
                    await reader.log_on("alice", key=str(guess))
                    await asyncio.sleep(0.05)
                with pytest.raises(ConnectionClosed):
                    await reader.until(lambda _r: False)
                assert len(reader.all_of(wire.LoggedOut)) == 5

    bounded(scenario())


def test_a_page_that_was_away_too_long_begins_anew_and_is_right(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.web.hub.Stream", lambda: Stream(2_000))
    monkeypatch.setattr("gateway.web.server.PER_SECOND", 2)

    async def scenario() -> None:
        async with (
            venue_with_page(tmp_path, durability="none") as (node, web),
            client_of(node) as alice,
            page(web) as reader,
        ):
            await reader.until(lambda r: bool(r.all_of(wire_market.BookSnapshot)))
            for step in range(300):
                await alice.sell("CO2", 10 + step, price=f"{50 + step % 7}.00")
            venue = node.sequencer.venue
            expected = list(venue.depth("CO2", Side.SELL))

            def equal(r: Any) -> bool:
                view = MarketView((), new_lines=True)
                for each in r.heard:
                    view.absorb(each)
                line = view.lines["CO2"]
                return line.gaps == 0 and line.depth(Side.SELL, 99) == expected

            await reader.until(equal)
            assert any(each[0] == "behind" for each in reader.words)
            assert len(reader.all_of(wire_market.BookSnapshot)) > 1

    bounded(scenario())


async def silent_page(web: WebServer) -> socket.socket:
    """Open a WebSocket by hand, with a small buffer, that will never be read."""
    plain = socket.socket()
    plain.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
    plain.setblocking(False)
    loop = asyncio.get_running_loop()
    await loop.sock_connect(plain, web.address)
    host, port = web.address
    upgrade = (
        f"GET /ws HTTP/1.1\r\nHost: {host}:{port}\r\nOrigin: http://{host}:{port}\r\n"
        "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
        "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
    )
    await loop.sock_sendall(plain, upgrade.encode())
    return plain


def test_a_page_that_does_not_read_is_cut_and_nobody_waits_for_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.web.page.PATIENCE", 0.3)

    async def scenario() -> None:
        async with (
            venue_with_page(tmp_path, durability="none") as (node, web),
            client_of(node) as alice,
            client_of(node, "bob") as bob,
        ):
            pending = [alice.sell("CO2", 1, price=f"{50 + i / 100:.2f}") for i in range(5_000)]
            await asyncio.gather(*pending)
            silent = await silent_page(web)
            await until(lambda: len(web.pages) == 1)
            asks = bytes([0x81, 0x80 + 6, 0, 0, 0, 0]) + b'[8,""]'  # masked with zeros
            async with page(web) as reader:
                with suppress(ConnectionError):
                    for _ in range(100):  # a snapshot of 5,000 levels each time
                        await asyncio.get_running_loop().sock_sendall(silent, asks)
                        await asyncio.sleep(0.03)
                await until(lambda: len(web.pages) == 1)
                await bob.buy("CO2", 1, price="50.00")
                await reader.until(lambda r: bool(r.all_of(wire_market.Trade)))
            silent.close()

    bounded(scenario())


def test_two_hundred_pages_hear_the_same(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with (
            venue_with_page(tmp_path, durability="none") as (node, web),
            client_of(node) as alice,
            AsyncExitStack() as stack,
        ):
            pages = [await stack.enter_async_context(page(web)) for _ in range(200)]
            subscribers = len(node.core.sessions.by_account)
            assert subscribers == 2, "alice and one watcher"
            for step in range(30):
                await alice.sell("CO2", 3 + step, price=f"{50 + step % 7}.00")
            expected = list(node.sequencer.venue.depth("CO2", Side.SELL))

            def equal(r: Reader) -> bool:
                view = MarketView((), new_lines=True)
                for each in r.heard:
                    view.absorb(each)
                line = view.lines.get("CO2")
                return line is not None and not line.gaps and line.depth(Side.SELL, 99) == expected

            for each in pages:
                await each.until(equal)

    bounded(scenario())

"""A client that cannot be opened says so, at once where trying again is no use."""

from __future__ import annotations

import asyncio
import errno
import os
import re
import socket
from typing import TYPE_CHECKING, Any

import pytest

from carbonx.testing import LocalVenue
from gateway.client.blocking import BlockingClient
from gateway.client.client import Client
from gateway.client.errors import ClientError
from gateway.runtime import event_loop
from tests.support.scripted import accepted, logged_on, scripted
from tests.support.venues import bounded

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine


@pytest.mark.parametrize(
    ("host", "port"),
    [
        ("127.0.0.1", 71_170),
        ("127.0.0.1", 0),
        ("a..b", 7_117),
        ("127.0.0.1", -1),
        ("a\0b", 80),
        ("é" * 99, 80),
    ],
)
@pytest.mark.parametrize("loop", [asyncio.run, event_loop.run])
def test_an_address_that_cannot_be_is_an_error_at_once(
    host: str, port: int, loop: Callable[[Coroutine[Any, Any, None]], None]
) -> None:
    async def scenario() -> None:
        client = Client(host, port, account="a", key="b")
        async with asyncio.timeout(5):
            with pytest.raises(ClientError, match=r"no address to connect to.*check host and port"):
                async with client:
                    pass
        assert asyncio.all_tasks() == {asyncio.current_task()}

    loop(scenario())


@pytest.mark.parametrize(("code", "tried"), [(socket.EAI_NONAME, 1), (socket.EAI_AGAIN, 2)])
def test_a_host_that_is_not_known_is_an_error_at_once(code: int, tried: int) -> None:
    async def scenario() -> None:
        calls = []

        async def connect(factory: Callable[[], asyncio.Protocol]) -> None:
            calls.append(factory)
            raise socket.gaierror(code, "not known")

        client = Client("h", 1, account="a", key="b", attempts=2, connect=connect)
        with pytest.raises(ClientError, match="not known"):
            await client.__aenter__()
        assert len(calls) == tried

    bounded(scenario())


def test_a_host_that_was_known_is_looked_up_again() -> None:
    async def scenario() -> None:
        troubles: list[OSError] = []
        async with scripted([logged_on(0, 0)], [logged_on(0, 0), accepted(1, 1)]) as (port, _):

            async def connect(factory: Callable[[], asyncio.Protocol]) -> None:
                if troubles:
                    raise troubles.pop()
                loop = asyncio.get_running_loop()
                await loop.create_connection(factory, "127.0.0.1", port)

            async with Client("h", 1, account="a", key="a-key", connect=connect) as client:
                troubles += [socket.gaierror(socket.EAI_NONAME, "not known")] * 2
                assert (await client.buy("CO2", 1, price_minor=4_900)).ref == 1
            assert not troubles

    bounded(scenario())


@pytest.mark.parametrize(
    ("given", "error"),
    [
        ({"port": "7117"}, TypeError), ({"port": 7117.5}, ValueError), ({"port": True}, TypeError),
        ({"host": None}, TypeError), ({"account": None}, TypeError),
        ({"account": ""}, ValueError), ({"key": b"k"}, TypeError), ({"key": "\ud800"}, ValueError),
        ({"member": 5}, TypeError), ({"member": "m" * 257}, ValueError),
        ({"last_seen": "3"}, TypeError), ({"last_seen": -(2**63)}, ValueError),
        ({"last_seen": 2**63}, ValueError), ({"heartbeat_ms": 0}, ValueError),
        ({"attempts": 0}, ValueError), ({"max_events": 0}, ValueError),
        ({"cancel_on_disconnect": "no"}, TypeError),
    ],
    ids=str,
)  # fmt: skip
def test_what_a_session_cannot_be_is_refused_by_name(
    given: dict[str, Any], error: type[Exception]
) -> None:
    terms: dict[str, Any] = {"host": "h", "port": 1, "account": "a", "key": "k"} | given
    (name,) = given
    for kind in (Client, BlockingClient):
        with pytest.raises(error, match=rf"^{name} (must|has) "):
            kind(**terms)


@pytest.mark.parametrize("wait", ["5", None, True, -1, float("nan"), float("inf")])
def test_a_time_limit_is_a_number_of_seconds(wait: Any) -> None:
    with pytest.raises((TypeError, ValueError), match=r"^timeout must be "):
        BlockingClient("h", 1, account="a", key="k", timeout=wait)


def test_what_is_asked_of_the_market_is_refused_by_name() -> None:
    async def scenario() -> None:
        async with LocalVenue() as venue, venue.client("alice") as client:
            for call in (client.subscribe, client.unsubscribe):
                with pytest.raises(TypeError, match=r"^symbol must be a text, not 5"):
                    call(5)  # type: ignore[arg-type]
            with pytest.raises(ValueError, match=r"^after must be at least 0"):
                await client.day_trades("CO2", after=-1)
            assert (await client.status()).seq

    bounded(scenario())


@pytest.mark.parametrize(
    "error", [OverflowError("x"), UnicodeError("x"), ValueError("x"), RuntimeError("x")], ids=repr
)
def test_whatever_connecting_raises_fails_the_opening(error: Exception) -> None:
    async def scenario() -> None:
        async def connect(_factory: Callable[[], asyncio.Protocol]) -> None:
            raise error

        with pytest.raises(ClientError, match="x; check"):
            await Client("h", 1, account="a", key="b", connect=connect).__aenter__()

    bounded(scenario())


def test_a_connection_that_is_none_is_tried_a_bounded_number_of_times() -> None:
    async def scenario() -> None:
        async def connect(_factory: Callable[[], asyncio.Protocol]) -> None:
            pass

        client = Client("h", 1, account="a", key="b", attempts=2, connect=connect)
        with pytest.raises(ClientError, match="after 2 attempts"):
            await client.__aenter__()

    bounded(scenario())


@pytest.mark.parametrize(
    ("error", "says"),
    [
        (ConnectionRefusedError(errno.ECONNREFUSED, "x"), os.strerror(errno.ECONNREFUSED)),
        (OSError("Multiple exceptions: [Errno 111]"), "at none of its addresses"),
        (TimeoutError(), "no connection within 5 s"),
        (socket.gaierror(socket.EAI_AGAIN, "Temporary failure"), "Temporary failure"),
    ],
)
def test_why_nothing_answers_is_said_in_words(error: OSError, says: str) -> None:
    async def scenario() -> None:
        async def connect(_factory: Callable[[], asyncio.Protocol]) -> None:
            raise error

        client = Client("h", 1, account="a", key="b", attempts=1, connect=connect)
        with pytest.raises(ClientError, match=re.escape(f"nothing answers: {says}; is it running")):
            await client.__aenter__()

    bounded(scenario())

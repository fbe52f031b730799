"""The blocking client among threads, and any client in a forked child: each call ends."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
from typing import Any

import pytest

from gateway.client.blocking import BlockingClient
from gateway.client.errors import ClientError
from tests.support.paths import ROOT


def blocking(port: int, **more: Any) -> BlockingClient:
    return BlockingClient("127.0.0.1", port, account="alice", key="alice-key", member="M1", **more)


def test_threads_that_wait_while_another_closes_all_end(threaded_venue: int) -> None:
    client = blocking(threaded_venue)
    ends: list[BaseException | None] = []

    def follow() -> None:
        try:
            while client.next_event() is not None:
                pass
            ends.append(None)
        except BaseException as error:  # noqa: BLE001 - whatever it is
            ends.append(error)

    def order() -> None:
        try:
            while True:
                client.buy("CO2", 1, price_minor=4_900)
        except BaseException as error:  # noqa: BLE001
            ends.append(error)

    with client:
        threads = [threading.Thread(target=target) for target in (follow, order, follow, order)]
        for thread in threads:
            thread.start()
        client.buy("CO2", 1, price_minor=4_900)
        closers = [threading.Thread(target=client.close) for _ in range(3)]
        for thread in closers:
            thread.start()
        for thread in (*threads, *closers):
            thread.join(20)
            assert not thread.is_alive()
    assert len(ends) == 4
    assert all(end is None or isinstance(end, ClientError) for end in ends), ends
    for call in (client.status, client.next_event, client.mass_cancel):
        with pytest.raises(ClientError, match="closed"):
            call()


def test_a_venue_that_says_nothing_fails_the_opening_within_the_time_limit() -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as mute,
        pytest.raises(ClientError, match=r"within 0\.1 seconds; is it running"),
    ):
        blocking(mute.getsockname()[1], timeout=0.1).__enter__()
    assert not [t for t in threading.enumerate() if t.name == "carbonx-client"]


FORK = """
import asyncio, os, sys
from carbonx import BlockingClient, Client, ClientError
from carbonx.testing import LocalVenue

port = int(sys.argv[1])

def child(*calls):
    pid = os.fork()
    if not pid:
        for call in calls:
            try:
                call()
                print("no error", flush=True)
            except ClientError as error:
                print(str(error)[:34], flush=True)
        os._exit(0)
    assert os.waitpid(pid, 0)[1] == 0

with BlockingClient("127.0.0.1", port, account="alice", key="alice-key", member="M1") as client:
    child(client.status, client.next_event, lambda: client.buy("CO2", 1, price_minor=4900))
    child(lambda: client.__exit__())  # says nothing for the parent
    print(client.buy("CO2", 1, price_minor=4900).ref, flush=True)

async def main():
    async with Client("127.0.0.1", port, account="bob", key="bob-key", member="M1") as client:
        child(client.status, client.subscribe, client.mass_cancel)
        print((await client.buy("CO2", 1, price_minor=4900)).ref, flush=True)

asyncio.run(main())
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there are no forks")
def test_a_forked_child_is_told_that_the_client_is_not_its_own(
    threaded_venue: int,
) -> None:
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", FORK, str(threaded_venue)],
        capture_output=True,
        text=True,
        timeout=60,
        cwd=ROOT,
        check=False,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    )
    told = "this client belongs to the process"
    assert done.stdout.splitlines() == [told] * 3 + ["no error", "1"] + [told] * 3 + ["1"], (
        done.stderr
    )

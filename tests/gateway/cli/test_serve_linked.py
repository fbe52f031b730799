"""Linked venues as a file says, each on a port: members trade across them, over TCP."""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import subprocess
import sys
from contextlib import asynccontextmanager
from functools import partial
from typing import TYPE_CHECKING, Final
from urllib.request import urlopen

import click
import pytest

from engine.log.journal import JournalError
from engine.log.sequencer import recover, replay
from engine.log.snapshot import paths
from engine.log.snapshot import read as read_snapshot
from engine.venue.link_news import PART
from gateway.cli.linked_file import read
from gateway.cli.serve_linked import close, link, open_all
from gateway.cli.snapshots import follow
from gateway.client.client import Client
from gateway.protocol import wire, wire_links
from gateway.runtime.tls import client_context
from gateway.server.admin import AdminSocket, ask
from gateway.server.failure import VenueStoppedError
from gateway.server.followers import Followers
from tests.gateway.cli.test_serve_page import lines_at, said_by
from tests.support.command_line import typed
from tests.support.openssl import need_openssl
from tests.support.paths import ROOT
from tests.support.private import write_private
from tests.support.venues import bounded

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from gateway.server.node import Node

FILE: Final = """\
[[venue]]
name = "north"
rulebook = "textbook"
dir = "north"
accounts = "accounts.toml"

[[venue]]
name = "south"
rulebook = "textbook"
dir = "south"
accounts = "accounts.toml"

[[link]]
name = "bay"
kind = "routing"
from = "south"
to = "north"
symbol = "CO2"
peer_symbol = "CO2"
fee = 2
"""
ACCOUNTS: Final = """\
[[account]]
name = "ann"
key = "k"
cash = 1_000_000
allowances = { "CO2" = 1_000 }

[[account]]
name = "bob"
key = "k"
cash = 1_000_000
allowances = { "CO2" = 1_000 }
"""


def written(folder: Path, text: str = FILE) -> Path:
    write_private(folder / "accounts.toml", ACCOUNTS)
    path = folder / "linked.toml"
    path.write_text(text, "utf-8")
    return path


@asynccontextmanager
async def running(path: Path) -> AsyncIterator[dict[str, Node]]:
    file = read(path)
    nodes = open_all(path, file)
    link(file, nodes)
    for node in nodes.values():
        await node.start()
    try:
        yield nodes
    finally:
        await close(nodes)


def client_of(node: Node, name: str = "ann") -> Client:
    return Client(*node.address, account=name, key="k")


async def next_of(client: Client, kind: type) -> object:
    while True:
        event = await client.next_event()
        if isinstance(event, kind):
            return event


def test_a_member_trades_at_the_other_venue_and_hears_of_it(tmp_path: Path) -> None:
    path = written(tmp_path)

    async def trade() -> None:
        async with running(path) as nodes:
            north, south = client_of(nodes["north"], "bob"), client_of(nodes["south"])
            async with north, south:
                await north.sell("CO2", 10, price_minor=5_000)
                answer = await south.buy("CO2", 10, price_minor=5_100)
                assert isinstance(answer, wire_links.OrderRouted)
                assert (answer.link, answer.quantity, answer.price) == ("bay", 10, 5_000)
                filled = await next_of(north, wire.OrderFilled)
                assert isinstance(filled, wire.OrderFilled)
                assert filled.quantity == 10
                back = await next_of(south, wire_links.CarriedIn)
                assert isinstance(back, wire_links.CarriedIn)
                assert (back.ref, back.traded, back.leaves) == (answer.ref, 10, 0)
                assert (back.tonnes, back.fee) == (10, 20)
        async with running(path) as nodes:  # it goes on where it was, and the link is there
            async with client_of(nodes["south"]) as south:
                status = await south.status()
                assert status.holdings[0].total == 1_010
            assert [*nodes["south"].sequencer.venue.links.ends] == ["bay"]

    bounded(trade())
    for name in ("north", "south"):
        replay(tmp_path / name).venue.check()


def test_a_new_segment_brings_a_snapshot_from_which_a_venue_starts(tmp_path: Path) -> None:
    path = written(tmp_path)

    async def trade() -> None:
        file = read(path)
        nodes = open_all(path, file)
        federation = link(file, nodes).federation
        for node in nodes.values():
            await node.start()
        folder, journal = tmp_path / "south", nodes["south"].sequencer.journal
        assert journal is not None
        needed = partial(federation.needed, "south")
        taker = asyncio.create_task(follow(folder, journal, 0.01, needed))
        north, south = client_of(nodes["north"], "bob"), client_of(nodes["south"])
        async with north, south:
            await north.sell("CO2", 10, price_minor=5_000)
            await south.buy("CO2", 5, price_minor=5_100)
            journal.segment_size = 1
            await south.buy("CO2", 5, price_minor=5_100)
            while not paths(folder):  # noqa: ASYNC110 - a file
                await asyncio.sleep(0.02)
        taker.cancel()
        for node in nodes.values():
            node.fail(VenueStoppedError("killed"))
            assert node.failed is not None
            node.failed.exception()

    bounded(trade())
    parts = Followers().parts
    (snapshot,) = (read_snapshot(each, parts) for each in paths(tmp_path / "south"))
    assert snapshot.venue.links.ends["bay"].sent == 2
    assert not any(snapshot.parts[PART].sent.values()), "north has both for good"

    async def again() -> None:
        async with running(path) as nodes:
            south = nodes["south"].sequencer
            assert south.snapshot == snapshot.path
            assert south.venue.allowances("ann", "CO2") == (1_010, 0)
            assert south.venue.state_hash() == replay(tmp_path / "south").venue.state_hash()

    bounded(again())


def test_all_stop_where_one_cannot_keep_its_log_and_go_on_together(tmp_path: Path) -> None:
    path = written(tmp_path)

    def no_disk() -> None:
        problem = "no disk"
        raise JournalError(problem)

    async def trade() -> None:
        async with running(path) as nodes:
            north, south = client_of(nodes["north"], "bob"), client_of(nodes["south"])
            async with north, south:
                await north.sell("CO2", 10, price_minor=5_000)
                nodes["north"].core.commit = no_disk
                order = south.buy("CO2", 10, price_minor=5_100)
                failed = nodes["south"].failed
                assert failed is not None
                await asyncio.wait([failed])
                assert not order.done()  # nothing of that tick was told
                order.cancel()

    with pytest.raises(VenueStoppedError, match="no disk"):
        bounded(trade())
    file = read(path)
    nodes = open_all(path, file)
    federation = link(file, nodes).federation
    federation.check()
    assert federation.on_the_way() == (0, 0)
    south = federation.venues["south"]
    traded = south.allowances("ann", "CO2")[0]
    assert traded == 1_010  # it had left with a durable command, so it is carried out
    for node in nodes.values():
        node.sequencer.close()


def test_an_operator_changes_a_link_and_a_venue_alone_takes_none(tmp_path: Path) -> None:
    path = written(tmp_path)

    async def operate() -> None:
        async with running(path) as nodes:
            door = AdminSocket(nodes["south"], tmp_path / "operator.sock")
            await door.open()
            line = {"type": "set_link", "link": "bay", "kind": "shared", "peer": "north",
                    "symbol": "CO2", "peer_symbol": "CO2"}  # fmt: skip
            answers = await ask(door.path, [json.dumps(line), json.dumps(line | {"peer": "west"})])
            assert answers[0]["events"][0]["kind"] == "shared"
            assert answers[1]["events"][0]["type"] == "rejected"
            north = nodes["north"].sequencer.venue.links.ends["bay"]
            assert north.rules.kind.name == "HOSTING"
            nodes["south"].core.running.through = None  # as one that was started alone
            (refused,) = await ask(door.path, [json.dumps(line)])
            assert refused["field"] == "type"
            await door.close()

    bounded(operate())


@pytest.mark.parametrize(
    ("old", "new", "place"),
    [
        ('kind = "routing"', 'kind = "rooting"', "link 1, kind"),
        ('to = "north"', 'to = "nord"', "link 1, to"),
        ('dir = "south"', 'dir = "north"', "dir"),
        ('name = "south"', 'name = "north"', "name"),
        ("fee = 2", "fea = 2", "fea"),
        ('dir = "north"', 'dir = "north"\nport = 71170', "port"),
        ('dir = "north"', 'dir = "north"\nmetrics = -1', "metrics"),
        ("fee = 2", 'fee = "2"', "fee"),
    ],
)
def test_a_file_that_cannot_be_is_refused_with_the_place(
    tmp_path: Path, old: str, new: str, place: str
) -> None:
    with pytest.raises(click.ClickException, match=place):
        read(written(tmp_path, FILE.replace(old, new)))


def test_a_link_that_a_venue_refuses_is_said(tmp_path: Path) -> None:
    path = written(tmp_path, FILE.replace('peer_symbol = "CO2"', 'peer_symbol = "CO3"'))
    file = read(path)
    nodes = open_all(path, file)
    with pytest.raises(click.ClickException, match="CO3"):
        link(file, nodes)
    for node in nodes.values():
        node.sequencer.close()


def test_the_command_runs_them_until_it_is_stopped(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "carbonx", "serve", "--linked", "linked.toml", "--json"]
    written(tmp_path)
    server = subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    )
    assert server.stdout is not None
    facts = json.loads(server.stdout.readline())
    server.send_signal(signal.SIGINT)
    _, errors = server.communicate(timeout=30)
    assert server.returncode == 0, errors
    assert [*facts] == ["north", "south"]
    assert facts["south"]["links"] == facts["north"]["links"] == ["bay"]
    assert len({each["port"] for each in facts.values()}) == 2
    for name in ("north", "south"):
        followers = Followers()
        again = recover(tmp_path / name, followers.absorb, "none", followers.parts)
        again.close()
        assert again.snapshot == tmp_path / name / f"venue.snapshot.{again.seq}", "of its stop"


def test_one_page_shows_all_of_them(tmp_path: Path) -> None:
    written(tmp_path)
    words = ("serve", "--linked", "linked.toml", "--web", "0", "--json")
    with said_by(tmp_path, *words) as line:
        facts = json.loads(line)
        (url,) = {each["page"] for each in facts.values()}
        assert asyncio.run(lines_at(url)) == ["CO2"]
        for name, each in facts.items():
            assert each["operator_key"] == f"{name}/operator.key"
            assert (tmp_path / name / "operator.key").exists()
    assert not (tmp_path / "north" / "pages.sock").exists()


def test_the_example_is_a_file_of_linked_venues() -> None:
    assert [venue.name for venue in read(ROOT / "examples/linked.toml").venue] == [
        "shenzhen",
        "hubei",
    ]


def test_linked_venues_speak_tls_and_show_their_figures(tmp_path: Path) -> None:
    need_openssl()
    text = FILE.replace('accounts = "accounts.toml"', 'accounts = "accounts.toml"\nmetrics = 0')
    written(tmp_path, f'tls = "self-signed"\n{text}')
    command = [sys.executable, "-m", "carbonx", "serve", "--linked", "linked.toml", "--json"]
    with subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        text=True,
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    ) as server:
        assert server.stdout is not None
        facts = json.loads(server.stdout.readline())

        async def trade() -> None:
            north, south = (
                Client(
                    "127.0.0.1",
                    facts[name]["port"],
                    account=account,
                    key="k",
                    tls=client_context(tmp_path / name / "tls-certificate.pem"),
                )
                for name, account in (("north", "bob"), ("south", "ann"))
            )
            async with north, south:
                await north.sell("CO2", 10, price_minor=5_000)
                answer = await south.buy("CO2", 10, price_minor=5_100)
                assert isinstance(answer, wire_links.OrderRouted)

        bounded(trade())
        for name in ("north", "south"):
            where = facts[name]["operations"]
            for path, said in (("readyz", b"ready\n"), ("healthz", b"ok\n")):
                with urlopen(f"{where}/{path}", timeout=10) as answer:  # noqa: S310
                    assert answer.read() == said
            with urlopen(f"{where}/metrics", timeout=10) as answer:  # noqa: S310
                figures = answer.read().decode()
            trades = 1.0 if name == "north" else 0.0
            found = re.search(r'carbonx_trades_total\{symbol="CO2"\} (\S+)', figures)
            assert float(found[1] if found else 0) == trades, "each has its own"
            ended = re.search(r'carbonx_session_events_total\{what="logon"\} (\S+)', figures)
            assert ended is not None
            assert float(ended[1]) == 1.0
            assert "carbonx_sync_seconds_count" in figures
        server.send_signal(signal.SIGINT)
        assert server.wait(30) == 0


@pytest.mark.parametrize(("line", "says"), [
    ('tls = "self"', "$.tls"), ('tls_cert = "a.pem"', "go together"),
    ('host = "10.255.255.1"', "10.255.255.1"), ("tlss = 1", "tlss"),
])  # fmt: skip
@pytest.mark.timeout(60)  # a file that is taken would be served
def test_a_linked_file_that_is_refused_leaves_nothing(tmp_path: Path, line: str, says: str) -> None:
    path = written(tmp_path, f"{line}\n{FILE}")
    answer = typed("serve", "--linked", str(path))
    assert answer.status != 0
    assert says in answer.err
    assert not (tmp_path / "north").exists()

"""``carbonx brokers`` against a venue that runs as a process of its own."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import time
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from carbonx.cli import brokers
from carbonx.cli.brokers import Manner, trade
from engine.log.sequencer import replay
from engine.rulebook import presets
from engine.vocabulary.commands import SetPhase
from engine.vocabulary.enums import Phase, Side
from gateway.client.client import Client
from gateway.client.errors import SessionEndedError
from gateway.runtime.tls import self_signed, server_context
from gateway.server.accounts import Credentials, Directory
from gateway.server.admin import AdminSocket
from gateway.server.node import Node, Options
from tests.support.openssl import need_openssl
from tests.support.paths import ROOT
from tests.support.venues import bounded, free_port, until

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from pathlib import Path

NAMES = ("b1", "b2", "b3", "b4", "b5", "b6")
ACCOUNTS = [Credentials(name, "k", cash=10**12, allowances={"CO2": 10**8}) for name in NAMES]


@pytest.fixture
def server(tmp_path: Path) -> Iterator[int]:
    Directory(tuple(ACCOUNTS)).write(tmp_path / "accounts.toml")
    command = [
        sys.executable,
        "-m",
        "carbonx",
        "serve",
        "--rulebook",
        "textbook",
        "--json",
        "--dir",
        str(tmp_path / "v"),
        "--accounts",
        str(tmp_path / "accounts.toml"),
        "--port",
        "0",
    ]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as process:
        assert process.stdout is not None
        yield json.loads(process.stdout.readline())["port"]
        process.terminate()
        process.communicate(timeout=10)


def test_brokers_of_every_kind_trade_and_leave_nothing_behind(server: int, tmp_path: Path) -> None:
    done = asyncio.run(trade("127.0.0.1", server, ACCOUNTS, Manner(3, 2.0, 0.05)))
    assert len({broker.kind for broker in done.brokers}) == 5
    assert done.sent > 100
    line = done.market.lines["CO2"]
    assert line.volume > 0
    assert (done.gaps, done.errors) == (0, [])
    assert sum(broker.orders.filled for broker in done.brokers) == 2 * line.volume
    found = replay(tmp_path / "v").venue
    found.check()
    assert all(found.open_orders(name) == [] for name in NAMES)
    assert found.markets["CO2"].day.volume == line.volume


def test_a_second_run_counts_only_its_own_trades(server: int, tmp_path: Path) -> None:
    words = [
        "6",
        "--port",
        str(server),
        "--accounts",
        str(tmp_path / "accounts.toml"),
        "--seconds",
        "0.7",
        "--pause",
        "0.05",
    ]
    for _ in range(2):
        done = CliRunner().invoke(brokers.command, words)
        assert done.exit_code == 0, done.output
        rows = [line.split() for line in done.output.splitlines()]
        filled = sum(int(row[3].replace(",", "")) for row in rows[:6])
        (volume,) = (int(row[3].replace(",", "")) for row in rows if row[0] == "CO2")
        assert filled == 2 * volume > 0
        assert rows[-1][1:] == ["messages", "sent"]


def test_a_wrong_key_ends_it_before_anything_is_sent(
    server: int,
) -> None:
    known = [*ACCOUNTS[:2], Credentials("b3", "another")]
    with pytest.raises(SessionEndedError, match="credentials"):
        asyncio.run(trade("127.0.0.1", server, known, Manner(3, 0.1, 0.05)))


def test_too_few_accounts_and_hashed_keys_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "accounts.toml"
    Directory((Credentials("b1", "scram-sha-256:" + "0" * 64 + ":" + "1" * 64),)).write(path)
    for number, problem in ((2, "has 1 account:"), (1, "the verifier")):
        done = CliRunner().invoke(
            brokers.command, [str(number), "--port", "1", "--accounts", str(path)]
        )
        assert done.exit_code == 2
        assert problem in done.output


@asynccontextmanager
async def served(folder: Path, rulebook: str, known: list[Credentials]) -> AsyncIterator[Node]:
    """Serve a rulebook in this process, with its operator's socket."""
    options = Options(durability="none")
    node = Node.open(folder, presets.load(rulebook), Directory(tuple(known)), options)
    await node.start()
    door = AdminSocket(node, folder / "operator.sock")
    await door.open()
    yield node
    await door.close()
    await node.stop()


def accounts_for(rulebook: str, number: int) -> list[Credentials]:
    stock = {product.symbol: 10**7 for product in presets.load(rulebook).products}
    return [Credentials(name, "k", cash=10**13, allowances=stock) for name in NAMES[:number]]


@pytest.mark.parametrize("rulebook", ["cn-national", "krx", "uk-auction"])
def test_brokers_trade_on_other_rulebooks_over_tcp_too(tmp_path: Path, rulebook: str) -> None:
    known = accounts_for(rulebook, 4)

    async def scenario() -> None:
        async with served(tmp_path, rulebook, known) as node:
            node.operate(SetPhase(Phase.CONTINUOUS))
            found = node.sequencer.venue
            manner = Manner(3, 60.0, 0.02, tmp_path)
            trading = asyncio.create_task(trade(*node.address, known, manner))
            await until(lambda: all(found.last_price(symbol) for symbol in found.symbols))
            trading.cancel()
            await asyncio.gather(trading, return_exceptions=True)
            assert not any(found.open_orders(each.name) for each in known)

    bounded(scenario())


def test_brokers_bid_in_an_auction_that_is_not_theirs(tmp_path: Path) -> None:
    known = accounts_for("uk-auction", 4)

    async def scenario() -> None:
        async with served(tmp_path, "uk-auction", known) as node:
            node.operate(SetPhase(Phase.CONTINUOUS))
            async with Client(*node.address, account=known[3].name, key="k") as seller:
                closes_at = time.time_ns() + 2**62 // 100
                await seller.announce("UKA", Side.SELL, 5_000, "50.00", window=(1, closes_at))
                trading = asyncio.create_task(
                    trade(*node.address, known[:3], Manner(3, 60.0, 0.01))
                )
                found = node.sequencer.venue
                await until(lambda: bool(found.open_orders(known[1].name)))
                trading.cancel()
                await asyncio.gather(trading, return_exceptions=True)

    bounded(scenario())


def test_brokers_say_that_they_wait_and_what_an_auction_keeps(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    known = accounts_for("uk-auction", 1)

    async def scenario() -> None:
        async with served(tmp_path, "uk-auction", known) as node:
            done = await trade(*node.address, known, Manner(3, 0.05, 0.01))
            assert (done.sent, done.bound) == (0, {})
            node.operate(SetPhase(Phase.CONTINUOUS))
            now = time.time_ns()
            async with Client(*node.address, account=known[0].name, key="k") as seller:
                window = (now, now + 10**7)
                await seller.announce("UKA", Side.SELL, 5_000, "50.00", window=window)
            await until(lambda: node.sequencer.venue.time > now + 10**7)
            done = await trade(*node.address, known, Manner(3, 0.05, 0.01))
            assert done.bound == {"UKA": 1}

    bounded(scenario())
    assert "every line is closed" in capsys.readouterr().err


def test_a_venue_that_starts_later_and_speaks_tls_is_waited_for(tmp_path: Path) -> None:
    need_openssl()
    file, port = tmp_path / "accounts.toml", free_port()
    Directory(tuple(ACCOUNTS)).write(file)
    pair = self_signed(tmp_path)
    words = ["2", "--port", str(port), "--accounts", str(file), "--seconds", "0.3", "--pause",
             "0.05", "--tls", str(pair[0])]  # fmt: skip

    async def scenario() -> None:
        waiting = asyncio.create_task(
            asyncio.to_thread(CliRunner().invoke, brokers.command, [*words, "--wait", "30"])
        )
        await asyncio.sleep(0.3)
        options = Options(port=port, opens=True, durability="none")
        node = Node.open(
            tmp_path / "v", presets.load("textbook"), Directory(tuple(ACCOUNTS)), options
        )
        node.tls = server_context(*pair)
        await node.start()
        done = await waiting
        assert done.exit_code == 0, done.output
        assert "sent" in done.output
        await node.stop()

    bounded(scenario())

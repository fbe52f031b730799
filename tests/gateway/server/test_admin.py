"""The operator's door: commands to a running venue, answered when they are durable."""

from __future__ import annotations

import asyncio
import json
import stat
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from engine.log.sequencer import replay
from engine.vocabulary.commands import AmendRulebook, BeginDay, SetPhase
from engine.vocabulary.enums import Phase
from gateway.client.blocking import BlockingClient
from gateway.protocol.proof import verifier_of
from gateway.server.admin import AdminSocket, ask
from tests.gateway.cli.test_cli import carbonx
from tests.support.paths import ROOT
from tests.support.private import write_private
from tests.support.systems import unix_sockets
from tests.support.venues import FUNDING, bounded, client_of, until, venue

if TYPE_CHECKING:
    from pathlib import Path

if TYPE_CHECKING:
    from pathlib import Path


def line(**fields: object) -> str:
    return json.dumps(fields)


@unix_sockets
def test_an_operator_halts_amends_and_is_refused_what_is_not_his(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with venue(tmp_path / "venue") as node, client_of(node) as client:
            door = AdminSocket(node, tmp_path / "operator.sock")
            await door.open()
            assert stat.S_IMODE(door.path.stat().st_mode) == 0o600
            order = line(
                type="new_order",
                account="alice",
                ref=1,
                symbol="CO2",
                side="buy",
                quantity=1,
                price=1,
            )
            said = [
                line(type="set_phase", phase="halted", reason="news"),
                line(type="set_phase", phase="pre_open", symbol="NONE"),
                line(type="amend_rulebook", path="modes[continuous].taker_fee_ppm", value="100"),
                line(type="advance_time", time=5),
                order,
                "{",
                "[]",
            ]
            answers = await ask(door.path, said)
            assert answers[0]["events"][0]["reason"] == "news"
            assert answers[1]["events"][0]["reason"] == "unknown_symbol"
            assert answers[2]["events"][0]["type"] == "amendment_taken"
            assert all("error" in answer for answer in answers[3:])
            assert node.sequencer.venue.phase("CO2") is Phase.HALTED
            assert not node.sequencer.venue.open_orders("alice")
            await client.status()
            await door.close()
            assert not door.path.exists()

    bounded(scenario())


def test_an_answer_is_given_when_its_command_is_durable_and_clients_hear_it_too(
    tmp_path: Path,
) -> None:
    async def scenario() -> None:
        async with venue(tmp_path / "venue") as node, client_of(node) as client:
            journal = node.sequencer.journal
            assert journal is not None
            door = AdminSocket(node, tmp_path / "operator.sock")
            before = journal.syncs
            said = line(type="move_cash", account="alice", amount="7.00")
            (event,) = door.answer(said.encode())["events"]
            assert event["type"] == "cash_moved"
            assert journal.syncs == before + 1, "time and command share a sync"
            assert not journal.buffer
            await until(lambda: client.last_arrived == FUNDING + 1)

    bounded(scenario())


def test_an_amended_venue_starts_again_under_the_file_it_began_with(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with venue(tmp_path) as node:
            node.operate(AmendRulebook("modes[continuous].taker_fee_ppm", "100"))
            node.operate(SetPhase(Phase.CLOSED))
            node.operate(BeginDay(20260105))
            digest = node.sequencer.venue.rulebook.digest()
        async with venue(tmp_path) as node, client_of(node) as client:
            assert node.sequencer.venue.rulebook.modes[0].taker_fee_ppm == 100
            assert client.info is not None
            assert client.info.rulebook == digest

    bounded(scenario())


HALT = line(type="set_phase", phase="halted").encode()
WRONG_LINES = [
    b"", b" ", b"\x00", b"\xff\xfe", b"{", b"5", b'"text"', b"null", b"[]", b"[" * 20_000,
    b'{"a":' * 9_000, b"1" * 50_000, b'"' * 65_534, b"NaN", b'{"type": "\\ud800"}',
    b'{"type": "set_key", "account": "\\ud800"}', b'{"type": "begin_day", "date": 1e400}',
    b'{"type": "begin_day", "date": 1' + b"0" * 400 + b"}", b'{"type": "begin_day", "date": [[]]}',
    b'{"type": "move_cash", "account": "alice", "amount": "1e30"}',
    b'{"type": "move_cash", "account": "alice", "amount": 1, "amount": 2}',
    b'{"type": "set_phase", "phase": "halted", "reason": "\\udfff"}',
    b'{"type": "amend_rulebook", "path": "", "value": "1"}',
    b'{"type": "amend_rulebook", "path": "close", "value": "' + b"[" * 3_000 + b'"}',
    b'{"type": "amend_rulebook", "path": "close", "value": "0x' + b"f" * 3_000 + b'"}',
    b'{"type": "amend_rulebook", "path": "products[CO2].vintage", "value": "1' + b"0" * 30 + b'"}',
]  # fmt: skip


@unix_sockets
@pytest.mark.parametrize("size", [65_537, 65_538, 131_071, 200_000, 1_000_000])
@pytest.mark.parametrize("pieces", [1, 7])
def test_a_line_that_is_too_long_is_answered_and_so_is_the_next(
    tmp_path: Path, size: int, pieces: int
) -> None:
    async def scenario() -> None:
        async with venue(tmp_path / "venue") as node:
            door = AdminSocket(node, tmp_path / "operator.sock")
            await door.open()
            reader, writer = await asyncio.open_unix_connection(door.path)
            for data in (b"x" * size, HALT, b"x" * size):
                for start in range(0, len(data), len(data) // pieces + 1):
                    writer.write(data[start : start + len(data) // pieces + 1])
                    await writer.drain()
                    await asyncio.sleep(0)
                if data is HALT:
                    writer.write(b"\n")
                answer = json.loads(await reader.readline())  # a long line's before it ends
                assert ("error" in answer) == (data is not HALT)
                if data is not HALT:
                    writer.write(b"\n")
            writer.write_eof()
            assert await reader.read() == b"", "one answer for each line"
            writer.close()
            await door.close()

    bounded(scenario())


@unix_sockets
def test_every_wrong_line_is_answered_in_one_line_and_leaves_nothing(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with venue(tmp_path / "venue") as node:
            door = AdminSocket(node, tmp_path / "operator.sock")
            await door.open()
            before = (node.sequencer.venue.state_hash(), node.sequencer.seq)
            for wrong in WRONG_LINES:
                (answer,) = await ask(door.path, [wrong])
                told = json.dumps(answer)
                assert "error" in answer or answer["events"][0]["type"] == "rejected", wrong[:80]
                assert len(told) < 2_000
                if "error" in answer:
                    at = (node.sequencer.venue.state_hash(), node.sequencer.seq)
                    assert at == before, wrong[:80]
                before = (node.sequencer.venue.state_hash(), node.sequencer.seq)
            (answer,) = await ask(door.path, [HALT])
            assert "events" in answer
            await door.close()
            state = node.sequencer.venue.state_hash()
        assert replay(tmp_path / "venue").venue.state_hash() == state

    bounded(scenario())


@unix_sockets
def test_a_command_may_be_typed_in_several_lines_and_in_bytes_that_are_none(
    tmp_path: Path,
) -> None:
    async def scenario() -> None:
        async with venue(tmp_path / "venue") as node:
            door = AdminSocket(node, tmp_path / "operator.sock")
            await door.open()
            said = ['{"type": "set_phase",\r\n "phase": "halted"}\n', '{"type": "a\nb"}', "\udcff",
                    '{"type": "set_phase", "phase": "pre_open", "reason": "\ud800"}']  # fmt: skip
            first, *others = await ask(door.path, said)
            assert first["events"][0]["type"] == "phase_changed"
            assert len(others) == 3
            assert all("error" in other for other in others)
            await door.close()

    bounded(scenario())


@unix_sockets
@pytest.mark.parametrize("name", ["v" * 120, "交易所" * 15])
def test_a_venue_in_a_folder_whose_path_is_long_is_operated_all_the_same(
    tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / name / name
    folder.mkdir(parents=True)

    async def scenario(path: Path) -> None:
        async with venue(folder / "venue") as node:
            door = AdminSocket(node, path)
            await door.open()
            assert stat.S_IMODE((folder / "operator.sock").stat().st_mode) == 0o600
            (answer,) = await ask(path, [line(type="set_phase", phase="halted")])
            assert answer["events"][0]["type"] in {"phase_changed", "rejected"}
            await door.close()
            assert not (folder / "operator.sock").exists()

    bounded(scenario(folder / "operator.sock"))
    monkeypatch.chdir(tmp_path)
    bounded(scenario((folder / "operator.sock").relative_to(tmp_path)))


@unix_sockets
def test_the_command_reaches_a_served_venue_and_the_log_has_it(tmp_path: Path) -> None:
    serve = ("serve", "--rulebook", "textbook", "--port", "0", "--json", "--dir", str(tmp_path))
    server = subprocess.Popen(
        [sys.executable, "-m", "carbonx", *serve], stdout=subprocess.PIPE, text=True, cwd=ROOT
    )
    try:
        assert server.stdout is not None
        server.stdout.readline()
        halt = line(type="set_phase", phase="halted", symbol="CO2", reason="a rumour")
        assert "a rumour" in carbonx("operate", halt, "--dir", str(tmp_path)).stdout
        told = carbonx("operate", halt, "--dir", str(tmp_path), "--json", status=1).stdout
        assert json.loads(told)["events"][0]["reason"] == "transition"
    finally:
        server.terminate()
        server.communicate(timeout=30)
    assert "records" in carbonx("replay", str(tmp_path)).stdout
    assert "serve" in carbonx("operate", halt, "--dir", str(tmp_path), status=1).stderr


@unix_sockets
@pytest.mark.parametrize("flags", [(), ("--timetable",), ("--closed",)], ids=str)
def test_a_killed_venue_is_served_again_in_the_phase_that_it_was_in(
    tmp_path: Path, flags: tuple[str, ...]
) -> None:
    def serve() -> tuple[subprocess.Popen[str], dict[str, object]]:
        words = ("serve", "--rulebook", "textbook", "--port", "0", "--json", *flags)
        server = subprocess.Popen(
            [sys.executable, "-m", "carbonx", *words, "--dir", str(tmp_path)],
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
        )
        assert server.stdout is not None
        return server, json.loads(server.stdout.readline())

    server, facts = serve()
    assert facts["opened"] == (not flags)
    assert facts["phases"] == {"CO2": "closed" if flags else "continuous"}
    for phase in ("pre_open", "halted") if flags else ("halted",):
        carbonx("operate", line(type="set_phase", phase=phase), "--dir", str(tmp_path))
    server.kill()
    server.communicate(timeout=30)
    server, facts = serve()
    server.terminate()
    server.communicate(timeout=30)
    assert (facts["opened"], facts["phases"]) == (False, {"CO2": "halted"})


@unix_sockets
def test_an_account_that_an_operator_opened_logs_on_and_trades_before_and_after_a_restart(
    tmp_path: Path,
) -> None:
    said = (
        line(type="open_account", account="eve", member="M1"),
        line(type="set_key", account="eve", key=verifier_of("eve-key", "eve").text()),
        line(type="move_cash", account="eve", amount="100.00"),
        line(type="set_account_class", account="eve"),
    )
    for again in (False, True):
        with subprocess.Popen(
            [
                sys.executable,
                "-m",
                "carbonx",
                "serve",
                "--rulebook",
                "textbook",
                "--port",
                "0",
                "--json",
                "--dir",
                str(tmp_path),
            ],
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
        ) as server:
            try:
                assert server.stdout is not None
                port = json.loads(server.stdout.readline())["port"]
                if not again:
                    told = carbonx("operate", *said, "--dir", str(tmp_path)).stdout
                    kinds = [json.loads(event)["type"] for event in told.splitlines()]
                    assert kinds == ["account_opened", "key_set", "cash_moved", "account_class_set"]
                with BlockingClient(
                    "127.0.0.1", port, account="eve", key="eve-key", member="M1"
                ) as client:
                    assert client.buy("CO2", 1, price_minor=10).quantity == 1
                    assert len(client.status().orders) == 1 + again
            finally:
                server.terminate()


def test_serve_says_what_is_wrong_in_an_accounts_file(tmp_path: Path) -> None:
    accounts = tmp_path / "accounts.toml"
    write_private(accounts, '[[account]]\nname = "a"\nkey = "k"\nallowances = { "XX" = 5 }\n')
    folder = tmp_path / "venue"
    serve = ("serve", "--rulebook", "textbook", "--port", "0", "--dir", str(folder),
             "--accounts", str(accounts))  # fmt: skip
    told = carbonx(*serve, status=1).stderr
    assert f"{accounts}: account 1 ('a'), allowances.XX: 'XX' is not one of CO2" in told
    assert not (folder / "venue.log").exists()

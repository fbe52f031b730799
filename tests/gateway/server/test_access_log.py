"""Who was let in and what operators did: chained, written before the answer, with a bound."""

from __future__ import annotations

import json
import shutil
from functools import partial
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any

import pytest

from engine.log import backups
from engine.log.journal import JournalError
from engine.rulebook.presets import load as load_rulebook
from gateway.cli import hangup
from gateway.client.client import SessionEndedError
from gateway.protocol.proof import verifier_of
from gateway.server import access_log
from gateway.server.access_log import (
    COUNT_EVERY,
    EARLIER,
    MOST_WAITING,
    NAMED,
    AccessLog,
    AccessLogError,
    lines_of,
)
from gateway.server.accounts import Credentials, Directory
from gateway.server.admin import AdminSocket
from gateway.server.connection import Connection
from gateway.server.node import Node, Options
from gateway.web.operator import Operator
from tests.support.venues import ACCOUNTS, bounded, client_of, until, venue

if TYPE_CHECKING:
    from collections.abc import Callable

KEY = "cx-" + "7" * 64


def said_in(folder: Path) -> list[dict[str, Any]]:
    return [said for _, said in lines_of(folder / access_log.FILE_NAME)]


def filled(folder: Path, lines: int = 5) -> AccessLog:
    log = AccessLog(folder)
    for number in range(lines):
        log.note("logon", account=f"a{number}")
        log.commit(number, 10 * number)
    return log


def test_a_line_is_there_before_the_client_hears_that_it_is_logged_on(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with venue(tmp_path) as node, client_of(node):
            (line,) = [each for each in said_in(tmp_path) if each["what"] == "logon"]
            assert (line["account"], line["member"], line["host"]) == ("alice", "M1", "127.0.0.1")
            assert (line["permission"], line["key_name"]) == ("trade", "")
            assert 0 < line["record"] <= node.sequencer.seq
            mode = (tmp_path / access_log.FILE_NAME).stat().st_mode
            assert mode & 0o077 == 0

    bounded(scenario())


def test_what_an_operator_does_is_there_and_a_key_is_not(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with venue(tmp_path) as node:
            door = AdminSocket(node, Path("unused"))
            for line in (
                {"type": "set_phase", "phase": "halted"},
                {
                    "type": "set_key",
                    "account": "alice",
                    "permission": "read",
                    "key_name": "risk",
                    "key": verifier_of(KEY, "alice").text(),
                },
                {"type": "drop_key", "account": "alice", "key_name": "risk"},
                {"type": "set_key", "account": "nobody", "key": KEY},
                {"type": "status"},
            ):
                door.answer(json.dumps(line).encode())
            door.answer(b"not json")
            door.answer(b"[]")
            acts = [each for each in said_in(tmp_path) if each["what"] == "operator"]
            kinds = [each["done"].get("type") for each in acts]
            assert kinds == ["set_phase", "set_key", "drop_key", "set_key", None, None]
            assert [bool(each["error"]) for each in acts] == [False] * 3 + [True] * 3
            written = (tmp_path / access_log.FILE_NAME).read_text(encoding="utf-8")
            assert KEY not in written
            assert verifier_of(KEY, "alice").text() not in written

    bounded(scenario())


def test_refusals_have_a_line_each_up_to_a_bound_and_are_counted_beyond_it(tmp_path: Path) -> None:
    log = AccessLog(tmp_path)
    now = 10**18
    for second in range(300):
        for _ in range(50):
            log.refused("x" * 10_000, "10.0.0.1")
        log.commit(now + second * 10**9, 0)
    log.commit(now + 6 * COUNT_EVERY, 0)
    said = said_in(tmp_path)
    named = [each for each in said if each["what"] == "logon_refused"]
    counts = [each for each in said if each["what"] == "logons_refused"]
    assert len(named) + len(counts) == len(said)
    assert len(counts) == 6
    assert len(named) + sum(each["count"] for each in counts) == 300 * 50
    assert NAMED * 5 <= len(named) <= NAMED * 6  # a minute's, as it is counted
    who = {"account": "x" * 256, "host": "10.0.0.1"}
    assert counts[0]["first"] == who
    assert all(who.items() <= each.items() for each in named)


@pytest.mark.parametrize("seed", range(20))
def test_a_line_that_was_changed_left_out_or_put_in_breaks_the_chain(
    tmp_path: Path, seed: int
) -> None:
    rng = Random(seed)
    filled(tmp_path)
    path = tmp_path / access_log.FILE_NAME
    lines = path.read_bytes().splitlines(keepends=True)
    at = rng.randrange(len(lines) - 1)  # the last one has none behind it that would show it
    match seed % 4:
        case 0:
            lines[at] = lines[at].replace(b'"account": "a', b'"account": "b')
        case 1:
            del lines[at]
        case 2:
            lines.insert(at, lines[at])
        case _:
            lines[at], lines[at + 1] = lines[at + 1], lines[at]
    path.write_bytes(b"".join(lines))
    with pytest.raises(AccessLogError, match="line"):
        AccessLog(tmp_path)


def test_a_file_cut_anywhere_goes_on_behind_its_last_whole_line(tmp_path: Path) -> None:
    filled(tmp_path)
    path = tmp_path / access_log.FILE_NAME
    data = path.read_bytes()
    for size in range(len(data) + 1):
        path.write_bytes(data[:size])
        whole = data[:size].count(b"\n")
        log = AccessLog(tmp_path)
        log.note("logon", account="later")
        log.commit(99, 99)
        assert [each["account"] for each in said_in(tmp_path)] == [
            *(f"a{n}" for n in range(whole)),
            "later",
        ]


def test_a_disk_that_fails_loses_nothing_and_stops_nobody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = filled(tmp_path, 2)

    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(access_log, "sync_data", full)
    for number in range(3):
        log.note("logon", account=f"late {number}")
        log.commit(number, 0)
        assert "No space left" in log.failure
    monkeypatch.undo()
    log.commit(9, 0)
    assert not log.failure
    assert [each["number"] for each in said_in(tmp_path)] == [1, 2, 3, 4, 5]
    monkeypatch.setattr(access_log, "sync_data", full)
    for _ in range(MOST_WAITING + 7):
        log.note("logon")
    log.commit(9, 0)
    assert log.lost == 7


def test_a_logon_that_was_refused_is_a_record(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with venue(tmp_path) as node:
            with pytest.raises(SessionEndedError, match="no such member"):
                await client_of(node, key="wrong").__aenter__()
            (line,) = [each for each in said_in(tmp_path) if each["what"] == "logon_refused"]
            assert (line["account"], line["host"]) == ("alice", "127.0.0.1")

    bounded(scenario())


def account_rows(path: Path, accounts: tuple[Credentials, ...]) -> None:
    path.unlink(missing_ok=True)
    Directory(accounts).write(path)


async def every_kind(folder: Path, file: Path) -> None:
    """Have everything happen at a venue that is to be a record."""
    account_rows(file, ACCOUNTS)
    directory = Directory.read(file)
    node = Node.open(folder, load_rulebook("textbook"), directory, Options(opens=True))
    await node.start()
    door = AdminSocket(node, Path("unused"))
    async with client_of(node) as first, client_of(node):  # the second takes over
        await until(lambda: not first.connected)
    with pytest.raises(SessionEndedError, match="no such member"):
        await client_of(node, key="wrong").__aenter__()
    async with client_of(node, "bob"):
        door.answer(b'{"type": "disconnect", "account": "bob"}')
    async with client_of(node):
        for socket in list(node.sockets.values()):
            assert socket.transport is not None
            socket.transport.abort()
        await until(lambda: not node.core.sessions.by_account)
    door.answer(b'{"type": "set_limits", "throttle": 900}')
    door.answer(b'{"type": "set_phase", "phase": "haltd"}')
    door.answer(b'{"type": "set_phase", "phase": "halted", "symbol": "NONE"}')
    account_rows(file, (*ACCOUNTS[1:], Credentials("dora", "d")))
    door.answer(b'{"type": "reload_accounts"}')
    account_rows(file, (Credentials("a b", ""),))  # an account without a key
    hangup._reload(node)
    page = Operator(node, "its key")
    page({"key": "its key", "phase": "halted", "symbol": "CO2", "reason": "a drill"})
    await node.stop()


def test_each_kind_of_what_happens_is_a_record_with_its_number(tmp_path: Path) -> None:
    folder, file = tmp_path / "venue", tmp_path / "accounts.toml"
    bounded(every_kind(folder, file))
    said = said_in(folder)
    assert [each["number"] for each in said] == list(range(1, len(said) + 1))
    records = [each["record"] for each in said]
    assert records == sorted(records)
    found: dict[str, list[dict[str, Any]]] = {}
    for each in said:
        found.setdefault(each["what"], []).append(each)
    assert set(found) == {
        "started", "logon", "session_ended", "logon_refused", "operator", "limits",
        "accounts_reloaded", "accounts_refused", "stopped",
    }  # fmt: skip
    assert (said[0]["what"], said[-1]["what"]) == ("started", "stopped")
    logons = [each["session"] for each in found["logon"]]
    ends = {each["session"]: each for each in found["session_ended"]}
    assert sorted(ends) == sorted(logons), "each session that began has ended"
    reasons = [ends[number]["reason"] for number in logons]
    assert reasons[0] == "taken_over"
    assert {*reasons} == {"taken_over", "requested", "operator", "lost"}
    assert found["limits"][0]["changed"] == {"throttle": [0, 900]}
    acts = [
        (each["by"]["door"], each["done"].get("type", "page"), bool(each["error"]))
        for each in found["operator"]
    ]
    assert acts == [
        ("socket", "disconnect", False),
        ("socket", "set_limits", False),
        ("socket", "set_phase", True),
        ("socket", "set_phase", True),
        ("socket", "reload_accounts", False),
        ("page", "page", False),
    ]
    (reloaded,) = found["accounts_reloaded"]
    assert (reloaded["by"], reloaded["accounts"]) == ("operator", ["dora"])
    assert (reloaded["keys_set"], reloaded["keys_dropped"]) == (["dora"], ["alice"])
    (refused,) = found["accounts_refused"]
    assert (refused["by"], "accounts.toml" in refused["why"]) == ("hangup", True)


def test_those_who_never_logged_on_are_counted(tmp_path: Path) -> None:
    log, now = AccessLog(tmp_path), 10**18
    for number in range(1_000):
        log.ended(Connection(number, now), "silent", "no message")
        log.ended(Connection(number, now), "credentials", "refused, and counted so")
        log.commit(now + number, 0)
    log.commit(now + COUNT_EVERY, 0)
    said = said_in(tmp_path)
    assert [(each["what"], each["count"]) for each in said] == [
        ("strangers_ended", 1),
        ("strangers_ended", 999),
    ]


def everything(folder: Path) -> list[dict[str, Any]]:
    """Return what all files that are kept say, and see that one chain runs through them."""
    AccessLog(folder)
    paths = [*access_log.earlier_in(folder), folder / access_log.FILE_NAME]
    return [json.loads(line) for path in paths for line in path.read_bytes().splitlines()]


def test_logging_on_and_off_for_ever_fills_so_many_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(access_log, "FILE_SIZE", 1_000)
    log = AccessLog(tmp_path)
    for number in range(200):
        if number % 17 == 0:
            log = AccessLog(tmp_path)  # started again
        log.note("logon", account=f"a{number}")
        log.commit(number, number)
        there = [path.stat().st_size for path in tmp_path.iterdir()]
        assert len(there) <= EARLIER + 1
        assert max(there) < 1_500
    said = everything(tmp_path)
    numbers = [each["number"] for each in said]
    assert numbers == [*range(numbers[0], numbers[-1] + 1)]
    accounts = [each["account"] for each in said if each["what"] == "logon"]
    assert accounts == [f"a{n}" for n in range(200 - len(accounts), 200)], "the newest are there"
    assert len(accounts) > 20
    assert sum(each["what"] == access_log.CONTINUED for each in said) == EARLIER + 1
    first, *_, last = access_log.earlier_in(tmp_path)
    first.unlink()  # carried away
    assert everything(tmp_path)
    last.unlink()
    with pytest.raises(AccessLogError, match=r"access\.log: line 1 "):
        AccessLog(tmp_path)


@pytest.mark.parametrize("seed", range(10))
def test_a_file_that_gets_its_number_loses_nothing_whatever_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    random, failing, failed = Random(seed), True, 0
    monkeypatch.setattr(access_log, "FILE_SIZE", 1_200)

    def fails(real: Callable[[Any], None], what: Any) -> None:
        if failing and random.random() < 0.4:
            raise OSError(5, "no")
        real(what)

    for name in ("sync_data", "sync_folder"):
        monkeypatch.setattr(access_log, name, partial(fails, getattr(access_log, name)))
    folder, copy = tmp_path / "venue", tmp_path / "copy"
    folder.mkdir()
    log = AccessLog(folder)
    for number in range(40):
        log.note("logon", account=f"a{number}")
        log.commit(number, 0)
        failed += bool(log.failure)
        shutil.copytree(folder, copy)
        AccessLog(copy)  # a process that ends here can be started again
        shutil.rmtree(copy)
    failing = False
    log.note("stopped")
    log.commit(99, 0)
    accounts = [each["account"] for each in everything(folder) if each["what"] == "logon"]
    assert accounts == [f"a{number}" for number in range(40)]
    assert failed > 3
    assert len(access_log.earlier_in(folder)) > 2


def test_a_backup_has_who_was_let_in_and_a_restored_venue_goes_on_with_it(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with venue(tmp_path / "venue") as node, client_of(node):
            backups.backup(tmp_path / "venue", tmp_path / "copy")
        async with venue(tmp_path / "copy") as node, client_of(node):
            said = everything(tmp_path / "copy")
            assert [each["what"] for each in said if each["what"] == "logon"] == ["logon"] * 2
            mode = (tmp_path / "copy" / access_log.FILE_NAME).stat().st_mode
            assert mode & 0o077 == 0

    bounded(scenario())


@pytest.mark.parametrize("seed", range(10))
def test_a_backup_is_of_one_moment_while_files_get_their_numbers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    """The access log goes on at random before and behind each file that is copied."""
    random, real = Random(seed), backups._copy_file
    monkeypatch.setattr(access_log, "FILE_SIZE", 1_000)

    async def opened_once() -> None:
        async with venue(tmp_path / "venue"):
            pass

    bounded(opened_once())
    log = filled(tmp_path / "venue", 20)

    def goes_on() -> None:
        for _ in range(random.choice((*(0,) * 12, 1, 6))):
            log.note("logon", account="later")
            log.commit(99, 0)

    def copies(path: Path, folder: Path) -> None:
        goes_on()
        real(path, folder)
        goes_on()

    monkeypatch.setattr(backups, "_copy_file", copies)
    monkeypatch.setattr(backups, "_TRIES", 1_000)
    backups.backup(tmp_path / "venue", tmp_path / "copy")
    assert everything(tmp_path / "copy")
    monkeypatch.setattr(backups, "_TRIES", 0)
    with pytest.raises(JournalError, match="try again"):
        backups.backup(tmp_path / "venue", tmp_path / "another")
    assert not (tmp_path / "another").exists()

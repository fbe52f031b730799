"""Who was let in and what operators did: chained, written before the answer, with a bound."""

from __future__ import annotations

import json
from pathlib import Path
from random import Random
from typing import Any

import pytest

from gateway.client.client import SessionEndedError
from gateway.protocol.proof import verifier_of
from gateway.server import access_log
from gateway.server.access_log import COUNT_EVERY, MOST_WAITING, AccessLog, AccessLogError, lines_of
from gateway.server.admin import AdminSocket
from tests.support.venues import bounded, client_of, venue

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
                {"type": "set_key", "account": "alice", "permission": "read",
                 "key_name": "risk", "key": verifier_of(KEY, "alice").text()},
                {"type": "drop_key", "account": "alice", "key_name": "risk"},
                {"type": "set_key", "account": "nobody", "key": KEY},
                {"type": "status"},
            ):  # fmt: skip
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


def test_refusals_are_counted_and_written_once_a_minute(tmp_path: Path) -> None:
    log = AccessLog(tmp_path)
    now = 10**18
    for second in range(300):
        for _ in range(50):
            log.refused("x" * 10_000, "10.0.0.1")
        log.commit(now + second * 10**9, 0)
    log.commit(now + 6 * COUNT_EVERY, 0)
    said = said_in(tmp_path)
    assert [each["what"] for each in said] == ["logons_refused"] * 6
    assert sum(each["count"] for each in said) == 300 * 50
    assert said[0]["first"] == {"account": "x" * 256, "host": "10.0.0.1"}


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
            *(f"a{n}" for n in range(whole)), "later"
        ]  # fmt: skip


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


def test_a_logon_that_was_refused_is_counted(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with venue(tmp_path) as node:
            with pytest.raises(SessionEndedError, match="no such member"):
                await client_of(node, key="wrong").__aenter__()
            (line,) = [each for each in said_in(tmp_path) if each["what"] == "logons_refused"]
            assert line["first"] == {"account": "alice", "host": "127.0.0.1"}

    bounded(scenario())

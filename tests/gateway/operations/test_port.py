"""A venue seen from outside: figures that agree with what happened, and health that is true."""

from __future__ import annotations

import asyncio
import gc
import json
import socket
from contextlib import closing
from typing import TYPE_CHECKING, Final
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest
from prometheus_client.parser import text_string_to_metric_families

from engine.vocabulary.commands import SetPhase
from engine.vocabulary.enums import Phase
from gateway.client.errors import ClientError, LiveOrdersError, RejectedError
from gateway.operations import port as operations_port
from gateway.operations.outside import MissingExtraError, Outside
from gateway.operations.port import OperationsPort
from gateway.server.status import status_of
from tests.support.venues import bounded, client_of, until, venue

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

HOST: Final = "127.0.0.1"


@pytest.fixture
def door() -> Iterator[OperationsPort]:
    """Open an operations port with no venue behind it yet."""
    found = OperationsPort(HOST, 0)
    yield found
    found.close()


def get(door: OperationsPort, path: str, method: str = "GET") -> tuple[int, str]:
    """Ask; return the status and the body."""
    asked = Request(f"http://{HOST}:{door.address[1]}{path}", method=method)
    try:
        with urlopen(asked, timeout=10) as answer:  # noqa: S310 - this machine
            return answer.status, answer.read().decode()
    except HTTPError as error:
        return error.code, error.read().decode()


def figures(text: str) -> dict[str, float]:
    """Return samples by name and labels, as Prometheus reads them."""
    return {
        sample.name + "".join(f" {value}" for value in sample.labels.values()): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def test_without_a_venue_it_is_healthy_and_not_ready(door: OperationsPort) -> None:
    assert get(door, "/healthz") == (200, "ok\n")
    code, why = get(door, "/readyz")
    assert (code, why.split(":")[0]) == (503, "recovering")
    assert get(door, "/metrics")[0] == 200
    assert get(door, "/nothing") == (404, "there are /metrics, /healthz, /readyz, /status\n")
    assert get(door, "/metrics", "POST")[0] == 405


def test_figures_are_what_happened(door: OperationsPort, tmp_path: Path) -> None:
    async def scenario() -> None:
        async with venue(tmp_path) as node:
            door.serve(node)
            before = node.sequencer.seq
            async with client_of(node, "alice") as alice, client_of(node, "bob") as bob:
                await alice.sell("CO2", 30, price="50.00")
                await bob.buy("CO2", 20, price="50.00")
                with pytest.raises(RejectedError):
                    await bob.buy("CO2", 10**9, price="50.00")
                node.operate(SetPhase(Phase.HALTED, reason="news"))
                found = figures((await asyncio.to_thread(get, door, "/metrics"))[1])
                again = figures((await asyncio.to_thread(get, door, "/metrics"))[1])
                status = json.loads((await asyncio.to_thread(get, door, "/status"))[1])
                assert (await asyncio.to_thread(get, door, "/readyz")) == (200, "ready\n")
                ran = node.sequencer.seq - before
            assert found["carbonx_commands_total"] == ran
            assert found["carbonx_batch_commands_sum"] == ran
            assert found["carbonx_in_to_out_seconds_count"] == found["carbonx_sync_seconds_count"]
            assert found["carbonx_trades_total CO2"] == 1
            assert found["carbonx_traded_tonnes_total CO2"] == 20
            assert sum(v for k, v in found.items() if k.startswith("carbonx_refused_total")) == 1
            assert found["carbonx_session_events_total logon"] == 2
            assert found["carbonx_sessions"] == len(status["sessions"]) == 2
            assert found["carbonx_live_orders"] == status["orders"] == 1
            boxes = node.outboxes.boxes.values()
            assert found["carbonx_reports_total"] == sum(box.seq for box in boxes)
            assert found["carbonx_reports_total"] == again["carbonx_reports_total"]
            assert found["carbonx_messages_total"] >= 3 + 2 * 2  # orders, logons and their proofs
            assert found["carbonx_received_bytes_total"] > 7 * 4
            assert found["carbonx_sent_bytes_total"] > found["carbonx_received_bytes_total"]
            assert found["carbonx_answers_total"] >= 2 * 2
            assert found["carbonx_book_levels asks CO2"] == 1
            assert found["carbonx_book_levels bids CO2"] == 0
            assert found["carbonx_storage_short"] == found["carbonx_access_log_failing"] == 0
            assert found["carbonx_log_records"] == node.sequencer.seq
            assert found["carbonx_line_phase halted CO2"] == 1
            assert "carbonx_line_phase continuous CO2" not in found
            assert 0 <= found["carbonx_headroom_ratio"] <= 1
            assert {each["account"] for each in status["sessions"]} == {"alice", "bob"}
            assert status["phases"] == {"CO2": "halted"}
            ended = "carbonx_session_events_total requested"
            await until(lambda: not node.core.sessions.connections)
            assert figures((await asyncio.to_thread(get, door, "/metrics"))[1])[ended] == 2

    bounded(scenario())


def test_a_venue_that_has_stopped_or_whose_loop_is_stuck_says_so(
    door: OperationsPort, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def scenario() -> None:
        async with venue(tmp_path) as node:
            door.serve(node)
            monkeypatch.setattr(operations_port, "ANSWERS_WITHIN", 0.05)
            asked = asyncio.create_task(asyncio.to_thread(get, door, "/healthz"))
            await asyncio.sleep(0)  # its thread has begun
            stuck(0.5)
            code, why = await asked
            assert (code, why) == (503, "the venue's loop has not answered for 0.05 s\n")
            monkeypatch.undo()
            assert (await asyncio.to_thread(get, door, "/healthz"))[0] == 200
            await node.stop()
            assert await asyncio.to_thread(get, door, "/readyz") == (503, "it is being stopped\n")

    bounded(scenario())
    code, _ = get(door, "/healthz")
    assert code == 503, "the loop is gone"


def stuck(seconds: float) -> None:
    """Hold the event loop, as a command without an end would."""
    import time  # noqa: PLC0415 - nothing else here may wait so

    time.sleep(seconds)


def test_who_says_nothing_holds_nobody_up(door: OperationsPort) -> None:
    with closing(socket.create_connection((HOST, door.address[1]))):
        assert get(door, "/healthz") == (200, "ok\n")


def test_the_collector_is_let_go(tmp_path: Path) -> None:
    before = len(gc.callbacks)

    async def scenario() -> None:
        async with venue(tmp_path) as node:
            with Outside(metrics=0, log_lines=tmp_path / "lines.jsonl") as outside:
                outside.serve(node)
                assert len(gc.callbacks) == before + 1

    bounded(scenario())
    assert len(gc.callbacks) == before


def test_log_lines_have_sessions_and_operations_and_no_order(tmp_path: Path) -> None:
    path = tmp_path / "lines.jsonl"

    async def scenario() -> None:
        async with venue(tmp_path / "venue") as node:
            with Outside(log_lines=path) as outside:
                outside.serve(node)
                async with client_of(node) as alice:
                    await alice.sell("CO2", 30, price="50.00")
                with pytest.raises(ClientError):
                    async with client_of(node, "bob", key="wrong"):
                        pass
                node.operate(SetPhase(Phase.HALTED, reason="news"))
                node.operate(SetPhase(Phase.HALTED, "NONE"))
                await until(lambda: not node.core.sessions.connections)

    bounded(scenario())
    lines = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    events = [each["event"] for each in lines]
    assert events[:2] == ["starting", "started"]
    assert events[-1] == "stopped"
    assert events.count("logon") == 1
    ends = {each["reason"]: each for each in lines if each["event"] == "session_ended"}
    assert ends["credentials"]["level"] == "warning"
    assert ends["requested"]["account"] == "alice"
    taken, refused = (each for each in lines if each["event"] == "command")
    assert (taken["by"], taken["type"], taken["level"]) == ("operator", "set_phase", "info")
    assert refused["refused"].startswith("symbol: ")
    text = path.read_text("utf-8")
    assert not any(word in text for word in ("alice-key", "wrong", "price", "new_order"))


def test_a_missing_library_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "gateway.operations.port", None)
    with pytest.raises(MissingExtraError, match="--metrics needs"):
        Outside(metrics=0)


def test_the_page_is_no_client(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with venue(tmp_path) as node, client_of(node):
            node.core.watcher(node.clock())
            assert [each.account for each in status_of(node).sessions] == ["alice"]

    bounded(scenario())


def test_what_the_server_does_not_take_is_counted_by_reason(
    door: OperationsPort, tmp_path: Path
) -> None:
    async def scenario() -> None:
        async with venue(tmp_path, max_live=1) as node:
            door.serve(node)
            assert node.access is not None
            async with client_of(node, "alice") as alice:
                await alice.sell("CO2", 30, price="50.00")
                for _ in range(2):
                    with pytest.raises(LiveOrdersError):
                        await alice.sell("CO2", 30, price="50.00")
                await alice.status()
                node.access.failure, node.access.lost = "the disk is full", 3
                found = figures((await asyncio.to_thread(get, door, "/metrics"))[1])
                status = json.loads((await asyncio.to_thread(get, door, "/status"))[1])
            assert found["carbonx_not_taken_total live_orders"] == 2
            assert status["not_taken"] == {"live_orders": 2}
            assert found["carbonx_questions_total"] == 1
            assert found["carbonx_access_log_failing"] == 1
            assert found["carbonx_access_log_lost_lines_total"] == 3
            assert (status["access_failure"], status["access_lost"]) == ("the disk is full", 3)

    bounded(scenario())

"""The project without what macOS and Windows lack: hidden here, in processes of their own."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from importlib import reload
from typing import TYPE_CHECKING, Any

import pytest

from engine.log import files
from gateway.client.blocking import BlockingClient
from tests.support.paths import ROOT
from tests.support.private import write_private

if TYPE_CHECKING:
    from pathlib import Path

HIDING = ROOT / "tests" / "support" / "other_systems"
EVERY_MODULE = """
import importlib, pathlib, sys
for package in ("engine", "gateway", "backtest", "carbonx"):
    for path in sorted(pathlib.Path(package).rglob("*.py")):
        parts = path.with_suffix("").parts
        if parts[-1] not in ("__init__", "__main__"):
            importlib.import_module(".".join(parts))
print(sys.modules.get("fcntl"), sys.modules.get("uvloop"))
"""
# What touches files, sockets, signals and child processes; the rest is arithmetic.
RUNS = {
    "macos": ["tests/engine/log/test_log.py"],
    "windows": [
        "tests/engine/log/test_log.py", "tests/gateway/server/test_crash.py",
        "tests/gateway/server/test_accounts.py", "tests/gateway/server/test_admin.py",
        "tests/gateway/client/test_client.py",
    ],
}  # fmt: skip
ACCOUNTS = '[[account]]\nname = "ann"\nkey = "k"\ncash = 100000\n'


def surroundings(system: str) -> dict[str, str]:
    path = os.pathsep.join([str(HIDING), str(ROOT)])
    return {**os.environ, "PYTHONPATH": path, "CARBONX_SYSTEM": system}


def python(system: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *arguments],
        env=surroundings(system),
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=280,
    )


@pytest.mark.parametrize("system", RUNS)
def test_its_tests_pass(system: str) -> None:
    done = python(system, "-m", "pytest", "-q", "-p", "no:cacheprovider", *RUNS[system])
    assert done.returncode == 0, done.stdout[-3_000:]
    assert " passed" in done.stdout


def test_every_module_is_imported_and_the_command_says_what_it_can_do() -> None:
    done = python("windows", "-c", EVERY_MODULE)
    assert (done.stdout, done.returncode) == ("None None\n", 0), done.stderr
    assert "Usage: carbonx" in python("windows", "-m", "carbonx", "--help").stdout


def test_a_venue_is_served_traded_on_and_stopped_without_an_operators_socket(
    tmp_path: Path,
) -> None:
    accounts = tmp_path / "accounts.toml"
    write_private(accounts, ACCOUNTS)
    folder = str(tmp_path / "venue")
    serve = ("serve", "--rulebook", "textbook", "--port", "0", "--json", "--dir", folder,
             "--accounts", str(accounts))  # fmt: skip
    with subprocess.Popen(
        [sys.executable, "-m", "carbonx", *serve],
        env=surroundings("windows"),
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as server:
        try:
            assert server.stdout is not None
            port = json.loads(server.stdout.readline())["port"]
            with BlockingClient("127.0.0.1", port, account="ann", key="k") as client:
                assert client.buy("CO2", 1, price_minor=10).quantity == 1
            asked = python("windows", "-m", "carbonx", "operate", "{}", "--dir", folder)
            assert (asked.returncode, asked.stdout) == (1, "")
            assert "no unix sockets" in asked.stderr
            second = python("windows", "-m", "carbonx", *serve)
            assert "is in use by another process" in second.stderr, "a lock of its own kind"
            server.send_signal(signal.SIGINT)
            _, said = server.communicate(timeout=30)
        finally:
            server.kill()
    assert server.returncode == 0
    assert "carbonx operate cannot reach it" in said
    assert "stopped" not in said, "--json says nothing more"


def test_macos_is_asked_for_more_than_its_disks_cache(monkeypatch: Any) -> None:
    asked: list[tuple[int, int]] = []
    with monkeypatch.context() as there:
        there.setattr("fcntl.F_FULLFSYNC", 51, raising=False)
        there.setattr("fcntl.fcntl", lambda *of: asked.append(of))
        reload(files).sync_data(7)
    assert asked == [(7, 51)]
    assert reload(files).FULL_SYNC is None or sys.platform == "darwin"

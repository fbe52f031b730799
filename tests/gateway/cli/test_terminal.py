"""The trading terminal, against a real venue on loopback."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.server.accounts import Credentials, Directory
from tests.support.paths import ROOT

NAMES = ("alice", "bob")


@pytest.fixture
def venue(tmp_path: Path) -> Iterator[int]:
    known = tuple(Credentials(n, "k", cash=10**12, allowances={"CO2": 10**8}) for n in NAMES)
    Directory(known).write(tmp_path / "accounts.toml")
    command = [sys.executable, "-m", "carbonx", "serve", "--rulebook", "textbook", "--json",
               "--dir", str(tmp_path / "v"), "--accounts", str(tmp_path / "accounts.toml"),
               "--port", "0"]  # fmt: skip
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as server:
        assert server.stdout is not None
        yield json.loads(server.stdout.readline())["port"]
        server.terminate()
        server.communicate(timeout=10)


def shell(port: int, account: str, *lines: str) -> list[str]:
    done = subprocess.run(
        [sys.executable, "-m", "carbonx", "shell", "--port", str(port), "--account", account],
        input="\n".join([*lines, "quit"]) + "\n", capture_output=True, text=True, timeout=60,
        check=True, cwd=ROOT, env=os.environ | {"CARBONX_KEY": "k"},
    )  # fmt: skip
    return done.stdout.splitlines()


def test_a_session_at_the_terminal(venue: int) -> None:
    assert shell(venue, "alice", "buy CO2 100 50.00", "orders") == [
        "order 1: buy 100 CO2 at 50.00, resting",
        "     1 buy  CO2             100 of      100 at     50.00  resting",
    ]
    bob = shell(venue, "bob", "book CO2", "sell CO2 60", "sell CO2 0 1", "buy CO2 1 1.234", "fly")
    assert bob[1].split() == ["100", "50.00"]
    assert bob[2] == "order 1: sell 60 CO2 at 45.00, matching"
    assert "quantity must be at least 1" in bob[3]
    assert "at most 2 decimals" in bob[5]
    assert "is not known" in bob[-1]
    alice = shell(venue, "alice", "amend 1 90 50.10", "cancel 1", "holdings", "help")
    assert alice[0] == "order 1: 30 of 90 open at 50.10"
    assert alice[1] == "order 1: cancelled, 30 tonnes unfilled"
    assert any("100,000,060 t" in line for line in alice)

"""Verbs that log on reach a venue that speaks TLS, with one of an account's several keys."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest

from gateway.protocol.proof import verifier_of
from tests.support.openssl import need_openssl
from tests.support.paths import ROOT
from tests.support.private import write_private

if TYPE_CHECKING:
    from collections.abc import Iterator

ENVIRONMENT: Final = os.environ | {"PYTHONPATH": str(ROOT)}
RISK: Final = {"type": "set_key", "account": "alice", "member": "M1",
               "key": verifier_of("r", "alice").text(),
               "key_name": "risk", "permission": "read"}  # fmt: skip


def carbonx(*words: str, given: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "carbonx", *words],
        input=given,
        text=True,
        capture_output=True,
        timeout=60,
        check=False,
        cwd=ROOT,
        env=ENVIRONMENT,
    )


@pytest.fixture(scope="module")
def facts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """Start a venue that speaks TLS, with a key for reading; return what it says of itself."""
    need_openssl()
    folder = tmp_path_factory.mktemp("venue")
    words = ["serve", "--accounts", "examples/accounts.toml", "--port", "0", "--json", "--dir",
             str(folder), "--tls", "self-signed"]  # fmt: skip
    with subprocess.Popen(
        [sys.executable, "-m", "carbonx", *words],
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env=ENVIRONMENT,
    ) as server:
        try:
            assert server.stdout is not None
            found = json.loads(server.stdout.readline())
            assert carbonx("operate", "--dir", str(folder), json.dumps(RISK)).returncode == 0
            yield found
        finally:
            server.terminate()
            server.communicate(timeout=30)


def session(facts: dict[str, Any], key: str, folder: Path) -> list[str]:
    return ["--port", str(facts["port"]), "--member", "M1", "--account", "alice", "--key", key,
            "--tls", str(folder / "tls-certificate.pem")]  # fmt: skip


def test_a_shell_and_an_agent_trade_over_tls(facts: dict[str, Any]) -> None:
    assert facts["shell"].endswith("--account alice --key KEY --tls FILE")
    folder = Path(facts["folder"])
    done = carbonx("shell", *session(facts, "secret", folder), given="buy SZA-2019 1 35.00\n")
    assert (done.stderr, done.returncode) == ("", 0)
    assert "buy 1 SZA-2019 at 35.00, resting" in done.stdout
    done = carbonx(
        "trade", "examples.mine:Agent", *session(facts, "secret", folder), "--seconds", "0.3"
    )
    assert (done.stderr, done.returncode) == ("", 0)
    assert done.stdout.startswith("alice: bought")


def test_a_key_goes_with_its_name(facts: dict[str, Any]) -> None:
    folder = Path(facts["folder"])
    words = session(facts, "r", folder)
    done = carbonx("shell", *words, "--key-name", "risk", given="balances\nbuy SZA-2019 1 35.00\n")
    assert done.returncode == 1
    assert "SZA-2019" in done.stdout
    assert "read alone" in done.stderr
    assert "Traceback" not in done.stderr
    done = carbonx("shell", *words, given="balances\n")
    assert done.returncode == 1
    assert "credentials" in done.stderr


def test_a_session_without_tls_is_asked_whether_it_forgot_that(facts: dict[str, Any]) -> None:
    words = session(facts, "secret", Path())[:-2]
    done = carbonx("shell", *words, given="balances\n")
    assert done.returncode == 1
    assert "--tls FILE" in done.stderr


def test_an_operator_on_another_machine_operates_over_tls(
    facts: dict[str, Any], tmp_path: Path
) -> None:
    folder = Path(facts["folder"])
    made = carbonx(
        "admin", "set-key", "bob", "--named", "ops", "--permission", "admin", "--dir", str(folder)
    )
    key = json.loads(made.stdout)["key"]
    file = tmp_path / "ops.key"
    write_private(file, f"{key}\n")
    there = ["--port", str(facts["port"]), "--account", "bob", "--member", "M2", "--key-name",
             "ops", "--key-file", str(file)]  # fmt: skip
    trusting = ["--tls", str(folder / "tls-certificate.pem")]
    found = carbonx("admin", "sessions", "--json", *there, *trusting)
    assert found.returncode == 0, found.stderr
    (own,) = json.loads(found.stdout)
    assert (own["account"], own["key_name"], own["permission"]) == ("bob", "ops", "admin")
    halted = carbonx("admin", "halt", "--reason", "a drill", *there, *trusting)
    assert halted.stdout.startswith("phase changed to halted: 26, 26 lines"), halted.stderr
    many = carbonx("admin", "resume", "--verbose", *there, *trusting)
    assert len(many.stdout.splitlines()) == 26
    assert carbonx("status", *there, *trusting).returncode == 0
    wrong = carbonx("operate", '{"type": "set_phase", "phase": "haltd"}', *there, *trusting)
    assert (wrong.returncode, "'halted'" in wrong.stderr) == (1, True)
    plain = carbonx("admin", "sessions", *there)
    assert (plain.returncode, "--tls FILE" in plain.stderr) == (1, True)
    file.chmod(0o640)
    open_key = carbonx("admin", "sessions", *there, *trusting)
    assert (open_key.returncode, "chmod 600" in open_key.stderr) == (2, True)

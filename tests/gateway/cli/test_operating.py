"""Operating by the command line: configuration, status, and the operator's commonest words."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from typing import TYPE_CHECKING, Any, Final
from urllib.request import urlopen

import pytest
from click.testing import CliRunner

from engine.vocabulary.texts import MAX_RULEBOOK
from gateway.cli.config import command as config
from gateway.cli.configuration import ConfigurationError, read
from gateway.cli.serve import command as serve
from tests.support.paths import ROOT
from tests.support.private import write_private
from tests.support.systems import unix_sockets

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

FILE: Final = """\
rulebook = "textbook"
dir = "venue"
accounts = "accounts.toml"
port = 0
metrics = 0
log-lines = "lines.jsonl"
"""
ACCOUNTS: Final = '[[account]]\nname = "alice"\nkey = "secret"\n'


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, dict[str, Any]]]:
    """Serve by a configuration file; return its folder and what the venue said of itself."""
    folder = tmp_path_factory.mktemp("configured")
    (folder / "venue.toml").write_text(FILE, "utf-8")
    write_private(folder / "accounts.toml", ACCOUNTS)
    words = [sys.executable, "-m", "carbonx", "serve", "--json", "--config",
             str(folder / "venue.toml")]  # fmt: skip
    with subprocess.Popen(
        words,
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    ) as server:
        assert server.stdout is not None
        yield folder, json.loads(server.stdout.readline())
        server.send_signal(signal.SIGTERM)
        assert server.wait(20) == 0, "a graceful stop"


def carbonx(*words: str) -> subprocess.CompletedProcess[str]:
    """Type words."""
    return subprocess.run(
        [sys.executable, "-m", "carbonx", *words],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        cwd=ROOT,
    )


def operate(folder: Path, *words: str) -> tuple[int, str, str]:
    """Run a verb against the venue."""
    done = carbonx(*words, "--dir", str(folder / "venue"))
    return done.returncode, done.stdout, done.stderr


@unix_sockets
def test_a_configured_venue_is_operated_in_words(running: tuple[Path, dict[str, Any]]) -> None:
    folder, facts = running
    assert (facts["rulebook"], facts["accounts"]) == ("textbook", ["alice"])
    with urlopen(f"{facts['operations']}/readyz", timeout=10) as answer:  # noqa: S310
        assert answer.read() == b"ready\n"
    code, out, _ = operate(folder, "status")
    assert code == 0
    assert "takes orders" in out
    assert "continuous" in out
    assert max(map(len, out.splitlines())) <= 80
    code, out, _ = operate(folder, "admin", "halt", "CO2", "--reason", "a rumour")
    assert (code, json.loads(out)["reason"]) == (0, "a rumour")
    code, out, _ = operate(folder, "status", "--json")
    assert json.loads(out)["phases"] == {"CO2": "halted"}
    assert operate(folder, "admin", "resume")[0] == 0
    assert '"on": true' in operate(folder, "admin", "kill", "alice")[1]
    assert '"on": false' in operate(folder, "admin", "revive", "alice")[1]
    code, _, err = operate(folder, "admin", "kill", "alcie")
    assert code == 1
    assert "alcie" in err
    code, _, err = operate(folder, "admin", "begin-day", "20260105")
    assert code == 1
    assert "refused" in err
    assert operate(folder, "admin", "close", "--reason", "the end of the day")[0] == 0
    assert operate(folder, "admin", "begin-day", "20260105")[0] == 0
    assert "accounts_reloaded" in operate(folder, "admin", "reload")[1]
    lines = [json.loads(line) for line in (folder / "lines.jsonl").read_text().splitlines()]
    assert [each["type"] for each in lines if each["event"] == "command"][:2] == ["set_phase"] * 2


def test_no_venue_answers(tmp_path: Path) -> None:
    done = carbonx("status", "--dir", str(tmp_path))
    assert done.returncode == 1
    assert "no venue answers" in done.stderr


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("prot = 7117\n", "prot: there is no such key: did you mean 'port'?"),
        ("port = 71170\n", "port: 71170 is not in the range 0<=x<=65535"),
        ('port = "http"\n', "port: 'http' is not a valid integer range"),
        ("port = true\n", "port: True: a text or a whole number is needed"),
        ("timetable = 1\n", "timetable: 1: true or false is needed"),
        ('durability = "maybe"\n', "durability: 'maybe' is not one of"),
        ("json = true\n", "json: there is no such key"),
        ("port = [1]\n", "a text or a whole number is needed"),
        ("port = 7117.5\n", "port: 7117.5: a text or a whole number is needed"),
        ("port = 2026-01-05\n", "a text or a whole number is needed"),
        ("port = \n", "venue.toml: "),
        ("port = 1\nport = 2\n", "venue.toml: "),
    ],
)
def test_a_wrong_file_is_refused_with_its_key(tmp_path: Path, text: str, says: str) -> None:
    path = tmp_path / "venue.toml"
    path.write_text(text, "utf-8")
    with pytest.raises(ConfigurationError) as found:
        read(path, serve)
    assert says in str(found.value)
    done = carbonx("serve", "--config", str(path))
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1


def test_a_file_that_is_too_long_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "venue.toml"
    path.write_text("#" * (MAX_RULEBOOK + 1), "utf-8")
    with pytest.raises(ConfigurationError, match="bytes"):
        read(path, serve)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="name a configuration file"):
        read(tmp_path / "none.toml", serve)


def test_typed_options_go_before_the_file_and_paths_start_at_it(tmp_path: Path) -> None:
    path = tmp_path / "venue.toml"
    path.write_text(FILE, "utf-8")
    values = read(path, serve)
    assert values["folder"] == str(tmp_path / "venue")
    context = serve.make_context("serve", ["--config", str(path), "--port", "7200"])
    assert (context.params["port"], context.params["name"]) == (7200, "textbook")
    assert context.params["metrics"] == 0


def test_the_example_of_a_file_is_right_and_asks_for_what_no_file_does(tmp_path: Path) -> None:
    made = CliRunner().invoke(config, ["example"])
    path = tmp_path / "venue.toml"
    path.write_text(made.output, "utf-8")
    values = read(path, serve)
    plain = serve.make_context("serve", []).params
    for name, value in values.items():
        if name != "folder":
            assert value == plain[name], name


@pytest.mark.parametrize("names_accounts", [True, False])
def test_checking_reads_what_a_file_names(tmp_path: Path, *, names_accounts: bool) -> None:
    path = tmp_path / "venue.toml"
    path.write_text(FILE if names_accounts else 'rulebook = "gaungdong"\n', "utf-8")
    if names_accounts:
        write_private(tmp_path / "accounts.toml", ACCOUNTS)
    done = carbonx("config", "check", str(path))
    if names_accounts:
        assert (done.returncode, done.stderr) == (0, "")
        assert "accounts: 1" in done.stdout
    else:
        assert done.returncode == 1
        assert "did you mean 'guangdong'?" in done.stderr


@pytest.mark.parametrize(("text", "says"), [
    ('host = "0.0.0.0"\n', "--plain-text"),
    ('host = "0.0.0.0"\nplain-text = true\n', ""),
    ('host = "0.0.0.0"\ntls = "self-signed"\n', ""),
    ('tls-cert = "no.pem"\n', "go together"),
    ('tls-cert = "no.pem"\ntls-key = "no.key"\n', "no certificate and its key"),
    ('tls = "self-signed"\ntls-cert = "no.pem"\ntls-key = "no.key"\n', "either --tls"),
])  # fmt: skip
def test_a_file_that_serve_would_not_listen_with_is_found(
    tmp_path: Path, text: str, says: str
) -> None:
    path = tmp_path / "venue.toml"
    path.write_text(text)
    made = CliRunner().invoke(config, ["check", str(path)])
    assert (made.exit_code == 0) is not bool(says)
    assert says in made.output
    assert [each.name for each in tmp_path.iterdir()] == ["venue.toml"]

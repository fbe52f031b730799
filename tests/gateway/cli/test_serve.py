"""What a venue says of itself when it starts, and what it leaves behind where it cannot."""

from __future__ import annotations

import json
import os
import shlex
import signal
import subprocess
import sys
from typing import TYPE_CHECKING, Any, Final

import pytest

from engine.rulebook import presets
from tests.support.command_line import typed
from tests.support.openssl import need_openssl
from tests.support.paths import ROOT
from tests.support.private import write_private

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ACCOUNTS: Final = """\
[[account]]
name = "alice"
key = "secret"
member = "M1"

[[account]]
name = "bob's desk"
key = "secret"
"""


def served(folder: Path, *words: str, accounts: str = ACCOUNTS) -> tuple[dict[str, Any], str]:
    """Start a venue twice, once for programs and once for people; return what it said."""
    write_private(folder / "accounts.toml", accounts)
    said = []
    for form in ("--json", ""):
        command = [sys.executable, "-m", "carbonx", "serve", "--port", "0", *words,
                   "--accounts", "accounts.toml", *form.split()]  # fmt: skip
        server = subprocess.Popen(
            command,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
            cwd=folder,
            env=os.environ | {"PYTHONPATH": str(ROOT)},
        )
        assert server.stdout is not None
        line = server.stdout.readline()
        while not form and not line.splitlines()[-1].startswith("stop:"):
            line += server.stdout.readline()
        server.send_signal(signal.SIGINT)
        _, errors = server.communicate(timeout=30)
        assert server.returncode == 0, errors
        said.append(line)
    return json.loads(said[0]), said[1]


def test_a_venue_says_what_it_is_and_how_to_reach_it(tmp_path: Path) -> None:
    facts, text = served(tmp_path, "--rulebook", "shenzhen-2022", "--dir", "a folder")
    plain = " ".join(text.split())
    for key in ("rulebook", "host", "log", "durability", "title"):
        assert str(facts[key]) in plain
    assert facts["accounts"] == ["alice", "bob's desk"]
    assert "alice, bob's desk (accounts.toml)" in plain
    assert facts["shell"] == (
        f"carbonx shell --port {facts['port']} --member M1 --account alice --key KEY"
    )
    assert "secret" not in text
    assert shlex.split(facts["operate"])[:4] == ["carbonx", "operate", "--dir", "a folder"]
    assert facts["operate"] in text
    assert {facts["phases"][line] for line in facts["phases"]} == {"continuous"}
    assert "not followed: --timetable" in plain
    book = presets.load("shenzhen-2022")
    assert list(facts["hours"]) == list(facts["modes"]) == [mode.name for mode in book.modes]
    for mode, sessions in facts["hours"].items():
        said = {f"{each['at']} {each['phase']}" for each in sessions}
        assert all(each in plain for each in said), mode
    assert len(str(facts["today"])) == 8
    assert facts["next_trading_day"] > facts["today"]
    assert f"{facts['today']}"[:4] in plain


def test_accounts_of_the_file_and_of_the_operator_are_told_apart(tmp_path: Path) -> None:
    served(tmp_path, "--dir", "v")
    of_file, by_operator = ACCOUNTS.split("\n\n")
    (tmp_path / "v" / "keys.toml").write_text(by_operator, "utf-8")
    facts, text = served(tmp_path, "--dir", "v", accounts=of_file)
    assert facts["accounts"] == ["alice", "bob's desk"]
    assert facts["accounts_by_operator"] == ["bob's desk"]
    plain = " ".join(text.split())
    assert "alice (accounts.toml); bob's desk (keys that an operator set)" in plain


def test_hours_that_are_followed_and_a_venue_without_accounts(tmp_path: Path) -> None:
    facts, lines = served(tmp_path, "--rulebook", "krx", "--timetable", accounts="")
    text = " ".join(lines.split())
    assert (facts["accounts"], facts["shell"]) == ([], "")
    assert "nobody can log on" in text
    assert "trade:" not in text
    assert "by the timetable" in text
    assert "not followed" not in text
    assert facts["utc_offset_minutes"] == 540
    assert "UTC+09:00" in text


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, int]]:
    """Run a venue, whose folder and port are in use."""
    folder = tmp_path_factory.mktemp("first")
    words = [sys.executable, "-m", "carbonx", "serve", "--json", "--port", "0", "--rulebook",
             "textbook", "--dir", str(folder)]  # fmt: skip
    with subprocess.Popen(
        words,
        stdout=subprocess.PIPE,
        text=True,
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    ) as server:
        assert server.stdout is not None
        yield folder, json.loads(server.stdout.readline())["port"]
        server.terminate()


@pytest.mark.parametrize(
    "words",
    ["--port {port}", "--host a..b", "--host 8.8.8.8", "--rulebook nothing", "--accounts nothing"],
)
def test_a_start_that_cannot_be_leaves_nothing_behind(
    tmp_path: Path, first: tuple[Path, int], words: str
) -> None:
    folder = tmp_path / "second"
    answer = typed("serve", "--dir", str(folder), *words.format(port=first[1]).split())
    assert (answer.status, len(answer.err.splitlines())) == (1, 1)
    assert not folder.exists()


def test_a_folder_in_use_is_left_alone(first: tuple[Path, int]) -> None:
    words = ("--dir", str(first[0]), "--port", "0", "--rulebook", "textbook")
    answer = typed("serve", *words)
    assert (answer.status, len(answer.err.splitlines())) == (1, 1)
    assert "is in use by another process" in answer.err


@pytest.mark.parametrize("words", [
    ["--accounts", "wrong.toml"], ["--accounts", "open.toml"], ["--log-lines", "no/such/lines"],
])  # fmt: skip
@pytest.mark.timeout(60)  # a start that is taken would serve
def test_a_start_that_is_refused_leaves_no_certificate_and_no_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: list[str]
) -> None:
    need_openssl()
    monkeypatch.chdir(tmp_path)
    write_private(tmp_path / "wrong.toml", f'{ACCOUNTS}allowances = {{ "NONE" = 5 }}\n')
    write_private(tmp_path / "open.toml", ACCOUNTS)
    (tmp_path / "open.toml").chmod(0o644)
    (tmp_path / "there").mkdir()
    for folder, stays in (("runs/deep/venue", "runs"), ("there", "there")):
        done = typed("serve", "--dir", folder, "--port", "0", "--tls", "self-signed", *words)
        assert done.status != 0
        assert (tmp_path / stays).exists() is (stays == "there")
        assert not list((tmp_path / "there").iterdir())

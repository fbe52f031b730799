"""Consoles as people have them: 80 columns or none, GBK or cp1252, with and without colours."""

from __future__ import annotations

import ast
import codecs
import json
import re
import signal
import subprocess
import sys
from typing import TYPE_CHECKING, Final

import pytest
from rich.cells import cell_len

from tests.support.command_line import typed
from tests.support.paths import ROOT
from tests.support.private import write_private
from tests.support.terminal import COLUMNS, ESCAPE, at_a_terminal, environment

if TYPE_CHECKING:
    from pathlib import Path

ENCODINGS: Final = ("gbk", "cp1252")
ERASE: Final = "\x1b[2K"  # a line, which begins anew
COLOUR: Final = re.compile(r"\x1b\[(?:\d+;)*(?:3|4|9|10)[0-9](?:;\d+)*m")
CHINESE: Final = """\
{"type": "open_account", "account": "深圳 🌲", "owner": "排放权"}
{"type": "move_cash", "account": "深圳 🌲", "amount": "100.00"}
"""
SESSION: Final = """
import sys
from carbonx.main import main
for line in sys.argv[1:]:
    print("$", line, flush=True)
    try:
        main(line.split())
    except SystemExit as end:
        print("exit", end.code, flush=True)
"""
LINES: Final = (
    "--help",
    "serve --help",
    "rulebooks list",
    "rulebooks check {root}/examples/decrement.toml",
    "rulebooks diff shenzhen-2013 shenzhen-2022",
    "rulebooks list --jsn",
    "history {root}/examples/days.csv --rulebook guangdong",
)
OPERATE: Final = '{"type": "set_phase", "phase": "halted", "reason": "暂停 🌲"}'


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_a_session_fits_a_terminal_of_80_columns(tmp_path: Path, encoding: str) -> None:
    lines = [line.format(root=ROOT) for line in LINES]
    words = [sys.executable, "-c", SESSION, *lines]
    told = environment(encoding, NO_COLOR="1")
    shown = at_a_terminal(words, tmp_path, told).decode(encoding)
    assert "Traceback" not in shown
    assert not COLOUR.search(shown)
    shown = ESCAPE.sub("", shown.replace(ERASE, "\r"))
    assert re.findall(r"^\s*exit (\d)", shown, re.MULTILINE) == ["0", "0", "0", "0", "0", "2", "0"]
    assert ("深圳" in shown) == (encoding == "gbk")
    typed_here = {f"$ {line}" for line in lines}
    for line in re.split(r"[\r\n]+", shown):
        assert cell_len(line) <= COLUMNS or line in typed_here, line


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_a_venue_and_its_operator_speak_on_any_machine(tmp_path: Path, encoding: str) -> None:
    folder, accounts = tmp_path / "venue", tmp_path / "accounts.toml"
    write_private(accounts, '[[account]]\nname = "深圳"\nkey = "密钥"\nmember = "会员"\n')
    words = [sys.executable, "-m", "carbonx"]
    told = environment(encoding)
    server = subprocess.Popen(
        [*words, "serve", "--port", "0", "--dir", "venue", "--accounts", "accounts.toml"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=tmp_path,
        env=told,
    )
    try:
        assert server.stdout is not None
        lines: list[str] = []
        while not lines or not lines[-1].startswith("stop:"):
            lines.append(server.stdout.readline().decode(encoding))
            assert lines[-1], "the venue has ended"
        done = subprocess.run(
            [*words, "operate", "--dir", str(folder)],
            input=OPERATE.encode(),
            capture_output=True,
            cwd=tmp_path,
            env=told,
            check=True,
            timeout=60,
        )
    finally:
        server.send_signal(signal.SIGINT)
        _, errors = server.communicate(timeout=30)
    assert server.returncode == 0
    assert errors.startswith(b"stopped; state ")
    assert json.loads(done.stdout.splitlines()[0])["reason"] == "暂停 🌲"
    assert not ESCAPE.search("".join(lines))
    assert all(cell_len(line.rstrip("\n")) <= COLUMNS for line in lines[:-3])
    (shell,) = [line for line in lines if line.startswith("trade:")]
    assert ("--account 深圳" in shell.replace("'", "")) == (encoding == "gbk")
    assert typed("replay", str(folder), encoding=encoding).status == 0


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_no_name_ends_a_verb_without_a_terminal(tmp_path: Path, encoding: str) -> None:
    orders = tmp_path / "深圳.jsonl"
    orders.write_text(CHINESE, "utf-8")
    mine = tmp_path / "mine.toml"
    for words in (
        ["match", str(orders)],
        ["rulebooks", "list"],
        ["rulebooks", "list", "--json"],
        ["rulebooks", "show", "guangdong"],
        ["rulebooks", "page"],
        ["rulebooks", "diff", "guangdong", "hubei"],
        ["--help"],
    ):
        answer = typed(*words, encoding=encoding)
        assert answer.status == 0, answer.err
        assert "\x1b" not in answer.out
        assert not [line for line in answer.err.splitlines() if not line.startswith("state ")]
    listed = json.loads(typed("rulebooks", "list", "--json", encoding=encoding).out)
    assert "深圳" in next(each["title"] for each in listed if each["name"] == "shenzhen-2022")
    raw = subprocess.run(
        [sys.executable, "-m", "carbonx", "rulebooks", "show", "shenzhen-2022"],
        capture_output=True,
        env=environment(encoding),
        cwd=tmp_path,
        check=True,
        timeout=60,
    )
    mine.write_bytes(raw.stdout)
    assert typed("rulebooks", "check", str(mine)).status == 0, "what is shown is a rulebook"
    wrong = typed("match", str(tmp_path / "不在.jsonl"), encoding=encoding)
    assert (wrong.status, len(wrong.err.splitlines())) == (2, 2)


def unnamed_encodings(text: str) -> list[str]:
    """Return the calls that read or write text by the encoding of the machine."""
    found = []
    for node in ast.walk(ast.parse(text)):
        if not isinstance(node, ast.Call):
            continue
        name = ast.unparse(node.func).rpartition(".")[2]
        words = [keyword.arg for keyword in node.keywords]
        values = [each.value for each in node.args if isinstance(each, ast.Constant)]
        binary = any(isinstance(each, str) and "b" in each and len(each) <= 3 for each in values)
        named = "encoding" in words or any(
            isinstance(each, str) and _is_codec(each) for each in values
        )
        full = ast.unparse(node.func)
        opens = full in {"open", "io.open"} or name == "fdopen"
        opens = opens or (name == "open" and full != "os.open" and bool(values))
        if (opens or name in {"read_text", "write_text"}) and not named and not binary:
            found.append(ast.unparse(node))
    return found


def _is_codec(text: str) -> bool:
    try:
        codecs.lookup(text)
    except (LookupError, ValueError):
        return False
    return True


def test_no_file_is_read_or_written_by_the_machines_encoding() -> None:
    found = {}
    for package in ("engine", "gateway", "backtest", "carbonx"):
        for path in (ROOT / package).rglob("*.py"):
            calls = unnamed_encodings(path.read_text("utf-8"))
            if calls:
                found[path.relative_to(ROOT).as_posix()] = calls
    assert found == {}


@pytest.mark.parametrize(
    ("call", "wrong"),
    [
        ("open('f')", True),
        ("open('f', encoding='utf-8')", False),
        ("open('f', 'rb')", False),
        ("path.read_text()", True),
        ("path.read_text('utf-8')", False),
        ("path.open('w')", True),
        ("path.write_text(text)", True),
        ("self.ledger.open(name)", False),
    ],
)
def test_an_unnamed_encoding_is_noticed(call: str, wrong: bool) -> None:  # noqa: FBT001
    assert bool(unnamed_encodings(call)) == wrong

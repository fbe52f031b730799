"""Whatever is typed wrongly is refused in a line or two that say what, where and what is right."""

from __future__ import annotations

import errno
import json
import os
import shlex
import subprocess
import sys
from typing import TYPE_CHECKING, NamedTuple

import pytest

from engine.log import records
from engine.log.errors import FORMAT
from engine.log.journal import FILE_NAME
from engine.rulebook import presets
from gateway.cli.console import in_words
from tests.carbonx.cli.mistakes import ALL, Mistake
from tests.support.command_line import typed
from tests.support.paths import ROOT
from tests.support.private import write_private
from tests.support.toml import to_toml

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ACCOUNT = '[[account]]\nname = "alice"\nkey = "secret"\n'


class Served(NamedTuple):
    """A venue that runs."""

    port: int
    folder: str


def logs(folder: Path) -> None:
    """Write logs that cannot be replayed: of a later format, damaged, empty."""
    genesis = records.encode_genesis(presets.load("textbook"), 1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("engine.log.records.FORMAT", FORMAT + 1)
        future = records.encode_genesis(presets.load("textbook"), 1)
    damaged = bytes([genesis[0], genesis[1], genesis[2] ^ 1, *genesis[3:]]) + genesis
    for name, data in (
        ("future", future),
        ("damaged", damaged),
        ("emptylog", b""),
        ("binarylog", bytes(range(256))),
    ):
        (folder / name).mkdir()
        (folder / name / FILE_NAME).write_bytes(data)


def files(folder: Path) -> None:
    """Write what people have in a folder, right and wrong."""
    binary = bytes(range(256)) * 4
    for name in ("binary.toml", "binary.jsonl", "binary.csv"):
        (folder / name).write_bytes(binary)
    for name in ("empty.toml", "empty.csv", "plain.txt"):
        (folder / name).write_bytes(b"")
    (folder / "folder.toml").mkdir()
    texts = {
        "accounts.toml": ACCOUNT,
        "key.toml": ACCOUNT.replace("key", "kay"),
        "product.toml": f'{ACCOUNT}allowances = {{ "SZA-2091" = 5 }}\n',
        "negative.toml": f"{ACCOUNT}cash = -5\n",
        "text.toml": f'{ACCOUNT}cash = "lots"\n',
        "orders.jsonl": '{"type": "open_account", "account": "a"}\n',
        "days.csv": (ROOT / "examples" / "days.csv").read_text("utf-8"),
    }
    rules = to_toml(presets.load("guangdong"))
    texts["typo.toml"] = rules.replace("[[modes]]", "[[modes]]\nlimit_pu_bp = 1000", 1)
    texts["choice.toml"] = rules.replace("[[modes]]", '[[modes]]\nmatching = "price_tmie"', 1)
    for name, text in texts.items():
        write_private(folder / name, text)
    (folder / "open.toml").write_text(ACCOUNT, "utf-8")
    (folder / "open.toml").chmod(0o644)
    (folder / "private.key").touch(mode=0o600)
    (folder / "private.key").write_text("secret", "utf-8")
    (folder / "gbk.toml").write_bytes("# 账户\n".encode("gb18030") + ACCOUNT.encode())


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("mistakes")
    files(folder)
    logs(folder)
    server = subprocess.Popen(
        [sys.executable, "-m", "carbonx", "serve", "--rulebook", "textbook", "--port", "0",
         "--dir", "served", "--accounts", "accounts.toml", "--json"],
        stdout=subprocess.PIPE, text=True, cwd=folder,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    before = os.getcwd()  # noqa: PTH109 - for chdir
    os.chdir(folder)
    try:
        assert server.stdout is not None
        yield Served(json.loads(server.stdout.readline())["port"], "served")
    finally:
        os.chdir(before)
        server.terminate()
        server.communicate(timeout=30)


@pytest.mark.timeout(60)  # a mistake that is taken may start a venue
@pytest.mark.parametrize("mistake", ALL, ids=lambda mistake: mistake.typed)
def test_a_mistake_is_told_in_two_lines(served: Served, mistake: Mistake) -> None:
    words, here, right = (
        text.format(port=served.port, dir=served.folder)
        for text in (mistake.typed, mistake.here, mistake.right)
    )
    answer = typed(*shlex.split(words), given=mistake.given.encode())
    assert answer.status in {1, 2}, answer
    lines = answer.err.splitlines()
    assert 1 <= len(lines) <= 2, answer.err
    assert "Traceback" not in answer.err
    assert here in answer.err
    assert right in answer.err


@pytest.mark.parametrize(
    ("error", "says"),
    [
        (PermissionError(errno.EACCES, "Permission denied", "runs"), "runs: permission denied: ch"),
        (OSError(errno.ENOSPC, "No space left on device", "x"), "x: no space left on device: free"),
        (OSError("as it is"), "as it is"),
        (UnicodeDecodeError("utf-8", b"\xff", 0, 1, "invalid"), "not UTF-8 at character 0: write"),
        (ValueError("plain"), "plain"),
    ],
)
def test_errors_of_the_system_say_what_to_do(error: Exception, says: str) -> None:
    assert says in in_words(error)


def test_ctrl_c_is_said_and_has_a_code_of_its_own(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("carbonx.cli.replay.replay", interrupted)
    answer = typed("replay", served.folder)
    assert (answer.status, answer.err.split("\n")) == (130, ["", "stopped by Ctrl-C", ""])

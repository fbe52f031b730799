"""The shell as a program: at a terminal of 80 columns, and behind pipes of several encodings."""

from __future__ import annotations

import asyncio
import json
import os
import re
import select
import subprocess
import sys
import time
from typing import TYPE_CHECKING, NamedTuple

import pytest

from gateway.server.accounts import Credentials, Directory
from gateway.server.admin import ask
from tests.support.paths import ROOT
from tests.support.venues import free_port

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NAMES = ("alice", "bob", "carol", "深圳é")
NEWS = "新闻 café ☃"


class Served(NamedTuple):
    """A venue in a process of its own."""

    port: int
    folder: Path


@pytest.fixture(scope="module")
def venue(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("shell")
    known = tuple(Credentials(n, "k", cash=10**12, allowances={"CO2": 10**8}) for n in NAMES)
    Directory(known).write(folder / "accounts.toml")
    command = [sys.executable, "-m", "carbonx", "serve", "--rulebook", "textbook", "--json",
               "--dir", str(folder / "v"), "--accounts", str(folder / "accounts.toml"),
               "--port", "0"]  # fmt: skip
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as server:
        assert server.stdout is not None
        yield Served(json.loads(server.stdout.readline())["port"], folder / "v")
        server.terminate()
        server.communicate(timeout=10)


def command(port: int, account: str) -> list[str]:
    return [sys.executable, "-m", "carbonx", "shell", "--port", str(port), "--account", account]


def environment(**more: str) -> dict[str, str]:
    return os.environ | {"CARBONX_KEY": "k", "PYTHONIOENCODING": "utf-8"} | more


def piped(
    port: int, account: str, *lines: str, encoding: str = "utf-8"
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command(port, account),
        input="\n".join(lines),
        capture_output=True,
        timeout=60,
        check=False,
        cwd=ROOT,
        encoding=encoding,
        env=environment(PYTHONIOENCODING=encoding),
    )


def test_lines_from_a_pipe_are_answered_and_refusals_counted(venue: Served) -> None:
    done = piped(
        venue.port, "carol", "buy CO2 100 50.00", "orders", "", "cancel all", "quit", "fly"
    )
    assert done.stdout.splitlines() == [
        "order 1: buy 100 CO2 at 50.00, resting",
        "order  side  line  open   of  price  state    valid",
        "    1  buy   CO2    100  100  50.00  resting  day",
        "1 order cancelled",
        "order 1 (buy CO2): cancelled (mass), 100 tonnes unfilled",
    ]
    assert (done.returncode, done.stderr) == (0, ""), "what stands behind quit is not read"
    done = piped(venue.port, "carol", "by CO2 1 50", "buy CO2 1 40", "cancel 3")
    assert (done.returncode, done.stderr) == (1, "line 1: 'by' is not a verb: did you mean buy?\n")
    assert done.stdout.splitlines()[-1].endswith("cancelled (requested), 1 tonnes unfilled")


def answered(venue: Served, encoding: str, line: bytes) -> str:
    """Return how a shell refuses bytes from a pipe, on a machine with an encoding."""
    done = subprocess.run(
        command(venue.port, "bob"),
        input=line,
        capture_output=True,
        timeout=60,
        check=False,
        cwd=ROOT,
        env=environment(PYTHONIOENCODING=encoding),
    )
    return done.stderr.decode(encoding)


@pytest.mark.parametrize("encoding", ["gbk", "cp1252"])
def test_what_an_encoding_lacks_is_replaced(venue: Served, encoding: str) -> None:
    env = environment(PYTHONIOENCODING=encoding)
    with subprocess.Popen(
        command(venue.port, "bob"),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=ROOT,
        env=env,
    ) as shell:
        assert shell.stdin is not None
        assert shell.stdout is not None
        shell.stdin.write(b"orders\n")
        shell.stdin.flush()
        assert shell.stdout.readline().decode(encoding).strip() == "no live orders"
        for phase in ("halted", "continuous"):
            line = json.dumps({"type": "set_phase", "phase": phase, "reason": NEWS})
            asyncio.run(ask(venue.folder / "operator.sock", [line]))
            told = shell.stdout.readline().decode(encoding).strip()
            shown = NEWS.encode(encoding, "replace").decode(encoding)
            assert told == f"{phase} ({shown}): CO2"
        said, errors = shell.communicate("卖 CO2\n☃ é".encode(encoding, "replace"), timeout=60)
    assert (shell.returncode, said) == (1, b"")
    refused = errors.decode(encoding).splitlines()
    assert [text.split(":")[0] for text in refused] == ["line 2", "line 3"]
    for bytes_typed in ("买 CO2".encode("gbk"), "买 CO2".encode()):  # UTF-8 is seen everywhere
        answer = answered(venue, encoding, bytes_typed)
        assert ("'买' is not a verb" in answer) == (encoding == "gbk")


def test_nobody_at_the_address_is_said_in_one_line() -> None:
    port = free_port()
    done = piped(port, "alice")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith(f"Error: nobody answers at 127.0.0.1:{port} (")
    assert len(done.stderr.splitlines()) == 1


class Terminal:
    """A terminal of 80 columns and 24 rows with a shell in it."""

    def __init__(self, port: int, account: str, **environ: str) -> None:
        termios = pytest.importorskip("termios", reason="this machine has no such terminals")
        self.near, far = os.openpty()
        termios.tcsetwinsize(far, (24, 80))
        env = environment(TERM="xterm", **environ)
        self.encoding = env["PYTHONIOENCODING"]
        self.process = subprocess.Popen(
            command(port, account),
            stdin=far,
            stdout=far,
            stderr=far,
            cwd=ROOT,
            env=env,
            start_new_session=True,
        )
        os.close(far)
        self.shown = ""

    def type(self, keys: str) -> None:
        self.shown = ""
        os.write(self.near, keys.encode(self.encoding, "replace"))

    def until(self, text: str) -> str:
        """Read until a text is shown; return all that was since something was typed."""
        deadline = time.monotonic() + 20
        while text not in self.shown:
            assert time.monotonic() < deadline, self.shown
            if select.select([self.near], [], [], 1)[0]:
                data = os.read(self.near, 65_536).decode(self.encoding, "replace")
                if "\x1b[6n" in data:  # where is the cursor?
                    os.write(self.near, b"\x1b[1;1R")
                self.shown += re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", data).replace("\r", "")
        return self.shown

    def close(self) -> int:
        try:
            return self.process.wait(timeout=30)
        finally:
            self.process.kill()
            os.close(self.near)


def test_a_session_at_a_terminal_set_to_gbk(venue: Served, tmp_path: Path) -> None:
    terminal = Terminal(venue.port, "alice", PYTHONIOENCODING="gbk", XDG_STATE_HOME=str(tmp_path))
    terminal.until("Tab completes")
    terminal.until("carbonx>")
    terminal.type("bal\t")
    terminal.until("balances")
    terminal.type("\r")
    terminal.until("available")
    terminal.type("sell c\t")
    terminal.until("CO2")
    terminal.type(" 30 54\r")
    order = re.search(r"order (\d+): sell", terminal.until("sell 30 CO2 at 54.00, resting"))
    assert order is not None
    terminal.type("watch CO2\r")
    shown = terminal.until("54.00        30")
    assert all(len(line) <= 80 for line in shown.splitlines())
    terminal.type("cancel ")
    assert piped(venue.port, "深圳é", "buy CO2 10 54").returncode == 0
    terminal.until("sold 10 CO2 at 54.00, 20 left")
    terminal.until("54.00        20")
    terminal.type("\t")  # the menu has the order, and all
    terminal.until("sell 20 CO2 at 54.00")
    terminal.type(f"{order[1]}\r")
    terminal.until("cancelled (requested), 20 tonnes unfilled")
    terminal.type("sel CO2\x03")  # Ctrl-C gives the line up
    terminal.until("carbonx>")
    terminal.type("quote 深圳☃ sell 1 1\r")
    terminal.until("is not traded here")
    terminal.type("quit\r")
    assert terminal.close() == 0
    kept = (tmp_path / "carbonx" / "shell_history").read_text("utf-8").splitlines()
    assert "+sell CO2 30 54" in kept


def test_a_terminal_without_a_folder_for_history_has_none(venue: Served, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    terminal = Terminal(venue.port, "bob", XDG_STATE_HOME=str(tmp_path / "file"))
    terminal.until("carbonx>")
    terminal.type("orders\r")
    terminal.until("no live orders")
    assert piped(venue.port, "bob", "orders").returncode == 0  # takes the account over
    terminal.until("logged on from elsewhere")
    assert terminal.close() == 1, "the shell ends while it waits for a line"

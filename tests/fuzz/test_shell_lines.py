"""Whatever is typed into the shell, it answers and takes the next line."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from random import Random
from typing import TYPE_CHECKING, Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.server.accounts import Credentials, Directory
from tests.fuzz.hostile import FIGURES, PHASES, QUIET, SHARES, SOAKING, TEXT, TEXTS, as_bytes
from tests.support.paths import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator

LINES: Final = min(TEXTS // SHARES, 200)  # in one session
RIGHT: Final = ("buy CO2 1 50.00", "sell CO2 1 50.00", "cancel 1", "cancel all", "amend 1 5 50.00",
                "pick CO2 1 5", "quote CO2 buy 5 50.00 bob", "decline CO2 1", "bid CO2 1 5 50.00",
                "book CO2", "trades", "orders", "holdings", "help", "offers")  # fmt: skip


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    folder = tmp_path_factory.mktemp("shell")
    ann = Credentials("ann", "k", cash=10**12, allowances={"CO2": 10**8})
    Directory((ann,)).write(folder / "accounts.toml")
    command = [sys.executable, "-m", "carbonx", "serve", "--rulebook", "textbook", "--json",
               "--dir", str(folder / "v"), "--accounts", str(folder / "accounts.toml"),
               "--port", "0"]  # fmt: skip
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as server:
        assert server.stdout is not None
        yield json.loads(server.stdout.readline())["port"]
        server.terminate()
        server.communicate(timeout=10)


def typed(rng: Random, value: str) -> bytes:
    """Return a line with a value as one of its words, or in the place of all."""
    words = rng.choice(RIGHT).split()
    if rng.random() < 0.1:
        words = [value]
    else:
        words[rng.randrange(len(words))] = value
    return b" ".join(as_bytes(" ".join(words)).splitlines())


@QUIET
@settings(max_examples=max(1, TEXTS // SHARES // 200), derandomize=not SOAKING, phases=PHASES[:2])
@given(
    values=st.lists(TEXT | FIGURES, min_size=LINES, max_size=LINES),
    rng=st.integers(0, 2**32).map(Random),
)
def test_every_line_is_answered(port: int, values: list[str], rng: Random) -> None:
    lines = [*(typed(rng, value) for value in values), b"holdings", b"quit", b""]
    done = subprocess.run(
        [sys.executable, "-m", "carbonx", "shell", "--port", str(port), "--account", "ann"],
        input=b"\n".join(lines),
        capture_output=True,
        timeout=300,
        check=False,
        cwd=ROOT,
        env=os.environ | {"CARBONX_KEY": "k", "PYTHONIOENCODING": "utf-8"},
    )
    assert b"Traceback" not in done.stdout + done.stderr, done.stderr[-1_500:]
    assert done.returncode in (0, 1)
    assert b"CO2" in done.stdout.splitlines()[-1]

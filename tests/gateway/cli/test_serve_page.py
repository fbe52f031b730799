"""``carbonx serve --web`` and ``carbonx replay --web``: the page's address, its key, its end."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

from click.testing import CliRunner

from carbonx.cli import demo, replay
from gateway.cli import serve
from gateway.protocol import wire_market
from gateway.web.operator import operator_key
from tests.support.paths import ROOT
from tests.support.venues import free_port
from tests.support.web_pages import page_at

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import pytest


@contextmanager
def said_by(folder: Path, *words: str) -> Iterator[str]:
    """Give the first line of a command that serves until it is stopped."""
    process = subprocess.Popen(
        [sys.executable, "-m", "carbonx", *words],
        stdout=subprocess.PIPE,
        cwd=folder,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    )
    assert process.stdout is not None
    try:
        yield process.stdout.readline()
    finally:
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=30)
        assert process.returncode == 0, errors


async def lines_at(url: str) -> list[str]:
    async with page_at(url) as reader:
        await reader.until(lambda r: bool(r.all_of(wire_market.BookSnapshot)))
        return [each.symbol for each in reader.all_of(wire_market.BookSnapshot)]


def test_a_venue_and_then_its_log_are_on_a_page(tmp_path: Path) -> None:
    words = ("serve", "--rulebook", "textbook", "--port", "0", "--web", "0", "--json",
             "--dir", "venue")  # fmt: skip
    with said_by(tmp_path, *words) as line:
        facts = json.loads(line)
        assert asyncio.run(lines_at(facts["page"])) == ["CO2"]
        key = (tmp_path / facts["operator_key"]).read_text("ascii").strip()
        assert key == operator_key(tmp_path / "venue")
        assert key not in line
    with said_by(tmp_path, "replay", "venue", "--web", "0") as line:
        url = line.split()[1]
        assert asyncio.run(lines_at(url)) == ["CO2"]


def test_a_port_that_is_taken_is_said(tmp_path: Path) -> None:
    port = free_port()
    with said_by(tmp_path, "serve", "--port", str(port), "--json"):
        given = ["--port", "0", "--web", str(port), "--dir", str(tmp_path / "other")]
        done = CliRunner().invoke(serve.command, given)
        assert done.exit_code == 1
        assert f"127.0.0.1:{port} cannot be opened" in done.output
        assert not (tmp_path / "other").exists()


def test_the_page_says_what_it_lacks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("gateway.web.server", "gateway.web.replayed", "carbonx.demo.live_page"):
        monkeypatch.setitem(sys.modules, name, None)  # as where a library of theirs is missing
    (tmp_path / "venue.log").write_bytes(b"")
    for command, words in (
        (serve.command, ["--web", "0", "--dir", str(tmp_path / "venue")]),
        (demo.command, ["--stay", "--dir", str(tmp_path / "demo")]),
        (replay.command, [str(tmp_path), "--web", "0"]),
    ):
        done = CliRunner().invoke(command, words)
        assert done.exit_code == 1
        assert "pip install 'carbonx-exchange[web]'" in done.output


def test_a_replay_on_a_page_takes_no_other_view(tmp_path: Path) -> None:
    done = CliRunner().invoke(replay.command, [str(tmp_path), "--web", "0", "--json"])
    assert done.exit_code == 2
    assert "leave out" in done.output

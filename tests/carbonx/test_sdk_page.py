"""The programs of ``docs/sdk.md`` and the market maker, against the venue that the page starts."""

from __future__ import annotations

import ast
import asyncio
import contextlib
import inspect
import io
import json
import os
import re
import subprocess
import sys
from typing import TYPE_CHECKING, Any, Final

import pytest

from carbonx import BlockingClient
from tests.support.paths import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PAGE: Final = (ROOT / "docs" / "sdk.md").read_text("utf-8")
BLOCKS: Final = [
    block for block in re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL) if "7117" in block
]


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """Start the venue of the page."""
    folder = tmp_path_factory.mktemp("venue")
    server = subprocess.Popen(
        [
            sys.executable,
            "-m",
            "carbonx",
            "serve",
            "--accounts",
            "examples/accounts.toml",
            "--port",
            "0",
            "--json",
            "--dir",
            str(folder),
        ],
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    )
    try:
        assert server.stdout is not None
        yield int(json.loads(server.stdout.readline())["port"])
    finally:
        server.terminate()
        server.communicate(timeout=30)


def run(block: str) -> str:
    """Run a program, or a cell of a notebook, as such; return what it prints."""
    code = compile(block, "docs/sdk.md", "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
    names: dict[str, Any] = {"__name__": "__main__"}
    shown = io.StringIO()
    with contextlib.redirect_stdout(shown):
        if code.co_flags & inspect.CO_COROUTINE:

            async def cell() -> None:
                await eval(code, names)  # noqa: S307 - the document's own

            asyncio.run(cell())
        else:
            exec(code, names)  # noqa: S102
    return shown.getvalue()


@pytest.mark.parametrize("block", BLOCKS, ids=lambda block: block.splitlines()[-1][:40])
def test_the_programs_of_the_page_run(
    block: str, port: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run(block.replace("7117", str(port)))


def test_a_blocking_client_works_where_a_loop_runs(port: int) -> None:
    (block,) = [each for each in BLOCKS if "next_event(timeout" in each]

    async def notebook() -> str:
        return run(block.replace("7117", str(port)))

    assert "CashMoved(" in asyncio.run(notebook())


def test_the_market_maker_quotes_and_quotes_again_after_a_trade(port: int) -> None:
    maker = subprocess.Popen(
        [sys.executable, "examples/market_maker.py", str(port), "2"],
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"},
    )
    try:
        assert maker.stdout is not None
        first = maker.stdout.readline()
        assert re.fullmatch(r"BUY 10 at [\d.]+ SELL 10 at [\d.]+\n", first)
        bid, ask = re.findall(r"at ([\d.]+)", first)
        with BlockingClient(
            "127.0.0.1", port, member="M2", account="bob", key="another secret"
        ) as bob:
            bob.sell("SZA-2019", 10, price=bid)
            assert maker.stdout.readline().startswith("BUY 10: ")
            second = maker.stdout.readline()
            assert re.findall(r"at ([\d.]+)", second) != [bid, ask]
            bob.buy("SZA-2019", 10, price=ask)
            assert maker.stdout.readline().startswith("SELL 10: ")
        maker.communicate(timeout=30)
        assert maker.returncode == 0
    finally:
        maker.kill()
        maker.communicate()

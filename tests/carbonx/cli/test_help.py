"""The help of every command has an example, and every example runs as it is printed."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
from typing import TYPE_CHECKING, Final

import pytest
from rich.cells import cell_len

from engine.log.journal import Journal
from engine.log.sequencer import Sequencer
from engine.rulebook import presets
from engine.venue.venue import Venue
from engine.vocabulary.commands import OpenAccount
from gateway.client.blocking import BlockingClient
from tests.support.command_line import commands, typed
from tests.support.paths import ROOT
from tests.support.terminal import COLUMNS, ESCAPE, at_a_terminal, environment

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

EXAMPLE: Final = re.compile(r"^\s*(?:Examples?:\s+)?(carbonx .*)$", re.MULTILINE)
EXAMPLES: Final = {name: EXAMPLE.findall(command.help or "") for name, command in commands()}
BOUNDS: Final = {
    # what keeps an example short; the last of two equal options holds
    "carbonx": ["--seconds", "1"],
    "carbonx demo": ["--seconds", "1"],
    "carbonx brokers": ["--seconds", "0.5"],
    "carbonx trade": ["--seconds", "0.5"],
    "carbonx load": ["--duration", "0.3", "--warmup", "0.1"],
    "carbonx simulate": ["--seeds", "3"],
    "carbonx bench": ["--rounds", "1", "--messages", "200"],
}
# to a venue in its folder, in an order that leads on
OPERATED: Final = ("carbonx operate", "carbonx status", "carbonx admin resume",
                   "carbonx admin halt", "carbonx admin", "carbonx admin kill",
                   "carbonx admin revive", "carbonx admin reload", "carbonx admin sessions",
                   "carbonx admin limits", "carbonx admin set-key", "carbonx admin drop-key",
                   "carbonx admin disconnect", "carbonx admin close",
                   "carbonx admin begin-day", "carbonx admin snapshot")  # fmt: skip
TALKS: Final = ("carbonx shell", "carbonx brokers", "carbonx trade")  # to a venue on a port
REREAD: Final = (
    "carbonx replay",
    "carbonx export",
    "carbonx auction",
    "carbonx auction show",
    "carbonx registry",
)  # the log of that venue
MISSES: Final = ("carbonx bench", "carbonx load")  # exit 1 says that a figure is not good enough
STORED: Final = ("carbonx log", "carbonx backup")  # on a venue's directory
SILENT: Final = ("carbonx bench",)  # a process of its own prints
README: Final = (ROOT / "README.md").read_text("utf-8")
CONSOLE: Final = re.compile(r"```console\n(.*?)```", re.DOTALL)
SAID: Final = {  # line of the README -> its verb
    line[2:].split(" #")[0].strip(): " ".join(line[2:].split()[:2])
    for block in CONSOLE.findall(README)
    for line in block.splitlines()
    if line.startswith("$ carbonx ")
}


@pytest.mark.parametrize("name", EXAMPLES)
def test_every_command_has_an_example(name: str) -> None:
    assert EXAMPLES[name], f"the help of {name} shows no example"
    verb = name.split()[1:2]
    assert all(line.split()[1:2] == verb for line in EXAMPLES[name]) or name == "carbonx"


@pytest.mark.parametrize("name", EXAMPLES)
def test_help_fits_a_terminal_and_keeps_examples_in_one_piece(name: str) -> None:
    shown = typed(*name.split()[1:], "--help").out
    assert all(len(line) <= COLUMNS for line in shown.splitlines())
    assert all(example in shown for example in EXAMPLES[name])


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Make the folder where words are typed, with the examples in it as in a checkout."""
    folder = tmp_path_factory.mktemp("sandbox")
    (folder / "examples").symlink_to(ROOT / "examples")
    before = os.getcwd()  # noqa: PTH109 - for chdir
    os.chdir(folder)
    yield folder
    os.chdir(before)


@pytest.fixture(scope="module")
def venue(sandbox: Path) -> Iterator[int]:
    """Run the example of ``serve``, on a free port."""
    (example,) = EXAMPLES["carbonx serve"]
    words = [*shlex.split(example)[1:], "--port", "0", "--json"]
    server = subprocess.Popen(
        [sys.executable, "-m", "carbonx", *words],
        stdout=subprocess.PIPE,
        text=True,
        cwd=sandbox,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    )
    try:
        assert server.stdout is not None
        yield json.loads(server.stdout.readline())["port"]
    finally:
        server.terminate()
        server.communicate(timeout=30)


def run(name: str, line: str, extra: list[str]) -> None:
    """Type a line into the sandbox; ``> FILE`` as a shell would read it."""
    example, _, file = line.partition(" > ")
    answer = typed(*shlex.split(example)[1:], *extra)
    right = (0, 1) if name in MISSES else (0,)
    assert answer.status in right, (line, answer.err)
    assert answer.out or name in SILENT, line
    if file:
        with open(file, "w", encoding="utf-8") as target:  # noqa: PTH123 - as typed
            target.write(answer.out)


def test_the_examples_that_need_a_venue_run(venue: int) -> None:
    for name in TALKS:
        said = [line for line, verb in SAID.items() if verb == name]
        for line in dict.fromkeys([*EXAMPLES[name], *said]):
            words = [*shlex.split(line)[1:], *BOUNDS.get(name, []), "--port", str(venue)]
            done = subprocess.run(
                [sys.executable, "-m", "carbonx", *words],
                stdin=subprocess.DEVNULL,
                timeout=60,
                capture_output=True,
                check=False,
                env=os.environ | {"PYTHONPATH": str(ROOT)},
            )
            assert done.returncode == 0, (line, done.stderr)
    with BlockingClient("127.0.0.1", venue, account="alice", key="secret", member="M1"):
        for line in dict.fromkeys(EXAMPLES[name][0] for name in OPERATED):
            run("carbonx operate", line, [])
    for name in REREAD:
        for line in EXAMPLES[name]:
            run(name, line, [])


def test_the_examples_on_a_venue_s_directory_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    book = presets.load("textbook")
    journal = Journal.create(tmp_path / "runs" / "venue", book, 1)
    sequencer = Sequencer(Venue(book), journal)
    sequencer.submit(2, 0, OpenAccount("a"))
    sequencer.close()
    ran = {
        line: name for name, lines in EXAMPLES.items() if name.startswith(STORED) for line in lines
    }
    for line, name in ran.items():
        run(name, line, [])
    assert len(ran) == 6
    assert json.loads((tmp_path / "log.jsonl").read_text("utf-8"))["account"] == "a"


def test_the_example_of_the_demo_fits_a_terminal_of_80_columns(sandbox: Path) -> None:
    (example,) = EXAMPLES["carbonx demo"]
    words = [sys.executable, "-m", *shlex.split(example), *BOUNDS["carbonx demo"]]
    shown = at_a_terminal(words, sandbox, environment("gbk")).decode("gbk")
    assert "same state hash" in shown
    for line in re.split(r"[\r\n]+", ESCAPE.sub("", shown)):
        assert cell_len(line) <= COLUMNS, line


def test_all_other_examples_and_those_of_the_readme_run(sandbox: Path) -> None:
    assert sandbox.is_dir()
    apart = {"carbonx serve", "carbonx demo", *REREAD, *OPERATED, *TALKS}
    config = "carbonx config example"
    run(config, f"{config} > venue.toml", [])
    others = {
        line: name
        for name, lines in EXAMPLES.items()
        if name not in apart and not name.startswith(STORED)
        for line in lines
    }
    assert {name.split()[1] for name in SAID.values()} >= {"serve", "match", "replay", "load"}
    others |= {line: name for line, name in SAID.items() if name not in (*TALKS, "carbonx serve")}
    for name in ("before", "after"):
        run("carbonx load", f"carbonx load --messages 500 --json > {name}.json", [])
    for line, name in sorted(others.items(), key=lambda each: " > " not in each[0]):
        run(name, line, [] if "--messages" in line else BOUNDS.get(name, []))

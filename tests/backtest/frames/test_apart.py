"""A writer in another process: the same files, the same errors, and nothing left behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Final

import pytest

from backtest.frames import apart
from backtest.frames import walk as walking
from backtest.frames.apart import Apart, WriterError, writing
from backtest.frames.arrow import FORMATS
from backtest.frames.tables import TABLES
from backtest.frames.wanted import Wanted
from engine.log.journal import FILE_NAME, open_log
from engine.rulebook import presets
from tests.support.command_line import typed
from tests.support.random_logs import random_log

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

WITHIN: Final = 30.0  # seconds
# Begins to write, says who does, and then does nothing.
WAITS: Final = """
import sys, time
from pathlib import Path
from backtest.frames import apart, walk
from backtest.frames.wanted import Wanted
from engine.log.journal import open_log

apart.WORTH_IT = 0
apart.processors = lambda: 2
walk.STRETCH = 7
folder = Path(sys.argv[1])
wanted = Wanted(folder / "frames", ("trades", "orders"), "csv", None)
with open_log(folder) as log, apart.writing(wanted, 1) as writer:
    walk.walk(log, wanted.names, writer.take)
    while not list(folder.glob("frames/*.new")):
        time.sleep(0.01)
    print(writer.pid, flush=True)
    time.sleep(60)
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Write a random log into a folder; let another process write its tables, in many batches."""
    (tmp_path / FILE_NAME).write_bytes(random_log(presets.load("krx"), 5).data)
    monkeypatch.setattr(walking, "STRETCH", 7)
    monkeypatch.setattr(apart, "processors", lambda: 2)
    monkeypatch.setattr(apart, "WORTH_IT", 0)
    return tmp_path


def wanted_in(folder: Path) -> Wanted:
    return Wanted(folder / "frames", ("trades", "orders"), "csv", None)


def write(folder: Path, wanted: Wanted, *, kill: bool = False) -> None:
    """Write tables in another process, or ``kill`` it before it is done."""
    with open_log(folder) as log, writing(wanted, 1) as writer:
        assert isinstance(writer, Apart)
        walking.walk(log, wanted.names, writer.take)
        if kill:
            assert begun(wanted)
            os.kill(writer.pid, signal.SIGKILL)
        writer.finish()


def within_a_while(ask: Callable[[], bool]) -> bool:
    """Say whether something comes to hold."""
    until = time.monotonic() + WITHIN
    while time.monotonic() < until:
        if ask():
            return True
        time.sleep(0.01)
    return False


def begun(wanted: Wanted) -> bool:
    """Say whether files are begun within a while."""
    return within_a_while(lambda: bool(list(wanted.folder.glob("*.new"))))


def gone(pid: int) -> bool:
    """Say whether a process ends within a while."""

    def is_gone() -> bool:
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return True
        return False

    return within_a_while(is_gone)


@pytest.mark.parametrize("form", FORMATS)
def test_the_files_are_those_that_one_process_writes(
    folder: Path, form: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("two", "one"):
        done = typed("export", str(folder), "--to", form, "--out", str(folder / name))
        assert done.status == 0, done.err
        monkeypatch.setattr(apart, "processors", lambda: 1)
    for table in TABLES:
        one, two = (folder / name / f"{table}.{form}" for name in ("one", "two"))
        assert one.read_bytes() == two.read_bytes()
    assert len(list((folder / "two").iterdir())) == len(TABLES)


def test_an_error_is_told_as_it_is_in_one_process(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "file").touch()
    words = ("export", str(folder), "--out", str(folder / "file" / "below"))
    two = typed(*words)
    monkeypatch.setattr(apart, "processors", lambda: 1)
    one = typed(*words)
    assert (two.status, two.err) == (one.status, one.err)
    assert "not a directory" in two.err


def test_an_error_while_it_writes_leaves_no_file(folder: Path) -> None:
    wanted = wanted_in(folder)
    wanted.path("orders").mkdir(parents=True)  # no file takes the name of a folder
    with pytest.raises(IsADirectoryError):
        write(folder, wanted)
    assert not list(wanted.folder.glob("*.new"))


def test_a_writer_that_is_killed_is_told_and_leaves_no_file(folder: Path) -> None:
    wanted = wanted_in(folder)
    with pytest.raises(WriterError, match="exit code -9"):
        write(folder, wanted, kill=True)
    assert not list(wanted.folder.iterdir())


@pytest.mark.parametrize("cut", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_it_ends_with_the_process_that_started_it(folder: Path, cut: signal.Signals) -> None:
    words = [sys.executable, "-c", WAITS, str(folder)]
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        pid = int(process.stdout.readline())
        process.send_signal(cut)
        assert gone(pid)
        assert b"backtest.frames.writer" not in process.stderr.read()
    assert not list((folder / "frames").iterdir())

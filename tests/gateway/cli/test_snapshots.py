"""Snapshots of a served venue: by hand, at its stop, and when its log begins a segment."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import signal
import subprocess
import sys
from typing import TYPE_CHECKING, Any

from engine.log import snapshot as snapshots
from engine.log import upkeep
from engine.log.journal import Journal
from engine.log.sequencer import Sequencer, recover, replay
from engine.log.snapshotter import take
from engine.rulebook import presets
from engine.venue.venue import Venue
from engine.vocabulary import commands as c
from gateway.cli.serve import note_what_differs
from gateway.cli.snapshots import follow, keep_stopped
from gateway.server.accounts import Directory
from gateway.server.followers import Followers
from gateway.server.node import Node, Options
from tests.support.paths import ROOT
from tests.support.private import write_private
from tests.support.systems import unix_sockets

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

ACCOUNTS = '[[account]]\nname = "alice"\nkey = "secret"\ncash = 100\n'


def carbonx(*words: str) -> str:
    """Type words; return what they print."""
    done = subprocess.run(
        [sys.executable, "-m", "carbonx", *words],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        cwd=ROOT,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def newest(folder: Path) -> list[str]:
    """Return the names of the snapshots, the newest first."""
    return [path.name for path in snapshots.paths(folder)]


class Served:
    """A venue in a process of its own."""

    def __init__(self, folder: Path) -> None:
        write_private(folder / "accounts.toml", ACCOUNTS)
        accounts = str(folder / "accounts.toml")
        words = ["serve", "--json", "--rulebook", "textbook", "--port", "0",
                 "--dir", str(folder / "venue"), "--accounts", accounts]  # fmt: skip
        self.process = subprocess.Popen(
            [sys.executable, "-m", "carbonx", *words],
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
            env=os.environ | {"PYTHONPATH": str(ROOT)},
        )
        assert self.process.stdout is not None
        self.facts: dict[str, Any] = json.loads(self.process.stdout.readline())

    def end(self, how: signal.Signals) -> None:
        """End it by a signal."""
        self.process.send_signal(how)
        assert self.process.wait(30) == (0 if how is signal.SIGTERM else -how)
        assert self.process.stdout is not None
        self.process.stdout.close()


@unix_sockets
def test_a_venue_goes_on_from_a_snapshot_taken_while_it_ran_and_one_at_its_stop(
    tmp_path: Path,
) -> None:
    folder = tmp_path / "venue"
    served = Served(tmp_path)
    assert "venue.snapshot.2: record 2," in carbonx("admin", "snapshot", "--dir", str(folder))
    carbonx(
        "operate",
        "--dir",
        str(folder),
        '{"type": "move_cash", "account": "alice", "amount": "7.00"}',
    )
    served.end(signal.SIGKILL)
    state = replay(folder).venue.state_hash()
    parts = Followers()
    again = recover(folder, parts.absorb, "none", parts.parts)
    again.close()
    assert again.snapshot == folder / "venue.snapshot.2"
    assert (again.venue.state_hash(), again.venue.cash("alice")) == (state, (800, 0))
    served = Served(tmp_path)
    records = served.facts["records"]
    served.end(signal.SIGTERM)
    assert (folder / f"venue.snapshot.{records}").exists(), "kept at the stop"
    assert "venue.snapshot" in carbonx("log", "snapshot", str(folder))
    parts = Followers()
    again = recover(folder, parts.absorb, "none", parts.parts)
    again.close()
    assert again.snapshot == folder / f"venue.snapshot.{records}"
    assert parts.outboxes.boxes["alice"].seq == 2
    assert again.venue.cash("alice") == (800, 0)


def test_a_start_says_that_it_set_a_snapshot_aside(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    book = presets.load("textbook")
    sequencer = Sequencer(Venue(book), Journal.create(tmp_path, book, 1, "sync"))
    for name in ("alice", "bob"):
        before = (tmp_path / "venue.log").read_bytes()
        sequencer.submit(1, 0, c.OpenAccount(name))
        sequencer.commit()
    assert take(tmp_path).seq == 2
    assert sequencer.journal is not None
    sequencer.journal.close()
    (tmp_path / "venue.log").write_bytes(before)  # as where the last commit was lost
    directory = Directory(())
    node = Node.open(tmp_path, book, directory, Options())
    note_what_differs(node, directory)
    node.sequencer.close()
    said = capsys.readouterr().err
    assert f"set aside a snapshot: {tmp_path / 'venue.ahead.2'} has commands" in said
    assert (tmp_path / "venue.ahead.2").exists()


def test_a_new_segment_brings_a_snapshot(tmp_path: Path) -> None:
    book = presets.load("textbook")
    journal = Journal.create(tmp_path, book, 1, "none")
    sequencer = Sequencer(Venue(book), journal)

    async def scenario() -> None:
        task = asyncio.create_task(follow(tmp_path, journal, 0.01))
        await asyncio.sleep(0.05)
        sequencer.submit(1, 0, c.OpenAccount("alice"))
        sequencer.commit()
        assert not newest(tmp_path)
        journal.segment_size = 1
        sequencer.submit(1, 0, c.OpenAccount("bob"))
        sequencer.commit()
        async with asyncio.timeout(60):
            while not newest(tmp_path):  # noqa: ASYNC110 - a file
                await asyncio.sleep(0.02)
        task.cancel()

    asyncio.run(scenario())
    sequencer.close()
    again = recover(tmp_path)
    again.close()
    assert again.snapshot == tmp_path / "venue.snapshot.2"


def test_the_restore_drill_with_segments_and_snapshots(tmp_path: Path) -> None:
    """Back up, lose the venue, restore, go on."""
    folder, copy = tmp_path / "venue", tmp_path / "copies" / "monday"
    book = presets.load("textbook")
    journal = Journal.create(folder, book, 1, "none")
    sequencer = Sequencer(Venue(book), journal)
    for number in range(60):
        journal.segment_size = 1_500
        sequencer.submit(number, 0, c.OpenAccount(f"a{number}", cash=number))
        sequencer.commit()
        if number in {20, 40}:
            carbonx("log", "snapshot", str(folder))
    assert journal.segment > 2
    assert "60 records" in carbonx("backup", str(folder), str(copy))
    sequencer.close()
    shutil.rmtree(folder)
    shutil.copytree(copy, folder)
    again = recover(folder)
    assert again.snapshot == folder / "venue.snapshot.41"
    again.submit(99, 0, c.OpenAccount("eve"))
    again.close()
    assert upkeep.check(folder).replayed.venue.accounts[-2:] == ("a59", "eve")
    assert len(carbonx("log", "export", str(folder)).splitlines()) == 61


def test_a_stop_gives_its_snapshot_some_time_and_says_where_it_was_too_little(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    folders: dict[Path, dict[str, int]] = {}
    for name in ("north", "south"):
        folder = tmp_path / name
        journal = Journal.create(folder, presets.load("textbook"), 1, "none")
        sequencer = Sequencer(Venue(presets.load("textbook")), journal)
        for number in range(20):
            sequencer.submit(1, 0, c.OpenAccount(f"a{number}"))
        sequencer.commit()
        sequencer.close()
        folders[folder] = {}
    states = {folder: replay(folder).venue.state_hash() for folder in folders}
    monkeypatch.setattr("gateway.cli.snapshots.STOP_WITHIN", 0.0)
    keep_stopped(folders)
    said = capsys.readouterr().err
    for folder in folders:
        assert f"{folder}: no snapshot" in said
        assert not newest(folder)
        assert replay(folder).venue.state_hash() == states[folder]
    monkeypatch.undo()
    keep_stopped(folders)
    assert [newest(folder) for folder in folders] == [["venue.snapshot.20"]] * 2
    assert not capsys.readouterr().err

"""A process of linked venues is killed at random places: nothing is lost, nothing comes twice.

``CARBONX_DEEP`` is the number of kills of each kind of link.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from random import Random
from typing import TYPE_CHECKING, Final

import pytest

from engine.log.federation_log import FederationLog
from engine.log.sequencer import replay
from engine.venue.federation import Federation
from engine.vocabulary.link_events import AllowancesSent
from tests.support import regions
from tests.support.linked_process import YEARS, digest
from tests.support.linked_years import Books
from tests.support.paths import ROOT

if TYPE_CHECKING:
    from pathlib import Path

    from engine.log.records import Record
    from engine.vocabulary.commands import Command
    from engine.vocabulary.events import Event

KILLS: Final = int(os.environ.get("CARBONX_DEEP", "0")) or 4


def killed(directory: Path, seed: int, kind: str, random: Random) -> list[str]:
    """Run linked venues and kill them somewhere; return what they acknowledged."""
    command = [
        sys.executable,
        "-m",
        "tests.support.linked_process",
        str(directory),
        str(seed),
        kind,
    ]
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, cwd=ROOT, env=os.environ | {"PYTHONPATH": "."}
    )
    try:
        assert process.stdout is not None
        before = []
        while (line := process.stdout.readline()) != "ready\n":
            assert line, "the process ended before it was killed"
            before.append(line)
        before += [process.stdout.readline() for _ in range(random.randrange(20, 150))]
        time.sleep(random.random() / 500)
    finally:
        process.kill()
        rest, _ = process.communicate(timeout=30)
    lines = [*before, *rest.splitlines(keepends=True)]
    return [line for line in lines if line.endswith("\n")]


def replayed(directory: Path, digests: dict[tuple[str, int], str]) -> Federation:
    """Replay each log alone; return the venues, and what was sent from one to another."""
    happened: dict[str, list[tuple[Command, list[Event]]]] = {name: [] for name in regions.NAMES}
    venues = {}
    for name, kept in happened.items():

        def keep(
            record: Record,
            events: list[Event],
            name: str = name,
            kept: list[tuple[Command, list[Event]]] = kept,
        ) -> None:
            digests[name, record.seq] = digest(events)
            kept.append((record.command, events))

        venues[name] = replay(directory / name, keep).venue
    found = Federation(venues)
    for name, kept in happened.items():
        for command, events in kept:
            found.remember(name, command, events)
    books = Books()
    # what is recognised was sent before, in another log
    for only_sent in (True, False):
        for name, kept in happened.items():
            for _, events in kept:
                books.take(name, [e for e in events if isinstance(e, AllowancesSent) is only_sent])
    found.check()
    books.check(found)
    return found


@pytest.mark.parametrize("kind", ["ROUTING", "SHARED", YEARS])
def test_killed_at_random_places_nothing_is_lost_and_nothing_comes_twice(
    kind: str, tmp_path: Path
) -> None:
    random = Random(kind)
    acknowledged: dict[tuple[str, int], str] = {}
    cut = 0
    for seed in range(KILLS):
        for line in killed(tmp_path, seed, kind, random):
            name, seq, what = line.split()
            key = (name, int(seq))
            assert key not in acknowledged, "a record's number was given twice"
            acknowledged[key] = what
        # each log alone, as the kill left it
        digests: dict[tuple[str, int], str] = {}
        found = replayed(tmp_path, digests)
        assert acknowledged.items() <= digests.items()
        cut += found.on_the_way() != (0, 0) or any(
            found.venues[end.rules.peer].links.ends[link].received < end.sent
            for venue in found.venues.values()
            for link, end in venue.links.ends.items()
        )
        acknowledged = digests  # what a log holds stays in it
    assert len(acknowledged) > 40 * KILLS
    assert cut or KILLS < 25, "no kill fell between two venues"
    # all logs together: what was cut off is delivered, once
    FederationLog.open(tmp_path, "none").close()
    found = replayed(tmp_path, digests)
    assert found.on_the_way() == (0, 0)
    for venue in found.venues.values():
        for link, end in venue.links.ends.items():
            assert found.venues[end.rules.peer].links.ends[link].received == end.sent

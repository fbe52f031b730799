"""Snapshots of a venue's log, by hand or by a process of lower priority beside the venue."""

from __future__ import annotations

import asyncio
import json
import math
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from engine.log.places import SnapshotError
from engine.log.snapshotter import take
from engine.vocabulary.texts import counted
from gateway.cli.console import reading_log
from gateway.server.followers import Followers
from gateway.server.spool import Spool

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from engine.log.journal import Journal
    from engine.log.records import Record
    from engine.vocabulary.events import Event

STOP_WITHIN: Final = 15.0  # seconds; the unit file gives a stop 30
LOOK_EVERY: Final = 5.0  # seconds between looks at whether the log has a new segment
_LOOK_AGAIN: Final = 0.1  # seconds between looks at whether a snapshot is there
_NICER: Final = 10


def take_snapshot(
    folder: Path, needed: Mapping[str, int] | None = None, until: float = math.inf
) -> str:
    """Take a snapshot of the venue in a folder; return what to say. Raises ``ClickException``.

    It keeps what the venue sent over links, from these numbers on where they are known. It is
    given up where it takes longer than ``until``, seconds of the monotonic clock.
    """
    followers = Followers(Spool(folder))

    def absorb(record: Record, events: list[Event]) -> None:
        if time.monotonic() > until:
            message = (
                f"{folder}: no snapshot, as the log has more behind the last one than a stop has "
                f"time for. The next start runs it; carbonx log snapshot {folder} does before"
            )
            raise click.ClickException(message)
        followers.absorb(record, events)

    try:
        with reading_log(folder):
            taken = take(
                folder,
                absorb,
                followers.parts,
                lambda: followers.links.forget(needed or {}),
            )
    except SnapshotError as error:
        raise click.ClickException(str(error)) from error
    finally:
        followers.outboxes.close()
    return (
        f"{taken.path}: record {taken.seq}, {counted(taken.size, 'byte')}, "
        f"{counted(taken.replayed, 'record')} run for it, state {taken.state}"
    )


def keep_stopped(folders: Mapping[Path, Mapping[str, int]]) -> None:
    """Take snapshots of venues that have stopped; say so where one was not: the log has all.

    All together take ``STOP_WITHIN`` at most, so that whoever stops the process need not end it.
    """
    until = time.monotonic() + STOP_WITHIN
    for folder, needed in folders.items():
        try:
            take_snapshot(folder, needed, until)
        except click.ClickException as error:
            click.echo(error.message, err=True)


async def follow(
    folder: Path,
    journal: Journal,
    every: float = LOOK_EVERY,
    needed: Callable[[], Mapping[str, int]] = dict,
) -> None:
    """Take a snapshot whenever a log has begun a new segment, in a process of its own, for ever.

    ``needed`` says from which numbers on a linked venue's messages may have to be sent again.
    """
    segment = journal.segment
    while True:
        await asyncio.sleep(every)
        if journal.segment != segment:
            segment = journal.segment
            await _in_another_process(folder, needed())


async def _in_another_process(folder: Path, needed: Mapping[str, int]) -> None:
    process = _started(folder, needed)
    try:
        while process.poll() is None:  # noqa: ASYNC110 - a process
            await asyncio.sleep(_LOOK_AGAIN)
    finally:
        process.kill()  # where it has not ended; the log has all that it would keep
        process.wait()


def _started(folder: Path, needed: Mapping[str, int]) -> subprocess.Popen[bytes]:
    words = [sys.executable, "-m", "gateway.cli.snapshots", str(folder), json.dumps(needed)]
    return subprocess.Popen(words, stdout=subprocess.DEVNULL)  # noqa: S603 - this very Python


def main() -> None:
    """Take a snapshot of the venue in the folder that is named, without haste."""
    if hasattr(os, "nice"):
        os.nice(_NICER)
    try:
        click.echo(take_snapshot(Path(sys.argv[1]), json.loads(sys.argv[2])))
    except Exception as error:
        click.echo(f"no snapshot: {error}", err=True)
        raise SystemExit(1) from error


if __name__ == "__main__":
    main()

"""The machine that a venue runs on: its folder, who takes snapshots, and what was promised."""

from __future__ import annotations

import os
from contextlib import ExitStack
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Final

from engine.log.errors import LogError
from engine.log.files import NO_SPACE, using
from engine.log.journal import Journal, JournalError, open_log
from engine.log.places import SnapshotError
from engine.log.sequencer import MARK_EVERY, Sequencer, replay_file
from engine.log.snapshot import files_of
from engine.log.snapshot import paths as snapshot_paths
from engine.log.snapshotter import take
from engine.log.starts import StartError
from engine.rulebook.presets import load as load_rulebook
from gateway.server.box import Windows
from gateway.server.core import Core
from gateway.server.followers import Followers
from gateway.server.outbox import Outboxes
from gateway.server.spool import Spool
from gateway.simulation.disk import PowerCut, SimulatedDisk, Trouble
from gateway.simulation.process import Process
from gateway.simulation.violation import ViolationError, require

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Callable
    from random import Random

    from engine.venue.link_news import LinkNews
    from gateway.server.report_store import ReportStore

START: Final = 1_700_000_000 * 10**9
BOOK: Final = load_rulebook("textbook")
PROCESSES: Final = 2  # that take a snapshot at the same time, at most
_MEMORY: Final = Path("/dev/shm")  # noqa: S108 - a folder there is on no disk: nothing is kept
WHERE: Final = _MEMORY if os.access(_MEMORY, os.W_OK) else None
SOON: Final = 40  # commits until the state is written into the log, at most


def as_it_is(data: bytes) -> bytes:
    """Return what a start finds on the disk as it is."""
    return data


def small_windows(store: ReportStore) -> Outboxes:
    """Keep so few reports in memory that most clients come back for some on the disk."""
    return Outboxes(store, Windows(each=600, total=1_500, chunk=300))


def recovered(followers: Followers, folder: Path) -> Sequencer:
    """Recover the venue as the live server does."""
    return followers.recover(folder, "sync")


def taken(followers: Followers, folder: Path) -> None:
    """Take a snapshot as the live server's other process does."""
    take(folder, followers.absorb, followers.parts)


@dataclass(frozen=True, slots=True)
class Parts:
    """What a venue is built from. A test puts one with a fault in the place of one of them."""

    core: type[Core] = Core
    sequencer: type[Sequencer] = Sequencer
    outboxes: Callable[[ReportStore], Outboxes] = small_windows
    found: Callable[[bytes], bytes] = as_it_is  # what a start takes for the log's last segment
    recovered: Callable[[Followers, Path], Sequencer] = recovered
    taken: Callable[[Followers, Path], None] = taken


class Machine:
    """One computer with a venue's folder on its disk."""

    def __init__(self, rng: Random, parts: Parts, happened: Counter[str]) -> None:
        """Have an empty folder; ``close`` removes it."""
        self._stack = ExitStack()
        self.folder = Path(
            self._stack.enter_context(TemporaryDirectory(prefix="carbonx-", dir=WHERE))
        )
        self.disk = SimulatedDisk(self.folder, rng, self._others)
        self._stack.enter_context(using(self.disk))
        self._rng, self._parts, self._happened = rng, parts, happened
        self.promised = 0  # bytes of the log; all before it was acknowledged
        self._state: tuple[int, str] | None = None  # of the venue that ended: its log, its hash
        self._processes: list[Process] = []
        self._in_use: Path | None = None  # the snapshot whose reports the venue reads

    def close(self) -> None:
        """End all processes and remove the folder."""
        self._end_processes(1)
        self._stack.close()

    # -- a venue begins -----------------------------------------------------------------------

    def create(self) -> None:
        """Make a log, as a first start does."""
        Journal.create(self.folder, BOOK, START).close()
        self.disk.take_segment()
        self.promised = self.disk.ends[-1]

    def start(self) -> tuple[Sequencer, Followers]:
        """Recover the venue from the disk and hold what comes back against what was promised."""
        if self._rng.random() < 1 / 16:
            self.disk.trouble = self._rng.choice((Trouble.OFF_WRITTEN, Trouble.OFF_SYNCED))
            self.disk.after = self._rng.randrange(4)
        while True:
            try:
                return self._started()
            except PowerCut:
                self._happened["the power goes during a start"] += 1
                self.lose_power()
            except StartError:  # it tells the operator, who makes space
                self._happened["a start found no space"] += 1
                self.disk.free = None

    def _started(self) -> tuple[Sequencer, Followers]:
        parts, folder, disk = self._parts, self.folder, self.disk
        disk.calm = True  # until what comes back was looked at
        disk.let_go()
        path = folder / "venue.log"
        data = path.read_bytes()
        kept = parts.found(data)
        if kept != data:
            path.write_bytes(kept)
        followers = self._followers()
        try:
            sequencer = self._recovered(followers)
        except BaseException:
            followers.outboxes.close()
            raise
        disk.trouble, disk.calm = None, False
        return sequencer, followers

    def _recovered(self, followers: Followers) -> Sequencer:
        """Recover the venue; see that it is as it should be."""
        try:
            sequencer = self._parts.recovered(followers, self.folder)
            journal = sequencer.journal
            assert journal is not None
            self._happened["a torn commit was cut off"] += journal.cut > 0
            with open_log(self.folder) as file:
                log = file.read()
            try:
                self._compare(sequencer, log)
                self._hold_snapshot(sequencer, followers, log)
            except BaseException:
                journal.close()
                raise
        except (LogError, JournalError) as error:
            if isinstance(error, StartError) and error.errno in NO_SPACE:
                raise
            promise = "a crash leaves a log that starts"
            raise ViolationError(promise, self.named(error)) from error
        journal.syncs = MARK_EVERY - self._rng.randint(1, SOON)
        journal.segment_size = 1 << self._rng.choice((10, 12, 14, 26))
        journal.ahead = 1 << self._rng.choice((13, 14, 24))
        return sequencer

    def _followers(self) -> Followers:
        followers = Followers()
        followers.parts["outboxes"] = self._parts.outboxes(Spool(self.folder))
        return followers

    def _compare(self, sequencer: Sequencer, log: bytes) -> None:
        """See that a start goes on behind whole commits, all that were acknowledged included."""
        disk, end = self.disk, len(log)
        if disk.begun and log == disk.blocks + disk.begun:
            self._happened["a segment stayed that was just begun"] += 1
            end = len(disk.blocks)  # there is nothing in it
        seen = f"the log begins again behind byte {end}, and {self.promised} were promised"
        require(end >= self.promised, "what was acknowledged is there", seen)
        whole = end in disk.ends and log[:end] == disk.blocks[:end]
        require(whole, "a commit is there whole or not at all", seen)
        if self._state is not None and self._state[0] == end:
            same = self._state[1] == sequencer.venue.state_hash()
            require(same, "the replay comes to the live state", seen)
        self._happened["a commit was lost"] += end < disk.ends[-1]
        self._happened["a commit stayed that was not acknowledged"] += end > self.promised
        self._state = end, sequencer.venue.state_hash()
        if end == len(log):
            disk.begun = b""
        disk.take_segment()
        del disk.blocks[len(log) :]
        while disk.ends[-1] > len(log):
            disk.ends.pop()
        self.promised = len(log)

    def _hold_snapshot(self, sequencer: Sequencer, followers: Followers, log: bytes) -> None:
        """See that a snapshot and what is behind it come to the same as the whole log."""
        there = snapshot_paths(self.folder)
        self._in_use = sequencer.snapshot
        self._happened["a snapshot of a lost commit was set aside"] += len(sequencer.aside)
        if sequencer.snapshot is None:
            self._happened["no snapshot was of use"] += bool(there)
            return
        self._happened["a start from a snapshot"] += 1
        self._happened["a start from an older snapshot"] += sequencer.snapshot != there[0]
        whole = Followers()
        replayed = replay_file(BytesIO(log), whole.absorb)
        seen = f"{sequencer.snapshot.name} and record {sequencer.seq} of {replayed.records}"
        same = (sequencer.seq, sequencer.time) == (replayed.records, replayed.time)
        require(same, "a snapshot knows where it stands", seen)
        same = sequencer.venue.state_hash() == replayed.venue.state_hash()
        require(same, "a snapshot comes to what the log does", seen)
        replayed.venue.close()
        same = followers.asking.accounts == whole.asking.accounts
        require(same, "a snapshot has what the server keeps", seen)
        same = said_of_links(followers.links) == said_of_links(whole.links)
        require(same, "a snapshot has what links pass on", seen)
        for name, box in whole.outboxes.boxes.items():
            found = followers.outboxes.boxes[name]
            same = found.seq == box.seq and _all(found) == _all(box)
            require(same, "a snapshot has what the server keeps", f"{seen}: {name}")

    # -- and ends -----------------------------------------------------------------------------

    def promise(self) -> None:
        """Note that all that was written is acknowledged."""
        self.promised = self.disk.ends[-1]

    def ended(self, state: str) -> None:
        """Note what the venue came to with all that was written."""
        self._state = self.disk.ends[-1], state

    def lose_power(self) -> None:
        """End all, and keep of the disk what happens to be there."""
        self._end_processes(1)
        self.disk.lose()

    def kill(self) -> None:
        """End the venue's process; another may be left."""
        self._end_processes(1 / 2)
        self.disk.trouble = None

    def fill(self) -> None:
        """Have other files take nearly all that is free, or go again."""
        full = self.disk.free is None
        self.disk.free = self._rng.choice((0, 0, 500, 5_000)) if full else None
        self._happened["the disk fills up"] += full

    # -- snapshots ----------------------------------------------------------------------------

    def snapshot(self) -> None:
        """Have another process begin to take a snapshot, or go on with it."""
        self._look()
        if len(self._processes) < PROCESSES and self._rng.random() < 3 / 4:
            self._processes.append(Process(self._take))
        for _ in range(self._rng.choice((0, 1, 4, 16))):
            self._others()

    def finish_snapshot(self) -> None:
        """Take one before anything else happens."""
        process = Process(self._take)
        self._processes.append(process)
        while not process.ended:
            process.go_on()
        self._look()

    def rot(self) -> None:
        """Change a bit in a snapshot, or in what lies beside it."""
        newest = snapshot_paths(self.folder)[:1]
        found = [each for path in newest for each in (path, *sorted(files_of(path)))]
        if self._rng.random() < 1 / 4:
            found = sorted(self.folder.glob("venue.snapshot.*"))
        used = self._in_use
        if used is not None:  # what it reads there it tells its clients, and starts again
            found = [each for each in found if each == used or each not in files_of(used)]
        if found:
            self.disk.rot(self._rng.choice(found))

    def _take(self) -> None:
        followers = self._followers()
        try:
            self._parts.taken(followers, self.folder)
            self._happened["a snapshot was taken"] += 1
        except SnapshotError:
            self._happened["a snapshot could not be taken"] += 1
        finally:
            followers.outboxes.close()

    def _others(self) -> bool:
        """Give another process a turn, perhaps; say whether it is one that asks."""
        for process in self._processes:
            if process.here:
                process.pause()
                return True
        running = [each for each in self._processes if not each.ended]
        if running and self._rng.random() < 1 / 2:
            self._rng.choice(running).go_on()
            self._look()
        return False

    def _look(self) -> None:
        """Let go of processes that have ended."""
        for process in [each for each in self._processes if each.ended]:
            self._processes.remove(process)
            if process.error is not None:
                promise = "a snapshot is taken of a sound log"
                seen = f"{type(process.error).__name__}: {self.named(process.error)}"
                raise ViolationError(promise, seen)

    def _end_processes(self, chance: float) -> None:
        for process in list(self._processes):
            if self._rng.random() < chance:
                self._happened["a snapshot's process was killed"] += not process.ended
                process.kill()
                self._processes.remove(process)

    def named(self, error: Exception) -> str:
        """Return what an error says; the folder has another name each time."""
        return str(error).replace(str(self.folder), "FOLDER")


def said_of_links(news: LinkNews) -> tuple[object, ...]:
    """Return all that is kept of what links pass on."""
    return news.guests, news.orders, news.refused, news.sent


def _all(box: object) -> bytes:
    """Return all frames of an account's reports."""
    return box.frames(0, box.end)  # type: ignore[attr-defined, no-any-return]

"""A start whose every call to the system fails in turn: refused with what to do, or as without."""

from __future__ import annotations

import errno
import io
import os
import shutil
from typing import TYPE_CHECKING, Any, Final

import pytest

from engine.log import files, segments
from engine.log.federation_log import FederationLog
from engine.log.journal import FILE_NAME, Journal, JournalError
from engine.log.sequencer import Sequencer, recover
from engine.log.snapshotter import take
from engine.log.starts import StartError
from engine.rulebook.presets import load
from engine.venue.venue import Venue
from engine.vocabulary.commands import MoveCash, OpenAccount

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

BOOK: Final = load("textbook")
TORN: Final = 30  # bytes
# What a start calls, where, and how: all that can fail in it is one of these.
CALLS: Final[tuple[tuple[Any, str], ...]] = (
    (os, "open"),
    (os, "read"),
    (os, "write"),
    (os, "lseek"),
    (os, "ftruncate"),
    (os, "fsync"),
    (os, "fdatasync"),
    (os, "replace"),
    (os, "scandir"),
    (io, "open"),
    (segments.Joined, "readinto"),
    (files, "lock"),
)
ERRORS: Final = {
    errno.EACCES: "let the venue's user read and write it",
    errno.EROFS: "make the disk one that can be written",
    errno.ENOSPC: "free the disk",
    errno.EDQUOT: "free the disk",
    errno.EMFILE: "let the process open more files",
    errno.EIO: "see to the disk, or restore a copy on another",
}


class Failing:
    """Counts the calls of a start and makes one of them fail."""

    def __init__(self, patch: pytest.MonkeyPatch, error: int) -> None:
        self.calls, self.fails_at, self.error = 0, -1, error
        for where, name in CALLS:
            if hasattr(where, name):
                patch.setattr(where, name, self._instead_of(getattr(where, name)))
        patch.setattr("engine.log.journal.lock", files.lock)

    def _instead_of(self, real: Callable[..., Any]) -> Callable[..., Any]:
        def call(*words: Any, **named: Any) -> Any:
            self.calls += 1
            if self.calls == self.fails_at:
                raise OSError(self.error, os.strerror(self.error))
            return real(*words, **named)

        return call


def torn(folder: Path) -> str:
    """Write a log of several segments with snapshots, and half a commit; return the state."""
    sequencer = Sequencer(Venue(BOOK), Journal.create(folder, BOOK, 1))
    journal = sequencer.journal
    assert journal is not None
    sequencer.submit(1, 0, OpenAccount("a", cash=1))
    for number in range(30):
        journal.segment_size = 600
        sequencer.submit(2, 0, MoveCash("a", number))
        sequencer.commit()
        if number in {10, 20, 25}:
            take(folder)
    state = sequencer.venue.state_hash()
    sequencer.close()
    path = folder / FILE_NAME
    path.write_bytes(path.read_bytes() + path.read_bytes()[-TORN:])
    return state


def started(folder: Path, state: str) -> JournalError | None:
    """Start a venue, which must come to a state; return what the start said if it refused."""
    try:
        sequencer = recover(folder)
    except JournalError as problem:
        return problem
    assert sequencer.venue.state_hash() == state
    assert sequencer.journal is not None
    sequencer.journal.close()
    return None


def says_what_to_do(error: JournalError, folder: Path, number: int) -> bool:
    text = str(error)
    held = "in use by another process" in text and number == errno.EACCES  # as Windows says it
    return held or (
        isinstance(error, StartError)
        and text.startswith(f"{folder}")
        and "; a start " in text
        and f": {ERRORS[number]}, then start again" in text
    )


@pytest.mark.parametrize("error", ERRORS, ids=errno.errorcode.__getitem__)
def test_each_call_of_a_start_fails_in_turn(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: int
) -> None:
    kept = tmp_path / "kept"
    state = torn(kept)
    with monkeypatch.context() as patch:
        shutil.copytree(kept, tmp_path / "counted")
        failing = Failing(patch, error)
        recover(tmp_path / "counted").close()
        count = failing.calls
    assert count > 30
    refused = 0
    for call in range(1, count + 1):
        folder = tmp_path / str(call)
        shutil.copytree(kept, folder)
        with monkeypatch.context() as patch:
            failing = Failing(patch, error)
            failing.fails_at = call
            problem = started(folder, state)
        if problem is not None:
            refused += 1
            assert says_what_to_do(problem, folder, error), (call, problem)
        again = recover(folder)
        assert again.venue.state_hash() == state, call
        again.close()
        kept_aside = [each.stat().st_size for each in folder.glob(f"{FILE_NAME}.torn.*")]
        assert kept_aside in ([TORN], [TORN, TORN]), call  # twice where it was not cut off then
    assert refused > count // 3


def test_a_full_disk_keeps_a_torn_commit_where_it_is(tmp_path: Path) -> None:
    """With a limit on a file's size, as a quota is one."""
    resource = pytest.importorskip("resource", reason="this system has no such limits")
    state = torn(tmp_path)
    before, limit = (tmp_path / FILE_NAME).read_bytes(), resource.getrlimit(resource.RLIMIT_FSIZE)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (TORN // 2, limit[1]))
        with pytest.raises(StartError) as caught:
            recover(tmp_path)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limit)
    assert caught.value.path == tmp_path / "venue.log.torn.1"
    assert str(caught.value) == (
        f"{tmp_path / 'venue.log.torn.1'}: file too large; a start keeps there what it cuts off "
        "the log: free the disk, then start again"
    )
    assert (tmp_path / FILE_NAME).read_bytes() == before
    assert not (tmp_path / "venue.log.torn.1").exists()
    again = recover(tmp_path)
    assert again.venue.state_hash() == state
    again.close()


def test_linked_venues_are_not_made_where_the_disk_refuses(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    failing = Failing(monkeypatch, errno.EROFS)
    failing.fails_at = 1
    with pytest.raises(StartError, match="can be written, then start again"):
        FederationLog.create(tmp_path / "venues", {"one": BOOK}, 1)

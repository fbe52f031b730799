"""The day that is recovered trades, cancels and amends, and comes back as it was."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from benchmarks.recovery import commands, live, recovered
from engine.rulebook import presets
from engine.venue.venue import Venue

if TYPE_CHECKING:
    from pathlib import Path


def test_the_day_comes_back_as_it_was(tmp_path: Path) -> None:
    before, after = live(tmp_path, 3_000), recovered(tmp_path, 0)
    same = ("records", "orders", "state")
    assert [before[name] for name in same] == [after[name] for name in same]
    assert before["orders"] > 0


def test_the_day_has_all_that_it_is_about() -> None:
    venue = Venue(presets.load("textbook"))
    events = Counter(
        type(event).__name__ for command in commands(6_000, 20) for event in venue.apply(command)
    )
    venue.check()
    assert min(events[name] for name in ("Trade", "OrderAmended", "OrderCancelled")) > 50
    assert events["Rejected"] < 1_000

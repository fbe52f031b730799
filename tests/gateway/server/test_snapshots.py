"""A server that starts from a snapshot has the venue, the reports and the day that it had."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.log.sequencer import recover, replay
from engine.log.snapshotter import take
from engine.rulebook import presets
from gateway.server.followers import Followers
from tests.support.random_logs import random_log

if TYPE_CHECKING:
    from pathlib import Path

import pytest


@pytest.mark.parametrize("name", presets.names())
def test_reports_and_the_day_come_back_with_the_venue(name: str, tmp_path: Path) -> None:
    log = random_log(presets.load(name), 11)
    (tmp_path / "venue.log").write_bytes(log.data)
    whole, snapshotted, again = Followers(), Followers(), Followers()
    replay(tmp_path, whole.absorb)
    taken = take(tmp_path, snapshotted.absorb, snapshotted.parts)
    sequencer = recover(tmp_path, again.absorb, "none", again.parts)
    sequencer.close()
    assert sequencer.snapshot == taken.path
    assert sequencer.venue.state_hash() == log.venue.state_hash()
    assert again.past.records == whole.past.records
    assert again.outboxes.boxes.keys() == whole.outboxes.boxes.keys()
    for account, box in whole.outboxes.boxes.items():
        found = again.outboxes.boxes[account]
        assert (found.seq, found.last_answered) == (box.seq, box.last_answered)
        assert found.frames(0, found.end) == box.frames(0, box.end)
        for ref in range(box.last_answered + 2):
            assert found.answer_to(ref) == box.answer_to(ref)

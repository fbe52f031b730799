"""The yardstick of the pipe takes the load that the venue beside it takes; no time is asserted."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from benchmarks.pipe import full_round

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("sessions", [1, 3])
def test_both_servers_answer_a_full_pipe_in_order_and_the_log_replays(
    tmp_path: Path, sessions: int
) -> None:
    taken = full_round(tmp_path, sessions, 300, seed=7)

    assert min(taken) > 0, "a part that was not measured"

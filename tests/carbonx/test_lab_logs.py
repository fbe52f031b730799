"""Logs that the laboratory writes: replayed, recovered by a server, the same as without one."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backtest.kernel.kernel import AgentError
from carbonx import lab
from engine.log.journal import JournalError
from engine.log.sequencer import replay
from gateway.server.followers import Followers
from tests.support.command_line import typed
from tests.support.studies import SMALL, WithMisfit

DESIGNS = {
    "textbook": lab.design("textbook"),
    "shenzhen": lab.design("shenzhen-2022"),
    "listings": lab.design("guangdong"),
    "batches": lab.design("textbook").with_("continuous", batch_seconds=300, carry_over=True),
    "auctions": lab.design("textbook").with_("continuous", mechanism="one_way"),
}
MARKETS: dict[str, lab.Population] = {
    "uniform": SMALL,
    "arrivals": lab.PoissonArrivals(rate=0.01, scale=2_600),
    "linear": lab.market("linear", turns=300),
}


@settings(max_examples=12, deadline=None)
@given(st.sampled_from(sorted(DESIGNS)), st.sampled_from(sorted(MARKETS)), st.integers(0, 1_000))
def test_a_log_comes_to_the_same_state_in_a_replay_and_in_a_servers_recovery(
    design: str, market: str, seed: int
) -> None:
    with TemporaryDirectory() as folder:
        log = Path(folder) / "log"
        found = lab.run(DESIGNS[design], MARKETS[market], replication=seed, log=log)
        state = found.venue.state_hash()
        plain = lab.run(DESIGNS[design], MARKETS[market], replication=seed)
        assert (plain.digest(), plain.venue.state_hash()) == (found.digest(), state)
        answer = typed("replay", str(log), "--verify", state)
        assert answer.status == 0
        assert f"state {state}" in answer.out
        again = Followers().recover(log, "sync")
        try:
            assert (again.venue.state_hash(), again.seq) == (state, len(found.tape))
        finally:
            again.close()


def test_a_session_that_fails_leaves_a_whole_log_up_to_the_error(tmp_path: Path) -> None:
    with pytest.raises(AgentError, match="misfit"):
        lab.run(DESIGNS["textbook"], WithMisfit(), replication=1, log=tmp_path / "log")
    assert replay(tmp_path / "log").records > 1


def test_a_folder_has_one_log_and_regions_none(tmp_path: Path) -> None:
    study = lab.compare("textbook", market=SMALL, seeds=1)
    found = study.outcome("textbook", 0, log=tmp_path)
    assert replay(tmp_path).records == len(found.tape)
    with pytest.raises(JournalError):
        study.outcome("textbook", 0, log=tmp_path)
    linked = lab.compare({"both": ["textbook", "textbook"]}, market=SMALL, seeds=1)
    with pytest.raises(lab.DesignError, match="regions have a venue each"):
        linked.outcome("both", 0, log=tmp_path / "other")

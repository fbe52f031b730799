"""The server's core under seeds: nothing that it promises breaks, and what is broken shows."""

from __future__ import annotations

import pytest

from gateway.simulation.run import simulate

SEEDS = 300


@pytest.mark.parametrize("part", range(4))
def test_no_seed_breaks_a_promise(part: int) -> None:
    outcomes = [simulate(seed) for seed in range(part, SEEDS, 4)]
    assert [outcome for outcome in outcomes if outcome.failure] == []
    assert sum(outcome.starts for outcome in outcomes) > 2 * len(outcomes), "there were crashes"
    assert sum(outcome.commands for outcome in outcomes) > 100 * len(outcomes)


def test_a_seed_comes_to_the_same_again() -> None:
    assert [simulate(seed) for seed in range(10)] == [simulate(seed) for seed in range(10)]

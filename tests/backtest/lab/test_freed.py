"""What makes many venues in one process lets go of each, whatever is live in it."""

from __future__ import annotations

import gc
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import pytest

from backtest.frames.walk import walk
from backtest.lab.design import design
from backtest.lab.identity import versions
from backtest.lab.runs import Cell, Job, work
from backtest.lab.schedules import UniformValues
from backtest.tapes.other_rules import under
from engine.book.orders import Participant
from engine.rulebook import presets
from tests.backtest.lab.test_regions import linked
from tests.support.random_logs import random_log

if TYPE_CHECKING:
    from collections.abc import Callable

pytest.importorskip("gymnasium")

from backtest.lab.gym import TradingEnv

PEOPLE = UniformValues(8, 8, scale=10_000)


def alive() -> int:
    """Return how many accounts of all venues there are."""
    gc.collect()
    return sum(type(each) is Participant for each in gc.get_objects())


def study(seed: int) -> None:
    """Make a run of a study."""
    job = Job(((design("textbook"), PEOPLE),), seed, ("trades",), versions())
    assert [each.record.failed for each in work(job, [Cell(0, seed, "a")])] == [None]


def regions(seed: int) -> None:
    """Make a run in linked regions."""
    job = Job(((linked("routing"), PEOPLE),), seed, ("trades",), versions())
    assert [each.record.failed for each in work(job, [Cell(0, seed, "a")])] == [None]


def export(seed: int) -> None:
    """Export a log."""
    assert walk(BytesIO(LOG), ["trades"], lambda _stretch: None) > seed


def other_rules(seed: int) -> None:
    """Trade a log again under other rules."""
    with TemporaryDirectory() as folder:
        (Path(folder) / "venue.log").write_bytes(LOG)
        assert len(under(Path(folder), presets.load("krx")).log.tape) > seed


LOG = random_log(presets.load("textbook"), 3).data
ENV = TradingEnv(design("textbook"), PEOPLE, decisions=20)


def episode(seed: int) -> None:
    """Begin an episode of learning, and trade a little."""
    ENV.reset(seed=seed)
    ENV.step(ENV.action_space.sample())


@pytest.mark.parametrize("use", [study, regions, episode, export, other_rules])
def test_as_many_accounts_are_alive_after_the_third_time_as_after_the_first(
    use: Callable[[int], None],
) -> None:
    use(1)
    before = alive()
    use(2)
    use(3)
    assert alive() <= before

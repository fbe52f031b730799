"""``carbonx demo``: the real day's bars, a picture, and a log that proves the state."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from backtest.agents.market_picture import MarketPicture
from carbonx.cli import demo
from carbonx.demo.day import brokers
from carbonx.demo.shenzhen_day import BARS, Calibrated
from engine.log.sequencer import replay


@pytest.mark.parametrize("seed", [1, 2])
def test_the_demo_is_proven_and_makes_the_real_bars(tmp_path: Path, seed: int) -> None:
    done = CliRunner().invoke(
        demo.command,
        ["--seconds", "3", "--json", "--dir", str(tmp_path / "run"), "--seed", str(seed)],
    )
    assert done.exit_code == 0, done.output
    result = json.loads(done.stdout)
    assert result["proven"]
    assert result["state"] == result["replayed_state"]
    assert {
        name: (bar["open"], bar["high"], bar["low"], bar["close"])
        for name, bar in result["bars"].items()
    } == {name: (bar.open, bar.high, bar.low, bar.close) for name, bar in BARS.items()}
    traded = sum(bar["volume"] for bar in result["bars"].values())
    assert 0.8 < traded / sum(bar.volume for bar in BARS.values()) < 1.5
    assert Path(result["picture"]).stat().st_size > 10_000
    found = replay(tmp_path / "run").venue
    assert found.state_hash() == result["state"]
    assert {name: found.markets[name].day.volume for name in BARS} == {
        name: bar["volume"] for name, bar in result["bars"].items()
    }


def test_the_days_brokers_are_of_four_kinds_and_share_one_market() -> None:
    market = MarketPicture(())
    found = brokers(1, market, Calibrated(1), 10)
    assert {each.kind for each in found} == {"maker", "compliance", "noise", "momentum"}
    assert all(each.market is market and each.pause == 10 for each in found)
    assert len({each.rng.random() for each in found}) == len(found), "a stream for each"

"""``carbonx demo``: the real day's bars, a picture, and a log that proves the state."""

from __future__ import annotations

import asyncio
import json
import re
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl
import pytest
from click.testing import CliRunner

from backtest.agents.market_picture import MarketPicture
from backtest.frames.log_frames import frames
from backtest.report.fonts import chinese_font
from carbonx.cli import demo
from carbonx.demo.day import TONNES, Plan, brokers, run
from carbonx.demo.occasions import AUCTIONED, BLOCK, CYCLE, PLANT, UTILITY
from carbonx.demo.plots import draw_day, limits
from carbonx.demo.shenzhen_day import BARS, Calibrated
from engine.log.journal import FILE_NAME
from engine.log.sequencer import replay

if TYPE_CHECKING:
    from gateway.client.market_view import Print


def test_the_demo_is_proven_and_makes_the_real_bars(tmp_path: Path) -> None:
    done = CliRunner().invoke(
        demo.command,
        [
            "--seconds",
            "0.1",
            "--json",
            "--dir",
            str(tmp_path / "run"),
            "--seed",
            "2",
            "--durability",
            "none",
        ],
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
    page = Path(result["page"]).read_text("utf-8")
    assert result["state"] in page
    assert "data:image/png;base64," in page
    assert not re.search(r"(src|href)=.(?!data:)", page), "it needs no other file"
    assert all(f'<th scope="row">{name}</th>' in page for name in BARS)
    occasions = [each["kind"] for each in result["occasions"]]
    assert occasions == ["auction", "block", "surrender", "surrender"]
    assert all(each["said"] in page for each in result["occasions"])
    said = done.stderr.splitlines()
    assert any("of the day" in line for line in said)
    assert max(map(len, said)) <= 80, "tables fit where there is no terminal to ask"
    again = CliRunner().invoke(demo.command, ["--dir", str(tmp_path / "run")])
    assert again.exit_code == 2
    assert "holds a venue already" in again.output
    found = replay(tmp_path / "run").venue
    assert found.state_hash() == result["state"]
    assert {name: found.markets[name].day.volume for name in BARS} == {
        name: bar["volume"] for name, bar in result["bars"].items()
    }


def test_beside_the_screen_an_auction_a_block_and_the_surrender(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    result = asyncio.run(run(folder, Plan(5, 0, looks=6, durability="none"), lambda *_: None))
    clocks = [each.clock for each in result.occasions]
    assert clocks == ["14:11", "14:30", "15:30", "15:30"]
    trades = frames(folder).trades
    auction, block = (
        sum(trades.filter(pl.col("symbol") == line)["quantity"].to_list())
        for line in (AUCTIONED, BLOCK)
    )
    assert f"{auction:,} of" in result.occasions[0].said
    assert result.occasions[1].said.startswith(f"{block:,} t {BLOCK} ")
    venue = replay(folder).venue
    for name, bought in ((PLANT, auction + block), (UTILITY, auction)):
        [said] = [each.said for each in result.occasions if each.said.startswith(name)]
        assert said.endswith(f"for {CYCLE.name}: 0 t due")
        assert not venue.open_orders(name)
        left = sum(holding.total for holding in venue.account(name).holdings)
        assert left < TONNES * len(BARS) + bought - 20_000, "it gave what it owed"


@pytest.mark.parametrize("font", ["", None])
def test_the_picture_renders_with_and_without_a_chinese_font(
    tmp_path: Path, font: str | None
) -> None:
    folder = tmp_path / "run"
    result = asyncio.run(run(folder, Plan(3, 0, looks=8, durability="none"), lambda *_: None))
    used = draw_day(result, tmp_path / "day.png", demo.TITLE, font)
    assert used == ("" if font == "" else chinese_font())
    assert (tmp_path / "day.png").stat().st_size > 50_000
    for name, bar in BARS.items():
        low, high = limits(bar.previous)
        assert all(low <= each.price <= high for each in result.view.lines[name].prints)


def test_the_days_brokers_are_of_four_kinds_and_share_one_market() -> None:
    market = MarketPicture(())
    found = brokers(1, market, Calibrated(1), 10)
    assert {each.kind for each in found} == {"maker", "compliance", "noise", "momentum"}
    assert all(each.market is market and each.pause == 10 for each in found)
    assert len({each.rng.random() for each in found}) == len(found), "a stream for each"


def traded(folder: Path, plan: Plan) -> tuple[str, bytes, list[Print]]:
    """Trade a day; return its hash, its log and all prints of one line."""
    result = asyncio.run(run(folder, plan, lambda *_: None))
    assert result.proven
    line = result.view.lines["SZA-2020"]
    return result.live_state, (folder / FILE_NAME).read_bytes(), line.prints


def test_a_seed_is_a_day_whatever_the_time_it_takes(tmp_path: Path) -> None:
    plan = Plan(7, seconds=0, looks=8, durability="none")
    first = traded(tmp_path / "1", plan)
    assert len(first[2]) > 5
    assert traded(tmp_path / "2", plan._replace(seconds=0.5)) == first
    other = traded(tmp_path / "3", plan._replace(seed=8))
    assert other[0] != first[0]
    assert other[2] != first[2]

"""Sweeps over grids and Latin hypercubes, named markets, and what a changed design is."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backtest.lab.manifest import market_figures
from backtest.lab.named import MARKETS
from backtest.lab.sweep import settings
from carbonx import lab
from engine.vocabulary.enums import Phase
from engine.vocabulary.events import AuctionUncrossed
from tests.support.studies import SMALL, WithMisfit

TEXTBOOK = lab.design("textbook")
SHENZHEN = lab.design("shenzhen-2022")
TICK = "products[CO2].tick"


def test_a_grid_has_every_setting_under_every_design() -> None:
    designs = {"last": TEXTBOOK, "average": TEXTBOOK.changed("close", "vwap")}
    over: dict[str, Any] = {TICK: [1, 100], "market.buyers": [2, 3, 4]}
    found = lab.sweep(designs, over, market=SMALL, seeds=2)
    assert len(found.points) == 12
    assert len({point.design.digest for point in found.points.values()}) == 4
    frame = found.frame
    assert set(frame["design"]) == {"last", "average"}
    assert f"{TICK}=100, market.buyers=3" in set(frame["parameter"])
    label = "last, tick=100, buyers=3"
    alone = lab.compare(TEXTBOOK.changed(TICK, 100), market=lab.UniformValues(3, 3), seeds=2)
    assert found.values(label, "surplus") == alone.values(next(iter(alone.points)), "surplus")


@given(st.integers(1, 40), st.integers(-50, 50), st.integers(1, 1_000), st.integers(0, 2**32))
def test_a_hypercube_draws_each_part_of_a_range_once(
    samples: int, low: int, width: int, root: int
) -> None:
    over = {"a": lab.Between(float(low), float(low + width)), "b": lab.Between(0.0, 1.0)}
    found = settings(over, samples, root)
    for path, (start, end) in over.items():
        parts = [int((each[path] - start) / (end - start) * samples) for each in found]
        assert sorted(min(part, samples - 1) for part in parts) == list(range(samples))
    alone = settings({"b": over["b"]}, samples, root)
    assert [each["b"] for each in alone] == [each["b"] for each in found]


@given(st.integers(-5, 5), st.integers(1, 5), st.integers(1, 30))
def test_whole_ends_draw_whole_numbers_between_them(low: int, width: int, samples: int) -> None:
    found = settings({"a": lab.Between(low, low + width)}, samples)
    assert all(isinstance(each["a"], int) and low <= each["a"] <= low + width for each in found)


def test_a_hypercube_meets_the_whole_grid() -> None:
    over: dict[str, Any] = {"a": lab.Between(1, 9), "b": [1, 2]}
    found = settings(over, 3)
    assert len(found) == 6
    assert [each["a"] for each in found[:3]] == [each["a"] for each in found[3:]]


@pytest.mark.parametrize(
    ("over", "samples", "why"),
    [
        ({"market.buyer": [1]}, 0, "did you mean 'buyers'"),
        ({"market.buyers": ["many"]}, 0, "Expected `int`"),
        ({"modes[continuous].limit_up_pb": [1]}, 0, "modes"),
        ({"closee": ["last"]}, 0, "did you mean 'close'"),
        ({"close": ["lst"]}, 0, "did you mean 'last'"),
        ({TICK: []}, 0, "no value"),
        ({TICK: lab.Between(3, 1)}, 2, "no range"),
        ({TICK: lab.Between(1, 3)}, 0, "a range is drawn"),
        ({TICK: [1]}, 2, "samples=2"),
    ],
)
def test_a_sweep_over_nothing_that_there_is_is_refused(
    over: dict[str, Any], samples: int, why: str
) -> None:
    with pytest.raises(ValueError, match=why):
        lab.sweep(TEXTBOOK, over, market=SMALL, samples=samples, progress=pytest.fail)


@pytest.mark.parametrize("name", MARKETS)
def test_a_named_market_is_kept_in_a_manifest(name: str) -> None:
    """A market whose figures cannot be told could not be run again from its folder."""
    market = lab.market(name)
    told = market_figures(market)
    assert "figures" in told
    assert market == lab.market(name)


def test_a_market_is_named_with_its_figures() -> None:
    assert lab.market("uniform", buyers=3, sellers=3) == SMALL
    for name, figures, why in (
        ("unifrom", {}, "did you mean 'uniform'"),
        ("uniform", {"buyer": 1}, "did you mean 'buyers'"),
        ("uniform", {"buyers": "x"}, "Expected `int`"),
    ):
        with pytest.raises(lab.MarketError, match=why):
            lab.market(name, **figures)


# -- designs --------------------------------------------------------------------------------


def test_the_designs_that_one_compares_at_shenzhen() -> None:
    calls = SHENZHEN.with_(mode="bidding", batch_seconds=300, carry_over=True)
    changed = {
        "listing": SHENZHEN.with_(mode="bidding", mechanism="listing"),
        "no limits": SHENZHEN.with_(mode="bidding", limit_up_bp=0, limit_down_bp=0),
        "T+1": SHENZHEN.with_(mode="bidding", resale_lag=1),
    }
    assert str(changed["T+1"]) == "shenzhen-2022, modes[bidding].resale_lag = 1"
    assert lab.diff(SHENZHEN, changed["T+1"]) == {"modes[bidding].resale_lag": (0, 1)}
    designs = {"continuous": SHENZHEN, "call": calls, **changed}
    study = lab.compare(designs, market=lab.UniformValues(scale=2_600), seeds=4)
    assert not study.failed
    assert study.mean("no limits", "trades").mean > study.mean("continuous", "trades").mean


def test_a_mode_with_batches_trades_in_calls_alone() -> None:
    """The rules of a live venue hold in the laboratory: it is the timetable that has the calls."""
    wide = SHENZHEN.with_(mode="bidding", limit_up_bp=0, limit_down_bp=0)
    calls = wide.with_(mode="bidding", batch_seconds=300)
    phases = {
        session.phase for session in calls.rulebook.calendar.sessions if "bidding" in session.modes
    }
    assert Phase.INTRADAY_CALL in phases
    assert Phase.CONTINUOUS not in phases
    for design in (calls, TEXTBOOK.changed("modes", [{"name": "main", "batch_seconds": 300}])):
        outcome = lab.run(design, lab.UniformValues(scale=2_600))
        events = [event for _, _, seen in outcome.tape for event in seen]
        assert sum(type(event) is AuctionUncrossed for event in events) > 1
    study = lab.compare({"calls": calls}, market=lab.UniformValues(scale=2_600), seeds=2)
    assert set(study.trades["aggressor"]) == {None}


def test_limits_go_together() -> None:
    none = SHENZHEN.with_(mode="bidding", limit_up_bp=0, limit_down_bp=0)
    one = SHENZHEN.changed("modes[bidding].limit_up_bp", 0)
    assert one.digest == none.digest
    assert "limit_down_bp = 0" in str(one)
    both = none.with_(mode="bidding", limit_up_bp=500, limit_down_bp=300)
    assert both.digest != none.digest
    with pytest.raises(lab.DesignError, match="both limits or neither"):
        none.with_(mode="bidding", limit_up_bp=500)


@pytest.mark.parametrize(
    ("mode", "figures", "why"),
    [
        ("biding", {"limit_up_bp": 0}, "did you mean 'bidding'"),
        ("market", {"limit_up_bp": 0}, "there are bidding, agreement, one_way"),
        ("bidding", {"limit_up_pb": 0}, "did you mean 'limit_up_bp'"),
        ("bidding", {"mechanism": "listng"}, "did you mean 'listing'"),
        ("bidding", {"limit_up_bp": 0.5}, "0.5 is no value of a rule"),
        ("bidding", {}, "at least one figure"),
    ],
)
def test_a_wrong_path_mode_or_figure_is_refused(
    mode: str, figures: dict[str, Any], why: str
) -> None:
    with pytest.raises(lab.DesignError, match=why):
        SHENZHEN.with_(mode=mode, **figures)


# -- again ----------------------------------------------------------------------------------


def test_a_study_is_run_again_from_its_folder(tmp_path: Any) -> None:
    over: dict[str, Any] = {"modes[bidding].limit_up_bp": [1000, 0], "market.buyers": [5, 6]}
    market = lab.market("uniform", scale=2_600)
    first = lab.sweep(SHENZHEN, over, market=market, seeds=3, folder=tmp_path)
    found = lab.again(tmp_path)
    assert found.same
    assert not found.differs
    assert found.study.frame.equals(first.frame)


def test_what_differs_is_named(tmp_path: Any) -> None:
    lab.compare(TEXTBOOK, market=SMALL, seeds=2, folder=tmp_path)
    manifest = tmp_path / "manifest.json"
    text = manifest.read_text("utf-8")
    manifest.write_text(text.replace('"buyers": 3', '"buyers": 4'), "utf-8")
    found = lab.again(tmp_path)
    assert not found.same
    assert any(line.startswith("textbook, seed 0: ") for line in found.differs)
    manifest.write_text(text.replace('"python": "', '"python": "2.7, no '), "utf-8")
    found = lab.again(tmp_path)
    assert found.same
    assert any("version python: 2.7" in line for line in found.differs)


def test_a_study_whose_runs_fail_comes_out_the_same_again(tmp_path: Any) -> None:
    lab.compare(TEXTBOOK, market=WithMisfit(), seeds=3, folder=tmp_path)
    assert lab.again(tmp_path).same


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"format": 99}', '{"format": 1}'])
def test_a_folder_without_a_manifest_is_refused(tmp_path: Any, text: str) -> None:
    with pytest.raises(lab.StudyError, match="there is none"):
        lab.again(tmp_path)
    (tmp_path / "manifest.json").write_text(text)
    with pytest.raises(lab.StudyError, match="manifest"):
        lab.again(tmp_path)

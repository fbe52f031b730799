"""Studies: the same whoever makes the runs, whatever interrupts them; nothing is run twice."""

from __future__ import annotations

import importlib
import json
import multiprocessing
import os
import re
import signal
import sys
import textwrap
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len

from backtest.lab.named import MARKETS
from carbonx import lab
from tests.support.paths import ROOT
from tests.support.studies import SMALL, Nowhere, Renamed, WithMisfit

if TYPE_CHECKING:
    from collections.abc import Callable

    from backtest.lab.workers import Jobs

PAGE = (ROOT / "docs" / "backtesting.md").read_text("utf-8")
TEXTBOOK = lab.design("textbook")
TICK = "products[CO2].tick"
DESIGNS = {"plain": TEXTBOOK, "coarse": TEXTBOOK.changed(TICK, 5_000)}


def study(
    folder: Path | None = None,
    *,
    seeds: int = 4,
    jobs: Jobs = 1,
    progress: Callable[[], object] = lambda: None,
    **changed: Any,
) -> lab.Study:
    asked = {"designs": DESIGNS, "market": SMALL, **changed}
    designs = asked.pop("designs")
    return lab.compare(designs, seeds=seeds, jobs=jobs, folder=folder, progress=progress, **asked)


def runs(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in (folder / "runs").iterdir()}


def made(folder: Path) -> int:
    told: dict[str, Any] = json.loads((folder / "manifest.json").read_bytes())
    count: int = told["runs"]["made"]
    return count


class AtOnce(Executor):
    """Makes a run when it is asked for, so that many are done at the same time."""

    def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
        future: Future[Any] = Future()
        future.set_result(fn(*args, **kwargs))
        return future


# -- who makes the runs ---------------------------------------------------------------------


def test_whoever_makes_the_runs_makes_the_same_bytes(tmp_path: Path) -> None:
    hands: dict[str, Jobs] = {
        "one": 1,
        "two": 2,
        "at once": AtOnce(),
        "threads": ThreadPoolExecutor(3),
    }
    found = {name: study(tmp_path / name, seeds=10, jobs=jobs) for name, jobs in hands.items()}
    one = found.pop("one")
    for name, other in found.items():
        assert runs(tmp_path / name) == runs(tmp_path / "one")
        assert other.rows == one.rows
        assert other.trades.equals(one.trades)
        assert other.digest == one.digest


@pytest.mark.filterwarnings("ignore")  # Dask's own
def test_a_dask_cluster_makes_the_same_bytes(tmp_path: Path) -> None:
    distributed = pytest.importorskip("distributed")
    with distributed.Client(
        processes=False, n_workers=2, threads_per_worker=1, dashboard_address=None
    ) as client:
        study(tmp_path / "cluster", jobs=client)
    study(tmp_path / "here")
    assert runs(tmp_path / "cluster") == runs(tmp_path / "here")


@pytest.mark.parametrize("who", ["processes", "an executor"])
def test_a_worker_that_is_killed_half_way_changes_nothing(tmp_path: Path, who: str) -> None:
    finished: list[None] = []
    killed: list[int] = []

    def kill_one() -> None:
        finished.append(None)
        children = multiprocessing.active_children()
        if len(finished) == 3 and children:
            children[0].kill()
            killed.append(len(children))

    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(2, context) as pool:
        jobs = 2 if who == "processes" else pool
        found = study(tmp_path / "killed", seeds=60, jobs=jobs, progress=kill_one)
    assert killed
    assert found.digest == study(tmp_path / "here", seeds=60).digest
    assert runs(tmp_path / "killed") == runs(tmp_path / "here")
    assert made(tmp_path / "killed") == len(finished) == 60 * len(DESIGNS)


@pytest.mark.filterwarnings("ignore")  # Dask's own
def test_a_worker_of_a_cluster_that_is_killed_changes_nothing(tmp_path: Path) -> None:
    distributed = pytest.importorskip("distributed")
    finished: list[None] = []
    with distributed.Client(
        n_workers=2, threads_per_worker=1, dashboard_address=None, processes=True
    ) as client:

        def kill_one() -> None:
            finished.append(None)
            if len(finished) == 3:
                pids = client.run(os.getpid)
                os.kill(next(iter(pids.values())), signal.SIGKILL)

        study(tmp_path / "cluster", seeds=60, jobs=client, progress=kill_one)
    study(tmp_path / "here", seeds=60)
    assert runs(tmp_path / "cluster") == runs(tmp_path / "here")


def test_no_worker_is_refused() -> None:
    with pytest.raises(ValueError, match="jobs=0: 1 is this process"):
        study(jobs=0)


@given(st.permutations(["a", "b", "c", "d", "e", "f"]))
@settings(max_examples=5, deadline=None)
def test_names_of_accounts_change_nothing(names: list[str]) -> None:
    plain = study(seeds=2)
    renamed = study(seeds=2, market=Renamed(tuple(names)))
    assert renamed.rows == plain.rows


def test_rows_are_in_the_order_of_seed_design_measure() -> None:
    found = study(seeds=3, jobs=AtOnce())
    order = [
        (seed, design, name) for seed in range(3) for design in DESIGNS for name in found.names
    ]
    assert [(row.seed, row.design, row.measure) for row in found.rows] == order


# -- interrupted, continued, found again ----------------------------------------------------


@given(st.integers(1, 8), st.integers(1, 8))
@settings(max_examples=8, deadline=None)
def test_a_study_interrupted_anywhere_goes_on(first: int, second: int) -> None:
    whole = study()
    with TemporaryDirectory() as name:
        folder = Path(name)
        for stop in (first, second):
            count = 0

            def progress(stop: int = stop) -> None:
                nonlocal count
                count += 1
                if count == stop:
                    raise KeyboardInterrupt

            with pytest.raises(KeyboardInterrupt):
                study(folder, progress=progress)
            assert json.loads((folder / "manifest.json").read_bytes())["state"] == "running"
        there = runs(folder)
        continued = study(folder)
        assert made(folder) == 8 - len(there)
        assert there.items() <= runs(folder).items()
        assert continued.rows == whole.rows
        assert continued.digest == whole.digest
        assert continued.trades.equals(whole.trades)


def test_a_finished_run_is_not_made_again_and_more_seeds_are_added(tmp_path: Path) -> None:
    first = study(tmp_path, seeds=3)
    assert made(tmp_path) == 6
    again = study(tmp_path, seeds=5)
    assert made(tmp_path) == 4
    assert again.rows[: len(first.rows)] == first.rows
    assert again.rows == study(seeds=5).rows


def test_a_damaged_run_is_made_again(tmp_path: Path) -> None:
    first = study(tmp_path)
    path = min((tmp_path / "runs").iterdir())
    path.write_bytes(path.read_bytes()[:-20])
    again = study(tmp_path)
    assert made(tmp_path) == 1
    assert again.digest == first.digest


@pytest.mark.parametrize(
    "changed",
    [
        {"market": lab.UniformValues(buyers=3, sellers=4)},
        {"root": 2},
        {"designs": {name: each.changed("close", "vwap") for name, each in DESIGNS.items()}},
    ],
)
def test_whatever_goes_in_changed_is_run_again(tmp_path: Path, changed: dict[str, Any]) -> None:
    study(tmp_path)
    study(tmp_path, **changed)
    assert made(tmp_path) == 8


def test_another_label_is_the_same_run(tmp_path: Path) -> None:
    study(tmp_path)
    study(tmp_path, designs=dict(zip("ab", DESIGNS.values(), strict=True)))
    assert made(tmp_path) == 0


AGENT = """
    from backtest.lab.people import Person, Trader
    from backtest.lab.schedules import UniformValues
    from helper_of_mine import PRICE

    class Mine(Trader):
        def on_start(self, seat):
            seat.wake_at(seat.now())

        def on_wake(self, seat):
            seat.buy("CO2", 1, PRICE)

    class Market(UniformValues, frozen=True):
        def people(self, streams, rulebook, window):
            found = super().people(streams, rulebook, window)
            return [*found, Person("mine", "mine", "mine", Mine(), 10**9, {}, (PRICE,))]
"""


@pytest.mark.parametrize("module", ["market_of_mine", "helper_of_mine"])
def test_changed_source_of_an_agent_is_run_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, module: str
) -> None:
    """The market's module counts, and so does what it imports."""
    monkeypatch.syspath_prepend(str(tmp_path))
    texts = {"helper_of_mine": "PRICE = 900_000\n", "market_of_mine": textwrap.dedent(AGENT)}
    counts = []
    for change in ("", "", "# changed\n"):
        for name, text in texts.items():
            path = tmp_path / f"{name}.py"
            path.write_text(text + (change if name == module else ""))
            monkeypatch.delitem(sys.modules, name, raising=False)
        importlib.invalidate_caches()
        market = importlib.import_module("market_of_mine").Market(buyers=2, sellers=2)
        study(tmp_path / "study", market=market)
        counts.append(made(tmp_path / "study"))
    assert counts == [8, 0, 8]


# -- what a study says ----------------------------------------------------------------------


def test_a_design_against_itself_is_run_twice_and_differs_by_nothing(tmp_path: Path) -> None:
    found = study(tmp_path, designs={"a": TEXTBOOK, "b": TEXTBOOK})
    assert len(runs(tmp_path)) == 8
    for measure in found.names:
        assert found.values("a", measure) == found.values("b", measure)
    assert found.difference("b", "surplus").mean == 0


@pytest.mark.parametrize(
    ("kind", "why"),
    [
        ("failing", "LookupError: lost at"),
        ("restless", "times at one instant"),
        ("impostor", "account and ref are filled in here"),
    ],
)
@pytest.mark.parametrize("jobs", [1, 2])
def test_a_misfit_is_named_and_the_other_runs_finish(kind: str, why: str, jobs: int) -> None:
    hands: Jobs = jobs if jobs == 1 else AtOnce()
    found = study(market=WithMisfit(kind), jobs=hands, seeds=3)
    assert [(each.design, each.seed, each.agent) for each in found.failed] == [
        (label, 1, "misfit") for label in DESIGNS
    ]
    assert all(why in each.why and each.time > 0 for each in found.failed)
    assert set(found.values("plain", "surplus")) == {0, 2}
    assert found.mean("plain", "surplus").replications == 2
    assert "failed: plain, seed 1: misfit at " in str(found)
    assert {row.seed for row in found.rows} == {0, 2}


def test_an_interrupted_study_can_be_run_whole_from_its_folder(tmp_path: Path) -> None:
    def progress() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        study(tmp_path, progress=progress)
    found = lab.again(tmp_path)
    assert found.result is None
    assert found.study.digest == study().digest


def test_a_failed_run_is_remembered(tmp_path: Path) -> None:
    first = study(tmp_path, market=WithMisfit())
    again = study(tmp_path, market=WithMisfit())
    assert made(tmp_path) == 0
    assert again.failed == first.failed
    assert again.digest == first.digest


def test_a_market_that_a_design_cannot_have_is_refused_before_the_first_run() -> None:
    count: list[int] = []
    with pytest.raises(lab.StudyError, match="plain: the market nowhere cannot face it"):
        study(market=Nowhere(), progress=lambda: count.append(1))
    assert not count


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"seeds": 0}, "at least one"),
        ({"precision": {"efficiency": 0.0}}, "not above 0"),
        ({"designs": {}}, "no design"),
    ],
)
def test_a_study_of_nothing_is_refused(changed: dict[str, Any], why: str) -> None:
    with pytest.raises(ValueError, match=why):
        study(**changed)


def test_a_precision_ends_a_study_at_the_same_seed_for_all() -> None:
    asked: dict[str, Any] = {"precision": {"efficiency": 0.1}, "seeds": 500}
    one, other = study(**asked), study(**asked, jobs=AtOnce())
    assert 10 <= one.seeds < 500
    assert other.rows == one.rows
    for label in DESIGNS:
        found = one.mean(label, "efficiency")
        assert found.high - found.mean <= 0.1
    with pytest.raises(lab.StudyError, match="did you mean 'efficiency'"):
        study(precision={"eficiency": 0.1})


def test_frames_are_kept_as_they_are_told(tmp_path: Path) -> None:
    found = study(tmp_path)
    assert pl.read_parquet(tmp_path / "values.parquet").equals(found.frame)
    assert found.frame.columns == ["design", "parameter", "seed", "measure", "value"]
    trades = found.trades
    assert trades.schema["price"] == trades.schema["time"] == pl.Int64
    for label in DESIGNS:
        for seed, count in found.values(label, "trades").items():
            here = trades.filter((pl.col("design") == label) & (pl.col("seed") == seed))
            assert len(here) == count
    trades.write_parquet(tmp_path / "trades.parquet")
    assert pl.read_parquet(tmp_path / "trades.parquet").equals(trades)


def test_a_session_can_be_looked_into() -> None:
    found = study()
    outcome = found.outcome("coarse", 2)
    assert outcome.commands > 0
    assert len(outcome.people) == 6


def test_intervals_are_of_t_or_of_the_bootstrap() -> None:
    found = study(seeds=12)
    t = found.difference("plain", "surplus", "coarse")
    other = found.difference("plain", "surplus", "coarse", lab.bootstrap)
    assert other.mean == t.mean
    assert other.low < t.mean < other.high
    assert (other.low, other.high) != (t.low, t.high)
    assert found.mean("plain", "surplus", lab.bootstrap) != found.mean("plain", "surplus")


def test_what_is_measured_can_be_chosen(tmp_path: Path) -> None:
    found = study(tmp_path, measures=["price", "volume"])
    assert found.names == ["price", "volume"]
    assert lab.again(tmp_path).same
    study(tmp_path, measures=["price"])
    assert made(tmp_path) == 8
    with pytest.raises(lab.MeasureError, match="did you mean 'price'"):
        study(measures=["prize"])


def test_the_page_names_every_market() -> None:
    assert all(f"`{name}`" in PAGE or f'"{name}"' in PAGE for name in MARKETS)


def test_an_unknown_name_is_answered_with_the_nearest() -> None:
    found = study()
    with pytest.raises(KeyError, match="did you mean 'efficiency'"):
        found.values("plain", "eficiency")
    with pytest.raises(KeyError, match="did you mean 'plain'"):
        found.mean("plian", "efficiency")


@given(
    st.lists(
        st.text(
            st.characters(codec="utf-8", exclude_categories=["C", "Z", "M"]),
            min_size=1,
            max_size=60,
        ),
        min_size=1,
        max_size=3,
        unique=True,
    ),
    st.sampled_from([1_000, 10**6, 10**12]),
)
@settings(max_examples=10, deadline=None)
def test_a_table_fits_eighty_columns(labels: list[str], scale: int) -> None:
    market = lab.UniformValues(buyers=2, sellers=2, scale=scale)
    designs = {each: TEXTBOOK.changed(TICK, 10**place) for place, each in enumerate(labels)}
    table = str(study(designs=designs, market=market, seeds=3))
    assert all(cell_len(line) <= 80 for line in table.splitlines())
    assert "to the first" in table
    assert table.count("…") >= table.count("±") >= len(labels) - 1
    cells = re.split(r"^(?:\* differs|nothing traded)", table, maxsplit=1, flags=re.MULTILINE)[0]
    assert not re.search(r"[±…,.]$|±(?! [0-9])", cells.replace("…  ", ""), re.MULTILINE)


@pytest.mark.parametrize(
    "block",
    [  # test_gym has one, and test_years the one over a year
        each
        for each in re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
        if "study" in each and "shenzhen-year" not in each
    ],
)
def test_the_page_says_what_works(
    block: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)  # where a page writes its files
    told: dict[str, Any] = {}
    exec(block, told)  # noqa: S102 - the page's own lines
    assert not told["study"].failed
    assert ("95% interval" in capsys.readouterr().out) == ("print(study)" in block)

"""``carbonx compare`` from its words to its folder."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from carbonx import lab
from tests.support.command_line import typed

if TYPE_CHECKING:
    from pathlib import Path

VARIED = ("shenzhen-2022", "--vary", "modes[bidding].limit_up_bp=500,1000,0", "--market",
          "uniform", "--figure", "scale=2600", "--seeds", "4")  # fmt: skip
PLAIN = ("textbook", "--market", "uniform", "--figure", "buyers=3", "--seeds", "3")


def test_a_figure_is_varied_and_the_study_kept(tmp_path: Path) -> None:
    folder = tmp_path / "study"
    answer = typed("compare", *VARIED, "--dir", str(folder))
    assert answer.status == 0
    assert "3 designs, 4 seeds" in answer.out
    assert answer.out.count("limit_up_bp=1000") == answer.out.count("limit_up_bp=500") > 3
    assert all(len(line) <= 80 for line in answer.out.splitlines())
    assert f"carbonx compare --again {folder}" in answer.err
    again = typed("compare", "--again", str(folder))
    assert again.status == 0
    told = json.loads((folder / "manifest.json").read_bytes())
    assert f"the same result: {told['result']}" in again.out
    assert told["runs"] == {"made": 12, "found": 0, "failed": 0}
    assert told["commands"] > 0
    once_more = typed("compare", *VARIED, "--dir", str(folder), "--json")
    assert json.loads(once_more.out)["result"] == told["result"]
    assert json.loads((folder / "manifest.json").read_bytes())["runs"]["found"] == 12


def test_another_result_is_a_problem_found(tmp_path: Path) -> None:
    typed("compare", *PLAIN, "--dir", str(tmp_path))
    manifest = tmp_path / "manifest.json"
    manifest.write_text(manifest.read_text("utf-8").replace('"root": 1', '"root": 2'), "utf-8")
    answer = typed("compare", "--again", str(tmp_path))
    assert answer.status == 1
    assert "textbook, seed 0: " in answer.out
    assert "another result" in answer.out


def test_values_are_toml_or_words() -> None:
    answer = typed(
        "compare",
        *PLAIN,
        "--vary",
        "close=last,vwap",
        "--vary",
        'calendar.sessions=[],[{at = "09:00", phase = "continuous"}, '
        '{at = "10:00", phase = "closed"}]',
        "--json",
    )
    assert answer.status == 0
    rows = json.loads(answer.out)["rows"]
    assert len({row["parameter"] for row in rows}) == 4
    assert {row["measure"] for row in rows} > {"efficiency", "price"}
    told = [row["difference"] for row in rows if row["difference"]]
    assert len(told) >= 3
    assert all(0 <= each["p"] <= each["adjusted_p"] <= 1 for each in told)


def test_one_session_has_a_mean_and_no_interval() -> None:
    answer = typed("compare", *PLAIN[:-1], "1", "--json")
    mean = json.loads(answer.out)["rows"][0]["mean"]
    assert mean["high"] is None
    assert mean["mean"] is not None
    assert "…" not in typed("compare", *PLAIN[:-1], "1").out


def test_runs_that_fail_are_told_and_the_exit_code_says_so() -> None:
    market = "tests.support.studies:WithMisfit"
    for words in ((), ("--json",)):
        answer = typed("compare", "textbook", "--market", market, "--seeds", "3", *words)
        assert answer.status == 1
        told = answer.err if words else answer.out
        assert "failed: textbook, seed 1: misfit at " in told
        assert "LookupError: lost at" in " ".join(told.split())


def test_own_markets_take_figures() -> None:
    market = "tests.support.studies:WithMisfit"
    answer = typed("compare", "textbook", "--market", market, "--figure", "when=9", "--seeds", "2")
    assert answer.status == 0


def test_a_precision_ends_the_study() -> None:
    words = ("--seeds", "400", "--precision", "efficiency=0.5", "--json")
    answer = typed("compare", *PLAIN[:-2], *words)
    assert json.loads(answer.out)["seeds"] == 10


@pytest.mark.parametrize(
    ("words", "status", "why"),
    [
        (("shenzen-2022", *PLAIN[1:]), 1, "did you mean 'shenzhen-2022'"),
        (("textbook", "--market", "unifrom"), 1, "did you mean 'uniform'"),
        ((*PLAIN, "--figure", "buyer=1"), 1, "did you mean 'buyers'"),
        ((*PLAIN, "--figure", "buyers"), 2, "NAME=VALUE is needed"),
        ((*PLAIN, "--vary", "closee=last"), 1, "did you mean 'close'"),
        ((*PLAIN, "--vary", "close"), 2, "PATH=VALUE,VALUE is needed"),
        ((*PLAIN, "--precision", "efficiency"), 2, "MEASURE=HALF is needed"),
        ((*PLAIN, "--precision", "eficiency=1"), 1, "did you mean 'efficiency'"),
        (("textbook", "--market", "no_such_module:X"), 1, "no_such_module"),
        (("textbook", "--market", "tests.support.studies:Nowere"), 1, "did you mean 'Nowhere'"),
        (("textbook", "--market", "tests.support.studies:Nowhere"), 1, "cannot face it"),
        (("textbook", "--market", "tests.support.studies:MISFITS"), 1, "is no market"),
        (("textbook",), 2, "name at least one design, and a --market"),
        ((), 2, "name at least one design, and a --market"),
        ((*PLAIN, "--again", "."), 2, "leave them out"),
        (("--again", "tests"), 1, "there is none: name a study's folder"),
        ((*PLAIN, "--jobs", "0"), 2, "--jobs"),
    ],
)
def test_what_cannot_be_run_is_refused(words: tuple[str, ...], status: int, why: str) -> None:
    answer = typed("compare", *words)
    assert answer.status == status
    assert why in answer.err
    assert not answer.out


@pytest.mark.parametrize(("library", "words"), [("polars", ()), ("distributed", ("--dask", "x"))])
def test_a_missing_extra_is_named(
    monkeypatch: pytest.MonkeyPatch, library: str, words: tuple[str, ...]
) -> None:
    monkeypatch.setattr(
        "backtest.cli.compare.find_spec", lambda name: None if name == library else True
    )
    answer = typed("compare", *PLAIN, *words)
    assert answer.status == 1
    extra = "cluster" if words else "lab"
    assert f"this needs {library}: pip install 'carbonx-exchange[{extra}]'" in answer.err


def test_a_page_is_written_in_a_language(tmp_path: Path) -> None:
    path = tmp_path / "study.html"
    answer = typed("compare", *PLAIN, "--report", str(path), "--language", "zh")
    assert answer.status == 0, answer.err
    assert answer.err.splitlines()[-1] == str(path)
    assert '<html lang="zh-CN">' in path.read_text("utf-8")
    typed("compare", *PLAIN, "--report", str(path))
    assert '<html lang="en">' in path.read_text("utf-8")


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--language", "zh"), "name it with --report FILE.html"),
        (("--report", "nowhere/study.html"), "there is no folder nowhere"),
        (("--report", "study.html", "--language", "fr"), "'fr' is not one of 'en', 'zh'"),
    ],
)
def test_a_page_that_cannot_be_is_refused_before_the_first_run(
    options: tuple[str, ...], said: str
) -> None:
    answer = typed("compare", *PLAIN, *options)
    assert answer.status == 2
    assert said in answer.err
    assert not answer.out


def test_ranges_are_drawn_as_a_latin_hypercube() -> None:
    """Each third of the range once, with each value of the grid; as ``lab.sweep`` does it."""
    asked = ("textbook", "--vary", "market.buyers=5..19", "--vary", "products[CO2].tick=1,100",
             "--market", "uniform", "--seeds", "2")  # fmt: skip
    answer = typed("compare", *asked, "--samples", "3", "--json")
    assert answer.status == 0
    told = json.loads(answer.out)
    parameters = sorted({row["parameter"] for row in told["rows"]})
    assert len(parameters) == 6
    buyers = sorted({int(each.split("=")[1].split(",")[0]) for each in parameters})
    assert [(each - 5) // 5 for each in buyers] == [0, 1, 2]
    over = {"market.buyers": lab.Between(5, 19), "products[CO2].tick": [1, 100]}
    study = lab.sweep("textbook", over, market="uniform", samples=3, seeds=2)
    assert told["result"] == study.digest
    lost = typed("compare", *asked)
    assert "market.buyers: a range is drawn; say how often with samples" in lost.err
    lost = typed("compare", *PLAIN, "--samples", "3")
    assert "samples=3: there is no range to draw from" in lost.err

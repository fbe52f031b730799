"""The way to saturation, and results beside each other."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import msgspec
import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from gateway.cli.load import command
from gateway.load import compare, ladder
from gateway.load.generator import LoadError
from gateway.load.report import ABOVE, SATURATED, Figures, Machine, Server

if TYPE_CHECKING:
    from pathlib import Path

MS = 1_000_000
LATENCY = {"p50": MS, "p90": MS, "p99": 2 * MS, "p99.9": 3 * MS, "p99.99": 3 * MS, "max": 4 * MS}
MACHINE = Machine("0", "", "cpython 3", "uvloop", "pure python", "cpu", 2, 0, 1)
FIGURES = Figures(
    schema=1,
    model="open loop",
    machine=MACHINE,
    server=Server("v", "r", "sync"),
    mix="default",
    sessions=1,
    rate=1_000,
    window=0,
    seed=7,
    warmup=1.0,
    seconds=3.0,
    sent=3_000,
    accepted=3_000,
    rejected=0,
    outstanding=0,
    rejected_for={},
    fills=0,
    bought=0,
    sold=0,
    gaps=0,
    out_of_turn=0,
    measured=3_000,
    messages_in=1_000.0,
    messages_out=1_100.0,
    latency=LATENCY,
    lag=dict.fromkeys(LATENCY, 1_000),
    generator_busy=0.5,
    problems=(),
)


def at(rate: int, bears: int, limit: int = 10 * MS) -> Figures:
    """Return the figures of a venue that bears a rate: beyond it p99 grows to twice the limit."""
    p99 = MS if rate <= bears else 2 * limit
    problems = () if rate <= bears else (f"p99 is 20 ms, {ABOVE} of 10 ms",)
    return structs.replace(
        FIGURES,
        rate=rate,
        messages_in=float(rate),
        latency=LATENCY | {"p99": p99},
        problems=problems,
    )


@given(bears=st.integers(1_000, 400_000), first=st.integers(1, 1_000))
def test_the_knee_is_the_highest_rate_that_was_borne(bears: int, first: int) -> None:
    rungs = list(ladder.climb(lambda rate: at(rate, bears), first, 10 * MS))
    found = ladder.result(rungs, 10 * MS)
    assert found.problems == ()
    assert bears * 0.85 <= found.knee <= bears
    assert found.rated == found.knee // 2
    assert len(rungs) < 30


def test_a_venue_that_bears_not_even_the_first_rate_is_a_problem() -> None:
    rungs = list(ladder.climb(lambda rate: at(rate, 10), 1_000, 10 * MS))
    found = ladder.result(rungs, 10 * MS)
    assert (found.knee, found.rated) == (0, 0)
    assert "does not bear 1,000 messages/s" in ladder.text(found)


@pytest.mark.parametrize("verdict", ["", "no figures", "backlog grows", "p99 above limit"])
def test_the_widest_row_of_a_ladder_fits_80_columns(verdict: str) -> None:
    ns = 999_999_999_000  # a quarter of an hour
    widest = ladder.Rung(ladder.HIGHEST_RATE, 9_999_999.0, ns, ns, ns, verdict)
    assert max(map(len, (ladder.line(widest), ladder.HEADINGS))) <= 80


def test_a_backlog_ends_the_climb_whatever_the_latency() -> None:
    slow = structs.replace(FIGURES, rate=2_000, messages_in=1_500.0)
    rungs = list(ladder.climb(lambda rate: slow if rate > 1_500 else at(rate, 9_999), 1_000, 9**9))
    assert [rung.verdict for rung in rungs[:2]] == ["", "backlog grows"]
    assert ladder.result(rungs, 9**9).knee >= 1_000


def test_a_generator_that_gives_out_ends_the_climb_and_is_a_problem() -> None:
    late = structs.replace(FIGURES, rate=2_000, problems=(f"{SATURATED}: late",))
    rungs = list(ladder.climb(lambda rate: late if rate > 1_500 else at(rate, 9_999), 1_000, MS))
    found = ladder.result(rungs, MS)
    assert len(rungs) == 2
    assert found.knee == 1_000
    assert found.problems == (f"at 2,000/s: {SATURATED}: late",)


def test_a_ladder_against_an_own_venue_prints_a_row_for_each_rate() -> None:
    words = ["--until-saturation", "--rate", "200", "-d", "0.2", "--warmup", "0", "--no-pin",
             "--durability", "none", "--limit", "0.000001", "--json"]  # fmt: skip
    found = CliRunner().invoke(command, words)
    assert found.exit_code == 1
    (rung,) = json.loads(found.stdout)["rungs"]
    assert rung["rate"] == 200
    assert rung["verdict"] in {"p99 above limit", "no figures"}  # the last on a busy machine
    assert "answered/s" in found.stderr


def write(path: Path, *runs: Figures) -> str:
    """Write a result as the command does."""
    value = runs[0] if len(runs) == 1 else compare.Runs(runs)
    path.write_bytes(msgspec.json.encode(value))
    return str(path)


def test_two_results_are_compared_by_their_medians(tmp_path: Path) -> None:
    before = [structs.replace(FIGURES, messages_in=float(n)) for n in (900, 1_000, 5_000)]
    after = [structs.replace(FIGURES, messages_in=float(n), seed=8) for n in (6_000, 7_000, 8_000)]
    names = [write(tmp_path / "a", *before), write(tmp_path / "b", *after)]
    found = CliRunner().invoke(command, ["compare", *names])
    assert found.exit_code == 0, found.output
    rows = {line[:22].strip(): line[22:].split() for line in found.output.splitlines()}
    assert rows["in, messages/s"] == ["1,000", "7,000", "7.00", "apart"]
    assert rows["latency p99, us"] == ["2,000", "2,000", "1.00", "overlap"]
    assert "differs in seed: 7 / 8" in found.output
    assert max(len(line) for line in found.output.splitlines()) <= 80
    one = CliRunner().invoke(command, ["compare", write(tmp_path / "c", FIGURES), names[0]])
    assert "medians of 1 and 3 runs; --repeat 5 shows the noise" in one.output


@pytest.mark.parametrize(
    ("content", "says"),
    [(b"", "no result"), (b"[]", "no result"), (b"{}", "no result"), (b"\xff", "no result"),
     (b'{"runs": []}', "has no runs"), (None, "No such file")],
)  # fmt: skip
def test_what_is_no_result_is_refused_by_name(
    tmp_path: Path, content: bytes | None, says: str
) -> None:
    path = tmp_path / "r.json"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(LoadError, match=says):
        compare.read(path)
    found = CliRunner().invoke(command, ["compare", str(path), str(path)])
    assert found.exit_code == 1
    assert str(path) in found.output


def test_repetitions_are_printed_with_their_medians_and_written_for_compare(
    tmp_path: Path,
) -> None:
    words = ["-n", "200", "--no-pin", "--durability", "none", "--repeat", "2"]
    found = CliRunner().invoke(command, words)
    assert found.exit_code == 0, found.output
    assert found.output.count("reconciled: yes") == 2
    assert max(map(len, found.output.splitlines())) <= 80
    assert "2 runs" in found.output
    found = CliRunner().invoke(command, [*words, "--json"])
    (tmp_path / "r.json").write_text(found.stdout)
    assert [run.sent for run in compare.read(tmp_path / "r.json")] == [200, 200]

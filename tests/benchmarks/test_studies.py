"""The benchmark of studies, on a small scale: its checks hold and it says what it measured."""

from __future__ import annotations

from msgspec import structs

from backtest.lab.people import Horizon
from backtest.lab.years import SHENZHEN
from benchmarks.studies import replications, shown, workers, year


def test_a_small_study_and_a_year_are_measured_and_checked() -> None:
    found = workers(3, 1)
    spring = Horizon(first=20210420, last=20210510, seconds=21_600)
    whole = year(structs.replace(SHENZHEN, horizon=spring, emitters=100), "shenzhen-2022")
    memory = replications(3)
    assert found["digest"]
    assert whole == whole._replace(days=12)
    assert whole.orders > whole.trades > 0
    assert len(memory) == 3
    assert memory == sorted(memory)
    lines = shown(found, whole, memory, [200.0, 201.5])
    assert "6 runs" in lines[1]
    assert "12 days" in lines[6]
    assert lines[-2:] == [
        "      201.50  MB at most in 2 national years",
        "        0.00  MB of that after the first 2",
    ]

"""The benchmark of reports reads again what it kept, and tells what it measures."""

import re

import pytest
from click.testing import CliRunner

from benchmarks import reports
from gateway.server.box import Outbox


def test_it_prints_what_reports_and_pages_cost() -> None:
    done = CliRunner().invoke(reports.main, ["--reports", "20000", "--orders", "1500"])
    assert done.exit_code == 0, done.output
    assert re.search(r"20,000 reports in memory alone: [\d.]+ MB", done.output)
    assert re.search(r"20,000 reports with the file: -?[\d.]+ MB", done.output)
    assert re.search(r"status with 1,500 orders: a page [\d.]+ ms, all \d+ ms", done.output)


def test_nothing_is_told_where_something_else_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    frames = Outbox.frames

    def cut(box: Outbox, place: int, most: int) -> bytes:
        return frames(box, place, most)[:-1]

    monkeypatch.setattr(Outbox, "frames", cut)
    with pytest.raises(AssertionError, match="not what was kept"):
        reports.keep(20_000, in_file=True)

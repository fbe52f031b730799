"""A venue that follows a calendar says so where the calendar is of years gone by."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.support.paths import ROOT

if TYPE_CHECKING:
    from pathlib import Path

OWN = """
name = "own"
[[products]]
symbol = "A"
reference = 100
[calendar]
holidays = {}
[[calendar.sessions]]
at = "09:00"
phase = "continuous"
"""


@pytest.mark.parametrize(
    ("holidays", "noted"), [("[20200101]", True), ("[20200101, 99990101]", False)]
)
def test_holidays_that_are_all_over_are_named_at_the_start(
    tmp_path: Path, holidays: str, *, noted: bool
) -> None:
    rulebook = tmp_path / "own.toml"
    rulebook.write_text(OWN.format(holidays))
    serve = [sys.executable, "-m", "carbonx", "serve", "--rulebook", str(rulebook), "--timetable",
             "--port", "0", "--dir", str(tmp_path / "venue")]  # fmt: skip
    with subprocess.Popen(
        serve, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as server:
        assert server.stdout is not None
        server.stdout.readline()
        server.terminate()
        _, said = server.communicate(timeout=30)
    assert ("the rulebook's holidays end with 2020" in said) == noted

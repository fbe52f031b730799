"""The data page lists every column, and its questions are answered by running them."""

from __future__ import annotations

import contextlib
import io
import re
from typing import TYPE_CHECKING

import pytest

from backtest.frames.tables import TABLES
from engine.log.journal import FILE_NAME
from engine.rulebook import presets
from tests.support.paths import ROOT
from tests.support.random_logs import random_log

if TYPE_CHECKING:
    from pathlib import Path

PAGE = (ROOT / "docs" / "data.md").read_text("utf-8")
QUESTIONS = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)


def test_the_page_lists_every_table_and_column_and_no_other() -> None:
    sections = dict(re.findall(r"^### `(\w+)`\n(.*?)(?=^### |\Z)", PAGE, re.DOTALL | re.MULTILINE))
    assert sections.keys() == TABLES.keys()
    for name, table in TABLES.items():
        rows = [line for line in sections[name].splitlines() if line.startswith("| `")]
        assert rows == [f"| `{c.name}` | {c.kind.value} | {c.sentence} |" for c in table.columns]
        assert table.sentence in sections[name]


def test_there_are_three_questions_of_five_lines() -> None:
    lines = [[line for line in each.splitlines() if line] for each in QUESTIONS]
    assert [len(each) for each in lines] == [5, 5, 5]


@pytest.mark.parametrize("question", QUESTIONS)
def test_a_question_is_answered(
    question: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "runs" / "venue"
    folder.mkdir(parents=True)
    (folder / FILE_NAME).write_bytes(random_log(presets.load("textbook"), 1).data)
    shown = io.StringIO()
    with contextlib.redirect_stdout(shown):
        exec(compile(question, "docs/data.md", "exec"), {})  # noqa: S102 - the page's own
    rows = [line for line in shown.getvalue().splitlines() if line.startswith("│")]
    assert len(rows) > 3, shown.getvalue()

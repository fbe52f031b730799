"""The notebooks run, and their pages show what they show."""

from __future__ import annotations

import re
import struct
from typing import TYPE_CHECKING

import pytest

from docs import render_notebooks
from docs.render_notebooks import Cell, cells, page, shown
from tests.support.paths import ROOT

if TYPE_CHECKING:
    from pathlib import Path

NOTEBOOKS = render_notebooks.notebooks()
PNG = b"\x89PNG\r\n\x1a\n"


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_shows_what_its_page_says(path: Path) -> None:
    made = page(path)
    folder = render_notebooks.FOLDER
    assert render_notebooks.page_of(path).read_text("utf-8") == made.text, (
        f"python -m docs.render_notebooks {path.stem}"
    )
    files = {each.name for each in folder.glob(f"{path.stem}-*.png")}
    assert files == {*made.pictures}
    for name, figure in made.pictures.items():  # their pixels depend on fonts: only their size
        head = (folder / name).read_bytes()[:24]
        width, height = struct.unpack(">II", head[16:])
        inches = figure.get_size_inches()
        assert head[:8] == PNG
        assert (width, height) == tuple(int(side * render_notebooks.DPI + 1e-9) for side in inches)


def test_the_page_on_backtesting_draws_what_it_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    text = (ROOT / "docs" / "backtesting.md").read_text("utf-8")
    section = text.split("## Pictures and pages\n")[1].split("\n## ")[0]
    (code,) = re.findall(r"```python\n(.*?)```", section, re.DOTALL)
    exec(compile(code, "docs/backtesting.md", "exec"), {})  # noqa: S102 - the document's own
    assert (tmp_path / "study.html").exists()


def test_there_are_four() -> None:
    assert [path.stem for path in NOTEBOOKS] == [
        "a_year_of_compliance", "compare_designs", "linked_regions", "your_own_agent"
    ]  # fmt: skip


def test_cells_are_parted_at_their_marks() -> None:
    source = "x = 1\n\n# %% [markdown]\n# # Title\n#\n# - `x`\n# %%\nx + 1\n\n# a comment\n"
    assert cells(source) == [
        Cell("x = 1", is_text=False),
        Cell("# Title\n\n- `x`", is_text=True),
        Cell("x + 1\n\n# a comment", is_text=False),
    ]


@pytest.mark.parametrize(
    ("source", "printed", "value"),
    [("x = 2", "", None), ("print(3)\nx + 1", "3\n", 2), ("print(3)", "3\n", None), ("", "", None)],
)
def test_a_cell_shows_what_it_prints_and_its_last_value(
    source: str, printed: str, value: object
) -> None:
    assert shown(source, {"x": 1}, "here") == (printed, value)


def test_an_error_names_notebook_and_cell(tmp_path: Path) -> None:
    path = tmp_path / "wrong.py"
    path.write_text("# %% [markdown]\n# text\n# %%\n1 / 0\n", "utf-8")
    with pytest.raises(ZeroDivisionError) as caught:
        page(path)
    assert any("wrong.py, cell 2" in str(entry.path) for entry in caught.traceback)

"""Run the notebooks and write what they show in ``docs/notebooks``, as Markdown.

    python -m docs.render_notebooks [NAME ...]

A notebook is a Python file whose cells begin with ``# %%``, as editors and Jupyter know them; a
cell ``# %% [markdown]`` is text in comments. The page has each cell, what it printed, and the value
of its last line; a picture becomes a PNG. ``docs/notebooks/NAME.py`` becomes ``NAME.md``, and so
do those of ``examples`` that are notebooks.
"""

from __future__ import annotations

import ast
import contextlib
import io
import sys
from pathlib import Path
from typing import Any, Final, NamedTuple

from matplotlib.figure import Figure

from backtest.report.style import save

FOLDER: Final = Path(__file__).parent / "notebooks"
EXAMPLES: Final = (FOLDER.parents[1] / "examples" / "linked_regions.py",)
_MARK: Final = "# %%"
_TEXT: Final = "[markdown]"
DPI: Final = 110


class Cell(NamedTuple):
    """A cell: its source without the mark, and whether it is text."""

    source: str
    is_text: bool


class Page(NamedTuple):
    """A notebook as Markdown, with its pictures by file name."""

    text: str
    pictures: dict[str, Figure]


def notebooks() -> list[Path]:
    """Return all notebooks by name."""
    return sorted([*FOLDER.glob("*.py"), *EXAMPLES], key=lambda path: path.stem)


def page_of(path: Path) -> Path:
    """Return where a notebook's page is."""
    return FOLDER / f"{path.stem}.md"


def cells(source: str) -> list[Cell]:
    """Return the cells of a notebook; what stands before the first mark is a cell too."""
    found: list[tuple[list[str], bool]] = [([], False)]
    for line in source.splitlines():
        if line.startswith(_MARK):
            found.append(([], _TEXT in line))
        else:
            lines, is_text = found[-1]
            lines.append(line.removeprefix("#").removeprefix(" ") if is_text else line)
    every = (Cell("\n".join(lines).strip("\n"), is_text) for lines, is_text in found)
    return [cell for cell in every if cell.source]


def shown(source: str, names: dict[str, Any], where: str) -> tuple[str, object]:
    """Run a cell; return what it printed and the value of its last line, None where it has none."""
    tree = ast.parse(source, where)
    last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
    out = io.StringIO()
    value: object = None
    with contextlib.redirect_stdout(out):
        exec(compile(tree, where, "exec"), names)  # noqa: S102 - our own notebooks
        if isinstance(last, ast.Expr):
            value = eval(compile(ast.Expression(last.value), where, "eval"), names)  # noqa: S307
    return out.getvalue(), value


def page(path: Path) -> Page:
    """Run a notebook from its first cell to its last."""
    names: dict[str, Any] = {"__name__": "__main__"}
    parts: list[str] = []
    pictures: dict[str, Figure] = {}
    for number, cell in enumerate(cells(path.read_text("utf-8")), 1):
        if cell.is_text:
            parts.append(cell.source)
            continue
        parts.append(f"```python\n{cell.source}\n```")
        printed, value = shown(cell.source, names, f"{path.name}, cell {number}")
        if isinstance(value, Figure):
            name = f"{path.stem}-{len(pictures) + 1}.png"
            pictures[name] = value
            title = value.axes[0].get_title(loc="left")
            parts.append(f"![{title}]({name})")
        elif value is not None:
            printed += f"{value!r}\n"
        if printed:
            parts.append(f"```text\n{printed.rstrip()}\n```")
    place = path.name if path.parent == FOLDER else f"../../{path.parent.name}/{path.name}"
    source = f"[{path.name}]({place})"
    parts.append(f"*Made from {source} by `python -m docs.render_notebooks`.*")
    return Page("\n\n".join(parts) + "\n", pictures)


def main(names: list[str]) -> None:
    """Write the pages of the notebooks with these names, or of all."""
    for path in notebooks():
        if names and path.stem not in names:
            continue
        made = page(path)
        page_of(path).write_text(made.text, "utf-8")
        for name, figure in made.pictures.items():
            save(figure, FOLDER / name, DPI)


if __name__ == "__main__":
    main(sys.argv[1:])

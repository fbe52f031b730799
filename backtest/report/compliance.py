"""A picture of a compliance year: where each product's tonnes are, and who is short."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from matplotlib.figure import Figure
from matplotlib.ticker import StrMethodFormatter

from backtest.report.style import BLUE, GREEN, GREY, ORANGE, RED, WIDTH, save, styled

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from matplotlib.axes import Axes

_SHOWN: Final = 20  # entities: those with the largest obligations
_WHERE: Final = (("held", BLUE), ("surrendered", GREEN), ("cancelled", GREY), ("returned", ORANGE))


def draw_year(
    balance: Sequence[dict[str, Any]], positions: Sequence[dict[str, Any]], path: Path
) -> None:
    """Draw the balance sheet and the largest obligations into a file."""
    with styled():
        figure = Figure(figsize=(WIDTH, 6.4), layout="constrained")
        above, below = figure.subplots(2, 1)
        _balance(above, [row for row in balance if any(row[name] for name, _ in _WHERE)])
        _obligations(below, sorted(positions, key=lambda row: -row["obligation"])[:_SHOWN])
    save(figure, path)


def _balance(axis: Axes, rows: list[dict[str, Any]]) -> None:
    names = [row["product"] for row in rows]
    left = [0] * len(rows)
    for name, colour in _WHERE:
        width = [row[name] for row in rows]
        axis.barh(names, width, left=left, color=colour, label=name)
        left = [start + more for start, more in zip(left, width, strict=True)]
    axis.set_title("Where the tonnes are")
    _finish(axis, 4)


def _obligations(axis: Axes, rows: list[dict[str, Any]]) -> None:
    names = [f"{row['entity']} {row['cycle']}" for row in rows]
    done = [row["surrendered"] for row in rows]
    covered = [row["due"] - row["short"] for row in rows]
    left = [a + b for a, b in zip(done, covered, strict=True)]
    axis.barh(names, done, color=GREEN, label="surrendered")
    axis.barh(names, covered, left=done, color=BLUE, label="due, held")
    axis.barh(names, [row["short"] for row in rows], left=left, color=RED, label="short")
    axis.invert_yaxis()
    axis.set_title("Obligations, the largest")
    _finish(axis, 3)


def _finish(axis: Axes, columns: int) -> None:
    axis.set_xlabel("tonnes")
    axis.xaxis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))
    # Below these axes: two legends below the figure would lie on one another.
    axis.legend(loc="upper center", bbox_to_anchor=(0.5, -0.2), ncols=columns, frameon=False)

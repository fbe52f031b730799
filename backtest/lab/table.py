"""A study as a table for people: a block for each measure, a row for each design."""

from __future__ import annotations

import io
import math
import shutil
import sys
from typing import TYPE_CHECKING, Final, NamedTuple

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from collections.abc import Iterable

    from backtest.measures.intervals import Estimate

WIDTH: Final = 80  # columns where there is no terminal to ask
_MOST: Final = 6  # decimals


class Line(NamedTuple):
    """One design's row of a measure; None where the measure does not apply."""

    label: str
    mean: Estimate | None
    difference: Estimate | None  # to the first design
    clear: bool = False  # whether the difference is more than chance


def figure(value: float, width: float) -> str:
    """Return a number to the digits that half the width of its interval leaves."""
    decimals = 4
    if math.isfinite(width) and width > 0:
        decimals = max(0, min(_MOST, 1 - math.floor(math.log10(width))))
    elif value == round(value):
        decimals = 0
    return f"{value:,.{decimals}f}"


def _mean(found: Estimate | None) -> str:
    return "n/a" if found is None else figure(found.mean, found.high - found.mean)


def _interval(found: Estimate | None) -> str:
    if found is None or not math.isfinite(found.high):
        return ""
    half = found.high - found.mean
    return f"{figure(found.low, half)} … {figure(found.high, half)}"


def _difference(found: Estimate | None, *, clear: bool) -> str:
    if found is None:
        return ""
    half = found.high - found.mean
    sign = "+" if found.mean > 0 else ""
    shown = f"{sign}{figure(found.mean, half)}"
    if math.isfinite(half):
        shown += f" ± {figure(half, half)}"
    return f"{shown} {'*' if clear else ' '}"


def rendered(title: str, blocks: Iterable[tuple[str, list[Line]]], notes: Iterable[str]) -> str:
    """Return the table as text, as wide as the terminal, or 80 columns where there is none."""
    columns = shutil.get_terminal_size().columns if sys.stdout.isatty() else WIDTH
    table = Table(box=SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, 1))
    table.add_column("", overflow="ellipsis", no_wrap=True, ratio=1, min_width=12)
    for head in ("mean", "95% interval", "to the first"):
        table.add_column(head, justify="right", no_wrap=True)
    for name, lines in blocks:
        table.add_row(Text(name, style="bold"))
        for line in lines:
            table.add_row(
                Text(f"  {line.label}"),
                _mean(line.mean),
                _interval(line.mean),
                _difference(line.difference, clear=line.clear),
            )
    file = io.StringIO()
    console = Console(file=file, width=max(columns, 40), color_system=None, highlight=False)
    console.print(Text(title))
    console.print(table)
    for note in notes:
        console.print(Text(note))
    return "\n".join(line.rstrip() for line in file.getvalue().splitlines())

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

    from backtest.measures.comparisons import Difference
    from backtest.measures.intervals import Estimate

WIDTH: Final = 80  # columns where there is no terminal to ask
_MOST: Final = 6  # decimals
_LABEL: Final = 12  # columns of a design's name, at least
_GAP: Final = 3  # columns between two figures
_UNITS: Final = ((1e9, " bn"), (1e6, " M"))


class Line(NamedTuple):
    """One design's row of a measure; None where the measure does not apply."""

    label: str
    mean: Estimate | None = None
    difference: Difference | None = None  # to the first design


def figure(value: float, half: float, size: float) -> str:
    """Return a number to the digits that half the width of its interval leaves.

    ``size`` is the largest number beside it, which says whether they are told in millions.
    """
    unit, name = next((each for each in _UNITS if size >= each[0]), (1, ""))
    value, half = value / unit, half / unit
    decimals = 4
    if math.isfinite(half) and half > 0:
        decimals = max(0, min(_MOST, 1 - math.floor(math.log10(half))))
    elif value == round(value):
        decimals = 0
    return f"{value:,.{decimals}f}{name}"


def _cells(line: Line) -> tuple[str, str, str]:
    """Return mean, interval and difference as texts."""
    found, other = line.mean, line.difference
    if found is None:
        return "n/a", "", ""
    half = found.high - found.mean
    ends = [found.low, found.high] if math.isfinite(half) else []
    size = max(map(abs, [found.mean, *ends]))
    mean, *interval = (figure(each, half, size) for each in (found.mean, *ends))
    return mean, " … ".join(interval), "" if other is None else _difference(other)


def _difference(other: Difference) -> str:
    found = other.estimate
    half = found.high - found.mean
    size = max(abs(found.mean), half) if math.isfinite(half) else abs(found.mean)
    shown = ("+" if found.mean > 0 else "") + figure(found.mean, half, size)
    if math.isfinite(half):
        shown += f" ± {figure(half, half, size)}"
    return f"{shown}{' *' if other.stands() else '  '}"


def rendered(title: str, blocks: Iterable[tuple[str, list[Line]]], notes: Iterable[str]) -> str:
    """Return the table as text, as wide as the terminal, or 80 columns where there is none."""
    columns = shutil.get_terminal_size().columns if sys.stdout.isatty() else WIDTH
    rows: list[tuple[str, ...]] = []
    for name, lines in blocks:
        rows.append((name, "", "", ""))
        rows += [(f"  {line.label}", *_cells(line)) for line in lines]
    table = Table(box=SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, 1))
    heads = ("mean", "95% interval", "to the first")
    widths = [max(len(each[place]) for each in [("", *heads), *rows]) for place in (1, 2, 3)]
    room = max(_LABEL, columns - sum(widths) - len(widths) * _GAP)
    table.add_column("", overflow="ellipsis", no_wrap=True, max_width=room)
    for head, width in zip(heads, widths, strict=True):
        table.add_column(head, justify="right", no_wrap=True, width=width)
    for row in rows:
        table.add_row(*map(Text, row), style="" if row[1] else "bold")
    file = io.StringIO()
    console = Console(file=file, width=max(columns, 40), color_system=None, highlight=False)
    console.print(Text(title))
    console.print(table)
    for note in notes:
        console.print(Text(note))
    return "\n".join(line.rstrip() for line in file.getvalue().splitlines())

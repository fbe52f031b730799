"""Daily series of real markets, read from CSV."""

from __future__ import annotations

import csv
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Final, NamedTuple

from engine.rulebook.calendar import is_date

if TYPE_CHECKING:
    from pathlib import Path

_PRICES: Final = ("open", "high", "low", "close")
_CENTS: Final = 2


class SeriesError(ValueError):
    """A file that is no daily series; the text names the line and the field."""


class Bar(NamedTuple):
    """A product's real day. Prices and value in minor units, volume in tonnes; 0: not given.

    A day whose only deals were blocks has no open, high and low.
    """

    date: int  # such as 20210628
    product: str
    open: int
    high: int
    low: int
    close: int
    volume: int
    value: int


def read_series(path: Path, digits: int = _CENTS) -> list[Bar]:
    """Read ``date,product,open,high,low,close,volume_t,value_cny``, in the order of the file.

    Other columns are passed over. Raises ``SeriesError``.
    """
    with path.open(encoding="utf-8", newline="") as file:
        rows = csv.DictReader(file)
        wanted = ("date", "product", *_PRICES, "volume_t", "value_cny")
        missing = [name for name in wanted if name not in (rows.fieldnames or [])]
        if missing:
            message = f"{path}: no column {', '.join(missing)}"
            raise SeriesError(message)
        return [_bar(row, digits, f"{path}:{rows.line_num}") for row in rows]


def _bar(row: dict[str, str], digits: int, where: str) -> Bar:
    date = row["date"].replace("-", "")
    if not (date.isascii() and date.isdecimal() and is_date(int(date))):
        message = f"{where}: date: {row['date']!r} is not a day such as 2021-06-28"
        raise SeriesError(message)
    opened, high, low, close = (_figure(row, name, digits, where) for name in _PRICES)
    volume, value = _figure(row, "volume_t", 0, where), _figure(row, "value_cny", digits, where)
    return Bar(int(date), row["product"].strip(), opened, high, low, close, volume, value)


def _figure(row: dict[str, str], name: str, digits: int, where: str) -> int:
    """Read a figure in minor units, rounded half-up; an empty cell is 0."""
    text = row[name].strip()
    if not text:
        return 0
    try:
        scaled = Decimal(text).scaleb(digits)
    except InvalidOperation:
        message = f"{where}: {name}: {text!r} is not a figure"
        raise SeriesError(message) from None
    return int(scaled + Decimal("0.5"))

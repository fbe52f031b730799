"""Daily series of real markets, read from CSV files as people have them."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import TYPE_CHECKING, Final, NamedTuple

from engine.rulebook.calendar import is_date
from engine.vocabulary.tables import TableError, plain, read_table
from engine.vocabulary.texts import shown
from engine.vocabulary.units import MAX_MONEY, MAX_PRICE, MAX_QUANTITY

if TYPE_CHECKING:
    from pathlib import Path

    from engine.vocabulary.tables import Row, Table

# Field -> the other names of its column.
COLUMNS: Final = {
    "date": ("日期", "交易日期", "交易日", "trade_date", "trading_date", "trading_day", "day"),
    "product": ("品种", "交易品种", "产品", "代码", "产品代码", "合约", "合约代码", "标的",
                "证券代码", "symbol", "code", "ticker", "contract"),
    "open": ("open_price", "opening", "opening_price", "开盘", "开盘价", "开盘价格"),
    "high": ("high_price", "highest", "最高", "最高价", "最高价格"),
    "low": ("low_price", "lowest", "最低", "最低价", "最低价格"),
    "close": ("收盘价", "收盘", "收盘价格", "最新价", "close_price", "closing", "closing_price",
              "last"),
    "average": ("avg", "vwap", "average_price", "均价", "成交均价", "平均价", "加权平均价"),
    "volume_t": ("volume", "vol", "volume_tonnes", "成交量", "交易量", "成交数量"),
    "value_cny": ("value", "turnover", "amount", "value_eur", "value_usd", "value_krw", "成交额",
                  "成交金额", "交易额", "成交总额"),
}  # fmt: skip
_PRICES: Final = ("open", "high", "low", "close", "average")
_CENTS: Final = 2
_HALF: Final = Decimal("0.5")
_DATE: Final = re.compile(
    r"(?:(\d{4})(\d{2})(\d{2})|(\d{4})([-/.])(\d{1,2})\5(\d{1,2})|(\d{4})年(\d{1,2})月(\d{1,2})日)"
    r"(?:[ T]\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?)?",
    re.ASCII,
)


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
    volume: int  # -1 where the whole series has none
    value: int


class Series(NamedTuple):
    """The bars of a file in its order, and what is worth telling of how it was read."""

    bars: list[Bar]
    notes: list[str]


def read_series(path: Path, digits: int = _CENTS, product: str = "") -> Series:
    """Read a daily series; ``COLUMNS`` has the names that its columns may have.

    ``product`` is whose days they are where no column says so. A file without any high and low is
    a series of closes: each day opens, trades and closes at one price. Figures are rounded half-up
    to the currency's ``digits`` and to tonnes. Other columns are passed over. Raises
    ``TableError``.
    """
    table = read_table(path.read_bytes(), str(path), COLUMNS)
    table.need(COLUMNS, "date", "close")
    if not product:
        table.need(COLUMNS, "product")
    reader = _Reader(table, digits, product)
    bars = [reader.bar(row) for row in table.rows]
    if not bars:
        message = f"{path}: no row under its header"
        raise TableError(message)
    return Series(bars, reader.notes())


class _Reader:
    """Reads the rows of a table, and takes note of what was not read as it stands there."""

    def __init__(self, table: Table, digits: int, product: str) -> None:
        self._table = table
        self._digits = digits
        self._product = product
        self._closes = not table.has("high") and not table.has("low")
        self._volumes = table.has("volume_t")
        self._rounded: list[int] = []  # rows
        self._crossed: list[int] = []

    def bar(self, row: Row) -> Bar:
        """Read one row."""
        date = _date(row)
        product = row.text("product") if "product" in self._table.columns else self._product
        if not product:
            error = row.refused("product", "it is empty: whose day is it?")
            raise error
        prices = (self._figure(row, name, self._digits, MAX_PRICE) for name in _PRICES)
        opened, high, low, close, average = prices
        if bool(high) != bool(low):
            empty, there = ("low", "high") if high else ("high", "low")
            raise row.refused(empty, f"it is empty, though the {there} is there")
        if self._closes:
            opened = high = low = close
        if high < low:
            self._crossed.append(row.number)
        volume = self._figure(row, "volume_t", 0, MAX_QUANTITY) if self._volumes else -1
        value = self._figure(row, "value_cny", self._digits, MAX_MONEY)
        if not value and volume > 0:
            value = (average or close or opened) * volume
        if volume > 0 and not value:
            rule = "it is empty: the day has tonnes, and no price or value"
            error = row.refused("close", rule)
            raise error
        return Bar(date, product, opened, high, low, close, volume, value)

    def notes(self) -> list[str]:
        """Say what is worth telling."""
        found = []
        if self._table.encoding == "gb18030":
            found.append("it is not UTF-8, and was read as GB18030")
        if self._closes:
            found.append("it has no high and no low: each day was traded at its close")
        if not self._volumes:
            found.append("it has no volumes: each day was given four of the smallest orders")
        if self._rounded:
            found.append(
                f"figures with more decimals than there are were rounded in {_rows(self._rounded)}"
            )
        if self._crossed:
            found.append(f"the high is below the low in {_rows(self._crossed)}")
        return found

    def _figure(self, row: Row, name: str, digits: int, most: int) -> int:
        """Read a figure in minor units, rounded half-up; an empty cell is 0."""
        given = row.figure(name) if name in self._table.columns else None
        if given is None:
            return 0
        if given < 0:
            raise row.refused(name, f"{row.text(name)} is below 0")
        if given.adjusted() + digits > len(str(most)) or given.scaleb(digits) > most:
            raise row.refused(name, f"{shown(row.text(name))} is too large")
        exact = given.scaleb(digits)
        if exact != exact.to_integral_value() and name in (*_PRICES[:-1], "volume_t"):
            self._rounded.append(row.number)
        return int(exact + _HALF)


def _date(row: Row) -> int:
    """Read a day: 2021-06-28, 20210628, 2021/6/28, 2021年6月28日, with or without a time."""
    found = _DATE.fullmatch(plain(row.text("date")))
    if found:
        year, month, day = (part for part in found.groups() if part and part.isdecimal())
        number = int(year) * 10_000 + int(month) * 100 + int(day)
        if is_date(number):
            return number
    error = row.refused("date", f"{shown(row.text('date'))} is not a day such as 2021-06-28")
    raise error


def _rows(numbers: list[int]) -> str:
    numbers = list(dict.fromkeys(numbers))
    shown = ", ".join(str(number) for number in numbers[:5])
    rest = f" and {len(numbers) - 5} more" if len(numbers) > 5 else ""  # noqa: PLR2004 - as above
    return f"row{'s' if len(numbers) > 1 else ''} {shown}{rest}"

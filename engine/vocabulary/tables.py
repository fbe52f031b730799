"""Tables as people have them: bytes of a CSV file to rows whose cells are read one by one.

What Excel, Windows and Chinese sites write is read: UTF-8 with and without its mark, UTF-16 with
it, GB18030; commas, semicolons and tabs; quoted cells; English and Chinese column names in any
case, with a unit in brackets; thousands separators; ``-``, ``NaN`` and the like for nothing.
Whatever else stands there is refused with the file, the row and the column.

The encoding is found by strict decoding, not by statistics: a file of a few rows is too short for
those (``docs/decisions/0010-tables.md``). Cells are split by the standard library's ``csv``.
"""

from __future__ import annotations

import codecs
import csv
import re
import unicodedata
from decimal import Decimal
from typing import TYPE_CHECKING, Final, NamedTuple, TypeAlias

from engine.vocabulary.texts import shown

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

# Field -> the other names that its column may have, the first one that refusals show.
Columns: TypeAlias = "Mapping[str, tuple[str, ...]]"

NOTHING: Final = ("", "-", "--", "---", "\u2013", "\u2014", "\u2014\u2014", "/", "nan", "null",
                  "none", "nil", "n/a", "na", "#n/a", "\u65e0")  # fmt: skip
TRUE: Final = ("true", "yes", "y", "t", "1", "\u662f")
FALSE: Final = ("false", "no", "n", "f", "0", "\u5426")
_UNITS: Final = {  # what a figure under a column with this unit is multiplied by
    "": 1, "\u5143": 1, "\u5428": 1, "\u5143/\u5428": 1, "t": 1, "tonnes": 1, "tons": 1, "tco2": 1,
    "tco2e": 1, "\u5428co2": 1, "cny": 1, "rmb": 1, "yuan": 1, "eur": 1, "usd": 1, "gbp": 1,
    "krw": 1, "cny/t": 1, "eur/t": 1, "usd/t": 1, "gbp/t": 1, "krw/t": 1, "yuan/t": 1,
    "\u4e07\u5428": 10_000, "\u4e07\u5143": 10_000, "\u4ebf\u5143": 100_000_000,
}  # fmt: skip
_MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_WORKBOOKS: Final = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")  # .xlsx and .xls
_DELIMITERS: Final = (",", ";", "\t")
_SEP: Final = "sep="  # Excel's own first line, which names what parts the cells
_NAMED: Final = {",": "commas", ";": "semicolons", "\t": "tabs"}
_EXACT: Final = 28  # characters of a figure without separators: decimals of so many are exact
_MANY: Final = 20  # columns that a refusal names
_AS_UTF8: Final = 'save it as UTF-8 ("CSV UTF-8" in Excel)'
_ASCII, _TWO_BYTES = "\x7f", "\u07ff"  # the last characters of one and of two bytes in UTF-8
_HIGH: Final = re.compile(rb"[\x80-\xff]+")
_EITHER: Final = re.compile(rb"(?:[\xc2-\xdf][\xa1-\xbf])+")  # letters in UTF-8, and GB 2312
_COMMON: Final = re.compile(rb"[\xa1-\xf7][\xa1-\xfe]")  # a character of GB 2312, in GB18030
_IN_A_WORD: Final = re.compile(rb"[A-Za-z][\x80-\xff]|[\x80-\xff][A-Za-z]")
_HEADER: Final = re.compile(r"(?P<name>[^(\[]+?)\s*[(\[]\s*(?P<unit>[^)\]]*?)\s*[)\]]")
# A figure whose decimals are set off by a point; with a comma the two change places.
_FIGURE: Final = re.compile(
    r"[+-]?(?:(?:\d+|\d{1,3}(?:(?P<by>[,' ])\d{3})(?:(?P=by)\d{3})*)(?:\.\d*)?|\.\d+)"
    r"(?:[eE][+-]?\d{1,3})?",
    re.ASCII,
)
# What can be read in one way alone, where only groups of three and decimals are known.
_POINT: Final = re.compile(
    r"\d{1,3}(?:,\d{3}){2,}|\d{1,3}(?:,\d{3})+\.\d+|"
    r"\d*\.(?:\d{1,2}|\d{4,})|(?:0|\d{4,})\.\d{3}",
    re.ASCII,
)
_SWAPPED: Final = str.maketrans(",.", ".,")


class TableError(ValueError):
    """A table that cannot be read; the text names the file, the row, the column and the rule."""


class _Column(NamedTuple):
    place: int
    header: str  # as refusals show it
    unit: str


class Row:
    """One row under the header. Rows count from 1, as a spreadsheet shows them."""

    __slots__ = ("_table", "cells", "number")

    def __init__(self, table: Table, number: int, cells: Sequence[str]) -> None:
        """Belong to a table."""
        self._table = table
        self.number = number
        self.cells = cells

    def text(self, field: str) -> str:
        """Return a cell as it stands there, "" where it is empty or there is no such column."""
        column = self._table.columns.get(field)
        return self.cells[column.place].strip() if column is not None else ""

    def word(self, field: str) -> str:
        """Return a cell in plain characters and lower case, "" for whatever means nothing."""
        found = plain(self.text(field)).casefold()
        return "" if found in NOTHING else found

    def figure(self, field: str) -> Decimal | None:
        """Return a figure, None for nothing. Raises ``TableError``."""
        text = self.word(field)
        if not text:
            return None
        table = self._table
        unit = table.columns[field].unit
        scale = _UNITS.get(unit)
        if scale is None:
            raise self.refused(
                field,
                f"the unit {unit!r} is not known: write it in "
                "tonnes or in the currency, without a unit",
            )
        text = text.replace("\u2212", "-")
        if table.decimal == ",":
            text = text.translate(_SWAPPED)
        bare = text.replace(",", "").replace("'", "").replace(" ", "")
        if len(bare) > _EXACT or not _FIGURE.fullmatch(text):
            example = "1.234,50" if table.decimal == "," else "1,234.50"
            rule = f"{shown(self.text(field))} is not a figure such as 42 or {example}"
            raise self.refused(field, rule)
        if not table.decimal and "," in text:
            rule = f"{text} may be {text.replace(',', '')} or {text.replace(',', '.')}"
            raise self.refused(field, f"{rule}: write it without a separator of thousands")
        return Decimal(bare) * scale

    def whole(self, field: str) -> int | None:
        """Return a whole number, None for nothing. Raises ``TableError``."""
        found = self.figure(field)
        if found is None:
            return None
        if found.adjusted() > _EXACT or found != found.to_integral_value():
            rule = f"{shown(self.text(field))} is not a whole number"
            raise self.refused(field, rule)
        return int(found)

    def truth(self, field: str) -> bool | None:
        """Return a yes or no, None for nothing. Raises ``TableError``."""
        text = self.word(field)
        if not text:
            return None
        if text not in TRUE and text not in FALSE:
            rule = f"{shown(self.text(field))} is not true or false (or yes, no, 1, 0)"
            raise self.refused(field, rule)
        return text in TRUE

    def refused(self, field: str, rule: str) -> TableError:
        """Return the error of one cell."""
        column = self._table.columns.get(field)
        header = column.header if column is not None else field
        return TableError(f"{self._table.source}: row {self.number}, column {header}: {rule}")


class Table:
    """A header and its rows."""

    __slots__ = ("columns", "decimal", "encoding", "others", "rows", "source")

    def __init__(self, source: str, encoding: str) -> None:
        """Begin one."""
        self.source = source
        self.encoding = encoding  # "utf-8", "utf-16" or "gb18030"
        self.columns: dict[str, _Column] = {}  # by field
        self.others: list[_Column] = []  # those that name no field
        self.rows: list[Row] = []
        self.decimal = "."  # or ",", or "" where nothing in the table tells which

    def has(self, field: str) -> bool:
        """Say whether any row has something under a field's column."""
        return any(row.word(field) for row in self.rows)

    def allow_no_others(self, known: Columns) -> None:
        """Raise ``TableError`` where something stands under a column that names no field."""
        for row in self.rows:
            for column in self.others:
                if row.cells[column.place].strip():
                    where = f"{self.source}: row {row.number}, column {column.header}"
                    message = f"{where}: it is not one of {', '.join(known)}"
                    raise TableError(message)

    def need(self, known: Columns, *fields: str) -> None:
        """Raise ``TableError`` unless there is a column for each of these fields."""
        for field in fields:
            if field not in self.columns:
                names = "".join(f" or {name}" for name in known[field][:1])
                columns = [*self.columns.values(), *self.others]
                there = ", ".join(each.header for each in columns[:_MANY])
                there += ", ..." if len(columns) > _MANY else ""
                message = f"{self.source}: no column {field}{names}; there are {there}"
                raise TableError(message)


def read_table(data: bytes, source: str, columns: Columns) -> Table:
    """Read a table; ``source`` is what refusals call the file. Raises ``TableError``.

    Rows with nothing in them are passed over. A row that is shorter than the header is refused,
    and so is one that is longer, unless what is beyond is empty.
    """
    text, encoding = decoded(data, source)
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    delimiter = _delimiter(text)
    table = Table(source, encoding)
    records = _records(text, delimiter, source)
    _, header = next(records, (1, []))
    if header and header[0].casefold() == _SEP:
        _, header = next(records, (1, []))
    if not header:
        message = f"{source}: it is empty; its first row names the columns"
        raise TableError(message)
    while len(header) > 1 and not header[-1].strip():
        header.pop()
    _name_columns(table, header, columns)
    for number, cells in records:
        _add_row(table, number, cells, header)
    table.decimal = _decimal(table, delimiter)
    return table


def decoded(data: bytes, source: str) -> tuple[str, str]:
    """Return text and its encoding: "utf-8", "utf-16" or "gb18030". Raises ``TableError``."""
    if data.startswith(_WORKBOOKS):
        message = f'{source}: it is an Excel workbook: save it as "CSV UTF-8"'
        raise TableError(message)
    encoding = next((name for mark, name in _MARKS if data.startswith(mark)), "utf-8")
    if encoding == "utf-8" and _by_chance(data):
        return data.decode("gb18030"), "gb18030"
    try:
        text = data.decode(encoding)
        encoding = encoding.removesuffix("-sig")
    except UnicodeDecodeError as error:
        found = _chinese(data) if encoding == "utf-8" else ""
        if not found:
            kinds = "UTF-8 or GB18030" if encoding == "utf-8" else encoding.upper()
            message = f"{source}: byte {error.start + 1} is not {kinds}: {_AS_UTF8}"
            raise TableError(message) from None
        text, encoding = found, "gb18030"
    if "\0" in text:
        message = f"{source}: it has characters without a meaning, as no text has: {_AS_UTF8}"
        raise TableError(message)
    return text, encoding


def plain(text: str) -> str:
    """Return full-width characters and odd spaces as the plain ones that they stand for."""
    return unicodedata.normalize("NFKC", text).strip()


def _delimiter(text: str) -> str:
    """Return what parts the cells: what stands most often in the first line, outside quotes."""
    first = text.lstrip("\n ").partition("\n")[0]
    if first[: len(_SEP)].casefold() == _SEP and first[len(_SEP) :].rstrip(" ") in _DELIMITERS:
        return first[len(_SEP)]
    bare = "".join(first.split('"')[::2])
    return max(_DELIMITERS, key=bare.count)  # the first of several: the comma


def _by_chance(data: bytes) -> bool:
    """Say whether bytes are UTF-8 only because a few Chinese characters happen to look like it.

    Two bytes of one common character may also be one accented, Greek or Cyrillic letter. They are
    taken for letters where one stands beside an ASCII letter, as in a word.
    """
    runs = _HIGH.findall(data)
    return bool(runs) and all(map(_EITHER.fullmatch, runs)) and not _IN_A_WORD.search(data)


def _chinese(data: bytes) -> str:
    """Return what bytes say in GB18030, "" where they are some other encoding's.

    Nearly any bytes are GB18030, so more than half of what is not ASCII has to be of the
    common characters, those of GB 2312. Accented letters of Western code pages are not. Nor may
    more than half be good UTF-8 of three bytes a character: Chinese in UTF-8, damaged somewhere.
    """
    high = sum(byte > ord(_ASCII) for byte in data)
    good = sum(letter > _TWO_BYTES for letter in data.decode("utf-8", "ignore"))
    if 2 * 3 * good > high:
        return ""
    try:
        text = data.decode("gb18030")
    except UnicodeDecodeError:
        return ""
    beyond = [letter for letter in text if letter > _ASCII]
    common = sum(
        letter in NOTHING or bool(_COMMON.fullmatch(letter.encode("gb18030"))) for letter in beyond
    )
    return text if 2 * common > len(beyond) else ""


def _records(text: str, delimiter: str, source: str) -> Iterator[tuple[int, list[str]]]:
    """Yield the records with something in them, with their numbers."""
    lines = (f"{line}\n" for line in text.split("\n"))
    reader = csv.reader(lines, delimiter=delimiter, strict=True, skipinitialspace=True)
    number = 0
    try:
        for cells in reader:
            number += 1
            if any(cell.strip() for cell in cells):
                yield number, cells
    except csv.Error as error:
        rule = f"{error} (its cells are parted by {_NAMED[delimiter]})"
        message = f"{source}: row {number + 1}: {rule}"
        raise TableError(message) from None


def _name_columns(table: Table, header: Sequence[str], columns: Columns) -> None:
    """Find the field of each column."""
    fields = {_key(name): field for field, names in columns.items() for name in (field, *names)}
    for place, cell in enumerate(header):
        text = plain(cell)
        told = shown(" ".join(cell.split()))[1:-1]
        parts = _HEADER.fullmatch(text)
        whole = fields.get(_key(text))
        field = whole or (fields.get(_key(parts["name"])) if parts else None)
        if field is None:
            if text:
                table.others.append(_Column(place, told, ""))
            continue
        if field in table.columns:
            first = table.columns[field].header
            message = f"{table.source}: columns {first} and {told} both are the {field}"
            raise TableError(message)
        unit = parts["unit"].casefold().replace(" ", "") if parts and not whole else ""
        table.columns[field] = _Column(place, told, unit)


def _key(name: str) -> str:
    return plain(name).casefold().replace(" ", "_").replace("-", "_").rstrip(".")


def _add_row(table: Table, number: int, cells: Sequence[str], header: Sequence[str]) -> None:
    if len(cells) < len(header):
        missing = shown(header[len(cells)].strip())[1:-1] or str(len(cells) + 1)
        rule = f"is not there: the row has {len(cells)} cells, the header {len(header)}"
        message = f"{table.source}: row {number}, column {missing}: {rule}"
        raise TableError(message)
    if any(cell.strip() for cell in cells[len(header) :]):
        extra = shown(next(cell for cell in cells[len(header) :] if cell.strip()))
        rule = f"the row has {len(cells)} cells, the header {len(header)}: {extra} has no column"
        message = f"{table.source}: row {number}: {rule}"
        raise TableError(message)
    table.rows.append(Row(table, number, cells))


def _decimal(table: Table, delimiter: str) -> str:
    """Return the mark before decimals: what the first cell shows that can only be read one way."""
    found = False
    for row in table.rows:
        for field in table.columns:
            text = row.word(field).lstrip("+-\u2212")
            if _POINT.fullmatch(text):
                return "."
            if _POINT.fullmatch(text.translate(_SWAPPED)):
                return ","
            found = found or bool(_FIGURE.fullmatch(text) and "," in text)
    return "" if found and delimiter != "," else "."

"""Rows as Arrow batches, and the files that take them one after the other."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeAlias

import pyarrow as pa
import pyarrow.csv
import pyarrow.ipc
import pyarrow.parquet

from backtest.frames.stretch import NULL
from backtest.frames.tables import TABLES, Kind

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from backtest.frames.tables import Table
    from backtest.frames.wanted import Wanted

FORMATS: Final = ("parquet", "csv", "arrow")
_PLAIN: Final = {
    Kind.TEXT: pa.string(),
    Kind.INT: pa.int64(),
    Kind.TIME: pa.timestamp("ns", "UTC"),
    Kind.DAY: pa.date32(),
    Kind.FLAG: pa.bool_(),
    Kind.MONEY: pa.int64(),
}
GROUP: Final = 1 << 17  # rows that are written at a time
_DECIMAL_DIGITS: Final = 38  # all that a decimal of 128 bits holds


@cache
def schema(table: Table, decimals: int | None) -> Any:  # noqa: ANN401 - pyarrow ships no types
    """Return a table's Arrow schema; ``decimals`` are those of money, None for minor units."""
    money = _PLAIN[Kind.MONEY] if decimals is None else pa.decimal128(_DECIMAL_DIGITS, decimals)
    fields = [
        pa.field(
            column.name,
            money if column.kind is Kind.MONEY else _PLAIN[column.kind],
            metadata={"description": column.sentence},
        )
        for column in table.columns
    ]
    return pa.schema(fields, metadata={"description": table.sentence})


class Text(NamedTuple):
    """A column of texts as numbers, each the place of a word."""

    numbers: NDArray[np.int64]
    words: Sequence[str | None]


Cells: TypeAlias = "NDArray[np.int64] | Text"


def batch(table: Table, cells: list[Any], decimals: int | None) -> Any:  # noqa: ANN401
    """Return a table's cells, row behind row, as one Arrow batch."""
    wanted = schema(table, decimals)
    width = len(wanted)
    arrays = [_array(cells[i::width], field.type) for i, field in enumerate(wanted)]
    return pa.record_batch(arrays, schema=wanted)


def batch_of(table: Table, columns: dict[str, Cells], decimals: int | None) -> Any:  # noqa: ANN401
    """Return a table's columns as one Arrow batch; ``NULL`` is null."""
    wanted = schema(table, decimals)
    arrays = [_column(columns[field.name], field.type) for field in wanted]
    return pa.record_batch(arrays, schema=wanted)


def _array(values: list[Any], kind: Any) -> Any:  # noqa: ANN401 - pyarrow ships no types
    if pa.types.is_decimal(kind):
        return _decimal(pa.array(values, pa.int64()), kind)
    return pa.array(values, kind)


def _column(cells: Cells, kind: Any) -> Any:  # noqa: ANN401 - pyarrow ships no types
    if isinstance(cells, Text):
        return pa.array(cells.words, kind).take(_ints(cells.numbers))
    whole = _ints(cells)
    if pa.types.is_decimal(kind):
        return _decimal(whole, kind)
    return whole.cast(pa.int32()).view(kind) if pa.types.is_date(kind) else whole.view(kind)


def _ints(values: NDArray[np.int64]) -> Any:  # noqa: ANN401 - pyarrow ships no types
    missing = values == NULL
    return pa.array(values, mask=missing if missing.any() else None)


def _decimal(whole: Any, kind: Any) -> Any:  # noqa: ANN401 - pyarrow ships no types
    # The same digits with the point elsewhere.
    wide = whole.cast(pa.decimal128(_DECIMAL_DIGITS, 0))
    return pa.Array.from_buffers(kind, len(wide), wide.buffers())


class Files:
    """One file for each table, complete or not there: each is renamed when it is whole."""

    def __init__(self, wanted: Wanted) -> None:
        """Open them."""
        self._wanted = wanted
        self.rows = dict.fromkeys(wanted.names, 0)
        wanted.folder.mkdir(parents=True, exist_ok=True)
        self._writers: dict[str, Any] = {}
        self._waiting: dict[str, list[Any]] = {name: [] for name in wanted.names}
        try:
            for name in wanted.names:
                columns = schema(TABLES[name], wanted.digits)
                self._writers[name] = _writer(wanted.aside(name), columns, wanted.form)
        except BaseException:
            self.drop()
            raise

    def give(self, name: str, rows: Any) -> None:  # noqa: ANN401 - pyarrow ships no types
        """Write rows of a table."""
        before = self.rows[name]
        self.rows[name] += rows.num_rows
        self._waiting[name].append(rows)
        if before // GROUP != self.rows[name] // GROUP:
            self._write(name)

    def _write(self, name: str) -> None:
        batches, self._waiting[name] = self._waiting[name], []
        if batches:
            self._writers[name].write_table(pa.Table.from_batches(batches))

    def finish(self) -> None:
        """Close the files and give them their names."""
        for name, writer in self._writers.items():
            self._write(name)
            writer.close()
            self._wanted.aside(name).replace(self._wanted.path(name))

    def drop(self) -> None:
        """Close the files and remove what was written."""
        for writer in self._writers.values():
            writer.close()
        self._wanted.discard()


def _writer(path: Path, columns: Any, form: str) -> Any:  # noqa: ANN401 - pyarrow ships no types
    if form == "parquet":
        return pa.parquet.ParquetWriter(path, columns, compression="zstd")
    if form == "csv":
        return pa.csv.CSVWriter(path, columns)
    return pa.ipc.new_file(path, columns)

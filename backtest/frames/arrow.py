"""Rows as Arrow batches, and the files that take them one after the other."""

from __future__ import annotations

from operator import itemgetter
from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa
import pyarrow.csv
import pyarrow.ipc
import pyarrow.parquet

from backtest.frames.tables import Kind

if TYPE_CHECKING:
    from pathlib import Path

    from backtest.frames.tables import Table

FORMATS: Final = ("parquet", "csv", "arrow")
_PLAIN: Final = {
    Kind.TEXT: pa.string(),
    Kind.INT: pa.int64(),
    Kind.TIME: pa.timestamp("ns", "UTC"),
    Kind.DAY: pa.date32(),
    Kind.MONEY: pa.int64(),
}
_DECIMAL_DIGITS: Final = 38  # all that a decimal of 128 bits holds


def schema(table: Table, decimals: int | None) -> Any:  # noqa: ANN401 - pyarrow ships no types
    """Return a table's Arrow schema; ``decimals`` are those of money, None for minor units."""
    money = _PLAIN[Kind.MONEY] if decimals is None else pa.decimal128(_DECIMAL_DIGITS, decimals)
    fields = [
        pa.field(column.name, money if column.kind is Kind.MONEY else _PLAIN[column.kind],
                 metadata={"description": column.sentence})
        for column in table.columns
    ]  # fmt: skip
    return pa.schema(fields, metadata={"description": table.sentence})


def batch(table: Table, rows: list[tuple[Any, ...]], decimals: int | None) -> Any:  # noqa: ANN401
    """Return rows as one Arrow batch."""
    wanted = schema(table, decimals)
    arrays = [_array(list(map(itemgetter(i), rows)), field.type) for i, field in enumerate(wanted)]
    return pa.record_batch(arrays, schema=wanted)


def _array(values: list[Any], kind: Any) -> Any:  # noqa: ANN401 - pyarrow ships no types
    if pa.types.is_decimal(kind):
        whole = pa.array(values, pa.int64()).cast(pa.decimal128(_DECIMAL_DIGITS, 0))
        # The same digits with the point elsewhere.
        return pa.Array.from_buffers(kind, len(whole), whole.buffers())
    return pa.array(values, kind)


class Files:
    """One file for each table, complete or not there: each is renamed when it is whole."""

    def __init__(self, folder: Path, tables: list[Table], form: str, decimals: int | None) -> None:
        """Open them; ``form`` is one of ``FORMATS``."""
        self._tables = {table.name: table for table in tables}
        self._decimals = decimals
        self.rows = dict.fromkeys(self._tables, 0)
        self.paths = {name: folder / f"{name}.{form}" for name in self._tables}
        self._aside = {name: folder / f"{name}.{form}.new" for name in self._tables}
        folder.mkdir(parents=True, exist_ok=True)
        self._writers = {
            name: _writer(self._aside[name], schema(table, decimals), form)
            for name, table in self._tables.items()
        }

    def give(self, name: str, rows: list[tuple[Any, ...]]) -> None:
        """Write rows of a table."""
        self.rows[name] += len(rows)
        self._writers[name].write_batch(batch(self._tables[name], rows, self._decimals))

    def finish(self) -> None:
        """Close the files and give them their names."""
        for name, writer in self._writers.items():
            writer.close()
            self._aside[name].replace(self.paths[name])

    def drop(self) -> None:
        """Close the files and remove what was written."""
        for name, writer in self._writers.items():
            writer.close()
            self._aside[name].unlink(missing_ok=True)


def _writer(path: Path, columns: Any, form: str) -> Any:  # noqa: ANN401 - pyarrow ships no types
    if form == "parquet":
        return pa.parquet.ParquetWriter(path, columns, compression="zstd")
    if form == "csv":
        return pa.csv.CSVWriter(path, columns)
    return pa.ipc.new_file(path, columns)

"""Rows as Arrow batches, and the files that take them one after the other."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.ipc
import pyarrow.parquet

from backtest.frames.tables import Kind

if TYPE_CHECKING:
    from concurrent.futures import Future
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


def batch(table: Table, cells: list[Any], decimals: int | None) -> Any:  # noqa: ANN401
    """Return a table's cells, row behind row, as one Arrow batch."""
    wanted = schema(table, decimals)
    width = len(wanted)
    arrays = [_array(cells[i::width], field.type) for i, field in enumerate(wanted)]
    return pa.record_batch(arrays, schema=wanted)


def _array(values: list[Any], kind: Any) -> Any:  # noqa: ANN401 - pyarrow ships no types
    if pa.types.is_decimal(kind):
        whole = pa.array(values, pa.int64()).cast(pa.decimal128(_DECIMAL_DIGITS, 0))
        # The same digits with the point elsewhere.
        return pa.Array.from_buffers(kind, len(whole), whole.buffers())
    if pa.types.is_string(kind) or pa.types.is_date(kind):
        first = values[0]
        if first is values[-1] and values.count(first) == len(values):
            return pa.repeat(pa.scalar(first, kind), len(values))
        return pa.array(values, kind)
    try:
        whole = np.fromiter(values, np.int64, len(values))  # half the time of ``pa.array``
    except TypeError:  # some are null
        return pa.array(values, kind)
    return pa.Array.from_buffers(kind, len(whole), [None, pa.py_buffer(whole)])


class Files:
    """One file for each table, complete or not there: each is renamed when it is whole.

    They are written by a thread, as compressing takes a processor and no lock.
    """

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
        self._waiting: dict[str, list[Any]] = {name: [] for name in self._tables}
        self._thread = ThreadPoolExecutor(1)
        self._writing: Future[None] | None = None

    def give(self, name: str, cells: list[Any]) -> None:
        """Write rows of a table, their cells one behind the other."""
        found = batch(self._tables[name], cells, self._decimals)
        before = self.rows[name]
        self.rows[name] += found.num_rows
        self._waiting[name].append(found)
        if before // GROUP != self.rows[name] // GROUP:
            self._write(name)

    def _write(self, name: str) -> None:
        batches, self._waiting[name] = self._waiting[name], []
        if batches:
            self._wait()
            table = pa.Table.from_batches(batches)
            self._writing = self._thread.submit(self._writers[name].write_table, table)

    def _wait(self) -> None:
        if self._writing is not None:
            self._writing.result()

    def finish(self) -> None:
        """Close the files and give them their names."""
        for name in self._writers:
            self._write(name)
        self._wait()
        self._thread.shutdown()
        for name, writer in self._writers.items():
            writer.close()
            self._aside[name].replace(self.paths[name])

    def drop(self) -> None:
        """Close the files and remove what was written."""
        self._thread.shutdown()
        for name, writer in self._writers.items():
            writer.close()
            self._aside[name].unlink(missing_ok=True)


def _writer(path: Path, columns: Any, form: str) -> Any:  # noqa: ANN401 - pyarrow ships no types
    if form == "parquet":
        return pa.parquet.ParquetWriter(path, columns, compression="zstd")
    if form == "csv":
        return pa.csv.CSVWriter(path, columns)
    return pa.ipc.new_file(path, columns)

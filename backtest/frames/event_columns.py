"""Events of one kind as columns of integers.

They are written as lines of JSON and read by Arrow's reader of CSV. Both are C, several times as
fast as a loop.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, Final

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.csv

if TYPE_CHECKING:
    from numpy.typing import NDArray

_TEXT: Final = pa.dictionary(pa.int32(), pa.string())
_LARGEST: Final = 1 << 30  # bytes that the reader takes at once


class Names:
    """Gives texts, such as accounts, numbers that they keep."""

    def __init__(self) -> None:
        """Know none."""
        self.texts: list[str] = []
        self._numbers: dict[str, int] = {}

    def number(self, text: str) -> int:
        """Return a text's number."""
        found = self._numbers.setdefault(text, len(self.texts))
        if found == len(self.texts):
            self.texts.append(text)
        return found

    def numbers(self, column: Any) -> NDArray[np.int64]:  # noqa: ANN401 - pyarrow ships no types
        """Return the numbers of a column of texts as JSON writes them."""
        known = [
            self.number(msgspec.json.decode(f'"{each}"') if "\\" in each else each)
            for each in column.dictionary.to_pylist()
        ]
        found: NDArray[np.int64] = np.array(known, np.int64)[column.indices.to_numpy()]
        return found


def read(kind: type[msgspec.Struct], data: bytes, names: Names) -> dict[str, NDArray[np.int64]]:
    """Return the fields of events by name, texts as the numbers that ``names`` gives them."""
    if b"\\" in data:  # no quote within quotes, and no backslash but before a ``u`` or a letter
        data = data.replace(b"\\\\", b"\\u005c").replace(b'\\"', b"\\u0022")
    data = data.replace(b"]\n", b",\n")  # a line's end alone: JSON writes no other as it is
    table = pa.csv.read_csv(
        pa.BufferReader(data),
        pa.csv.ReadOptions(
            use_threads=False,
            block_size=min(len(data), _LARGEST),
            column_names=["", *kind.__struct_fields__, "end"],
        ),
        pa.csv.ParseOptions(double_quote=False),
        _conversion(kind),
    )
    table = table.unify_dictionaries().combine_chunks()
    found = {}
    for name, column in zip(table.column_names, table.itercolumns(), strict=True):
        whole = column.chunk(0)
        found[name] = names.numbers(whole) if column.type == _TEXT else whole.to_numpy()
    return found


@cache
def _conversion(kind: type[msgspec.Struct]) -> Any:  # noqa: ANN401 - pyarrow ships no types
    fields = msgspec.structs.fields(kind)
    return pa.csv.ConvertOptions(
        check_utf8=False,
        null_values=[],
        include_columns=[field.name for field in fields],
        column_types={each.name: _TEXT if each.type is str else pa.int64() for each in fields},
    )

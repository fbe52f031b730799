"""``carbonx.frames``: a log as polars frames."""

from __future__ import annotations

from importlib.util import find_spec
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from backtest.frames.tables import TABLES
from engine.log.journal import open_log

if TYPE_CHECKING:
    from datetime import datetime

    import polars as pl


class Frames:
    """A log's tables as polars frames, each an attribute; ``docs/data.md`` says what is in them."""

    trades: pl.DataFrame
    orders: pl.DataFrame
    depth: pl.DataFrame
    auctions: pl.DataFrame
    sessions: pl.DataFrame
    refusals: pl.DataFrame
    days: pl.DataFrame
    cash: pl.DataFrame
    holdings: pl.DataFrame
    entities: pl.DataFrame
    allowances: pl.DataFrame
    emissions: pl.DataFrame
    penalties: pl.DataFrame
    cycles: pl.DataFrame

    def __init__(self, tables: dict[str, pl.DataFrame]) -> None:
        """Hold tables by name."""
        self.__dict__.update(tables)

    def book(
        self,
        at: datetime | int | None = None,
        depth: int = 10,
        symbol: str | None = None,
        seq: int | None = None,
    ) -> pl.DataFrame:
        """Return the books after all that happened up to ``at``, ``depth`` levels a side.

        ``at`` is a time with zone or, as Python's have microseconds only, exact in ns UTC; ``seq``
        is a record instead. At the end of the log where neither is given; of all lines where no
        symbol is.
        """
        import polars as pl  # noqa: PLC0415 - slow to import, and an extra

        rows = self.depth.lazy()
        if symbol is not None:
            rows = rows.filter(pl.col("symbol") == symbol)
        if seq is not None:
            rows = rows.filter(pl.col("seq") <= seq)
        if at is not None:
            until = pl.lit(at).cast(rows.collect_schema()["time"])
            rows = rows.filter(pl.col("time") <= until)
        place = ("symbol", "side", "price")
        better = pl.when(pl.col("side") == "buy").then(-pl.col("price")).otherwise(pl.col("price"))
        level = better.rank("ordinal").over("symbol", "side").cast(pl.Int64)
        return (
            rows.group_by(place, maintain_order=True)
            .agg(pl.col("quantity").last())
            .filter(pl.col("quantity") > 0)
            .with_columns(level=level)
            .filter(pl.col("level") <= depth)
            .sort("symbol", "side", "level")
            .select("symbol", "side", "level", "price", "quantity")
            .collect()
        )


def frames(log: Path | str | bytes, *, decimals: bool = False) -> Frames:
    """Return a log (its folder, or its bytes) as polars frames.

    Money is integers in minor units or, with ``decimals``, exact decimals of the currency. Raises
    ``JournalError`` and ``LogError``, and ``ImportError`` where polars or pyarrow is missing.
    """
    missing = [each for each in ("polars", "pyarrow") if find_spec(each) is None]
    if missing:
        text = f"frames need {', '.join(missing)}: pip install 'carbonx-exchange[lab]'"
        raise ImportError(text, name=missing[0])
    with BytesIO(log) if isinstance(log, bytes) else open_log(Path(log)) as file:
        return _frames(file, decimals=decimals)


def _frames(log: BinaryIO, *, decimals: bool) -> Frames:
    import polars as pl  # noqa: PLC0415 - slow to import, and an extra
    import pyarrow as pa  # noqa: PLC0415

    from backtest.frames.arrow import schema  # noqa: PLC0415 - it imports pyarrow
    from backtest.frames.making import Maker  # noqa: PLC0415 - it does too
    from backtest.frames.walk import rulebook_of, walk  # noqa: PLC0415 - and this one numpy

    digits = rulebook_of(log).minor_digits if decimals else None
    batches: dict[str, list[Any]] = {name: [] for name in TABLES}
    maker = Maker(TABLES, lambda name, rows: batches[name].append(rows), digits)
    walk(log, TABLES, maker.take)
    maker.end()
    tables = {}
    for name, found in batches.items():
        table = pl.from_arrow(pa.Table.from_batches(found, schema(TABLES[name], digits)))
        assert isinstance(table, pl.DataFrame)
        tables[name] = table
    return Frames(tables)

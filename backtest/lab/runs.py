"""One run of a study: a session, what was measured of it, and its trades, as bytes of Parquet.

A run's bytes hold no time and no place, so that they are the same wherever it was run. Its trades
have these columns:

============  =======  ===========================================================
``seed``      Int64    the replication
``time``      Int64    ns since 1970, UTC
``symbol``    String   the line
``price``     Int64    minor units a tonne
``quantity``  Int64    tonnes
``buyer``     String   an account
``seller``    String   an account
``aggressor`` String   whose order arrived: ``buy`` or ``sell``; none in a call
============  =======  ===========================================================
"""

from __future__ import annotations

import io
import json
import math
import time
from typing import TYPE_CHECKING, Final, NamedTuple

import polars as pl
import pyarrow as pa
from pyarrow import parquet

from backtest.kernel.kernel import MOST_STEPS, AgentError
from backtest.lab.identity import digest, versions
from backtest.lab.people import interests
from backtest.lab.regional import run
from backtest.measures.fills import Fills
from backtest.measures.table import Meter
from backtest.measures.tape import Pass

if TYPE_CHECKING:
    from collections.abc import Sequence

    from backtest.lab.design import Design
    from backtest.lab.people import Population
    from backtest.measures.fills import Fill
    from engine.vocabulary.commands import Command
    from engine.vocabulary.events import Event

TRADES: Final = {
    "seed": pl.Int64,
    "time": pl.Int64,
    "symbol": pl.String,
    "price": pl.Int64,
    "quantity": pl.Int64,
    "buyer": pl.String,
    "seller": pl.String,
    "aggressor": pl.String,
}
_NOTE: Final = b"carbonx"  # the entry of a Parquet file's metadata that holds the record


_SCHEMA: Final = pa.schema(
    [(name, pa.int64() if kind is pl.Int64 else pa.string()) for name, kind in TRADES.items()]
)


class Record(NamedTuple):
    """What is kept of a run beside its trades."""

    values: dict[str, float | None]  # by measure; None where one does not apply
    commands: int
    digest: str  # of values and trades
    failed: tuple[str, int, str] | None = None  # agent, time in ns, why


class Cell(NamedTuple):
    """A run to be made: the place of its point in the study, its seed, its key."""

    place: int
    seed: int
    key: str


class Done(NamedTuple):
    """A run that was made."""

    cell: Cell
    content: bytes
    record: Record
    seconds: float


class Job(NamedTuple):
    """What a worker needs beside the cells."""

    points: tuple[tuple[Design, Population], ...]
    root: int
    measures: tuple[str, ...]
    versions: dict[str, str]
    most: int = MOST_STEPS  # of a run; one with more is taken for endless


class WorkerError(Exception):
    """A worker cannot do what this process would."""


def work(job: Job, cells: Sequence[Cell]) -> list[Done]:
    """Make some runs. Raises ``WorkerError`` where code or libraries are others here."""
    here = versions()
    other = [
        f"{name} {here.get(name)}, not {wanted}"
        for name, wanted in job.versions.items()
        if here.get(name) != wanted
    ]
    if other:
        message = f"a worker has {'; '.join(other)}: install the same everywhere"
        raise WorkerError(message)
    return [_make(job, cell) for cell in cells]


def _make(job: Job, cell: Cell) -> Done:
    design, market = job.points[cell.place]
    began = time.perf_counter()
    columns: dict[str, list[int | str | None]] = {name: [] for name in TRADES}
    try:
        meter, trades = Meter(job.measures), Fills()
        keep = Pass(trades).take

        def sink(at: int, command: Command, events: list[Event]) -> None:
            meter.take(at, command, events)
            keep(at, command, events)

        outcome = run(design, market, job.root, cell.seed, sink=sink, most=job.most)
        values = {
            name: None if value is None or math.isnan(value) else float(value)
            for name, value in meter.measure(interests(outcome.people)).items()
        }
        outcome.venue.close()  # the next run is in the same process
        _fill(columns, trades.found, cell.seed)
        record = Record(values, outcome.commands, digest(values, columns))
    except AgentError as error:
        record = _failed(error.agent, error.time, error.why)
    except Exception as error:  # noqa: BLE001 - the other runs of the study go on
        record = _failed("", 0, f"{type(error).__name__}: {error}")
    return Done(cell, encoded(columns, record), record, time.perf_counter() - began)


def _failed(agent: str, at: int, why: str) -> Record:
    return Record({}, 0, digest(agent, at, why), (agent, at, why))


def _fill(columns: dict[str, list[int | str | None]], trades: list[Fill], seed: int) -> None:
    columns["seed"] += [seed] * len(trades)
    for name in ("time", "symbol", "price", "quantity", "buyer", "seller"):
        columns[name] += [getattr(each, name) for each in trades]
    columns["aggressor"] += [
        None if each.aggressor is None else each.aggressor.name.lower() for each in trades
    ]


def encoded(columns: dict[str, list[int | str | None]], record: Record) -> bytes:
    """Return a run as the bytes of a Parquet file."""
    note = json.dumps(record._asdict(), ensure_ascii=False)
    schema = _SCHEMA.with_metadata({_NOTE: note})
    file = io.BytesIO()
    parquet.write_table(pa.table(columns, schema=schema), file)
    return file.getvalue()


def decoded(content: bytes) -> Record:
    """Return the record in the bytes of a run. Raises ``ValueError`` where it is none."""
    try:
        found = json.loads(parquet.read_schema(io.BytesIO(content)).metadata[_NOTE])
        failed = found.pop("failed")
        return Record(**found, failed=None if failed is None else tuple(failed))
    except (pa.ArrowException, OSError, KeyError, TypeError) as error:
        message = f"no run of a study: {error}"
        raise ValueError(message) from error


def trades_in(content: bytes) -> pl.DataFrame:
    """Return the trades in the bytes of a run."""
    return pl.read_parquet(io.BytesIO(content))

"""``carbonx export``: its files read back equal the frames; refusals say what to do."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import TYPE_CHECKING

import polars as pl
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner

from backtest.cli import export
from backtest.frames import replay
from backtest.frames import walk as walking
from backtest.frames.arrow import FORMATS
from backtest.frames.log_frames import frames
from backtest.frames.tables import TABLES, Kind
from engine.log.journal import FILE_NAME
from engine.log.records import Record, log_pieces
from engine.rulebook import presets
from engine.vocabulary import commands as c
from tests.support.command_line import typed
from tests.support.random_logs import random_log

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Write a random log into a folder."""
    (tmp_path / FILE_NAME).write_bytes(random_log(presets.load("krx"), 5).data)
    return tmp_path


def read(path: Path, form: str) -> pl.DataFrame:
    if form == "parquet":
        return pl.read_parquet(path)
    return pl.read_ipc(path) if form == "arrow" else pl.read_csv(path, infer_schema=False)


@pytest.mark.parametrize("decimals", [False, True])
@pytest.mark.parametrize("form", FORMATS)
def test_what_is_read_back_equals_the_frames(
    folder: Path, form: str, monkeypatch: pytest.MonkeyPatch, *, decimals: bool
) -> None:
    monkeypatch.setattr(walking, "STRETCH", 7)  # many batches
    words = [str(folder), "--to", form, "--json", *(["--decimals"] if decimals else [])]
    done = CliRunner().invoke(export.command, words)
    assert done.exit_code == 0, done.output
    said = json.loads(done.stdout)
    wanted = frames(folder, decimals=decimals)
    for name in TABLES:
        frame = getattr(wanted, name)
        found = read(folder / "frames" / f"{name}.{form}", form)
        if form == "csv":
            assert found.columns == frame.columns
            assert len(found) == len(frame)
            whole = frame.select(pl.col(pl.Int64, pl.Decimal).cast(pl.String))
            assert found.select(whole.columns).equals(whole)
        else:
            assert found.schema == frame.schema
            assert found.equals(frame)
        assert said["tables"][name]["rows"] == len(frame)
    assert not list(folder.glob("frames/*.new"))


@pytest.mark.parametrize("name", presets.names())
def test_it_does_not_matter_where_a_log_is_cut(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    data = random_log(presets.load(name), 2).data
    whole = frames(data)
    for stretch, piece in ((1, 1), (7, 3), (1 << 16, 5)):
        monkeypatch.setattr(walking, "STRETCH", stretch)
        monkeypatch.setattr(replay, "PIECE", piece)
        cut = frames(data)
        for table in TABLES:
            assert getattr(cut, table).equals(getattr(whole, table)), table


def test_files_say_what_their_columns_mean(folder: Path) -> None:
    typed("export", str(folder), "--table", "trades", "--out", str(folder / "out"))
    assert [path.name for path in (folder / "out").iterdir()] == ["trades.parquet"]
    schema = pq.read_schema(folder / "out" / "trades.parquet")
    for column in TABLES["trades"].columns:
        described = schema.field(column.name).metadata[b"description"].decode()
        assert described == column.sentence


def test_money_is_minor_units_or_exact_decimals(folder: Path) -> None:
    whole, exact = frames(folder), frames(folder, decimals=True)
    digits = presets.load("krx").minor_digits
    for name, table in TABLES.items():
        for column in table.columns:
            if column.kind is Kind.MONEY:
                minor = getattr(whole, name)[column.name].to_list()
                assert getattr(exact, name)[column.name].to_list() == [
                    None if each is None else Decimal(each).scaleb(-digits) for each in minor
                ]


def test_the_largest_amount_is_exact(tmp_path: Path) -> None:
    rules = presets.load("textbook")
    product = rules.products[0].symbol
    commands: list[c.Command] = [
        c.OpenAccount("ann", cash=10**18),
        c.OpenAccount("bob", allowances=((product, 10**10),)),
        c.BeginDay(20251201),
    ]
    records = [Record(n, n, 0, each) for n, each in enumerate(commands, 1)]
    data = b"".join(log_pieces(rules, 0, records))
    (tmp_path / FILE_NAME).write_bytes(data)
    assert frames(tmp_path, decimals=True).cash["total"].to_list() == [Decimal(10**16)]


def test_refusals_say_what_to_do(tmp_path: Path, folder: Path) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    for words, said in (
        (("export", str(empty)), "name a directory that holds a log"),
        (("export", str(tmp_path / "none")), "does not exist"),
        (("export", str(folder), "--to", "xlsx"), "'parquet', 'csv', 'arrow'"),
        (("export", str(folder), "--table", "trade"), "'trades'"),
    ):
        done = typed(*words)
        assert done.status in {1, 2}
        assert said in done.err, done.err


def test_a_damaged_log_leaves_no_files(folder: Path) -> None:
    log = folder / FILE_NAME
    data = bytearray(log.read_bytes())
    data[len(data) // 2] ^= 1
    log.write_bytes(data)
    done = typed("export", str(folder))
    assert done.status == 1
    assert "restore a copy" in done.err
    assert not list((folder / "frames").iterdir())


def test_a_torn_tail_is_left_out(folder: Path) -> None:
    log = folder / FILE_NAME
    whole = frames(folder)
    log.write_bytes(log.read_bytes()[:-3])
    last = whole.cash["seq"].max()
    assert frames(folder).trades.equals(whole.trades.filter(pl.col("seq") < last))
    assert frames(log.read_bytes()).orders.equals(frames(folder).orders)

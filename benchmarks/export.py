"""What ``carbonx export`` costs: a log with a million trades, its time and its memory.

python -m benchmarks.export [--trades N] [--table NAME]... [--to FORMAT]
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Final

from engine.log.journal import FILE_NAME
from engine.log.records import Record, log_pieces
from engine.rulebook import presets
from engine.vocabulary.commands import (
    BeginDay,
    Command,
    MoveAllowances,
    MoveCash,
    NewOrder,
    OpenAccount,
    SetPhase,
)
from engine.vocabulary.enums import Phase, Side, TimeInForce

if TYPE_CHECKING:
    from collections.abc import Iterator

ACCOUNTS: Final = 50
RESTING: Final = 10  # orders that one that arrives takes
SECONDS_REACH, MEGABYTES_REACH = 5.0, 500.0
_START: Final = 1_700_000_000_000_000_000


def commands(trades: int) -> Iterator[Command]:
    """Yield a day of as many trades: ten resting orders, then one that takes them all."""
    rng = Random(1)
    line = presets.load("textbook").products[0].symbol
    names = [f"account-{number}" for number in range(ACCOUNTS)]
    for name in names:
        yield OpenAccount(name)
        yield MoveCash(name, 10**15)
        yield MoveAllowances(name, line, 10**9)
    yield BeginDay(20231115)
    yield SetPhase(Phase.CONTINUOUS)
    refs = dict.fromkeys(names, 0)
    for _ in range(trades // RESTING):
        makers = rng.sample(names, RESTING + 1)
        side = rng.choice((Side.BUY, Side.SELL))
        price = 5_000 + rng.randint(-50, 50)
        for name in makers:
            refs[name] += 1
        for name in makers[1:]:
            yield NewOrder(name, refs[name], line, side, 10, price)
        other = Side.SELL if side is Side.BUY else Side.BUY
        taker = makers[0]
        yield NewOrder(taker, refs[taker], line, other, 10 * RESTING, price, tif=TimeInForce.IOC)


def write_log(path: Path, trades: int) -> None:
    """Write the log of such a day."""
    with path.open("wb") as file:
        records = (
            Record(seq, _START + seq * 1_000, 2, command)
            for seq, command in enumerate(commands(trades), 1)
        )
        file.writelines(log_pieces(presets.load("textbook"), _START, records))


def main() -> None:
    """Measure in a process of its own, whose peak of memory is then the export's."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--trades", type=int, default=1_000_000)
    parser.add_argument("--table", action="append", default=[])
    parser.add_argument("--to", default="parquet")
    given = parser.parse_args()
    tables = [word for name in given.table for word in ("--table", name)]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / FILE_NAME
        write_log(path, given.trades)
        words = [sys.executable, "-m", "carbonx", "export", folder, "--to", given.to, "--json"]
        done = subprocess.run(  # noqa: S603 - our own words
            [*words, *tables], capture_output=True, check=True
        )
        said = json.loads(done.stdout)
        log = path.stat().st_size / 1e6
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    seconds, peak = used.ru_utime + used.ru_stime, used.ru_maxrss / 1_000
    rows = {name: each["rows"] for name, each in said["tables"].items()}
    print(
        f"{said['records']:,} records ({log:,.0f} MB) to {given.to}: {said['seconds']:.2f} s, "
        f"{seconds:.2f} s of processor (reach {SECONDS_REACH:g}), "
        f"peak {peak:,.0f} MB (reach {MEGABYTES_REACH:g})"
    )
    print(rows)


if __name__ == "__main__":
    main()

"""What ``carbonx export`` costs: a log with a million trades, its time and its memory.

python -m benchmarks.export [--trades N] [--table NAME]... [--to FORMAT] [--rounds N]

The replay alone, one table (trades, or each that is named) and all are measured in turn: another
machine's seconds say little, how many times the replay it is says something everywhere.
"""

from __future__ import annotations

import argparse
import gc
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Final, NamedTuple

import msgspec

from backtest.cli import export
from engine.log.blocks import Kind, Reader
from engine.log.journal import FILE_NAME, open_log
from engine.log.records import Record, decode_genesis, log_pieces, runs
from engine.rulebook import presets
from engine.venue.venue import Venue
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


class Cost(NamedTuple):
    """What something took, here and in a process beside this one."""

    wall: float
    processor: tuple[float, float]  # seconds
    memory: tuple[float, float]  # megabytes at most


def replay(folder: Path) -> None:
    """Replay a log and keep nothing: no export can take less."""
    gc.disable()
    with open_log(folder) as log:
        blocks = Reader(log).blocks()
        apply = Venue(decode_genesis(next(blocks).body)[1]).apply
        seq = 0
        for block in blocks:
            for run in runs(block, seq + 1) if block.kind == Kind.RUNS else ():
                for command in run.commands:
                    apply(command)
                seq += len(run.commands)


def measure(what: str, folder: Path, form: str) -> Cost:
    """Return what it costs in this process, and in the one that it starts if it does."""
    before, started = _used(resource.RUSAGE_SELF)[0], time.perf_counter()
    if what == "replay":
        replay(folder)
    else:
        tables = [] if what == "all" else ["--table", what]
        export.command([str(folder), "--to", form, "--json", *tables], standalone_mode=False)
    wall = time.perf_counter() - started
    here, memory = _used(resource.RUSAGE_SELF)
    there, more = _used(resource.RUSAGE_CHILDREN)
    return Cost(wall, (here - before, there), (memory, more))


def _used(whose: int) -> tuple[float, float]:
    used = resource.getrusage(whose)
    return used.ru_utime + used.ru_stime, used.ru_maxrss / 1_000


def apart(what: str, folder: str, form: str) -> Cost:
    """Measure in a process of its own."""
    words = [sys.executable, "-m", "benchmarks.export", "--to", form, "--measure", what, folder]
    done = subprocess.run(words, capture_output=True, check=True)  # noqa: S603 - our own words
    return msgspec.json.decode(done.stdout.splitlines()[-1], type=Cost)


def main() -> None:
    """Measure in turn, as often as is wanted."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--trades", type=int, default=1_000_000)
    parser.add_argument("--table", action="append", default=[])
    parser.add_argument("--to", default="parquet")
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--measure", nargs=2, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.measure:
        what, folder = given.measure
        print(msgspec.json.encode(measure(what, Path(folder), given.to)).decode())
        return
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / FILE_NAME
        write_log(path, given.trades)
        print(f"{given.trades:,} trades, {path.stat().st_size / 1e6:,.0f} MB")
        for _ in range(given.rounds):
            floor = apart("replay", folder, given.to)
            tell("replay", floor, floor)
            for what in (*(given.table or ["trades"]), "all"):
                tell(what, apart(what, folder, given.to), floor)
    print(f"reach: all in {SECONDS_REACH:g} s and {MEGABYTES_REACH:g} MB")


def tell(what: str, cost: Cost, floor: Cost) -> None:
    """Print what it cost, and how many times the replay that is."""
    once = floor.processor[0]
    processor = " + ".join(f"{each:.2f}" for each in cost.processor)
    times = " + ".join(f"{each / once:.2f}" for each in cost.processor)
    print(
        f"{what:7} {cost.wall:6.2f} s ({cost.wall / floor.wall:.2f} of the replay), "
        f"processor {processor} s ({times}), peak {sum(cost.memory):,.0f} MB",
        flush=True,
    )


if __name__ == "__main__":
    main()

"""How fast a venue comes back from its log, and its memory: ``python -m benchmarks.recovery``.

A live venue runs a seeded day of new orders, cancels, amendments and trades and writes its log;
then the log is recovered. Each is done in a separate process, so that peaks of memory compare.
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
from time import perf_counter
from typing import TYPE_CHECKING, Any, Final

from engine.log.journal import FILE_NAME, Journal
from engine.log.sequencer import Sequencer, recover
from engine.log.snapshotter import take
from engine.rulebook import presets
from engine.venue.venue import Venue
from engine.vocabulary.commands import (
    AmendOrder,
    CancelOrder,
    Command,
    MoveAllowances,
    MoveCash,
    NewOrder,
    OpenAccount,
    SetPhase,
)
from engine.vocabulary.enums import Phase, Side, TimeInForce

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

ACCOUNTS: Final = 50
RESTING: Final = 2_000  # orders of each account that rest, about
BATCH: Final = 128  # commands of a commit
SECONDS_REACH, MEMORY_REACH, SNAPSHOT_REACH = 5.0, 1.5, 1.0
_START: Final = 1_700_000_000_000_000_000
_BOOK: Final = presets.load("textbook")


def commands(count: int, resting: int = RESTING) -> Iterator[Command]:
    """Yield a day: orders that rest, of which nearly all are cancelled, and some that trade."""
    rng = Random(1)
    line = _BOOK.products[0].symbol
    names = [f"account-{number}" for number in range(ACCOUNTS)]
    for name in names:
        yield OpenAccount(name)
        yield MoveCash(name, 10**15)
        yield MoveAllowances(name, line, 10**9)
    yield SetPhase(Phase.CONTINUOUS)
    refs = dict.fromkeys(names, 0)
    placed: dict[str, list[int]] = {name: [] for name in names}
    for _ in range(count):
        name = names[rng.randrange(ACCOUNTS)]
        refs[name] += 1
        ref, own, chance = refs[name], placed[name], rng.random()
        side = Side.BUY if chance * 1_000 % 1 < 0.5 else Side.SELL
        away = rng.randint(1, 100) * (-1 if side is Side.BUY else 1)
        if chance < 0.05:
            yield NewOrder(name, ref, line, side, 10, 5_000 - 5 * away, tif=TimeInForce.IOC)
        elif len(own) > resting * 2 * chance:
            at = rng.randrange(len(own))
            own[at], own[-1] = own[-1], own[at]
            if chance < 0.15:
                yield AmendOrder(name, ref, own[-1], price=5_000 + away)
            else:
                yield CancelOrder(name, ref, own.pop())
        else:
            own.append(ref)
            yield NewOrder(name, ref, line, side, 10, 5_000 + away)


def live(folder: Path, count: int) -> dict[str, Any]:
    """Run the day and write its log; count the time of ``submit_all`` and ``commit`` alone."""
    sequencer = Sequencer(Venue(_BOOK), Journal.create(folder, _BOOK, _START, "none"))
    taken, batch = 0.0, list[Command]()

    def run() -> float:
        start = perf_counter()
        sequencer.submit_all(_START + sequencer.seq, 2, batch)
        sequencer.commit()
        batch.clear()
        return perf_counter() - start

    for command in commands(count):
        batch.append(command)
        if len(batch) == BATCH:
            taken += run()
    taken += run()
    sequencer.close()
    return _figures(sequencer, taken)


def recovered(folder: Path, _count: int) -> dict[str, Any]:
    """Recover the log."""
    start = perf_counter()
    sequencer = recover(folder, durability="none")
    taken = perf_counter() - start
    found = _figures(sequencer, taken)
    sequencer.close()
    return found


def _figures(sequencer: Sequencer, taken: float) -> dict[str, Any]:
    """Say what it came to. The peak of memory is taken before the state is hashed."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1_000
    return {
        "records": sequencer.seq,
        "orders": sequencer.venue.live_orders(),
        "seconds": taken,
        "peak_mb": peak,
        "state": sequencer.venue.state_hash(),
    }


def kept(folder: Path, _count: int) -> dict[str, Any]:
    """Take a snapshot from the log, as a process beside the venue does."""
    start = perf_counter()
    taken = take(folder)
    seconds = perf_counter() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1_000
    return {"seconds": seconds, "peak_mb": peak, "bytes": taken.size, "state": taken.state}


PARTS: Final = {"live": live, "recovered": recovered, "kept": kept}


def measure(folder: Path, count: int, parts: Sequence[str]) -> list[dict[str, Any]]:
    """Return the figures of parts, each from a process of its own."""
    found = []
    for part in parts:
        words = [
            sys.executable,
            "-m",
            "benchmarks.recovery",
            "--part",
            part,
            "--dir",
            str(folder),
            "--commands",
            str(count),
        ]
        done = subprocess.run(words, capture_output=True, check=True)  # noqa: S603 - our own words
        found.append(json.loads(done.stdout))
    if any(each["state"] != found[0]["state"] for each in found):
        problem = "the recovered venue is not the live one"
        raise SystemExit(problem)
    return found


def main() -> None:
    """Measure, or be one part of it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--commands", type=int, default=1_000_000)
    parser.add_argument("--part", choices=PARTS)
    parser.add_argument("--dir", type=Path)
    parser.add_argument("--snapshot", action="store_true", help="recover from a snapshot too")
    given = parser.parse_args()
    if given.part:
        print(json.dumps(PARTS[given.part](given.dir, given.commands)))
        return
    parts = ["live", "recovered", *(["kept", "recovered"] if given.snapshot else [])]
    with tempfile.TemporaryDirectory() as folder:
        before, after, *more = measure(Path(folder), given.commands, parts)
        size = (Path(folder) / FILE_NAME).stat().st_size / 1e6
    rate, again = (each["records"] / each["seconds"] for each in (before, after))
    ratio = after["peak_mb"] / before["peak_mb"]
    print(
        f"{after['records']:,} records ({size:,.0f} MB, durability none), "
        f"{after['orders']:,} live orders, the same state"
    )
    print(
        f"recovered in {after['seconds']:.2f} s (reach {SECONDS_REACH:g}), "
        f"{again:,.0f} a second; live {rate:,.0f} a second"
    )
    print(
        f"peak {after['peak_mb']:,.0f} MB, {ratio:.2f} times the live venue's "
        f"(reach {MEMORY_REACH:g})"
    )
    if more:
        taken, last = more
        print(
            f"snapshot of {taken['bytes'] / 1e6:.1f} MB taken beside the venue in "
            f"{taken['seconds']:.2f} s, peak {taken['peak_mb']:,.0f} MB"
        )
        print(
            f"recovered from it in {last['seconds']:.2f} s (reach {SNAPSHOT_REACH:g}), "
            f"peak {last['peak_mb']:,.0f} MB, {last['peak_mb'] / before['peak_mb']:.2f} times "
            "the live venue's"
        )


if __name__ == "__main__":
    main()

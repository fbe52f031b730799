"""``Venue.apply`` of two commits, interleaved, to see what a change did to its speed.

python -m benchmarks.compare_commits BASE [HEAD] [--messages N] [--rounds N] [--json]

BASE and HEAD are commits; without HEAD it is the working tree. Both are checked out into temporary
git worktrees. The messages of each shape are made once, from the working tree's workloads, and
given to both as plain tuples. In each round the two take turns, each in a process of its own that
ends before the other begins; the ratio is the median of the rounds' ratios. What came of the
messages (every trade and the book at the end) must be the same before any time is printed.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any, Final

import msgspec

from benchmarks.measure import COLLECTOR
from benchmarks.messages import NEW
from benchmarks.workloads import SHAPES, generate

if TYPE_CHECKING:
    from collections.abc import Iterator

    from benchmarks.workloads import Workload

ROOT: Final = Path(__file__).resolve().parent.parent
TIMEOUT: Final = 300  # seconds for one process
BATCH: Final = 1_000  # messages whose outcome is kept at a time, as a gateway drops them

# Runs in either checkout: it knows the names of both, and imports nothing of this package.
RUNNER: Final = """
import gc, hashlib, json, sys
from time import perf_counter

import msgspec

try:
    from engine.rulebook.model import Product, Rulebook
    from engine.venue.venue import Venue
    from engine.vocabulary import commands as c
    from engine.vocabulary import enums as e
    from engine.vocabulary.events import Trade
except ModuleNotFoundError:
    from engine import commands as c
    from engine import types as e
    from engine.events import Trade
    from engine.rulebook import Product, Rulebook
    from engine.venue import Venue

NAMES = {1: "buyer", 2: "seller"}


def command(row):
    what, side, ref, own, price, quantity, ioc = row
    if what == 0:
        tif = e.TimeInForce.IOC if ioc else e.TimeInForce.DAY
        limit = e.OrderType.LIMIT
        return c.NewOrder(NAMES[side], ref, "P", e.Side(side), quantity, price, limit, tif)
    if what == 1:
        return c.CancelOrder(NAMES[side], ref, own)
    return c.AmendOrder(NAMES[side], ref, own, quantity, price)


def funded():
    product = Product("P", 10_000, max_quantity=10**9)
    venue = Venue(Rulebook("bench", (product,), self_trade=e.SelfTrade.ALLOW))
    for name in NAMES.values():
        venue.apply(c.OpenAccount(name))
        venue.apply(c.MoveCash(name, 10**18))
        venue.apply(c.MoveAllowances(name, "P", 10**12))
    venue.apply(c.SetPhase(e.Phase.CONTINUOUS))
    return venue


opening, timed = msgspec.msgpack.decode(open(sys.argv[1], "rb").read())
opening, timed = [command(row) for row in opening], [command(row) for row in timed]
if sys.argv[2] == "check":
    venue, seen = funded(), hashlib.sha256()
    for each in (*opening, *timed):
        for event in venue.apply(each):
            if isinstance(event, Trade):
                trade = (event.price, event.quantity, event.maker_ref, event.taker_ref)
                seen.update(repr(trade).encode())
    seen.update(repr([venue.depth("P", side) for side in e.Side]).encode())
    print(json.dumps(seen.hexdigest()))
else:
    venue = funded()
    apply = venue.apply
    for each in opening:
        apply(each)
    gc.collect()
    gc.freeze()
    gc.disable()
    spent = 0.0
    for start in range(0, len(timed), int(sys.argv[3])):
        part = timed[start : start + int(sys.argv[3])]
        began = perf_counter()
        kept = [apply(each) for each in part]
        spent += perf_counter() - began
    print(json.dumps(spent))
"""


def rows(messages: list[Any], refs: dict[int, int], own: dict[int, int]) -> Iterator[list[int]]:
    """Yield messages with the references that two accounts give their orders."""
    for what, number, side, price, quantity, ioc in messages:
        refs[side] += 1
        if what == NEW:
            own[number] = refs[side]
        yield [what, int(side), refs[side], own[number], price, quantity, int(ioc)]


def neutral(workload: Workload) -> bytes:
    """Return a workload as plain rows that either commit reads."""
    refs, own = {1: 0, 2: 0}, dict[int, int]()
    opening = list(rows(workload.opening, refs, own))
    return msgspec.msgpack.encode((opening, list(rows(workload.messages, refs, own))))


def run(tree: Path, *words: str) -> Any:
    """Run the runner in a checkout; return what it printed."""
    done = subprocess.run(  # noqa: S603 - this very Python, with fixed arguments
        [sys.executable, "-c", RUNNER, *words],
        cwd=tree,
        check=True,
        capture_output=True,
        timeout=TIMEOUT,
        env={"PYTHONPATH": str(tree)},
        text=True,
    )
    return json.loads(done.stdout)


def checkout(stack: ExitStack, commit: str) -> Path:
    """Check a commit out for as long as the stack lasts; "" is the working tree."""
    if not commit:
        return ROOT
    folder = Path(stack.enter_context(tempfile.TemporaryDirectory())) / "tree"
    git = ["git", "-C", str(ROOT), "worktree"]
    add = [*git, "add", "-q", "--detach", str(folder), commit]
    subprocess.run(add, check=True)  # noqa: S603 - git, with a commit for git to judge
    stack.callback(subprocess.run, [*git, "remove", "--force", str(folder)], check=True)
    return folder


def compare(base: str, head: str, messages: int, rounds: int) -> list[dict[str, Any]]:
    """Return for each shape the commands a second of both and their ratio."""
    found = []
    with ExitStack() as stack:
        trees = {"base": checkout(stack, base), "head": checkout(stack, head)}
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        for shape in SHAPES:
            file = folder / shape.name
            file.write_bytes(neutral(generate(shape, messages)))
            seen = {name: run(tree, str(file), "check") for name, tree in trees.items()}
            if seen["base"] != seen["head"]:
                message = f"{shape.name}: the two commits trade differently"
                raise SystemExit(message)
            times: dict[str, list[float]] = {name: [] for name in trees}
            for number in range(rounds):
                order = list(trees) if number % 2 else list(trees)[::-1]
                for name in order:
                    times[name].append(run(trees[name], str(file), "time", str(BATCH)))
            ratio = median(b / h for b, h in zip(times["base"], times["head"], strict=True))
            rates = {name: messages / median(each) for name, each in times.items()}
            found.append({"shape": shape.name, **rates, "ratio": ratio, "outcome": seen["head"]})
    return found


def main() -> None:
    """Compare and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("base")
    parser.add_argument("head", nargs="?", default="")
    parser.add_argument("--messages", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    found = compare(asked.base, asked.head, asked.messages, asked.rounds)
    if asked.json:
        print(json.dumps(found))
        return
    print(
        f"{COLLECTOR}; {asked.messages:,} messages, median of {asked.rounds} rounds, "
        f"CPython {sys.version.split()[0]}"
    )
    for row in found:
        print(
            f"{row['shape']:14} base {row['base'] / 1e6:5.2f} M/s  head {row['head'] / 1e6:5.2f} "
            f"M/s  head over base {row['ratio']:5.2f}  outcome {row['outcome'][:8]}"
        )


if __name__ == "__main__":
    main()

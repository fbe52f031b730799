"""Changes the source in small ways, one at a time, and sees whether the tests notice.

python -m tests.mutation.run [--mutants N] [--seed N] [--at PATH[:LINE]]

It works on a copy of the tree in a temporary folder. The tests must pass there before anything is
changed. Each mutant gets the tests of ``tests.mutation.suites`` until one fails; a mutant that
makes them run for far too long is caught too. It ends with 1 where less than 95% of the mutants
that are not equivalent were caught.
"""

from __future__ import annotations

import argparse
import compileall
import contextlib
import os
import py_compile
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path
from random import Random
from time import monotonic
from typing import TYPE_CHECKING, Final, NamedTuple

from cosmic_ray.testing import run_tests
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from tests.mutation.known import Known, Mutant, known
from tests.mutation.mutants import at, sample
from tests.mutation.suites import suite
from tests.support.paths import ROOT

if TYPE_CHECKING:
    from collections.abc import Sequence

WANTED: Final = 95  # percent
LONGEST_TEST: Final = 40  # seconds, ten times what the slowest takes
PYTEST: Final = (
    "-m", "pytest", "-x", "-q", "-p", "no:randomly", "-p", "no:cacheprovider", "--no-header",
    "--tb=no", "--hypothesis-profile=mutants", "--timeout-method=thread",
)  # fmt: skip
RESULTS: Final = ("caught", "timeout", "survived", "equivalent")
PATIENCE: Final = 3  # times the unchanged tree's time, and some seconds more on a busy machine
COPIED: Final = (
    "engine",
    "gateway",
    "backtest",
    "carbonx",
    "tests",
    "examples",
    "docs",
    "benchmarks",
)


class Outcome(NamedTuple):
    """What came of a mutant."""

    mutant: Mutant
    result: str  # one of ``RESULTS``
    by: str  # the test that caught it, or why it is equivalent
    seconds: float


def copy(root: Path, to: Path) -> None:
    """Copy the tree, and compile it: bytecode by hash, so that no mutant is taken for another."""
    for name in COPIED:
        shutil.copytree(root / name, to / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "CHANGELOG.md"):
        shutil.copy2(root / name, to / name)
    compileall.compile_dir(
        to, quiet=1, invalidation_mode=py_compile.PycInvalidationMode.CHECKED_HASH
    )


def command(files: Sequence[str]) -> str:
    """Return the command that runs some tests."""
    return shlex.join([sys.executable, *PYTEST, f"--timeout={LONGEST_TEST}", *files])


def baseline(tree: Path, modules: Sequence[str], console: Console) -> float:
    """Run the modules' tests on the unchanged tree; return their seconds, 0 if they failed."""
    suites = {tuple(sorted(suite(tree, module))) for module in modules}
    slowest = 0.0
    for files in sorted(suites):
        begun = monotonic()
        done = subprocess.run(
            shlex.split(command(files)), cwd=tree, capture_output=True, text=True, check=False
        )
        if done.returncode:
            console.print(done.stdout[-3_000:], markup=False, highlight=False)
            console.print("the tests fail on the unchanged source: nothing was mutated")
            return 0
        seconds = monotonic() - begun
        console.print(f"{len(files)} test files pass on the unchanged source, in {seconds:.0f} s")
        slowest = max(slowest, seconds)
    return slowest


def judge(tree: Path, mutant: Mutant, listed: Known, timeout: float) -> Outcome:
    """Put a mutant in place, run the tests, and put the source back."""
    why = listed.reason(mutant)
    if why:
        return Outcome(mutant, "equivalent", why, 0)
    path = tree / mutant.module
    source = path.read_text("utf-8")
    begun = monotonic()
    try:
        path.write_text(mutant.source, "utf-8")
        outcome, output = run_tests(command(suite(tree, mutant.module)), timeout)
    finally:
        path.write_text(source, "utf-8")
    seconds = monotonic() - begun
    if outcome.value == "survived":
        return Outcome(mutant, "survived", "", seconds)
    failed = re.search(r"^(?:FAILED|ERROR) (.+?)(?: - |$)", output, re.MULTILINE)
    if failed is None and seconds > LONGEST_TEST:  # the time of the run is over, or of one test
        return Outcome(mutant, "timeout", "", seconds)
    return Outcome(mutant, "caught", failed[1] if failed else "it does not load", seconds)


def run(mutants: Sequence[Mutant], console: Console) -> list[Outcome] | None:
    """Judge every mutant on a copy of the tree; None where the copy itself fails."""
    listed = known()
    found: list[Outcome] = []
    with tempfile.TemporaryDirectory(prefix="carbonx-mutants-") as folder:
        tree = Path(folder)
        copy(ROOT, tree)
        os.environ["PYTHONPATH"] = folder  # for the tests' own processes
        seconds = baseline(tree, [mutant.module for mutant in mutants], console)
        if not seconds:
            return None
        columns = (TextColumn("mutants"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
        with contextlib.chdir(tree), Progress(*columns, console=console) as progress:
            task = progress.add_task("mutants", total=len(mutants))
            for mutant in mutants:
                outcome = judge(tree, mutant, listed, PATIENCE * seconds + 30)
                found.append(outcome)
                where = f"{outcome.result} {mutant.module}:{mutant.line}"
                line = f"{where} {outcome.by} ({outcome.seconds:.0f} s)"
                progress.console.print(line, markup=False, highlight=False, soft_wrap=True)
                if outcome.result == "survived":
                    difference(mutant, progress.console)
                progress.advance(task)
    return found


def difference(mutant: Mutant, console: Console) -> None:
    """Print the lines that a mutant changes."""
    for sign, lines in (("-", mutant.was), ("+", mutant.becomes)):
        for line in lines.splitlines():
            console.print(f"  {sign} {line}", markup=False, highlight=False, soft_wrap=True)


def report(outcomes: Sequence[Outcome], console: Console) -> bool:
    """Print what was caught and what was not; return whether it is enough."""
    table = Table("", *RESULTS)
    rooms = sorted({outcome.mutant.module.rpartition("/")[0] for outcome in outcomes})
    for room in [*rooms, ""]:
        counts = Counter(o.result for o in outcomes if o.mutant.module.startswith(room))
        table.add_row(room or "all", *(str(counts[result]) for result in RESULTS))
    for outcome in outcomes:
        mutant = outcome.mutant
        if outcome.result in {"survived", "timeout"}:
            console.print(f"\n{outcome.result} {mutant.module}:{mutant.line}", highlight=False)
            difference(mutant, console)
    console.print(table)
    counts = Counter(outcome.result for outcome in outcomes)
    caught, real = counts["caught"] + counts["timeout"], len(outcomes) - counts["equivalent"]
    percent = 100 * caught / real if real else 100.0
    console.print(f"{caught} of {real} that are not known as equivalent: {percent:.1f}%")
    return percent >= WANTED


def main() -> int:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--mutants", type=int, default=200, help="how many are drawn")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument(
        "--at",
        action="append",
        default=[],
        metavar="PATH[:LINE]",
        help="every mutant of a module or a line, instead of a sample",
    )
    options = parser.parse_args()
    console = Console()
    mutants = [mutant for where in options.at for mutant in at(ROOT, where)]
    if not options.at:
        mutants = sample(ROOT, Random(options.seed), options.mutants)
        console.print(f"seed {options.seed}: {len(mutants)} mutants")
    outcomes = run(mutants, console)
    return 0 if outcomes is not None and report(outcomes, console) else 1


if __name__ == "__main__":
    sys.exit(main())

"""What studies cost: two workers beside one, a national year, memory over many replications.

Run it with ``python -m benchmarks.studies``. Seconds are those of the wall. Workers are separate
processes, and have made a short study before they are timed: what they need to start (Python and
the numeric libraries, once a study) has a line of its own. A study has to come to the same hash
with one worker, with two and in this process before its times are printed; a year to the same hash
twice. The year and the replications each have a fresh process, whose memory is the most that was
resident. The national year itself is replicated with ``--years``; a hundred take twenty minutes.
"""

from __future__ import annotations

import json
import multiprocessing
import resource
import sys
from concurrent.futures import ProcessPoolExecutor
from hashlib import sha256
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeVar

import click
import msgspec

from backtest.lab.session import run
from backtest.measures.fills import Totals
from backtest.measures.tape import Pass
from benchmarks.measure import WrongError
from carbonx import lab

if TYPE_CHECKING:
    from collections.abc import Callable

    from backtest.lab.people import Population
    from backtest.lab.study import Study
    from engine.vocabulary.commands import Command
    from engine.vocabulary.events import Event

    Result = TypeVar("Result")

STATUS: Final = Path("/proc/self/status")
TWO: Final = 2
NATIONAL: Final = ("national-year", "cn-national")  # the market and its rules
FIRST: Final = 10  # replications after which memory should not grow any more
KILOBYTES: Final = 1 if sys.platform != "darwin" else 1 << 10  # what ru_maxrss counts in
MB: Final = 1 << 10  # kilobytes


class Year(NamedTuple):
    """What a simulated year came to."""

    days: int
    people: int
    orders: int
    trades: int
    seconds: float
    megabytes: float
    digest: str  # of all commands and events


def study(seeds: int, **options: Any) -> Study:
    """Run the study that is timed: a book and calls, and several hundred traders."""
    book = lab.design("textbook")
    designs = {"book": book, "calls": book.with_("continuous", batch_seconds=300, carry_over=True)}
    return lab.compare(designs, market=lab.UniformValues(200, 200), seeds=seeds, **options)


def pool(workers: int) -> ProcessPoolExecutor:
    """Return workers that are processes of their own."""
    return ProcessPoolExecutor(workers, multiprocessing.get_context("spawn"))


def workers(seeds: int, rounds: int) -> dict[str, Any]:
    """Time a study on one worker and on two, in turn. Raises ``WrongError``."""
    took: dict[int, list[float]] = {1: [], TWO: []}
    with pool(1) as one, pool(TWO) as two:
        pools = {1: one, TWO: two}
        began = perf_counter()
        known = study(seeds).digest
        here = perf_counter() - began
        began = perf_counter()
        for count, each in pools.items():
            study(4 * count, jobs=each)
        starting = perf_counter() - began
        for _ in range(rounds):
            for count, each in pools.items():
                began = perf_counter()
                found = study(seeds, jobs=each).digest
                took[count].append(perf_counter() - began)
                if found != known:
                    message = f"{count} workers: the study came to {found}, here to {known}"
                    raise WrongError(message)
    ratio = median(a / b for a, b in zip(took[1], took[TWO], strict=True))
    return {
        "runs": 2 * seeds,
        "here": here,
        "starting": starting,
        "one": took[1],
        "two": took[TWO],
        "ratio": ratio,
        "digest": known,
    }


def most() -> float:
    """Return the most memory that was resident in this process so far, in MB.

    Linux counts a parent's memory in what ``getrusage`` says of its child: there ask for our own.
    """
    if STATUS.exists():
        (peak,) = [line for line in STATUS.read_text().splitlines() if line.startswith("VmHWM")]
        return int(peak.split()[1]) / MB
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / KILOBYTES / MB


def year(market: Population, preset: str) -> Year:
    """Run a simulated year, with its trades counted as they come."""
    seen, totals, days = sha256(), Totals(), [0]
    encode = msgspec.msgpack.Encoder().encode
    take = Pass(totals).take

    def sink(time: int, command: Command, events: list[Event]) -> None:
        take(time, command, events)
        days[0] += type(command).__name__ == "BeginDay"
        seen.update(encode((time, command, events)))

    began = perf_counter()
    outcome = run(lab.design(preset), market, sink=sink)
    took = perf_counter() - began
    return Year(
        days[0],
        len(outcome.people),
        outcome.commands,
        totals.trades,
        took,
        most(),
        seen.hexdigest(),
    )


def replications(seeds: int) -> list[float]:
    """Make a study of many replications; return the most memory after each of them, in MB."""
    seen: list[float] = []
    with TemporaryDirectory() as folder:
        study(seeds, folder=folder, progress=lambda: seen.append(most()))
    return seen[1::2]  # two designs each


def replicated_years(count: int) -> list[float]:
    """Make a study of so many national years; return the most memory after each, in MB."""
    seen: list[float] = []
    name, preset = NATIONAL
    with TemporaryDirectory() as folder:
        lab.compare(
            lab.design(preset),
            market=name,
            seeds=count,
            folder=folder,
            progress=lambda: seen.append(most()),
        )
    return seen


def apart(work: Callable[..., Result], *arguments: object) -> Result:
    """Do some work in a fresh process."""
    with pool(1) as one:
        return one.submit(work, *arguments).result()


def years(name: str, preset: str) -> Year:
    """Run a year twice. Raises ``WrongError`` unless it comes to the same."""
    market = lab.market(name)
    first, again = apart(year, market, preset), apart(year, market, preset)
    if first.digest != again.digest:
        message = f"{name}: the year came to {first.digest}, then to {again.digest}"
        raise WrongError(message)
    return min(first, again, key=lambda each: each.seconds)


def growth(memory: list[float], what: str) -> list[tuple[float, str]]:
    """Return the lines on memory over replications."""
    if not memory:
        return []
    early = min(FIRST, len(memory))
    return [
        (memory[-1], f"MB at most in {len(memory)} {what}"),
        (memory[-1] - memory[early - 1], f"MB of that after the first {early}"),
    ]


def shown(
    found: dict[str, Any], whole: Year, memory: list[float], yearly: list[float]
) -> list[str]:
    """Return the table's lines."""
    checks = f"checked: study {found['digest'][:16]}, year {whole.digest[:16]}"
    rows = (
        (found["here"], f"s for a study of {found['runs']} runs in this process"),
        (median(found["one"]), "s on one worker"),
        (median(found["two"]), "s on two workers"),
        (found["ratio"], f"one worker over two, median of {len(found['one'])} rounds"),
        (found["starting"], "s for three workers to start, one after the other"),
        (whole.seconds, f"s for a year: {whole.days} days, {whole.people:,} people"),
        (whole.orders, f"commands in that year, {whole.trades:,} trades"),
        (whole.megabytes, "MB at most in that year"),
        *growth(memory, "replications of the study"),
        *growth(yearly, "national years"),
    )
    return [checks, *(f"{figure:>12,.2f}  {what}" for figure, what in rows)]


@click.command()
@click.option("--seeds", default=200, show_default=True, help="Of the study on workers.")
@click.option("--rounds", default=3, show_default=True, help="How often it is made.")
@click.option("--replications", "many", default=100, show_default=True, help="For memory.")
@click.option("--years", "many_years", default=3, show_default=True, help="National, for memory.")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
def main(seeds: int, rounds: int, many: int, many_years: int, *, as_json: bool) -> None:
    """Measure what studies cost."""
    found = workers(seeds, rounds)
    whole = years(*NATIONAL)
    memory = apart(replications, many)
    yearly = apart(replicated_years, many_years) if many_years else []
    if as_json:
        told = {"study": found, "year": whole._asdict(), "memory": memory, "years": yearly}
        print(json.dumps(told))
        return
    print("\n".join(shown(found, whole, memory, yearly)))


if __name__ == "__main__":
    main()

"""A venue at 70% of its saturation for eight minutes: ``python -m benchmarks.endurance``.

The venue is ``carbonx serve`` and the load ``carbonx load``, each in a process of its own, nothing
pinned. The saturation is what is answered of messages that come at a full pipe's rate, each at its
time, the log synced as always: the generator's work is in it, which shares the machine. Both are
medians of some runs of some seconds, as a machine that others use too is now faster, now slower.
After each minute: the latency's p50 and p99, the venue's resident memory, its log. At the end the
venue stops, and its log is replayed and must come to the states that the venue wrote into it, the
last one at its stop included. The verdict compares the medians of the earlier and the later half of
the minutes behind the first, which warms up. A minute's memory is the median of its seconds': it
goes up and down by a third with the live orders of a load, which are taken back at its end; a leak
moves all that follow. Exit 1 where memory or p99 grew, the rate was not kept or the replay came to
another state.
"""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import click

from engine.rulebook.presets import load as load_rulebook
from gateway.load.server import accounts
from gateway.server.accounts import Directory

if TYPE_CHECKING:
    from collections.abc import Callable

RULEBOOK: Final = "textbook"
SESSIONS: Final = 4
SHARE: Final = 0.7
TIMES: Final = 5  # runs whose median counts
MEMORY: Final = 1.1  # the later half's median over the earlier one's, at most, to be called flat
P99: Final = 1.5  # the same
KEPT: Final = 0.95  # of the rate, at least


class Minute(NamedTuple):
    """One run of the generator; latencies in ns, sizes in bytes."""

    answered: float  # messages a second
    p50: int
    p99: int
    memory: int  # the median of its seconds
    log: int
    durability: str


def carbonx(*words: str, meanwhile: Callable[[], object] = lambda: None) -> dict[str, Any]:
    """Run a verb that prints JSON; 1 is the generator's verdict, and not a failure of the run.

    ``meanwhile`` is called every second.
    """
    command = [sys.executable, "-m", "carbonx", *words, "--json"]
    with subprocess.Popen(  # noqa: S603
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        while True:
            try:
                out, err = process.communicate(timeout=1.0)
                break
            except subprocess.TimeoutExpired:
                meanwhile()
    if process.returncode not in {0, 1} or not out:
        raise click.ClickException(err)
    found: dict[str, Any] = json.loads(out)
    return found


def resident(pid: int) -> int:
    """Return a process's resident memory in bytes."""
    found = re.search(r"VmRSS:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text("ascii"))
    assert found is not None
    return int(found[1]) * 1_024


def verdict(found: list[Minute], rate: int, checked: dict[str, Any]) -> list[str]:
    """Return what is not as it has to be."""
    minutes = found[1:] or found
    half = len(minutes) // 2
    earlier, later = minutes[: half or 1], minutes[half:]
    memory = median(each.memory for each in later) / median(each.memory for each in earlier)
    p99 = median(each.p99 for each in later) / median(each.p99 for each in earlier)
    kept = min(each.answered for each in minutes) / rate
    print(
        f"memory {memory:.2f} times (at most {MEMORY}), p99 {p99:.2f} times (at most {P99}), "
        f"{kept:.1%} of the rate kept (at least {KEPT:.0%})"
    )
    wrong = []
    if memory > MEMORY:
        wrong.append("the memory grew")
    if p99 > P99:
        wrong.append("the p99 grew")
    if kept < KEPT:
        wrong.append("the rate was not kept")
    if "state" not in checked:
        wrong.append("the log does not replay to the states in it")
    return wrong


def minute(pid: int, folder: Path, load: tuple[str, ...]) -> Minute:
    """Run a load on the venue of a process."""
    memory: list[int] = []
    said = carbonx("load", *load, meanwhile=lambda: memory.append(resident(pid)))
    latency = said["latency"]
    size = sum(each.stat().st_size for each in folder.rglob("venue.log*"))
    durability = said["server"]["durability"]
    return Minute(
        said["messages_in"], latency["p50"], latency["p99"], int(median(memory)), size, durability
    )


def brought(load: tuple[str, ...]) -> float:
    """Return how many messages a second are answered under a load, in the median."""
    return float(median(carbonx("load", *load)["messages_in"] for _ in range(TIMES)))


def run(
    rate: int, minutes: int, seconds: float, place: Path | None
) -> tuple[list[Minute], int, dict[str, Any]]:
    """Load a venue minute after minute; return each, the rate, what the check of the log said."""
    with tempfile.TemporaryDirectory(dir=place) as made:
        file, folder = Path(made) / "accounts.toml", Path(made) / "venue"
        products = [product.symbol for product in load_rulebook(RULEBOOK).products]
        Directory(accounts(SESSIONS, products)).write(file)
        venue = subprocess.Popen(  # noqa: S603 - our own words
            [
                sys.executable,
                "-m",
                "carbonx",
                "serve",
                "--rulebook",
                RULEBOOK,
                "--port",
                "0",
                "--dir",
                str(folder),
                "--accounts",
                str(file),
                "--json",
            ],
            stdout=subprocess.PIPE,
            text=True,
        )
        assert venue.stdout is not None
        port = str(json.loads(venue.stdout.readline())["port"])
        there = ("--port", port, "--accounts", str(file), "-c", str(SESSIONS), "--no-pin")
        try:
            if not rate:
                pipe = int(brought((*there, "-d", "5")))
                most = brought((*there, "-d", "5", "--rate", str(pipe)))
                rate = int(most * SHARE)
                print(f"full pipe {pipe:,} messages/s", flush=True)
                print(f"saturation {most:,.0f} messages/s, {SHARE:.0%} of it {rate:,}", flush=True)
            found = []
            for number in range(minutes):
                load = (*there, "--rate", str(rate), "-d", str(seconds), "--seed", str(number))
                found.append(minute(venue.pid, folder, load))
                each = found[-1]
                print(
                    f"{number + 1:3}  {each.answered:>9,.0f} messages/s  "
                    f"p50 {each.p50 / 1e6:7.2f} ms  p99 {each.p99 / 1e6:7.2f} ms  "
                    f"memory {each.memory / 1e6:6.0f} MB  log {each.log / 1e6:7.0f} MB",
                    flush=True,
                )
        finally:
            venue.send_signal(signal.SIGTERM)
            venue.wait(60)
        return found, rate, carbonx("log", "check", str(folder))


@click.command()
@click.option("--rate", default=0, help="Messages a second.  [default: 70% of saturation]")
@click.option("--minutes", default=8, show_default=True, type=click.IntRange(1))
@click.option("--seconds", default=60.0, show_default=True, help="How long a minute takes.")
@click.option(
    "--dir",
    "place",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="Where the venue's folder is made; /dev/shm leaves the disk out.",
)
def main(rate: int, minutes: int, seconds: float, place: Path | None) -> None:
    """Measure, print a verdict, and exit 1 where it is against the venue."""
    found, rate, checked = run(rate, minutes, seconds, place)
    print(f"durability {found[0].durability}; log: {checked}")
    wrong = verdict(found, rate, checked)
    print(f"not flat: {', '.join(wrong)}" if wrong else "flat, and the same after the replay")
    if wrong:
        raise SystemExit(1)


if __name__ == "__main__":
    main()

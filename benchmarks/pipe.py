"""The durable pipe beside its yardsticks: ``python -m benchmarks.pipe``.

Throughput: a full pipe into the real venue, against the time per order of the bare server *plus*
that of ``Venue.apply`` alone on the very commands that the venue logged; and against the same venue
without durability. Latency: open loop at a
fifth of the full pipe, against the bare server at the same rate. Rounds are interleaved, so that
a slow spell of the machine meets all contenders; a ratio is the median of the rounds' ratios.
Nothing is printed of a round unless everything was answered in order, the venue logged exactly
what was answered, and a replay of its log comes to the hash of the state that it stopped in.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Final, NamedTuple

from benchmarks.measure import COLLECTOR, seconds
from engine.log.sequencer import replay
from engine.venue.venue import Venue
from gateway.load import report as load_report
from gateway.load.run import OWN_SERVER, Outcome, Target, run_load
from gateway.load.script import MIXES, Plan
from gateway.load.server import Settings, accounts
from gateway.runtime.subprocess import two_cores

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.log.records import Record
    from engine.vocabulary.commands import Command
    from engine.vocabulary.events import Event

BARE_SERVER: Final = "benchmarks.bare_server"
MOST_TIMES: Final = 1.35  # full pipe: real / (bare + apply)
LEAST_SHARE: Final = 0.9  # full pipe: throughput, durable / not durable
MOST_LATENCY: Final = 2.0  # open loop: real / bare
ATTEMPTS: Final = 8
SHARE_OF_FULL: Final = 0.2
WINDOW: Final = 16_384  # over all sessions
SYNC: Final = "sync"


class WrongError(Exception):
    """A run whose figures may not be printed."""


class Full(NamedTuple):
    """One round of the full pipe, in microseconds of wall time for each order."""

    real: float
    bare: float
    apply: float
    undurable: float

    @property
    def times(self) -> float:
        """How many times the yardsticks' sum the venue takes."""
        return self.real / (self.bare + self.apply)

    @property
    def share(self) -> float:
        """Which share of the throughput without durability the venue has."""
        return self.undurable / self.real


def measure(
    module: str, base: Path, plan: Plan, sessions: int, durability: str = SYNC
) -> tuple[Outcome, float]:
    """Run a plan against a new server; return what came of it, and us per order of apply.

    A run in which the generator itself was held up says nothing about the server: it is made
    again, a few times. Raises ``WrongError`` where anything else is amiss.
    """
    server_core, load_core = two_cores()
    for _ in range(ATTEMPTS):
        with tempfile.TemporaryDirectory(dir=base) as scratch:
            own = Settings(scratch, sessions, server_core, durability)
            target = Target("127.0.0.1", 0, accounts(sessions, []), own, module)
            outcome = run_load(target, plan, load_core)
            logged = module == OWN_SERVER and durability == SYNC
            alone = apply_alone(Path(scratch), outcome) if logged else 0.0
        wrong = list(load_report.problems(outcome, *load_report.latencies(outcome.taken)))
        if not wrong:
            return outcome, alone
        if not all(problem.startswith(load_report.SATURATED) for problem in wrong):
            break
        print(f"(made again: {wrong[0]})", file=sys.stderr)
    text = f"{module}: {'; '.join(wrong)}"
    raise WrongError(text)


def per_order(outcome: Outcome) -> float:
    """Return the microseconds from the first message to the last answer, for each message."""
    sessions = outcome.taken.sessions
    span = max(s.answered_at[-1] for s in sessions) - outcome.taken.start
    return float(span / 1e3 / sum(s.sent for s in sessions))


def apply_alone(folder: Path, outcome: Outcome) -> float:
    """Replay a log, check its hash, and time ``apply`` on its commands; return us per order."""
    commands: list[Command] = []

    def count(record: Record, _events: list[Event]) -> None:
        commands.append(record.command)

    replayed = replay(folder, count)
    assert outcome.stopped is not None
    assert outcome.before is not None
    if replayed.venue.state_hash() != outcome.stopped.state_hash:
        text = "the log's replay does not come to the state that the venue stopped in"
        raise WrongError(text)
    replayed.venue.check()
    venue = Venue(replayed.venue.rulebook)
    opening = outcome.before.commands
    for command in commands[:opening]:
        venue.apply(command)
    orders = commands[opening:]

    def work() -> None:
        apply = venue.apply
        for command in orders:
            apply(command)

    return seconds(work) * 1e6 / len(orders)


def full_round(base: Path, sessions: int, messages: int, seed: int) -> Full:
    """Run one full pipe into each server, and one into a venue that syncs nothing."""
    plan = Plan(MIXES["default"], window=WINDOW // sessions, messages=messages, seed=seed)
    bare, _ = measure(BARE_SERVER, base, plan, sessions)
    real, apply = measure(OWN_SERVER, base, plan, sessions)
    undurable, _ = measure(OWN_SERVER, base, plan, sessions, "none")
    return Full(per_order(real), per_order(bare), apply, per_order(undurable))


def open_round(base: Path, rate: int, duration: float, seed: int) -> dict[str, dict[str, int]]:
    """Run one open loop at ``rate`` into each server; return percentiles in ns."""
    plan = Plan(MIXES["default"], rate=rate, duration=duration, warmup=1.0, seed=seed)
    found: dict[str, dict[str, int]] = {}
    for name, module in (("bare", BARE_SERVER), ("real", OWN_SERVER)):
        outcome, _ = measure(module, base, plan, 1)
        found[name] = load_report.percentiles(load_report.latencies(outcome.taken)[0])
    return found


def report_full(base: Path, sessions: int, messages: int, rounds: int) -> tuple[bool, float]:
    """Measure and print the full pipe; return whether it is within reach, and orders a second."""
    taken = [full_round(base, sessions, messages, seed) for seed in range(rounds)]
    real, bare, apply, undurable = (median(column) for column in zip(*taken, strict=True))
    times, share = median(full.times for full in taken), median(full.share for full in taken)
    good = times <= MOST_TIMES
    kept = share >= LEAST_SHARE
    print(
        f"full pipe, {sessions:>2} sessions  {1e6 / real:>9,.0f} orders/s  venue {real:.2f} us  "
        f"bare {bare:.2f} us + apply {apply:.2f} us  times {times:.2f} "
        f"({min(f.times for f in taken):.2f}-{max(f.times for f in taken):.2f})  "
        f"at most {MOST_TIMES}: {_verdict(good=good)}\n"
        f"    without durability  {1e6 / undurable:>9,.0f} orders/s  durable {share:.2f} of it "
        f"({min(f.share for f in taken):.2f}-{max(f.share for f in taken):.2f})  "
        f"at least {LEAST_SHARE}: {_verdict(good=kept)}",
        flush=True,
    )
    return good and kept, 1e6 / real


def report_open(base: Path, rate: int, duration: float, rounds: int) -> bool:
    """Measure and print latency at a rate; return whether it is within reach."""
    taken = [open_round(base, rate, duration, seed) for seed in range(rounds)]
    good = True
    for name in ("p50", "p99"):
        real = median(found["real"][name] for found in taken)
        bare = median(found["bare"][name] for found in taken)
        times = median(found["real"][name] / found["bare"][name] for found in taken)
        fine = times <= MOST_LATENCY
        good = good and fine
        print(
            f"open loop, {rate:,}/s  {name}  venue {real / 1e3:,.0f} us  "
            f"bare {bare / 1e3:,.0f} us  "
            f"times {times:.2f}  at most {MOST_LATENCY}: {_verdict(good=fine)}",
            flush=True,
        )
    return good


def _verdict(*, good: bool) -> str:
    return "reached" if good else "MISSED"


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure everything; return 0 when all is within reach, else 1."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.pipe", description=__doc__)
    parser.add_argument("--messages", type=int, default=200_000, help="of each full pipe")
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--duration", type=float, default=4.0, help="seconds of each open loop")
    parser.add_argument(
        "--dir", type=Path, help="put the logs below it, on the disk to be measured"
    )
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="carbonx-pipe-", dir=options.dir) as scratch:
        base = Path(scratch)
        machine = load_report.this_machine(*two_cores())
        plan = Plan(MIXES["default"], window=WINDOW, messages=options.messages, seed=0)
        print(load_report.header(plan, 1, machine, SYNC))
        print(f"durable (sync), median of {options.rounds} interleaved rounds; apply: {COLLECTOR}")
        alone, rate = report_full(base, 1, options.messages, options.rounds)
        many, _ = report_full(base, 16, options.messages, options.rounds)
        steady = report_open(base, int(rate * SHARE_OF_FULL), options.duration, options.rounds)
    return 0 if alone and many and steady else 1


if __name__ == "__main__":
    sys.exit(main())

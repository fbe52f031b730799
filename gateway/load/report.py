"""What a load run comes to: rates, percentiles, and whether the counts balance."""

from __future__ import annotations

import csv
import io
import os
import platform
import subprocess
from bisect import bisect_left
from collections import Counter
from importlib import metadata
from math import sqrt
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import msgspec

from engine.vocabulary.enums import RejectReason
from gateway.load.session import FILLED
from gateway.runtime.event_loop import factory

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from gateway.load.generator import Taken
    from gateway.load.run import Outcome
    from gateway.load.script import Plan
    from gateway.load.session import LoadSession

SCHEMA: Final = 1
PERCENTILES: Final = (50.0, 90.0, 99.0, 99.9, 99.99, 100.0)
SATURATED: Final = "generator saturated"
ABOVE: Final = "above the limit"
MOST_REFUSED: Final = 10  # percent of the messages, above which the load was not the one meant
MOST_LAG_NS: Final = 1_000_000  # p99 of the schedule lag above which the generator is to blame
TICKS_PER_HALVING: Final = 5  # lines of a histogram file from one halving of the rest to the next


class Machine(msgspec.Struct, frozen=True):
    """Where and with what a run was made."""

    version: str
    revision: str
    python: str
    loop: str
    build: str
    processor: str
    cores: int
    server_core: int  # -1: not pinned
    load_core: int


class Server(msgspec.Struct, frozen=True):
    """What the venue says of itself; the counts only where the tool started it."""

    venue: str
    rulebook: str
    durability: str
    transport: str = "tcp, no tls"
    collector: str = "unknown"
    busy: float = 0.0  # share of a core
    commands_per_sync: float = 0.0
    largest_batch: int = 0


class Figures(msgspec.Struct, frozen=True):
    """The result. Latencies and lags in nanoseconds, rates per second, the rest are counts."""

    schema: int
    model: str  # "open loop" or "full pipe"
    machine: Machine
    server: Server
    mix: str
    sessions: int
    rate: int
    window: int
    seed: int
    warmup: float
    seconds: float  # measured
    sent: int
    accepted: int
    rejected: int
    outstanding: int
    rejected_for: dict[str, int]
    fills: int
    bought: int  # tonnes
    sold: int
    gaps: int
    out_of_turn: int
    measured: int  # messages whose latency counts
    messages_in: float
    messages_out: float
    latency: dict[str, int]
    lag: dict[str, int]  # open loop: how late messages were sent
    generator_busy: float
    problems: tuple[str, ...]
    limit: int = 0  # of the latency's p99, ns; 0: none was asked for


def percentile(ordered: Sequence[int], percent: float) -> int:
    """Return the smallest value that ``percent`` of all do not exceed; 0 of nothing."""
    if not ordered:
        return 0
    exact = percent / 100 * len(ordered)
    rank = int(exact) if exact == int(exact) else int(exact) + 1
    return ordered[min(max(rank, 1), len(ordered)) - 1]


def percentiles(ordered: Sequence[int]) -> dict[str, int]:
    """Return p50, p90, p99, p99.9, p99.99 and max."""
    named = {f"p{percent:g}": percentile(ordered, percent) for percent in PERCENTILES[:-1]}
    return named | {"max": percentile(ordered, PERCENTILES[-1])}


def latencies(taken: Taken) -> tuple[list[int], list[int]]:
    """Return latencies and schedule lags (ns), each ascending, of the messages that count.

    In open loop both count from when a message was due; in a full pipe there is no lag.
    """
    plan, count = taken.plan, len(taken.sessions)
    begin = taken.start + int(plan.warmup * 1e9)
    waits: list[int] = []
    lags: list[int] = []
    for session in taken.sessions:
        due: Sequence[int] = session.sent_at
        if plan.rate:
            first, step = session.number, count
            due = [
                taken.start + turn * 1_000_000_000 // plan.rate
                for turn in range(first, first + session.sent * step, step)
            ]
        skip = bisect_left(due, begin)
        waits += [a - d for a, d in zip(session.answered_at[skip:], due[skip:], strict=False)]
        if plan.rate:
            lags += [s - d for s, d in zip(session.sent_at[skip:], due[skip:], strict=True)]
    waits.sort()
    lags.sort()
    return waits, lags


def fold(outcome: Outcome, machine: Machine, waits: list[int], lags: list[int]) -> Figures:
    """Turn what a run left behind into figures."""
    taken = outcome.taken
    plan = taken.plan
    sessions: list[LoadSession] = taken.sessions
    begin = taken.start + int(plan.warmup * 1e9)
    end = max((s.answered_at[-1] for s in sessions if s.answered_at), default=begin + 1)
    seconds = max(end - begin, 1) / 1e9
    came = sum(len(s.answered_at) - bisect_left(s.answered_at, begin) for s in sessions)
    kinds: Counter[int] = sum((s.kinds for s in sessions), Counter())
    reasons: Counter[int] = sum((s.reasons for s in sessions), Counter())
    rejected = reasons.total()
    sent = sum(s.sent for s in sessions)
    answered = sum(s.answered for s in sessions)
    return Figures(
        schema=SCHEMA,
        model="open loop" if plan.rate else "full pipe",
        machine=machine,
        server=_server(outcome),
        mix=plan.mix.describe(),
        sessions=len(sessions),
        rate=plan.rate,
        window=0 if plan.rate else plan.window,
        seed=plan.seed,
        warmup=plan.warmup,
        seconds=seconds,
        sent=sent,
        accepted=answered - rejected,
        rejected=rejected,
        outstanding=sent - answered,
        rejected_for={RejectReason(code).name.lower(): n for code, n in sorted(reasons.items())},
        fills=kinds[FILLED],
        bought=sum(s.bought for s in sessions),
        sold=sum(s.sold for s in sessions),
        gaps=sum(s.gaps for s in sessions),
        out_of_turn=sum(s.strangers for s in sessions),
        measured=len(waits),
        messages_in=came / seconds,
        messages_out=sum(_heard_after(s, begin) for s in sessions) / seconds,
        latency=percentiles(waits),
        lag=percentiles(lags),
        generator_busy=taken.cpu_ns / max(taken.wall_ns, 1),
        problems=tuple(problems(outcome, waits, lags)),
        limit=plan.limit,
    )


def _heard_after(session: LoadSession, begin: int) -> int:
    """Return how many messages a session received from ``begin`` on."""
    place = bisect_left(session.heard_at, begin)
    before = session.heard[place - 1] if place else 0
    return session.heard[-1] - before if session.heard else 0


def problems(outcome: Outcome, waits: list[int], lags: list[int]) -> Iterator[str]:
    """Say what makes the run's figures worth nothing."""
    sessions: list[LoadSession] = outcome.taken.sessions
    for session in sessions:
        if session.error and not session.finished:
            yield f"session {session.number}: {session.error}"
    outstanding = sum(s.sent - s.answered for s in sessions)
    if outstanding:
        yield f"{outstanding} messages were never answered"
    unheard = sum(s.missing() for s in sessions)
    if unheard:
        yield f"{unheard} reports that the venue has numbered never came"
    for name, text in (
        ("gaps", "breaks in the numbering of reports"),
        ("strangers", "answers that were not to the next message"),
    ):
        count = sum(getattr(s, name) for s in sessions)
        if count:
            yield f"{count} {text}"
    if outcome.before is not None and outcome.after is not None:
        answered = sum(s.answered for s in sessions)
        logged = outcome.after.commands - outcome.before.commands
        if logged != answered:
            yield f"the venue logged {logged} messages and {answered} were answered"
        bought, sold = sum(s.bought for s in sessions), sum(s.sold for s in sessions)
        if bought != sold:
            yield f"{bought} tonnes were bought and {sold} sold"
    yield from _doubts(outcome, waits, lags)


def _doubts(outcome: Outcome, waits: list[int], lags: list[int]) -> Iterator[str]:
    """Say what makes figures that balance not those that were wanted."""
    sessions: list[LoadSession] = outcome.taken.sessions
    refused = sum(sum(s.reasons.values()) for s in sessions)
    sent = sum(s.sent for s in sessions)
    if refused * 100 > sent * MOST_REFUSED:
        yield f"{refused:,} of {sent:,} messages were refused, more than {MOST_REFUSED}%"
    if not waits:
        yield "nothing was measured: all messages fell into the warm-up; run longer"
    limit, p99 = outcome.taken.plan.limit, percentile(waits, 99.0)
    if limit and p99 > limit:
        yield f"p99 is {p99 / 1e6:,.2f} ms, {ABOVE} of {limit / 1e6:g} ms"
    lag = percentile(lags, 99.0)
    if lag > MOST_LAG_NS:
        late = f"messages left {lag / 1e3:,.0f} us late (p99), so the figures are its own, not the"
        yield f"{SATURATED}: {late} venue's: lower --rate, or give it a core to itself"


def this_machine(server_core: int, load_core: int) -> Machine:
    """Describe where the run is made."""
    root = Path(__file__).resolve().parent.parent
    return Machine(
        version=_version(),
        revision=_revision(root),
        python=f"{platform.python_implementation().lower()} {platform.python_version()}",
        loop=factory()[0],
        build="pure python" if __file__.endswith(".py") else "compiled",
        processor=_processor(),
        cores=os.cpu_count() or 1,
        server_core=server_core,
        load_core=load_core,
    )


def _version() -> str:
    try:
        return metadata.version("carbonx-exchange")
    except metadata.PackageNotFoundError:
        return "unpackaged"


def _revision(root: Path) -> str:
    if not (root / ".git").exists():
        return ""
    command = ["git", "-C", str(root), "describe", "--always", "--dirty"]
    try:
        found = subprocess.run(command, capture_output=True, text=True, timeout=10, check=False)  # noqa: S603
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return found.stdout.strip()


def _processor() -> str:
    try:
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()


def _server(outcome: Outcome) -> Server:
    """Describe the venue: what it said at logon and, if it is our own, what it counted."""
    info = outcome.taken.sessions[0].info
    before, after = outcome.before, outcome.after
    if before is None or after is None:
        return Server(info.venue, info.rulebook[:12], info.durability)
    commands, syncs = after.commands - before.commands, after.syncs - before.syncs
    return Server(
        info.venue,
        info.rulebook[:12],
        info.durability,
        collector=after.collector,
        busy=(after.cpu_ns - before.cpu_ns) / max(after.wall_ns - before.wall_ns, 1),
        commands_per_sync=commands / syncs if syncs else 0.0,
        largest_batch=after.largest_batch,
    )


# -- for people ---------------------------------------------------------------------------------


def header(plan: Plan, sessions: int, machine: Machine, durability: str) -> str:
    """Return what makes the run repeatable, before it begins.

    ``durability`` is that of an own venue; "" where a running one says at logon what it has.
    """
    model = f"open loop, {plan.rate:,} messages/s" if plan.rate else "full pipe"
    span = f"{plan.messages:,} messages" if plan.messages else f"{plan.duration:g} s"
    window = "" if plan.rate else f", window {plan.window:,}"
    count = f"{sessions} session" + ("s" if sessions > 1 else "")
    cores = f"{machine.cores} cores"
    if machine.server_core >= 0:
        cores += f" (server on {machine.server_core}, load on {machine.load_core})"
    version = " ".join(part for part in (machine.version, machine.revision) if part)
    return (
        f"{model}, {span} (+{plan.warmup:g} s warm-up), {count}{window}, "
        f"seed {plan.seed}, mix {plan.mix.describe()}\n"
        f"carbonx {version}, {machine.python}, {machine.loop}, {machine.build}, "
        f"{machine.processor}, {cores}, durability {durability or 'as the venue has it, below'}"
    )


def text(f: Figures) -> str:
    """Return the result as people read it. Latencies in microseconds."""
    server = f.server
    reconciled = "no" if f.outstanding or f.gaps or f.out_of_turn else "yes"
    since = "the due time" if f.rate else "sending"
    out = [
        f"venue {server.venue}, rulebook {server.rulebook}, durability {server.durability}, ",
        f"{server.transport}, collector {server.collector}\n",
        f"  sent {f.sent:,}  accepted {f.accepted:,}  rejected {f.rejected:,}  ",
        f"outstanding {f.outstanding:,}  reconciled: {reconciled}\n",
        f"  in {f.messages_in:,.0f}/s  out {f.messages_out:,.0f}/s  over {f.seconds:.2f} s  ",
        f"fill reports {f.fills:,}  gaps {f.gaps}\n",
        _row(f"latency from {since} (us)", f.latency),
    ]
    if f.rate:
        out.append(_row("schedule lag (us)", f.lag))
    else:
        out.append("  (a full pipe's latency shows the window; --rate shows the venue's)\n")
    out.append(f"  generator busy {f.generator_busy:.0%}{' (it spins)' if f.rate else ''}")
    if server.largest_batch:
        out.append(f"  server busy {server.busy:.0%}  messages per sync ")
        out.append(f"{server.commands_per_sync:.1f}, at most {server.largest_batch:,}")
    if f.rejected_for:
        reasons = ", ".join(f"{name} {count:,}" for name, count in f.rejected_for.items())
        out.append(f"\n  rejected for: {reasons}")
    out += [f"\nPROBLEM: {problem}" for problem in f.problems]
    return "".join(out)


def _row(title: str, values: dict[str, int]) -> str:
    cells = "  ".join(f"{name} {value / 1e3:,.0f}" for name, value in values.items())
    return f"  {title}  {cells}\n"


# -- for programs -------------------------------------------------------------------------------


def as_json(f: Figures) -> str:
    """Return the result as one JSON object."""
    return msgspec.json.format(msgspec.json.encode(f), indent=2).decode()


def as_csv(f: Figures) -> str:
    """Return the result as a header line and one line of values; latencies in nanoseconds."""
    row: dict[str, Any] = {
        name: getattr(f, name)
        for name in ("schema", "model", "sessions", "rate", "window", "seed", "seconds", "sent",
                     "accepted", "rejected", "outstanding", "gaps", "messages_in", "messages_out")
    }  # fmt: skip
    row |= {"durability": f.server.durability, "mix": f.mix}
    row |= {f"latency_{name}_ns": value for name, value in f.latency.items()}
    row |= {f"lag_{name}_ns": value for name, value in f.lag.items()}
    out = io.StringIO()
    writer = csv.DictWriter(out, list(row), lineterminator="\n")
    writer.writeheader()
    writer.writerow(row)
    return out.getvalue()


def hgrm(ordered: Sequence[int]) -> str:
    """Return latencies (ns, ascending) as a histogram file in the HdrHistogram text format.

    Values in microseconds, exact (nothing is put into buckets); any plotter of ``.hgrm`` reads it.
    """
    lines = ["       Value     Percentile TotalCount 1/(1-Percentile)", ""]
    count = len(ordered)
    rest, tick = 1.0, 0  # of the percentile axis: the rest halves every TICKS_PER_HALVING lines
    while count:
        percent = 100 * (1 - rest * (1 - tick / (2 * TICKS_PER_HALVING)))
        value = percentile(ordered, percent)
        total = bisect_left(ordered, value + 1)
        if total == count:
            break
        share = percent / 100
        lines.append(f"{value / 1e3:12.3f} {share:2.12f} {total:10d} {1 / (1 - share):14.2f}")
        tick += 1
        if tick == TICKS_PER_HALVING:
            rest, tick = rest / 2, 0
    if count:
        lines.append(f"{ordered[-1] / 1e3:12.3f} {1.0:2.12f} {count:10d}")
    mean = sum(ordered) / max(count, 1)
    spread = sqrt(sum((value - mean) ** 2 for value in ordered) / max(count, 1))
    top = ordered[-1] if count else 0
    lines += [
        f"#[Mean    = {mean / 1e3:12.3f}, StdDeviation   = {spread / 1e3:12.3f}]",
        f"#[Max     = {top / 1e3:12.3f}, Total count    = {count:12d}]",
        f"#[Buckets = {0:12d}, SubBuckets     = {0:12d}]",
    ]
    return "\n".join(lines) + "\n"

"""``carbonx load``: measure a venue."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, TypeAlias

import click
import msgspec
from msgspec import structs

from engine.log.journal import DURABILITY
from engine.rulebook import presets
from engine.vocabulary.texts import counted
from gateway.cli.console import Number, folded
from gateway.cli.progress import shares
from gateway.cli.session_options import wait_option
from gateway.load import compare as load_compare
from gateway.load import ladder as load_ladder
from gateway.load import report as load_report
from gateway.load.generator import LoadError
from gateway.load.run import Target, run_load
from gateway.load.script import MIXES, Plan, total_messages
from gateway.load.server import Settings, accounts
from gateway.protocol.proof import SCHEME
from gateway.runtime.subprocess import ChildError, two_cores
from gateway.runtime.tls import TlsError, client_context
from gateway.server.accounts import AccountsError, Directory

MOST_MESSAGES: Final = 20_000_000  # about a gigabyte of prepared messages and times
DEFAULT_DURATION: Final = 10.0
LADDER_DURATION: Final = 3.0  # of each rate on the way to saturation
DEFAULT_WARMUP: Final = 1.0
DEFAULT_WINDOW: Final = 16_384  # over all sessions
_MS: Final = 1_000_000  # ns

Measure: TypeAlias = Callable[[Plan], load_report.Figures]


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """What the command line says."""

    rate: int | None
    full: bool
    window: int | None
    sessions: int
    duration: float | None
    messages: int | None
    warmup: float | None
    mix: str
    seed: int
    symbol: str
    host: str
    port: int | None
    accounts_file: str
    tls: str | None
    wait: float
    durability: str
    rulebook: str
    folder: str | None
    pinned: bool
    limit: float | None
    until_saturation: bool
    repeat: int
    hdr: str
    form: str | None

    def plan(self) -> Plan:
        """Return the run that is asked for. Raises ``UsageError``."""
        self._check()
        climbs = self.until_saturation
        usual = LADDER_DURATION if climbs else DEFAULT_DURATION
        seconds = 0.0 if self.messages else self.duration or usual
        warmup = self.warmup
        if warmup is None:
            warmup = 0.0 if self.messages else DEFAULT_WARMUP
        rate = self.rate or (load_ladder.FIRST_RATE if climbs else 0)
        limit = int((self.limit or 0) * _MS) or (load_ladder.DEFAULT_LIMIT if climbs else 0)
        plan = Plan(
            MIXES[self.mix],
            rate,
            self.window or max(1, DEFAULT_WINDOW // self.sessions),
            seconds,
            warmup,
            self.messages or 0,
            self.seed,
            self.symbol,
            limit,
        )
        if total_messages(plan) > MOST_MESSAGES:
            message = f"{total_messages(plan):,} messages are too many to prepare: run shorter"
            raise click.UsageError(message)
        return plan

    def _check(self) -> None:
        problem = ""
        if self.full and self.rate:
            problem = "--full and --rate exclude each other: a full pipe has no schedule"
        elif self.full and self.until_saturation:
            problem = "--full and --until-saturation exclude each other: a ladder has rates"
        elif self.duration and self.messages:
            problem = "give --duration or --messages, not both"
        elif self.until_saturation and (self.messages or self.repeat > 1 or self.hdr):
            problem = "--until-saturation takes no --messages, --repeat or --hdr"
        elif self.repeat > 1 and (self.hdr or self.form == "csv"):
            problem = "--repeat takes no --hdr or --csv: use --json"
        elif self.until_saturation and self.form == "csv":
            problem = "--until-saturation takes no --csv: use --json"
        elif self.limit and not self.rate and not self.until_saturation:
            problem = "--limit needs --rate: a full pipe's latency shows its window"
        elif not self.port and (self.accounts_file or self.tls or self.wait):
            problem = "--accounts goes with --port, like --tls and --wait: not for an own venue"
        if problem:
            raise click.UsageError(problem)

    def target(self, folder: Path, core: int) -> Target:
        """Return the venue: one of our own in ``folder``, or the one that runs already."""
        if self.port:
            return _remote_target(self)
        presets.find(self.rulebook)  # a wrong one is told in a line, and by a child in a traceback
        folder.mkdir()
        own = Settings(str(folder), self.sessions, core, self.durability, self.rulebook)
        return Target("127.0.0.1", 0, accounts(self.sessions, []), own)


def _remote_target(asked: Asked) -> Target:
    """Return the venue that runs already. Raises ``UsageError``."""
    file, sessions = asked.accounts_file, asked.sessions
    if not file:
        message = "a running venue needs --accounts FILE: the accounts that the sessions log on to"
        raise click.UsageError(message)
    known = tuple(Directory.read(Path(file)).accounts.values())
    if len(known) < sessions:
        message = (
            f"{file} has {counted(len(known), 'account')}; --sessions {sessions} needs as many"
        )
        raise click.UsageError(message)
    for account in known[:sessions]:
        if account.key.startswith(SCHEME):
            message = (
                f"{file}: account {account.name!r} has the verifier of its key; give the key itself"
            )
            raise click.UsageError(message)
    try:
        tls = client_context(asked.tls) if asked.tls else None
    except TlsError as error:
        raise click.UsageError(str(error)) from error
    assert asked.port is not None
    return Target(asked.host, asked.port, known[:sessions], tls=tls, wait=asked.wait)


@click.group(
    "load",
    invoke_without_command=True,
    short_help="Measure a venue: a fixed rate, or a full pipe.",
)
@click.option("--rate", type=click.IntRange(1), help="Open loop: messages a second, all sessions.")
@click.option("--full", is_flag=True, help="Full pipe: as much as the venue takes (the default).")
@click.option(
    "--window",
    type=click.IntRange(1),
    help="Full pipe: unanswered messages of a session.  [default: 16384 over all]",
)
@click.option(
    "--sessions",
    "-c",
    type=click.IntRange(1, 1_000),
    default=1,
    show_default=True,
    help="Connections, each with its own account.",
)
@click.option(
    "--duration",
    "-d",
    type=Number(0.1, 3_600),
    help=f"Seconds to measure, after the warm-up.  [default: {DEFAULT_DURATION:g}]",
)
@click.option(
    "--messages",
    "-n",
    type=click.IntRange(1, MOST_MESSAGES),
    help="Messages to send in all, instead of --duration.",
)
@click.option(
    "--warmup",
    type=Number(0, 600),
    help="Seconds at the start that do not count.  [default: 1; 0 with --messages]",
)
@click.option(
    "--mix",
    type=click.Choice(list(MIXES)),
    default="default",
    show_default=True,
    help="What the messages are.",
)
@click.option("--seed", type=int, default=7, show_default=True, help="The same messages again.")
@click.option("--symbol", default="", help="What to trade.  [default: the first that trades]")
@click.option("--host", default="127.0.0.1", show_default=True, help="With --port.")
@click.option(
    "--port",
    type=click.IntRange(1, 65_535),
    help="A running venue. Without it the tool starts its own.",
)
@click.option(
    "--accounts",
    "accounts_file",
    default="",
    metavar="FILE",
    help="With --port: the venue's accounts, with their keys.",
)
@click.option(
    "--tls",
    metavar="FILE",
    type=click.Path(dir_okay=False, exists=True),
    help="With --port: speak TLS with a venue that shows this certificate (PEM).",
)
@wait_option
@click.option(
    "--durability",
    type=click.Choice(DURABILITY),
    default="sync",
    show_default=True,
    help="Own venue: what an answer promises.",
)
@click.option("--rulebook", default="textbook", show_default=True, help="Own venue: its rules.")
@click.option(
    "--dir",
    "folder",
    type=click.Path(exists=True, file_okay=False),
    metavar="DIR",
    help="Own venue: put its temporary log below DIR, on the disk to be measured.",
)
@click.option(
    "--pin/--no-pin",
    "pinned",
    default=True,
    show_default=True,
    help="Keep the load (and an own venue) on a core each.",
)
@click.option(
    "--limit",
    type=Number(0, min_open=True),
    metavar="MS",
    help="Exit 1 where p99 is above so many milliseconds.  [saturation: 10]",
)
@click.option(
    "--until-saturation",
    is_flag=True,
    help="Raise the rate, from --rate on, until p99 is above the limit or a backlog grows.",
)
@click.option(
    "--repeat",
    type=click.IntRange(1, 100),
    default=1,
    show_default=True,
    help="Runs, one after the other: what `compare` tells noise from change by.",
)
@click.option("--hdr", default="", metavar="FILE", help="Write a histogram file (.hgrm).")
@click.option("--json", "form", flag_value="json", help="Print the result as JSON.")
@click.option("--csv", "form", flag_value="csv", help="Print the result as CSV.")
@click.pass_context
def command(context: click.Context, /, **given: Any) -> None:
    """Measure a venue's throughput and latency.

    In open loop (--rate) messages leave on a schedule that does not wait for the venue, and their
    latency counts from when they were due. A full pipe finds the most that the venue takes;
    --until-saturation finds the highest rate at which p99 stays within a limit. The exit code is 1
    when the counts do not balance, when more than a tenth is refused, when p99 is above --limit,
    or when the generator itself could not keep up.

    Example:  carbonx load --messages 20000 --sessions 2
    """
    if context.invoked_subcommand is not None:
        return
    asked = msgspec.convert(given, Asked)
    plan = asked.plan()
    cores = two_cores() if asked.pinned else (-1, -1)
    machine = load_report.this_machine(-1 if asked.port else cores[0], cores[1])
    durability = "" if asked.port else asked.durability
    header = load_report.header(plan, asked.sessions, machine, durability)
    click.echo(folded(header), err=asked.form is not None)
    try:
        with tempfile.TemporaryDirectory(prefix="carbonx-load-", dir=asked.folder) as room:
            runs = 0

            def measure(plan: Plan) -> load_report.Figures:
                nonlocal runs
                runs += 1
                target = asked.target(Path(room) / str(runs), cores[0])
                return _measured(target, plan, machine, cores[1], asked.hdr)

            problems = _run(asked, plan, measure)
    except (LoadError, ChildError, AccountsError, OSError) as error:
        raise click.ClickException(str(error)) from None
    if problems:
        sys.exit(1)


def _measured(
    target: Target, plan: Plan, machine: load_report.Machine, core: int, hdr: str
) -> load_report.Figures:
    """Run a plan once and return its figures."""
    with shares("load") as share:

        def show(done: float, sent: int, answered: int) -> None:
            share(done, f"{sent:,} sent, {answered:,} answered")

        outcome = run_load(target, plan, core, show)
    waits, lags = load_report.latencies(outcome.taken)
    if hdr:
        Path(hdr).write_text(load_report.hgrm(waits), encoding="utf-8")
    return load_report.fold(outcome, machine, waits, lags)


def _run(asked: Asked, plan: Plan, measure: Measure) -> tuple[str, ...]:
    """Do what is asked for, print what comes of it, return the problems."""
    if asked.until_saturation:
        return _climb(asked, plan, measure)
    runs = []
    for _ in range(asked.repeat):
        figures = measure(plan)
        runs.append(figures)
        if asked.form is None:
            click.echo(folded(load_report.text(figures)))
    if asked.repeat > 1 and asked.form is None:
        click.echo(folded(load_compare.summary(runs)))
    elif asked.repeat > 1:
        click.echo(msgspec.json.format(msgspec.json.encode(load_compare.Runs(tuple(runs)))))
    elif asked.form is not None:
        as_text = load_report.as_json if asked.form == "json" else load_report.as_csv
        click.echo(as_text(runs[0]), nl=asked.form == "json")
    problems = tuple(problem for figures in runs for problem in figures.problems)
    for problem in problems if asked.form else ():
        click.echo(folded(f"PROBLEM: {problem}"), err=True)
    return problems


def _climb(asked: Asked, plan: Plan, measure: Measure) -> tuple[str, ...]:
    """Raise the rate until the venue is saturated."""
    talk = asked.form is not None
    click.echo(load_ladder.HEADINGS, err=talk)
    rungs = []
    for rung in load_ladder.climb(
        lambda rate: measure(structs.replace(plan, rate=rate)), plan.rate, plan.limit
    ):
        rungs.append(rung)
        click.echo(load_ladder.line(rung), err=talk)
    ladder = load_ladder.result(rungs, plan.limit)
    if talk:
        click.echo(msgspec.json.format(msgspec.json.encode(ladder)))
    click.echo(folded(load_ladder.text(ladder)), err=talk)
    return ladder.problems


@command.command("compare", short_help="Two results beside each other.")
@click.argument("first", type=click.Path(path_type=Path))
@click.argument("second", type=click.Path(path_type=Path))
def compare(first: Path, second: Path) -> None:
    """Print two results of `load --json` beside each other: medians and their ratio.

    Results of --repeat say, too, whether their runs lie apart or overlap.

    Example:  carbonx load compare before.json after.json
    """
    try:
        click.echo(folded(load_compare.text(load_compare.read(first), load_compare.read(second))))
    except LoadError as error:
        raise click.ClickException(str(error)) from None

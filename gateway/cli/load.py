"""``carbonx load``: measure a venue."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import Final

import click

from engine.rulebook import presets
from gateway.load import report as load_report
from gateway.load.generator import LoadError
from gateway.load.run import Target, run_load
from gateway.load.script import MIXES, Plan, total_messages
from gateway.load.server import Settings, accounts
from gateway.runtime.subprocess import ChildError, two_cores
from gateway.server.accounts import HASHED, AccountsError, Directory

MOST_MESSAGES: Final = 20_000_000  # about a gigabyte of prepared messages and times
DEFAULT_DURATION: Final = 10.0
DEFAULT_WARMUP: Final = 1.0
DEFAULT_WINDOW: Final = 16_384  # over all sessions


def _own_target(sessions: int, folder: str, durability: str, rulebook: str, core: int) -> Target:
    presets.find(rulebook)  # what is wrong is told in a line here, by a traceback in the child
    own = Settings(folder, sessions, core, durability, rulebook)
    return Target("127.0.0.1", 0, accounts(sessions, []), own)


def _remote_target(host: str, port: int, sessions: int, file: str) -> Target:
    if not file:
        message = "a running venue needs --accounts FILE: the accounts that the sessions log on to"
        raise click.UsageError(message)
    known = tuple(Directory.read(Path(file)).accounts.values())
    if len(known) < sessions:
        message = f"{file} has {len(known)} accounts; --sessions {sessions} needs as many"
        raise click.UsageError(message)
    for account in known[:sessions]:
        if account.key.startswith(HASHED):
            message = f"{file}: account {account.name!r} has only the hash of its key; give the key"
            raise click.UsageError(message)
    return Target(host, port, known[:sessions])


@click.command("load", short_help="Measure a venue: a fixed rate, or a full pipe.")
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
    type=click.FloatRange(0.1, 3_600),
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
    type=click.FloatRange(0, 600),
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
    "--durability",
    type=click.Choice(["fdatasync", "none"]),
    default="fdatasync",
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
@click.option("--hdr", default="", metavar="FILE", help="Write a histogram file (.hgrm).")
@click.option("--json", "form", flag_value="json", help="Print the result as JSON.")
@click.option("--csv", "form", flag_value="csv", help="Print the result as CSV.")
def command(
    rate: int | None, full: bool, window: int | None, sessions: int,  # noqa: FBT001
    duration: float | None, messages: int | None, warmup: float | None, mix: str, seed: int,
    symbol: str, host: str, port: int | None, accounts_file: str, durability: str,
    rulebook: str, folder: str | None, pinned: bool, hdr: str, form: str | None,  # noqa: FBT001
) -> None:  # fmt: skip
    """Measure a venue's throughput and latency.

    In open loop (--rate) messages leave on a schedule that does not wait for the venue, and their
    latency counts from when they were due. A full pipe finds the most that the venue takes. The
    exit code is 1 when the counts do not balance, or when the generator itself could not keep up.

    Example:  carbonx load --full --duration 2
    """
    if full and rate:
        message = "--full and --rate exclude each other: a full pipe has no schedule"
        raise click.UsageError(message)
    if duration and messages:
        message = "give --duration or --messages, not both"
        raise click.UsageError(message)
    seconds = 0.0 if messages else duration or DEFAULT_DURATION
    if warmup is None:
        warmup = 0.0 if messages else DEFAULT_WARMUP
    window = window or max(1, DEFAULT_WINDOW // sessions)
    plan = Plan(MIXES[mix], rate or 0, window, seconds, warmup, messages or 0, seed, symbol)
    if total_messages(plan) > MOST_MESSAGES:
        message = f"{total_messages(plan):,} messages are too many to prepare: run shorter"
        raise click.UsageError(message)
    cores = two_cores() if pinned else (-1, -1)
    machine = load_report.this_machine(-1 if port else cores[0], cores[1])
    click.echo(load_report.header(plan, sessions, machine), err=form is not None)
    try:
        with tempfile.TemporaryDirectory(prefix="carbonx-load-", dir=folder) as scratch:
            if port:
                target = _remote_target(host, port, sessions, accounts_file)
            else:
                target = _own_target(sessions, scratch, durability, rulebook, cores[0])
            outcome = run_load(target, plan, cores[1])
    except (LoadError, ChildError, AccountsError, OSError) as error:
        raise click.ClickException(str(error)) from None
    waits, lags = load_report.latencies(outcome.taken)
    figures = load_report.fold(outcome, machine, waits, lags)
    if hdr:
        Path(hdr).write_text(load_report.hgrm(waits), encoding="utf-8")
    forms = {"json": load_report.as_json, "csv": load_report.as_csv, None: load_report.text}
    click.echo(forms[form](figures), nl=form != "csv")
    if figures.problems:
        for problem in figures.problems if form else ():
            click.echo(f"PROBLEM: {problem}", err=True)
        sys.exit(1)

"""``carbonx replay``: what a log comes to, and proof that it comes to the same again."""

import json
import re
import time
from pathlib import Path

import click

from backtest.tapes.differences import facts
from backtest.tapes.other_rules import PHASES, under
from carbonx.cli.replay_page import show
from carbonx.cli.replay_report import told
from engine.log.sequencer import replay
from engine.rulebook import presets
from engine.vocabulary.texts import counted
from gateway.cli.console import drawn, json_text, reading_log
from gateway.cli.progress import counting


def _a_hash(_context: click.Context, _option: click.Parameter, text: str | None) -> str | None:
    """See that a text is a state hash. Raises ``BadParameter``."""
    if text is not None and not re.fullmatch("[0-9a-f]{64}", text):
        message = f"{text!r} is not a state hash: 64 hex digits, as replay prints them"
        raise click.BadParameter(message)
    return text


@click.command()
@click.argument(
    "folder", metavar="DIR", type=click.Path(path_type=Path, exists=True, file_okay=False)
)
@click.option(
    "--verify", metavar="HASH", callback=_a_hash, help="Exit 1 unless the state hash is this one."
)
@click.option(
    "--under",
    "name",
    metavar="RULEBOOK",
    help="The clients' commands under other rules: a name or a .toml.",
)
@click.option(
    "--phases",
    type=click.Choice(PHASES),
    default="auto",
    show_default=True,
    help="With --under: whose phases. auto: the timetable where the new rulebook has another one.",
)
@click.option(
    "--web",
    "web_port",
    type=click.IntRange(0, 65_535),
    metavar="PORT",
    help="Show the log on a page with a slider; 0 takes any free port.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
def command(
    folder: Path,
    verify: str | None,
    name: str | None,
    phases: str,
    web_port: int | None,
    *,
    as_json: bool,
) -> None:
    """Replay the log in DIR, check every invariant, print the state hash.

    With --under, replay it under other rules too and print what differs: trades, prices, and
    fills and refusals by account. With --web, show it on a page with a slider.

    Examples:  carbonx replay runs/venue

    \b
      carbonx replay runs/venue --under beijing
    """  # noqa: D301 - click's mark for lines as they are
    if web_port is not None:
        if verify or name is not None or as_json:
            message = "--web shows the log as it is: leave out --verify, --under and --json"
            raise click.UsageError(message)
        show(folder, web_port)
        return
    if name is not None:
        if verify:
            message = "--verify is for a replay under the log's own rules: leave out --under"
            raise click.UsageError(message)
        _other_rules(folder, name, phases, as_json=as_json)
        return
    if phases != "auto":
        message = "--phases is for --under: name a rulebook"
        raise click.UsageError(message)
    started = time.perf_counter()
    with reading_log(folder), counting("records") as one:
        found = replay(folder, lambda _record, _events: one())
    seconds = time.perf_counter() - started
    found.venue.check()
    state = found.venue.state_hash()
    if as_json:
        click.echo(
            json.dumps(
                {
                    "rulebook": found.venue.rulebook.name,
                    "records": found.records,
                    "first_time": found.started,
                    "last_time": found.time,
                    "torn_bytes": found.torn_bytes,
                    "seconds": round(seconds, 3),
                    "state": state,
                }
            )
        )
    else:
        click.echo(
            f"{counted(found.records, 'record')} under {found.venue.rulebook.name}, "
            f"{seconds:.2f} s, {counted(found.torn_bytes, 'torn byte')} at the end"
        )
        click.echo(f"state {state}")
    if verify and verify != state:
        message = f"the state is not {verify}: another version wrote the log, or it was changed"
        raise click.ClickException(message)


def _other_rules(folder: Path, name: str, phases: str, *, as_json: bool) -> None:
    rulebook = presets.find(name)
    with reading_log(folder), counting("records") as one:
        retrial = under(folder, rulebook, phases, one)
    found = facts(retrial)
    if as_json:
        click.echo(json_text(found))
    else:
        for each in told(found, retrial.log.rulebook.minor_digits):
            click.echo(drawn(each))

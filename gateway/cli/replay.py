"""``carbonx replay``: what a log comes to, and proof that it comes to the same again."""

import json
import re
import time
from pathlib import Path

import click

from engine.log.sequencer import replay
from gateway.cli.console import reading_log
from gateway.cli.progress import counting


def _a_hash(_context: click.Context, _option: click.Parameter, text: str | None) -> str | None:
    """See that a text is a state hash. Raises ``BadParameter``."""
    if text is not None and not re.fullmatch("[0-9a-f]{64}", text):
        message = f"{text!r} is not a state hash: 64 hex digits, as replay prints them"
        raise click.BadParameter(message)
    return text


@click.command()
@click.argument("folder", metavar="DIR",
                type=click.Path(path_type=Path, exists=True, file_okay=False))  # fmt: skip
@click.option("--verify", metavar="HASH", callback=_a_hash,
              help="Exit 1 unless the state hash is this one.")  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
def command(folder: Path, verify: str | None, *, as_json: bool) -> None:
    """Replay the log in DIR, check every invariant, print the state hash.

    Example:  carbonx replay runs/venue
    """
    started = time.perf_counter()
    with reading_log(folder), counting("records") as one:
        found = replay(folder, lambda _record, _events: one())
    seconds = time.perf_counter() - started
    found.venue.check()
    state = found.venue.state_hash()
    if as_json:
        click.echo(json.dumps({
            "rulebook": found.venue.rulebook.name, "records": found.records,
            "first_time": found.started, "last_time": found.time,
            "torn_bytes": found.torn_bytes, "seconds": round(seconds, 3), "state": state,
        }))  # fmt: skip
    else:
        click.echo(f"{found.records} records under {found.venue.rulebook.name}, "
                   f"{seconds:.2f} s, {found.torn_bytes} torn bytes at the end")  # fmt: skip
        click.echo(f"state {state}")
    if verify and verify != state:
        message = f"the state is not {verify}: another version wrote the log, or it was changed"
        raise click.ClickException(message)

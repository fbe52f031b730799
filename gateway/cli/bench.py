"""``carbonx bench``: the engine beside its yardsticks."""

import subprocess
import sys
from pathlib import Path

import click

PARTS = ["all", "book", "wide", "peers", "apply", "calls", "memory", "growth"]
ROOT = Path(__file__).parent.parent.parent


@click.command()
@click.argument("part", default="all", metavar="PART", type=click.Choice(PARTS))
@click.option("--messages", type=click.IntRange(1), default=100_000, show_default=True,
              help="Messages in a round.")  # fmt: skip
@click.option("--rounds", type=click.IntRange(1), default=5, show_default=True,
              help="Rounds, of which the median counts.")  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
def command(part: str, messages: int, rounds: int, *, as_json: bool) -> None:
    """Measure the engine, each figure beside its yardstick; exit 1 when a target is missed.

    PART is one of all, book, wide, peers, apply, calls, memory and growth.

    Example:  carbonx bench apply --rounds 7
    """
    if not (ROOT / "benchmarks").is_dir():
        message = "the benchmarks are not part of an installed package: run this from a checkout"
        raise click.ClickException(message)
    words = [sys.executable, "-m", "benchmarks.targets", part, "--messages", str(messages),
             "--rounds", str(rounds), *(["--json"] if as_json else [])]  # fmt: skip
    done = subprocess.run(words, cwd=ROOT, check=False)  # noqa: S603 - our own module
    raise SystemExit(done.returncode)

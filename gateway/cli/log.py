"""``carbonx log``: check a venue's log, repair it, keep its state, print it, convert it."""

import sys
from pathlib import Path

import click

from engine.log import upkeep
from engine.log.errors import FORMAT
from engine.log.journal import FILE_NAME
from engine.log.records import Record
from engine.log.sequencer import replay
from engine.vocabulary.events import Event
from engine.vocabulary.json_codec import to_object
from engine.vocabulary.texts import counted
from gateway.cli.console import Group, json_text, reading_log
from gateway.cli.snapshots import take_snapshot

_FOLDER = click.argument(
    "folder", metavar="DIR", type=click.Path(path_type=Path, exists=True, file_okay=False)
)


@click.group(cls=Group)
def command() -> None:
    """Check a venue's log, repair it, print it, or convert it to this version.

    Example:  carbonx log check runs/venue
    """


@command.command()
@_FOLDER
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
def check(folder: Path, *, as_json: bool) -> None:
    """Read every block of the log in DIR, replay it and check every invariant.

    Changes nothing; the venue may be running.

    Example:  carbonx log check runs/venue
    """
    with reading_log(folder):
        found = upkeep.check(folder)
    head = found.head.number if found.head is not None else None
    row = {
        "format": FORMAT, "blocks": found.blocks, "records": found.replayed.records,
        "torn_bytes": found.replayed.torn_bytes, "head": head,
        "state": found.replayed.venue.state_hash(),
    }  # fmt: skip
    if as_json:
        click.echo(json_text(row))
        return
    beside = "no venue.head beside it" if head is None else f"venue.head names block {head}"
    click.echo(
        f"format {FORMAT}, {counted(found.blocks, 'block')}, "
        f"{counted(found.replayed.records, 'record')}, "
        f"{counted(found.replayed.torn_bytes, 'torn byte')} at the end, "
        f"{beside}"
    )
    click.echo(f"state {row['state']}")


@command.command()
@_FOLDER
def repair(folder: Path) -> None:
    """Cut the log in DIR behind its last whole block; keep what is cut off beside it.

    Acknowledged commands behind a damaged block are lost to the venue: restore a backup if there
    is one. Also takes a log whose venue.head names another one.

    Example:  carbonx log repair runs/venue
    """
    with reading_log(folder):
        found = upkeep.repair(folder)
    where = f", which are in {found.kept} now" if found.kept else ""
    click.echo(
        f"{counted(found.blocks, 'whole block')}; cut off {counted(found.cut, 'byte')}{where}"
    )


@command.command()
@_FOLDER
def snapshot(folder: Path) -> None:
    """Keep the state that the log in DIR has come to, from which the next start goes on.

    The venue may be running, and does not stop for it: the state is made here, from the log.

    Example:  carbonx log snapshot runs/venue
    """
    click.echo(take_snapshot(folder))


@command.command()
@_FOLDER
def export(folder: Path) -> None:
    """Print the log in DIR as JSON, a record a line.

    Example:  carbonx log export runs/venue > log.jsonl
    """

    def line(record: Record, _events: list[Event]) -> None:
        row = {"seq": record.seq, "time": record.time, "source": record.source}
        sys.stdout.write(json_text(row | to_object(record.command)) + "\n")

    with reading_log(folder):
        replay(folder, line)


@command.command()
@_FOLDER
def migrate(folder: Path) -> None:
    """Convert the log in DIR, of format 5 or of an engine that comes to other states.

    The old log stays beside the new one. The venue must have been stopped.

    Example:  carbonx log migrate runs/venue
    """
    with reading_log(folder):
        old = upkeep.migrate(folder)
    log = folder / FILE_NAME
    if old is None:
        click.echo(f"{log} is as this version writes it: nothing to do")
    else:
        click.echo(f"{log} is of format {FORMAT} now; the old log is {old}")

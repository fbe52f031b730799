"""``carbonx backup``: a copy of a venue's directory, proved by a replay."""

from pathlib import Path

import click

from engine.log import upkeep
from engine.vocabulary.texts import counted
from gateway.cli.console import reading_log


@click.command()
@click.argument("folder", metavar="DIR",
                type=click.Path(path_type=Path, exists=True, file_okay=False))  # fmt: skip
@click.argument("target", metavar="TO", type=click.Path(path_type=Path))
def command(folder: Path, target: Path) -> None:
    """Copy the venue in DIR to the new directory TO, and replay the copy.

    The venue may be running: the copy has all that was durable when it was begun. To restore,
    serve a copy of TO.

    Example:  carbonx backup runs/venue runs/venue.backup
    """
    with reading_log(folder):
        found = upkeep.backup(folder, target)
    click.echo(
        f"{target}: {counted(found.blocks, 'block')}, "
        f"{counted(found.replayed.records, 'record')}, "
        f"state {found.replayed.venue.state_hash()}"
    )

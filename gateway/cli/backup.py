"""``carbonx backup``: copies of one venue's directory, or of linked venues, proved by a replay."""

from pathlib import Path

import click

from engine.log.backups import backup, backup_linked
from engine.log.upkeep import Checked
from engine.vocabulary.texts import counted
from gateway.cli.console import reading_log
from gateway.cli.linked_file import read


@click.command()
@click.argument("source", metavar="DIR|FILE", type=click.Path(path_type=Path, exists=True))
@click.argument("target", metavar="TO", type=click.Path(path_type=Path))
def command(source: Path, target: Path) -> None:
    """Copy the venue in DIR to the new directory TO, and replay the copy.

    The venue may be running: the copy has all that was durable when it was begun. To restore,
    serve a copy of TO. Linked venues are copied together: name the FILE that serve --linked has,
    and TO gets a directory for each, by its name, which goes back to its dir.

    Example:  carbonx backup runs/venue runs/venue.backup
    """
    if source.is_file():
        folders = {each.name: source.parent / each.dir for each in read(source).venue}
        for name, found in backup_linked(folders, target).items():
            _say(target / name, found)
        return
    with reading_log(source):
        found = backup(source, target)
    _say(target, found)
    links = found.replayed.venue.links.ends
    if links:
        peers = ", ".join(dict.fromkeys(end.rules.peer for end in links.values()))
        click.echo(
            f"it is linked with {peers}: copies of one moment are made with the file of "
            "serve --linked in the place of DIR",
            err=True,
        )


def _say(target: Path, found: Checked) -> None:
    """Say what a copy is."""
    click.echo(
        f"{target}: {counted(found.blocks, 'block')}, "
        f"{counted(found.replayed.records, 'record')}, "
        f"state {found.replayed.venue.state_hash()}"
    )

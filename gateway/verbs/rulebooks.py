"""``carbonx rulebooks``: which rules there are."""

import click

from engine import rulebooks


@click.group()
def command() -> None:
    """List the rulebooks, or show one. Copy one to write your own."""


@command.command("list")
def list_them() -> None:
    """Name every rulebook with its title."""
    for name in rulebooks.names():
        click.echo(f"{name:16} {rulebooks.load(name).title}")


@command.command()
@click.argument("name")
def show(name: str) -> None:
    """Print a rulebook as it stands in its file."""
    click.echo(rulebooks.text(name), nl=False)

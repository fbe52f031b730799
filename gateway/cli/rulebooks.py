"""``carbonx rulebooks``: which rules there are."""

import json
from pathlib import Path
from typing import Any

import click

from engine.rulebook import presets
from engine.rulebook.amend import lines_of
from engine.rulebook.ladders import in_words
from engine.rulebook.sources import UNCONFIRMED, figures, source_of
from gateway.cli.rulebook_page import band, calls, how, page, sizes


@click.group()
def command() -> None:
    """List, show, check and compare rulebooks. Copy one to write your own."""


@command.command("list")
def list_them() -> None:
    """Name every rulebook with its title."""
    for name in presets.names():
        book = presets.load(name)
        modes = ", ".join(mode.name for mode in book.modes)
        click.echo(f"{name:14} {book.title}  [{modes}]")


@command.command()
@click.argument("name")
def show(name: str) -> None:
    """Print a rulebook as it stands in its file, and in words how the prices of calls are found.

    The words are comments, so that what is printed is a rulebook.
    """
    click.echo(presets.text(name), nl=False)
    book = presets.load(name)
    for mode in book.modes:
        if calls(book, mode):
            click.echo(f"\n# The price of a call in {mode.name}: {in_words(mode.ladder)}.")


@command.command()
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
def check(file: Path, *, as_json: bool) -> None:
    """Read a rulebook of your own; say what is wrong with it, or what it comes to.

    Example:  carbonx rulebooks check mine.toml
    """
    book = presets.read(file)
    found = figures(book, brief=True)
    open_figures = [path for path in found if source_of(book, path).startswith(UNCONFIRMED)]
    lines = {line: mechanism.name.lower() for line, (mechanism, _) in lines_of(book).items()}
    if as_json:
        facts = {"name": book.name, "products": [p.symbol for p in book.products], "lines": lines,
                 "figures": len(found), "to_confirm": open_figures,
                 "digest": book.digest()}  # fmt: skip
        click.echo(json.dumps(facts))
        return
    click.echo(f"{book.name}: {len(book.products)} products, {len(lines)} lines, all well")
    for mode in book.modes:
        click.echo(f"  {mode.name}: {how(mode)}; tonnes {sizes(mode)}; limits {band(mode)}")
        if calls(book, mode):
            click.echo(f"    the price of a call: {in_words(mode.ladder)}")
    click.echo(f"{len(open_figures)} of {len(found)} figures are defaults to confirm")
    click.echo(f"digest {book.digest()}")


@command.command("page")
def print_page() -> None:
    """Print docs/rulebooks.md, made from the rulebooks."""
    click.echo(page(), nl=False)


@command.command()
@click.argument("one")
@click.argument("other")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
def diff(one: str, other: str, *, as_json: bool) -> None:
    """Compare two rulebooks, each a name or a .toml file, figure by figure.

    Example:  carbonx rulebooks diff textbook mine.toml
    """
    books = [presets.find(name) for name in (one, other)]
    before, after = (figures(book) for book in books)
    said = {path for book in books for path in figures(book, brief=True)}
    changed = {
        path: (before.get(path), after.get(path))
        for path in {**before, **after}
        if before.get(path) != after.get(path)
        and (path in said or (path in before and path in after))
    }
    if as_json:
        click.echo(json.dumps({path: list(pair) for path, pair in changed.items()}))
        return
    for path, (old, new) in changed.items():
        click.echo(f"{path}: {_told(old)} -> {_told(new)}")
    if not changed:
        click.echo("the two have the same rules")


def _told(value: Any) -> str:
    return "nothing" if value is None else json.dumps(value, ensure_ascii=False)

"""``carbonx rulebooks``: which rules there are."""

import json
from enum import IntEnum
from pathlib import Path

import click

from engine import rulebooks
from engine.rulebook import Rulebook
from engine.rulebook_text import from_toml


def rulebook_from(name: str) -> Rulebook:
    """Return a rulebook by its name or its file. Raises ``RulebookError``."""
    if not name.endswith(".toml"):
        return rulebooks.load(name)
    try:
        return from_toml(Path(name).read_text(encoding="utf-8"))
    except FileNotFoundError:
        message = f"{name} does not exist: name a file, or one of {', '.join(rulebooks.names())}"
        raise click.ClickException(message) from None


@click.group()
def command() -> None:
    """List, show, check and compare rulebooks. Copy one to write your own."""


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


@command.command()
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
def check(file: Path, *, as_json: bool) -> None:
    """Read a rulebook of your own; say what is wrong with it, or what it comes to.

    Example:  carbonx rulebooks check mine.toml
    """
    book = from_toml(file.read_text(encoding="utf-8"))
    if as_json:
        facts = {"name": book.name, "products": [p.symbol for p in book.products],
                 "digest": book.digest()}  # fmt: skip
        click.echo(json.dumps(facts))
    else:
        click.echo(f"{book.name}: {len(book.products)} products, all well")
        click.echo(f"digest {book.digest()}")


@command.command()
@click.argument("one")
@click.argument("other")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
def diff(one: str, other: str, *, as_json: bool) -> None:
    """Compare two rulebooks, each a name or a .toml file, figure by figure.

    Example:  carbonx rulebooks diff textbook mine.toml
    """
    before, after = (_figures(rulebook_from(name)) for name in (one, other))
    changed = {
        path: (before.get(path), after.get(path))
        for path in {**before, **after}
        if before.get(path) != after.get(path)
    }
    if as_json:
        click.echo(json.dumps({path: list(pair) for path, pair in changed.items()}))
        return
    for path, (old, new) in changed.items():
        click.echo(f"{path}: {_told(old)} -> {_told(new)}")
    if not changed:
        click.echo("the two have the same rules")


def _figures(book: Rulebook) -> dict[str, str | int]:
    """Return every figure by its path; products go by symbol, sources are left out."""
    found: dict[str, str | int] = {}
    for field in book.__struct_fields__:
        value = getattr(book, field)
        if field == "products":
            for product in value:
                for name in product.__struct_fields__:
                    found[f"products.{product.symbol}.{name}"] = getattr(product, name)
        elif isinstance(value, IntEnum):
            found[field] = value.name.lower()
        elif field != "sources":
            found[field] = value
    return found


def _told(value: str | int | None) -> str:
    return "nothing" if value is None else json.dumps(value, ensure_ascii=False)

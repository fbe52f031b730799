"""``carbonx rulebooks``: which rules there are."""

import json
import sys
from pathlib import Path
from typing import Any, Final

import click
from rich.table import Table

from engine.rulebook import presets
from engine.rulebook.amend import lines_of
from engine.rulebook.ladders import in_words
from engine.rulebook.model import Rulebook
from engine.rulebook.sources import UNCONFIRMED, figures, source_of
from engine.vocabulary.json_codec import decimal_text
from gateway.cli.console import Group, drawn, fitted, json_text
from gateway.cli.rulebook_page import band, calls, how, in_years, page, sizes

_LONG: Final = 12  # parts of two lists

_MONEY: Final = ("reference", "tick", "reserve", "trigger")  # figures in minor units


@click.group(cls=Group)
def command() -> None:
    """List, show, check and compare rulebooks. Copy one to write your own.

    Example:  carbonx rulebooks list
    """


@command.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
def list_them(*, as_json: bool) -> None:
    """Name every rulebook with what it is like and its modes.

    Example:  carbonx rulebooks list
    """
    books = [presets.load(name) for name in presets.names()]
    if as_json:
        rows = [
            {"name": book.name, "title": book.title, "modes": [m.name for m in book.modes]}
            for book in books
        ]
        click.echo(json_text(rows))
        return
    table = Table(box=None, padding=(0, 2, 0, 0), show_header=False)
    table.add_column(no_wrap=True)
    table.add_column()
    table.add_column()
    for book in books:
        table.add_row(book.name, book.title, ", ".join(mode.name for mode in book.modes))
    click.echo(drawn(table))


@command.command()
@click.argument("name")
def show(name: str) -> None:
    """Print a rulebook as it stands in its file, and in words its prices and what names stand for.

    NAME is a rulebook's name, or a .toml file. The words are comments, so that what is printed is
    a rulebook.

    Example:  carbonx rulebooks show guangdong > mine.toml
    """
    book = presets.find(name)
    text = Path(name).read_text("utf-8-sig") if name.endswith(".toml") else presets.text(name)
    parts = [text, *(f"\n# {product}.\n" for product in _products(book))]
    if book.calendar.holidays:
        dates, source = list(book.calendar.holidays), source_of(book, "calendar.holidays")
        parts.append(f"\n# The holidays are {in_years(dates)}: {source}.\n")
    parts += [
        f"\n# The price of a call in {mode.name}: {in_words(mode.ladder)}.\n"
        for mode in book.modes
        if calls(book, mode)
    ]
    _print_file("".join(parts))


@command.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
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
    products, many = len(book.products), len(lines)
    click.echo(
        f"{book.name}: {products} product{'s' * (products > 1)}, "
        f"{many} line{'s' * (many > 1)}, all well"
    )
    for product in _products(book):
        click.echo(f"  {product}")
    for mode in book.modes:
        click.echo(fitted(f"  {mode.name}: {how(mode)}; tonnes {sizes(mode)}; limits {band(mode)}"))
        if calls(book, mode):
            click.echo(fitted(f"    the price of a call: {in_words(mode.ladder)}"))
    click.echo(f"{len(open_figures)} of {len(found)} figures are defaults to confirm")
    click.echo(f"digest {book.digest()}")


@command.command("page")
def print_page() -> None:
    """Print docs/rulebooks.md, made from the rulebooks.

    Example:  carbonx rulebooks page > rulebooks.md
    """
    _print_file(page())


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
        click.echo(fitted(f"{path}: {_change(old, new)}{_as_money(books, path, old, new)}"))
    if not changed:
        click.echo("the two have the same rules")


@command.command()
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.argument("path")
@click.argument("value")
def amend(file: Path, path: str, value: str) -> None:
    """Change one figure of a rulebook's FILE, which keeps its comments and its order.

    PATH and VALUE are as in an amendment: a figure by its path, and a TOML value. A list takes one
    more by a + behind its name. What would make the rulebook wrong is refused, the file left alone.

    Example:  carbonx rulebooks amend mine.toml 'modes[listing].min_quantity' 10
    """
    from gateway.cli.rulebook_file import rewrite  # noqa: PLC0415 - tomlkit takes time to import

    try:
        book = rewrite(file, path, value)
    except OSError as error:
        message = f"{file} cannot be written ({error.strerror}): it is as it was"
        raise click.ClickException(message) from error
    click.echo(f"{file}: {path} is {value}; digest {book.digest()}")


def _change(old: Any, new: Any) -> str:
    """Say what a figure was and is; of two long lists, such as of holidays, what differs."""
    if isinstance(old, list) and isinstance(new, list) and len(old) + len(new) > _LONG:
        gone = [each for each in old if each not in new]
        come = [each for each in new if each not in old]
        both = (("without", gone), ("with", come))
        return ", ".join(f"{word} {_told(part)}" for word, part in both if part) or "another order"
    return f"{_told(old)} -> {_told(new)}"


def _products(book: Rulebook) -> list[str]:
    """Say what each product's prices are, as people read them."""
    digits = book.minor_digits
    return [
        f"{p.symbol}: previous close {decimal_text(p.reference, digits) if p.reference else 'none'}"
        f" {p.currency}, tick {decimal_text(p.tick, digits)}, lots of {p.lot} t"
        for p in book.products
    ]


def _as_money(books: list[Rulebook], path: str, old: Any, new: Any) -> str:
    """Return two figures as people read them, "" where they are no money."""
    if path.rpartition(".")[2] not in _MONEY or not (isinstance(old, int) and isinstance(new, int)):
        return ""
    was, now = (
        decimal_text(each, book.minor_digits) for each, book in zip((old, new), books, strict=True)
    )
    return f" ({was} -> {now})"


def _print_file(text: str) -> None:
    """Print what is to be a file, which is UTF-8; a terminal gets what it can show."""
    if sys.stdout.isatty():
        click.echo(text, nl=False)
    else:
        sys.stdout.buffer.write(text.encode())


def _told(value: Any) -> str:
    return "nothing" if value is None else json.dumps(value, ensure_ascii=False)

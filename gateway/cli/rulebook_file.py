"""One figure of a rulebook's file changed in place: comments, order and spelling stay."""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING, Any, Final

import tomlkit
from tomlkit.exceptions import TOMLKitError

from engine.log.files import made_aside
from engine.rulebook.model import Rulebook, RulebookError
from engine.rulebook.toml_codec import from_toml
from engine.vocabulary.texts import shown

if TYPE_CHECKING:
    from pathlib import Path

_TABLES: Final = (tomlkit.items.Table, tomlkit.items.InlineTable, tomlkit.TOMLDocument)


def changed(text: str, path: str, value: str) -> tuple[str, Rulebook]:
    """Return a rulebook's text with one figure changed, and what it comes to.

    ``path`` is that of an amendment: ``modes[listing].tick``, or ``products+`` for one more. Raises
    ``RulebookError`` where the path or the new rulebook is wrong.
    """
    from_toml(text)  # what is wrong already is said as such
    document = tomlkit.parse(text)
    try:
        given = tomlkit.value(value)
    except TOMLKitError as error:
        message = f"{path}: {shown(value)} is not a TOML value: a text needs quotation marks"
        raise RulebookError(message) from error
    *way, last = path.split(".")
    place: Any = document
    for part in way:
        place = _down(place, part, path)
    if last.endswith("]"):
        _down(place, last, path).update(_table(given, path))
    elif last.endswith("+"):
        _append(place, last.removesuffix("+"), given, path)
    else:
        place[last] = given
    new = tomlkit.dumps(document)
    return new, from_toml(new)


def _down(place: Any, part: str, path: str) -> Any:
    """Go one step down; a table that the file leaves out is begun."""
    key, named, name = part.partition("[")
    if not named:
        found = place.setdefault(key, tomlkit.table())
    else:
        rows = place.get(key, [])
        wanted = name.removesuffix("]")
        tables = (row for row in rows if isinstance(row, _TABLES)) if isinstance(rows, list) else ()
        found = next((t for t in tables if wanted in (t.get("name"), t.get("symbol"))), None)
    if not isinstance(found, _TABLES):
        message = f"{path}: the file has no {part}"
        raise RulebookError(message)
    return found


def _append(place: Any, key: str, given: Any, path: str) -> None:
    rows = place.get(key)
    if rows is None and isinstance(given, tomlkit.items.InlineTable):
        rows = place[key] = tomlkit.aot()
    elif rows is None:
        rows = place[key] = tomlkit.array()
    if isinstance(rows, tomlkit.items.AoT):
        table = tomlkit.table()
        table.update(_table(given, path))
        rows.append(table)
    elif isinstance(rows, list):
        rows.append(given)
    else:
        message = f"{path}: only lists take one more, and the file has {rows!r} there"
        raise RulebookError(message)


def _table(given: Any, path: str) -> Any:
    if isinstance(given, _TABLES):
        return given
    message = f"{path}: a table such as {{tick = 5}} is needed"
    raise RulebookError(message)


def rewrite(file: Path, path: str, value: str) -> Rulebook:
    """Change one figure of a file, whole or not at all. Raises ``RulebookError``, ``OSError``."""
    file = file.resolve()  # a link stays one
    try:
        text = file.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        message = f"{file}: not UTF-8 at byte {error.start}: save it as UTF-8"
        raise RulebookError(message) from error
    new, book = changed(text, path, value)
    aside = file.with_name(f"{file.name}.new")
    try:
        with os.fdopen(made_aside(aside), "wb") as written:
            written.write(new.encode())
        shutil.copymode(file, aside)
        aside.replace(file)
    except OSError:
        aside.unlink(missing_ok=True)
        raise
    return book

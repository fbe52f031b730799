"""Amendments: a rulebook with one figure changed, named by its path.

A path goes from the rulebook down: ``close``, ``calendar.holidays``, ``modes[continuous].tick``;
parts of a list go by their name or symbol, and ``products+`` adds one more.
"""

from collections.abc import Iterable
from typing import Any

from engine.rulebook.model import Rulebook, RulebookError, line_name
from engine.rulebook.toml_codec import from_plain, to_plain
from engine.vocabulary.enums import Mechanism
from engine.vocabulary.suggest import did_you_mean
from engine.vocabulary.texts import MAX_TEXT, UnreadableError, encodable, read_toml, shown

_LONGEST = 256  # characters of a path
_LISTED = 64  # characters of names that are listed where none is near
_OPTIONAL = {
    "auction": ("guarantees", "pledges", "market", "formula", "consigned", "triggers", "growth")
}  # tables that a rulebook may lack
_FIXED = ("name", "currency", "minor_digits", "self_trade_scope")


def amended(rulebook: Rulebook, path: str, value: str) -> Rulebook:
    """Return a rulebook with one figure changed. Raises ``RulebookError``.

    What a running venue cannot change stays: its name and money, a line once it exists, what a
    mode does.
    """
    new = changed(rulebook, path, value)
    _check_kept(rulebook, new)
    return new


def changed(rulebook: Rulebook, path: str, value: str) -> Rulebook:
    """Return a rulebook with any one figure changed, for another venue. Raises ``RulebookError``.

    ``value`` is TOML.
    """
    return all_changed(rulebook, [(path, value)])


def all_changed(rulebook: Rulebook, changes: Iterable[tuple[str, str]]) -> Rulebook:
    """Return a rulebook with several figures changed at once. Raises ``RulebookError``.

    Each change is a path and a value as TOML; only what comes of all of them has to be valid.
    """
    plain = to_plain(rulebook, brief=False)
    for path, value in changes:
        _set(plain, path, _read(path, value))
    return from_plain(plain)


def _read(path: str, value: str) -> Any:
    if not 0 < len(path) <= _LONGEST or not encodable(path) or len(path.splitlines()) > 1:
        message = f"{shown(path)}: a path such as modes[continuous].limit_up_bp is needed"
        raise RulebookError(message)
    try:
        given = read_toml(f"value = {value}", MAX_TEXT + 8)
    except UnreadableError as error:
        message = f"{path}: {shown(value)} is not a TOML value ({error})"
        raise RulebookError(message) from error
    if list(given) != ["value"]:
        message = f"{path}: one value is needed"
        raise RulebookError(message)
    return given["value"]


def _set(plain: dict[str, Any], path: str, value: Any) -> None:
    *way, last = path.split(".")
    place: Any = plain
    for part in way:
        place = _down(place, part, path)
    adds = last.endswith("+")
    if "[" in last:
        found = _down(place, last, path)
        if not isinstance(value, dict):
            message = f"{path}: a table such as {{tick = 5}} is needed"
            raise RulebookError(message)
        found.update(value)
        return
    key = last.removesuffix("+")
    optional = _OPTIONAL.get(".".join(way), ())
    if not isinstance(place, dict) or (key not in place and key not in optional):
        message = f"{path}: the rulebook has no {key}{_perhaps(place, key)}"
        raise RulebookError(message)
    if not adds:
        place[key] = value
        return
    if not isinstance(place.get(key), list):
        message = f"{path}: only lists take one more"
        raise RulebookError(message)
    place[key].append(value)


def _down(place: Any, part: str, path: str) -> Any:
    """Go one step down a path: ``calendar``, or ``modes[continuous]``."""
    key, named, name = part.partition("[")
    found = place.get(key) if isinstance(place, dict) else None
    if named:  # a part of a list, which has a name; nothing else has parts with names
        rows = found if isinstance(found, list) and name.endswith("]") else []
        name = name.removesuffix("]")
        tables = (each for each in rows if isinstance(each, dict))
        found = next((t for t in tables if name in (t.get("name"), t.get("symbol"))), None)
    if found is None:
        message = f"{path}: the rulebook has no {part}{_perhaps(place, part)}"
        raise RulebookError(message)
    return found


def _perhaps(place: Any, part: str) -> str:
    """Ask for the key, or the part of a list, that is nearest to one that there is not.

    Where no part is near, say which there are.
    """
    if not isinstance(place, dict):
        return ""
    key, _, name = part.removesuffix("+").partition("[")
    rows = place.get(key)
    if not isinstance(rows, list):
        return did_you_mean(key, place)
    tables = [each for each in rows if isinstance(each, dict)]
    names = [each[field] for each in tables for field in ("name", "symbol") if field in each]
    listed = ", ".join(map(str, dict.fromkeys(names)))
    there_are = f": there are {listed}" if 0 < len(listed) <= _LISTED else ""
    return did_you_mean(name.removesuffix("]"), names) or there_are


def lines_of(rulebook: Rulebook) -> dict[str, tuple[Mechanism, str]]:
    """Return every line with its mechanism and its currency."""
    return {
        line_name(product, mode, rulebook.modes_of(product)[0]): (mode.mechanism, product.currency)
        for product in rulebook.products
        for mode in rulebook.modes_of(product)
    }


def _check_kept(old: Rulebook, new: Rulebook) -> None:
    for name in _FIXED:
        if getattr(old, name) != getattr(new, name):
            message = f"$.{name}: it does not change while the venue runs"
            raise RulebookError(message)
    after = lines_of(new)
    for line, kind in lines_of(old).items():
        if after.get(line) != kind:
            message = f"{line}: a line, its mechanism and its currency stay while the venue runs"
            raise RulebookError(message)

"""A rulebook figure by figure: each by its path, with where it comes from.

A path goes from the rulebook down, parts of a list by their name or symbol:
``modes[listing].limit_up_bp``. Amendments, comparisons and sources all speak of such paths.
"""

from typing import Any

from engine.rulebook.model import Rulebook
from engine.rulebook.toml_codec import to_plain

UNCONFIRMED = "default to confirm"
WORDS = ("name", "title", "symbol")  # they say what a thing is called, not how it trades


def figures(book: Rulebook, *, brief: bool = False) -> dict[str, Any]:
    """Return every figure by its path, in the order of the file; ``brief`` omits defaults."""
    plain = to_plain(book, brief=brief)
    plain.pop("sources", None)
    found: dict[str, Any] = {}
    _collect(plain, "", found)
    return found


def _collect(value: Any, path: str, found: dict[str, Any]) -> None:
    if isinstance(value, dict):
        for key, part in value.items():
            if key not in WORDS:
                _collect(part, f"{path}.{key}" if path else key, found)
    elif isinstance(value, list) and value and isinstance(value[0], dict) and _name(value[0]):
        for part in value:
            _collect(part, f"{path}[{_name(part)}]", found)
    elif path:
        found[path] = value


def _name(part: dict[str, Any]) -> str:
    return str(part.get("symbol") or part.get("name") or "")


def source_of(book: Rulebook, path: str) -> str:
    """Return where a figure comes from, or the mark that it is a default to confirm.

    Sources stand under paths too. The most exact one counts: ``products.tick`` is for the tick of
    every product, ``modes[block]`` for all that is said of one mode, ``all`` for everything.
    """
    return stated_source(book, path) or UNCONFIRMED


def stated_source(book: Rulebook, path: str) -> str:
    """Return what the rulebook itself says of a figure's source, "" where it says nothing."""
    wanted = path.split(".")
    best, source = (0, 0), book.sources.get("all", "")
    for key, text in book.sources.items():
        parts = key.split(".")
        if len(parts) > len(wanted):
            continue
        pairs = zip(parts, wanted, strict=False)
        if all(part in (whole, whole.partition("[")[0]) for part, whole in pairs):
            exact = (len(parts), sum("[" in part for part in parts))
            if exact > best:
                best, source = exact, text
    return source

"""A market design: a rulebook and the changes that were made to it, as one value."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from msgspec import Struct

from backtest.lab.batches import in_batches
from engine.rulebook import presets
from engine.rulebook.amend import all_changed
from engine.rulebook.model import Rulebook, RulebookError
from engine.rulebook.toml_codec import to_plain

if TYPE_CHECKING:
    from collections.abc import Mapping

_BATCHES: Final = "batch_seconds"
_LIMITS: Final = {"limit_up_bp": "limit_down_bp", "limit_down_bp": "limit_up_bp"}


class DesignError(ValueError):
    """A change that names nothing, or that the rulebook does not allow."""


class Design(Struct, frozen=True):
    """A rulebook and how it came to be. Two designs are equal where rules and changes are."""

    rulebook: Rulebook
    changes: tuple[tuple[str, str], ...] = ()  # path, value as TOML; in the order of making

    @property
    def name(self) -> str:
        """The name of the rulebook that it began with."""
        return self.rulebook.name

    @property
    def digest(self) -> str:
        """The hash of the rules."""
        return self.rulebook.digest()

    def plain(self) -> dict[str, Any]:
        """Return the rules as JSON can say them."""
        found: dict[str, Any] = to_plain(self.rulebook, brief=True)
        return found

    def __hash__(self) -> int:
        """Agree with ``==``; a rulebook's parts have no hash of their own."""
        return hash((self.digest, self.changes))

    def __str__(self) -> str:
        """Return the rulebook's name and the changes."""
        return ", ".join([self.name, *(f"{path} = {value}" for path, value in self.changes)])

    def changed(self, path: str, value: object) -> Design:
        """Return the design with one figure changed, by its path: ``modes[bidding].limit_up_bp``.

        ``value`` is what TOML can say: a text, a number, a truth, a list or a dict of these.
        Raises ``DesignError``.
        """
        return self.all_changed({path: value})

    def all_changed(self, figures: Mapping[str, object]) -> Design:
        """Return the design with several figures changed at once, by their paths.

        A mode has a limit on both sides or on none: where one is set to 0, the other goes too
        unless it is among the figures. A mode that is given ``batch_seconds`` trades in these
        calls where it traded continuously. Raises ``DesignError``.
        """
        texts = {path: toml_value(value) for path, value in figures.items()}
        for path in list(texts):
            twin = _twin(path)
            if twin and texts[path] == "0":
                texts.setdefault(twin, "0")
        try:
            rulebook = all_changed(self.rulebook, texts.items())
            if any(path.endswith(_BATCHES) for path in texts):
                rulebook = in_batches(rulebook)
        except RulebookError as error:
            raise DesignError(str(error)) from error
        return Design(rulebook, (*self.changes, *texts.items()))

    def with_(self, mode: str = "", **figures: object) -> Design:
        """Return the design with some figures changed, all at once.

        With ``mode`` they are that mode's, otherwise the rulebook's own. Raises ``DesignError``.
        """
        if not figures:
            message = "with_: name at least one figure, such as limit_up_bp=500"
            raise DesignError(message)
        start = f"modes[{mode}]." if mode else ""
        return self.all_changed({f"{start}{name}": value for name, value in figures.items()})


def _twin(path: str) -> str:
    """Return the path of the limit on the other side, "" where a path names no limit."""
    start, _, name = path.rpartition(".")
    other = _LIMITS.get(name)
    return f"{start}.{other}" if other else ""


def toml_value(value: object) -> str:
    """Return a value as TOML writes it. Raises ``DesignError``."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, str):
        return json.dumps(value)
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(toml_value, value))}]"
    if isinstance(value, dict):
        pairs = (f"{json.dumps(key)} = {toml_value(each)}" for key, each in value.items())
        return f"{{{', '.join(pairs)}}}"
    right = "a text, a whole number, True or False, a list or a dict"
    message = f"{value!r} is no value of a rule: {right}"
    raise DesignError(message)


def design(source: str | Rulebook) -> Design:
    """Return a design from a rulebook, a preset's name or a ``.toml`` file.

    Raises ``DesignError``.
    """
    if isinstance(source, Rulebook):
        return Design(source)
    try:
        return Design(presets.find(source))
    except RulebookError as error:
        raise DesignError(str(error)) from error


def diff(one: Design, other: Design) -> dict[str, tuple[Any, Any]]:
    """Return what differs between two designs: path to both values, None where one has none."""
    before, after = _flat(one.rulebook), _flat(other.rulebook)
    paths = dict.fromkeys([*before, *after])
    return {
        path: (before.get(path), after.get(path))
        for path in paths
        if before.get(path) != after.get(path)
    }


def _flat(rulebook: Rulebook) -> dict[str, Any]:
    found: dict[str, Any] = {}
    _walk(to_plain(rulebook, brief=False), "", found)
    return found


def _walk(value: Any, path: str, found: dict[str, Any]) -> None:
    if isinstance(value, dict):
        for key, each in value.items():
            _walk(each, f"{path}.{key}" if path else key, found)
    elif isinstance(value, list) and value and all(isinstance(each, dict) for each in value):
        for place, each in enumerate(value):
            name = each.get("name", each.get("symbol", str(place)))
            _walk(each, f"{path}[{name}]", found)
    else:
        found[path] = value


def as_mapping(designs: Mapping[str, Design | str] | Design | str) -> dict[str, Design]:
    """Return designs by their labels. Raises ``DesignError``."""
    if isinstance(designs, Design | str):
        one = designs if isinstance(designs, Design) else design(designs)
        return {str(one): one}
    found = {
        label: each if isinstance(each, Design) else design(each) for label, each in designs.items()
    }
    if not found:
        message = "no design: name at least one"
        raise DesignError(message)
    return found


__all__ = ["Design", "DesignError", "as_mapping", "design", "diff", "toml_value"]

"""The holidays of markets: dates by year, each with its source, in ``presets/holidays``.

A rulebook's file names them, ``holidays = "china"``, and is read with the dates in their place: the
rulebook itself, which is what a log begins with, holds dates and no name. So an amendment, which is
read again at each replay, takes dates alone.
"""

from importlib import resources
from typing import Any, Final

import msgspec

from engine.rulebook.model import RulebookError
from engine.vocabulary.suggest import not_one_of

_FOLDER: Final = resources.files("engine.rulebook").joinpath("presets", "holidays")


class Holidays(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Weekdays on which a market is closed, in order."""

    source: str
    years: dict[str, tuple[int, ...]]

    @property
    def dates(self) -> list[int]:
        """All of them, in order."""
        return [date for year in self.years.values() for date in year]


def names() -> list[str]:
    """Return the markets whose holidays there are, sorted."""
    return sorted(file.name.removesuffix(".toml") for file in _FOLDER.iterdir())


def load(name: str) -> Holidays:
    """Return a market's holidays. Raises ``RulebookError`` with the names there are."""
    if name not in names():
        message = f"$.calendar.holidays: {not_one_of(name, names())}"
        raise RulebookError(message)
    written = _FOLDER.joinpath(f"{name}.toml").read_text(encoding="utf-8")
    return msgspec.toml.decode(written, type=Holidays)


def filled(data: Any) -> Any:
    """Return a rulebook's data with dates, and their source, where it names a market."""
    calendar = data.get("calendar") if isinstance(data, dict) else None
    name = calendar.get("holidays") if isinstance(calendar, dict) else None
    if not isinstance(calendar, dict) or not isinstance(name, str):
        return data
    found = load(name)
    new = {**data, "calendar": {**calendar, "holidays": found.dates}}
    sources = data.get("sources", {})
    if isinstance(sources, dict):
        new["sources"] = {"calendar.holidays": found.source, **sources}
    return new

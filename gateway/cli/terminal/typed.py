"""Words that people type at the shell, read as figures, sides, times and names."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from engine.vocabulary.enums import Side
from engine.vocabulary.json_codec import TextError, exact_minor
from engine.vocabulary.suggest import nearest
from gateway.protocol.bounds import MAX_INTEGER

if TYPE_CHECKING:
    from collections.abc import Iterable

LONGEST_LINE: Final = 1_000  # characters
_SHOWN: Final = 40  # characters of a wrong word that its refusal repeats
_LISTED: Final = 30  # names that a refusal lists
_PRICE: Final = re.compile(r"-?[0-9]+(\.[0-9]*)?|-?\.[0-9]+", re.ASCII)
_LATER: Final = re.compile(r"\+([0-9]{1,6})([smhd])", re.ASCII)
_UNITS: Final = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


class RefusedError(Exception):
    """A line that is not taken; the text says what is wrong and what would be right."""

    def __init__(self, text: str, *, order: bool = False) -> None:
        """``order``: words may stand in a wrong order, so the verb's usage should be shown."""
        super().__init__(text)
        self.order = order


def shown(word: str) -> str:
    """Return a word in quotes, cut where it is long."""
    return repr(word if len(word) <= _SHOWN else f"{word[:_SHOWN]}...")


def words_of(line: str) -> list[str]:
    """Split a line into words. Raises ``RefusedError`` for what could not be sent."""
    if len(line) > LONGEST_LINE:
        message = f"a line of {len(line):,} characters: {LONGEST_LINE:,} are taken at most"
        raise RefusedError(message)
    words = line.split()
    if not all(word.isprintable() and "\ufffd" not in word for word in words):
        message = "the line has characters that cannot be read: type it again"
        raise RefusedError(message)
    return words


def choice(word: str, known: Iterable[str], what: str) -> str:
    """Return a word that is one of those known; else name the nearest, or all of them."""
    names = list(known)
    if word in names:
        return word
    near = nearest(word, names)
    listed = ", ".join(names[:_LISTED]) + (" ..." if len(names) > _LISTED else "")
    right = (
        f"did you mean {near}?" if near else f"there are {listed}" if names else "there are none"
    )
    message = f"{shown(word)} is not {what}: {right}"
    raise RefusedError(message)


def whole(word: str, what: str, least: int = 1) -> int:
    """Read a whole number that fits a message."""
    if not re.fullmatch("[0-9]{1,30}", word, re.ASCII):
        message = f"{shown(word)} is not {what}: write digits alone, such as 100"
        raise RefusedError(message)
    value = int(word)
    if not least <= value <= MAX_INTEGER:
        message = f"{shown(word)} is not {what}: {least} to {MAX_INTEGER}"
        raise RefusedError(message)
    return value


def tonnes(word: str) -> int:
    """Read a quantity."""
    return whole(word, "a number of tonnes")


def is_price(word: str) -> bool:
    """Say whether a word is meant as a price."""
    return bool(re.match(r"[-+.]?[0-9]", word, re.ASCII))


def price(word: str, digits: int) -> int:
    """Read a price in currency, as minor units, exactly."""
    example = f"{35:.{digits}f}"
    if not _PRICE.fullmatch(word):
        message = f"{shown(word)} is not a price: write digits and a point, such as {example}"
        raise RefusedError(message)
    try:
        minor = exact_minor(word, digits)
    except TextError as error:
        message = f"{error.rule}: write a price such as {example}"
        raise RefusedError(message) from None
    if not 0 < minor <= MAX_INTEGER:
        message = f"{shown(word)} is not a price: it is above 0, such as {example}"
        raise RefusedError(message)
    return minor


def side(word: str) -> Side:
    """Read a side."""
    return Side[choice(word.lower(), ("buy", "sell"), "a side").upper()]


def moment(word: str, now: datetime) -> int:
    """Read a time, as ns UTC: ``now``, ``+90s``, ``+10m``, ``+2h``, ``+3d``, ``14:30`` or ISO."""
    later = _LATER.fullmatch(word)
    if word == "now":
        return _nanoseconds(now)
    try:
        if later is not None:
            return _nanoseconds(now + timedelta(**{_UNITS[later[2]]: int(later[1])}))
        if re.fullmatch("[0-9]{1,2}:[0-9]{2}", word, re.ASCII):
            hour, minute = map(int, word.split(":"))
            return _nanoseconds(now.replace(hour=hour, minute=minute, second=0, microsecond=0))
        written = datetime.fromisoformat(word)
        return _nanoseconds(written if written.tzinfo else written.replace(tzinfo=now.tzinfo))
    except (ValueError, OverflowError):
        message = (
            f"{shown(word)} is not a time: write now, +10m, +2h, 14:30 or 2026-06-26T14:30+08:00"
        )
        raise RefusedError(message) from None


def _nanoseconds(when: datetime) -> int:
    epoch = datetime.fromisoformat("1970-01-01T00:00+00:00")
    return (when - epoch) // timedelta(microseconds=1) * 1_000

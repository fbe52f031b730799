"""Which known name somebody may have meant who typed another one.

For texts that people type: files, options, operators' lines. Comparing names costs far more than
refusing one, so nothing that a client sends over the wire is compared.
"""

from collections.abc import Iterable
from difflib import get_close_matches
from typing import Final

from engine.vocabulary.texts import shown

_LONGEST: Final = 64  # characters of a name that is worth a comparison


def alike(typed: str, known: Iterable[str], most: int = 3) -> list[str]:
    """Return the known names that are like what was typed, at most so many, the nearest first.

    Upper and lower case count alike. Names made of the same characters come first, as when two
    figures have changed places.
    """
    if len(typed) > _LONGEST:
        return []
    by_lower = {name.lower(): name for name in known if len(name) <= _LONGEST}
    word = typed.lower()
    close = get_close_matches(word, by_lower, max(1, len(by_lower)))
    close.sort(key=lambda name: sorted(name) != sorted(word))
    return [by_lower[name] for name in close[:most]]


def nearest(typed: str, known: Iterable[str]) -> str:
    """Return the known name that is nearest to what was typed, "" where none is near."""
    return next(iter(alike(typed, known)), "")


def did_you_mean(typed: object, known: Iterable[str]) -> str:
    """Return the end of a refusal that asks for the nearest name, "" where none is near."""
    found = nearest(typed, known) if isinstance(typed, str) else ""
    return f": did you mean {found!r}?" if found else ""


def not_one_of(typed: object, known: Iterable[str]) -> str:
    """Return the refusal of a name that is not known: the nearest one, or the names there are."""
    names = list(known)
    perhaps, listed = did_you_mean(typed, names), ", ".join(names)
    if perhaps and len(listed) > _LONGEST:
        return f"{shown(typed)} is not known{perhaps}"
    return f"{shown(typed)} is not one of {listed}{perhaps}"

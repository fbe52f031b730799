"""Which known name was meant by one that is not known."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

_LONGEST: Final = 64  # characters of a name that is worth a comparison


def nearest(typed: str, known: Iterable[str]) -> str:
    """Return the known name nearest to what was typed, in whatever case; "" when none is near."""
    if len(typed) > _LONGEST:
        return ""
    names = {name.lower(): name for name in known}
    found = get_close_matches(typed.lower(), names, 1)
    return names[found[0]] if found else ""

"""A rulebook written as TOML."""

import tomlkit

from engine.rulebook.model import Rulebook
from engine.rulebook.toml_codec import to_plain


def to_toml(book: Rulebook) -> str:
    """Return TOML that reads back as the same rulebook."""
    return tomlkit.dumps(to_plain(book))

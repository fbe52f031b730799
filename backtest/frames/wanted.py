"""Which of a log's tables are wanted, and in which files."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from pathlib import Path


class Wanted(NamedTuple):
    """Tables as files of one format in a folder."""

    folder: Path
    names: tuple[str, ...]
    form: str
    digits: int | None  # decimals of money, None for minor units

    def path(self, name: str) -> Path:
        """Return where a table goes."""
        return self.folder / f"{name}.{self.form}"

    def aside(self, name: str) -> Path:
        """Return where it is written until it is whole."""
        return self.folder / f"{name}.{self.form}.new"

    def discard(self) -> None:
        """Remove what is not whole."""
        for name in self.names:
            with suppress(OSError):  # what cannot be there, nor made, is not what went wrong first
                self.aside(name).unlink()

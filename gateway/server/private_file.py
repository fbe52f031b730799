"""Files with keys: for the eyes of their owner alone."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


class NotPrivateError(ValueError):
    """A file that others may open; the text says what to run."""


def check_private(path: Path) -> None:
    """See that nobody but the owner may open a file. Raises ``NotPrivateError`` and ``OSError``.

    Where a system's files have no such modes nothing is looked at.
    """
    if os.name != "posix":
        return
    mode = path.stat().st_mode
    check_written_by_owner(path)
    if mode & 0o077:
        problem = f"{path} can be read by others: chmod 600 {path}"
        raise NotPrivateError(problem)


def check_written_by_owner(path: Path) -> None:
    """See that not everybody may write a file. Raises as ``check_private``."""
    if os.name == "posix" and path.stat().st_mode & 0o002:
        problem = f"{path} can be written by others, who could let themselves in: chmod 600 {path}"
        raise NotPrivateError(problem)


def read_private(path: Path) -> str:
    """Return the text of a file with a key. Raises as ``check_private``, and ``UnicodeError``."""
    check_private(path)
    return path.read_text(encoding="utf-8")

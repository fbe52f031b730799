"""Text that any terminal can show."""

from __future__ import annotations

import sys


def readable(text: str) -> str:
    """Return a text without what could steer a terminal."""
    return "".join(c if c.isprintable() or c == "\n" else "?" for c in text)


def show_all_somehow() -> None:
    """Let output replace the characters that its encoding lacks, instead of failing."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="replace")

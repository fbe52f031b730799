"""Words as people read them, and text that any terminal can show."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from enum import Enum


def readable(text: str) -> str:
    """Return a text without what could steer a terminal."""
    return "".join(c if c.isprintable() or c == "\n" else "?" for c in text)


def spelled(member: Enum) -> str:
    """Return an enum's member as people write it."""
    return str(member.name).lower().replace("_", " ")


def clock(time: int, *, date: bool = False) -> str:
    """Write ns UTC as the time of this machine's zone."""
    when = datetime.fromtimestamp(time // 10**9, UTC).astimezone()
    return f"{when:%Y-%m-%d %H:%M:%S}" if date else f"{when:%H:%M:%S}"

"""A terminal of 80 columns, and machines with other encodings than UTF-8."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import struct
import subprocess
import termios
from typing import TYPE_CHECKING, Final

from tests.support.paths import ROOT

if TYPE_CHECKING:
    from pathlib import Path

COLUMNS: Final = 80
ESCAPE: Final = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


def environment(encoding: str, **more: str) -> dict[str, str]:
    """Return the environment of a machine whose consoles have this encoding, and no other."""
    kept = {
        name: value for name, value in os.environ.items() if name not in ("NO_COLOR", "COLUMNS")
    }
    return kept | {
        "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": f"{encoding}:strict", "PYTHONUTF8": "0",
        "LC_ALL": "C", "TERM": "xterm-256color", **more,
    }  # fmt: skip


def at_a_terminal(words: list[str], folder: Path, environment: dict[str, str]) -> bytes:
    """Run a program at a terminal of 80 columns; return what it wrote there."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, COLUMNS, 0, 0))
    program = subprocess.Popen(
        words, stdin=theirs, stdout=theirs, stderr=theirs, cwd=folder, env=environment
    )
    os.close(theirs)
    seen = b""
    try:
        while piece := os.read(ours, 65_536):
            seen += piece
    except OSError:
        pass  # Linux says so when the other end is closed
    finally:
        os.close(ours)
        program.wait(timeout=60)
    return seen

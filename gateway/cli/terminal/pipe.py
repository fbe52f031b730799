"""The shell without a terminal: lines from a pipe or a file, plain text in the order it happens."""

from __future__ import annotations

import asyncio
import os
import sys
import threading
from typing import TYPE_CHECKING, Final, Self

import click

from gateway.cli.terminal.typed import LONGEST_LINE
from gateway.cli.terminal.words import readable

if TYPE_CHECKING:
    from gateway.cli.terminal.desk import Desk

CHUNK: Final = 65_536
CLOSED: Final = -1  # the descriptor of no input
AHEAD: Final = 100  # lines that are read before they are answered
LONGEST: Final = 4 * LONGEST_LINE  # bytes; what is beyond them does not matter, it is refused


class Pipe:
    """Reads lines in a thread of its own, so that what happens is shown while it waits."""

    interactive: bool = False

    def __init__(self, descriptor: int) -> None:
        """Read a file descriptor; inside a running loop."""
        self.line = 0  # the number of the line that was read last
        self.desk: Desk | None = None
        self._descriptor = descriptor
        self._encoding = getattr(sys.stdin, "encoding", None) or "utf-8"
        self._lines: asyncio.Queue[str | None] = asyncio.Queue()
        self._room = threading.Semaphore(AHEAD)
        self._loop = asyncio.get_running_loop()
        threading.Thread(target=self._read_on, name="carbonx-stdin", daemon=True).start()

    def __enter__(self) -> Self:
        """Begin."""
        return self

    def __exit__(self, *_error: object) -> None:
        """Leave the thread to end with its input."""

    async def read(self) -> str | None:
        """Return the next line, None at the end."""
        found = await self._lines.get()
        self._room.release()
        self.line += 1
        return found

    def say(self, text: str) -> None:
        """Show a text."""
        if text:
            click.echo(readable(text))

    def refuse(self, text: str) -> None:
        """Say that the last line was not taken."""
        click.echo(readable(f"line {self.line}: {text}"), err=True)

    def changed(self) -> None:
        """Tell the best prices of what is watched, where they are others than before."""
        text = self.desk.best_of_watched() if self.desk is not None else ""
        if text and self.desk is not None:
            self.desk.tell(text)

    def _read_on(self) -> None:
        rest = b""
        while chunk := self._chunk():
            *lines, rest = (rest + chunk).split(b"\n")
            for line in lines:
                if not self._pass_on(line):
                    return
            if len(rest) > LONGEST:
                rest = rest[:LONGEST]
        if rest:
            self._pass_on(rest)
        self._pass_on(None)

    def _chunk(self) -> bytes:
        try:
            return os.read(self._descriptor, CHUNK)
        except OSError:
            return b""  # as good as its end

    def _decoded(self, line: bytes) -> str:
        """Read a line as UTF-8, else in the encoding of the machine."""
        try:
            return line.decode("utf-8-sig")
        except UnicodeDecodeError:
            return line.decode(self._encoding, "replace")

    def _pass_on(self, line: bytes | None) -> bool:
        """Hand a line to the loop; return False once that has ended."""
        self._room.acquire()  # released where the line is read
        text = self._decoded(line) if line is not None else None
        try:
            self._loop.call_soon_threadsafe(self._lines.put_nowait, text)
        except RuntimeError:  # the loop is closed
            return False
        return True

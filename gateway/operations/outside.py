"""All that shows a venue to its operators, opened before it recovers and closed behind it."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Final, Self

from gateway.operations.log_lines import LogLines

if TYPE_CHECKING:
    from pathlib import Path
    from types import TracebackType

    from gateway.operations.port import OperationsPort
    from gateway.server.node import Node

HOST: Final = "127.0.0.1"  # figures are for this machine: who may see them is for a proxy to say


class MissingExtraError(Exception):
    """What is asked for needs a library that is not installed; the text says which."""


class Outside:
    """An operations port and log lines, each where it is asked for."""

    def __init__(self, metrics: int | None = None, log_lines: Path | None = None) -> None:
        """Open both. Raises ``OSError`` and ``MissingExtraError``."""
        self.lines = None
        self.port = _port(metrics) if metrics is not None else None
        try:
            self.lines = LogLines(log_lines) if log_lines is not None else None
        except OSError:
            if self.port is not None:
                self.port.close()
            raise

    def __enter__(self) -> Self:
        """Say that the venue recovers."""
        self._say("starting")
        return self

    def serve(self, node: Node) -> None:
        """Show a node that has started, from within its loop."""
        if self.port is not None:
            self.port.serve(node)
        if self.lines is not None:
            self.lines.watch(node)
        self._say(
            "started",
            records=node.sequencer.seq,
            rulebook=node.sequencer.venue.rulebook.name,
            address=f"{node.address[0]}:{node.address[1]}",
        )

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        """Say how it ended, and close both."""
        if isinstance(error, Exception):
            self._say("failed", logging.ERROR, why=str(error))
        else:
            self._say("stopped")
        if self.port is not None:
            self.port.close()
        if self.lines is not None:
            self.lines.close()

    def _say(self, event: str, level: int = logging.INFO, **fields: object) -> None:
        if self.lines is not None:
            self.lines.say(event, level, **fields)


def _port(number: int) -> OperationsPort:
    try:
        from gateway.operations.port import OperationsPort  # noqa: PLC0415 - an extra
    except ImportError as error:
        problem = (
            f"--metrics needs {error.name}: install carbonx-exchange[metrics], or leave "
            "--metrics out"
        )
        raise MissingExtraError(problem) from error
    return OperationsPort(HOST, number)

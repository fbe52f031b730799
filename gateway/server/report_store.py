"""Where outboxes put the older reports; this one takes none, so that all stay in memory."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


class StoreError(Exception):
    """Reports that a store does not give back as they were put there."""


class ReportStore:
    """Bytes that were put away, one stretch behind the other."""

    __slots__ = ()

    def put(self, data: bytes) -> int | None:  # noqa: ARG002 - others take it
        """Keep bytes and return their place; ``None`` where they are not taken."""
        return None

    def get(self, place: int, size: int) -> bytes:  # noqa: ARG002
        """Return bytes that were put there. Raises ``StoreError``."""
        problem = "nothing is kept"
        raise StoreError(problem)

    def keep(self, snapshot: Path) -> None:
        """Put a durable copy of all beside a snapshot. Raises ``OSError``."""

    def find(self, snapshot: Path) -> None:
        """Go on behind what lies beside a snapshot. Raises ``OSError``, and ``ValueError``."""

    def close(self) -> None:
        """Let go of all files."""

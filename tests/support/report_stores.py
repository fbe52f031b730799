"""A store of reports that is no file, and may fail."""

from __future__ import annotations

from gateway.server.report_store import ReportStore, StoreError


class FailingStore(ReportStore):
    """A store whose disk can fail."""

    def __init__(self) -> None:
        self.data = bytearray()
        self.broken = False
        self.read = 0  # how often

    def put(self, data: bytes) -> int:
        """Keep bytes."""
        self.data += data
        return len(self.data) - len(data)

    def get(self, place: int, size: int) -> bytes:
        """Return bytes."""
        if self.broken:
            problem = "a bad sector"
            raise StoreError(problem)
        self.read += 1
        return bytes(self.data[place : place + size])

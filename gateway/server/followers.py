"""What a server keeps of every record beside the venue itself, and a snapshot therefore has too."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from engine.log.sequencer import recover
from engine.venue.link_news import PART, LinkNews
from gateway.server.grace import Asking
from gateway.server.outbox import Outboxes
from gateway.server.timetable import Past

if TYPE_CHECKING:
    from pathlib import Path

    from engine.log.records import Record
    from engine.log.sequencer import Sequencer
    from engine.vocabulary.events import Event
    from gateway.server.report_store import ReportStore


class Followers:
    """Reports, the day that is on and what links pass on, as a log's records bring them about."""

    def __init__(self, store: ReportStore | None = None) -> None:
        """Begin before the first record; a recovery may put what a snapshot has in ``parts``.

        Older reports go to the store; without one all stay in memory.
        """
        self.parts: dict[str, Any] = {
            "outboxes": Outboxes(store),
            "past": Past(),
            "asking": Asking(),
            PART: LinkNews(),
        }

    @property
    def outboxes(self) -> Outboxes:
        """The reports."""
        found: Outboxes = self.parts["outboxes"]
        return found

    @property
    def past(self) -> Past:
        """The day that is on."""
        found: Past = self.parts["past"]
        return found

    @property
    def asking(self) -> Asking:
        """Whose sessions ask for cancel-on-disconnect."""
        found: Asking = self.parts["asking"]
        return found

    @property
    def links(self) -> LinkNews:
        """What may have to be delivered to linked venues, and to be said there."""
        found: LinkNews = self.parts[PART]
        return found

    def absorb(self, record: Record, events: list[Event]) -> None:
        """Take in a record and what came of it."""
        parts = self.parts
        parts["outboxes"].absorb(record.time, events)
        parts["past"].absorb(record, events)
        parts["asking"].absorb(record, events)
        parts[PART].absorb(record.command, events)

    def recover(self, folder: Path, durability: str) -> Sequencer:
        """Recover a folder's venue. Raises ``JournalError`` and ``LogError``."""
        return recover(folder, self.absorb, durability, self.parts)

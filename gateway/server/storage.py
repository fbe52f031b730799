"""What a running venue's log needs beside blocks: space ahead of them, and a sync now and then."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from engine.vocabulary.commands import CancelOrder, MassCancel
from engine.vocabulary.enums import RejectReason
from gateway.protocol.wire import NotTaken

if TYPE_CHECKING:
    from engine.log.journal import Journal
    from engine.vocabulary.commands import ClientCommand
    from gateway.server.connection import Connection

ASK_EVERY: Final = 1_000_000_000  # ns between tries to reserve space on a disk that is full
RULE: Final = "the log has space; cancels are taken, and orders again when there is more"
_CANCELS: Final = (CancelOrder, MassCancel)


class Storage:
    """Reserves a log's space ahead of what comes, and refuses what could not be kept."""

    def __init__(self, journal: Journal | None, sync_every: int = 0) -> None:
        """Reserve a log's first space; without a log nothing is kept, and nothing refused.

        Where its durability is ``interval``, it is synced after every ``sync_every`` ns. Raises
        ``JournalError``.
        """
        self.durability = journal.durability if journal is not None else "none"
        self._synced = self.durability == "interval"
        if self._synced:
            self.durability += f" {sync_every // 10**6} ms"
        self._sync_every = sync_every
        self._sync_at = 0  # ns
        self.short = False  # new orders are refused
        self.announced = False  # what the sessions know of it
        self._journal = journal
        self._ask_at = 0  # ns
        if journal is not None:
            self._reserve(journal)

    def look(self, now: int) -> None:
        """Reserve what a tick may need. Raises ``JournalError``."""
        journal = self._journal
        if journal is None:
            return
        if not self.short and journal.room >= journal.ahead // 4 * 3:
            return
        if self.short and self._ask_at - ASK_EVERY <= now < self._ask_at:  # or it was set back
            return
        self._ask_at = now + ASK_EVERY
        self._reserve(journal)

    def settle(self, now: int) -> None:
        """Make the log durable where that is due. Raises ``JournalError``."""
        journal = self._journal
        if (
            self._synced
            and journal is not None
            and not self._sync_at - self._sync_every <= now < self._sync_at  # or it was set back
        ):
            self._sync_at = now + self._sync_every
            journal.make_durable()

    def _reserve(self, journal: Journal) -> None:
        plenty = journal.reserve()
        self.short = not plenty and (self.short or journal.room < journal.ahead // 2)

    @property
    def pressed(self) -> bool:
        """Whether there may be no space for what an account sends. Raises ``JournalError``."""
        journal = self._journal
        if journal is None:
            return False
        if not self.short and journal.room < journal.ahead // 2:
            self._reserve(journal)
        return self.short

    def storable(
        self, connection: Connection, commands: list[ClientCommand]
    ) -> list[ClientCommand]:
        """Return the commands that are taken though space is short; refuse the others."""
        journal = self._journal
        assert journal is not None
        cancels = journal.room >= journal.ahead // 4
        taken: list[ClientCommand] = []
        for command in commands:
            if cancels and isinstance(command, _CANCELS):
                taken.append(command)
            else:
                connection.not_taken(command.ref, RejectReason.STORAGE, RULE)
        return taken

    def announce(self, connections: list[Connection]) -> None:
        """Tell sessions that orders are refused for want of space, or taken again."""
        for connection in connections:
            connection.say(
                NotTaken(connection.seq(), 0, RejectReason.STORAGE, RULE, not self.short)
            )

"""Cancel-on-disconnect across a restart: whose sessions had asked for it, and how long they have.

A log says which accounts' sessions ask for it (``SetCancelOnDisconnect``) and when their orders
were cancelled for it (``CancelOnDisconnect``). Where a venue ends without another word, as by a
crash, the sessions ended with it; the next start waits for their accounts before it cancels.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.vocabulary.commands import CancelOnDisconnect, SetCancelOnDisconnect
from engine.vocabulary.events import Rejected

if TYPE_CHECKING:
    from collections.abc import Iterable

    from engine.log.records import Record
    from engine.vocabulary.events import Event


class Asking:
    """The accounts whose sessions ask for cancel-on-disconnect, as a log's records say."""

    __slots__ = ("accounts",)

    def __init__(self) -> None:
        """Begin before the first record."""
        self.accounts: dict[str, None] = {}

    def absorb(self, record: Record, events: list[Event]) -> None:
        """Take in a record and what came of it."""
        command = record.command
        if not isinstance(command, SetCancelOnDisconnect | CancelOnDisconnect):
            return
        if any(isinstance(event, Rejected) for event in events):
            return
        if isinstance(command, SetCancelOnDisconnect) and command.on:
            self.accounts[command.account] = None
        else:
            self.accounts.pop(command.account, None)


class Grace:
    """The accounts that a venue waits for after its start, and until when."""

    __slots__ = ("_absent", "_length", "_until")

    def __init__(self, length: int) -> None:
        """Wait for nobody yet; for ``length`` ns once there is somebody."""
        self._length = length
        self._absent: dict[str, None] = {}
        self._until = 0

    def begin(self, accounts: Iterable[str], now: int) -> None:
        """Wait for these from now on."""
        self._absent = dict.fromkeys(accounts)
        self._until = now + self._length

    def back(self, account: str) -> bool:
        """Say whether an account that has logged on was waited for; it is not any more."""
        if account not in self._absent:
            return False
        del self._absent[account]
        return True

    def pardon(self, away: int) -> None:
        """Add what the venue itself was away for, in ns: nobody could log on.

        It is less than nothing where its clock was set back.
        """
        self._until += away

    def over(self, now: int) -> list[str]:
        """Return the accounts that have not come back in time, once."""
        if not self._absent or now < self._until:
            return []
        late, self._absent = list(self._absent), {}
        return late

"""Whose orders have to go because their session went: what clients asked for, against the log.

A session that asked for cancel-on-disconnect and breaks is cancelled at once. Where the venue ended
with it, its account has the grace to come back. Each is cancelled once, and nobody else is. Of a
tick that was not acknowledged it only counts what is in the log that the next start finds.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

from engine.log.blocks import HEADER, Block, Kind
from engine.log.records import runs
from engine.vocabulary.commands import CancelOnDisconnect
from gateway.protocol.wire import LogoutReason
from gateway.server.core import WATCH_EVERY
from gateway.server.silence import AWAY
from gateway.simulation.violation import require

if TYPE_CHECKING:
    from gateway.server.connection import Connection

LATE: Final = 2 * WATCH_EVERY  # ns behind the grace by which a venue has looked
# The ends of a session that leave its orders where they are.
STAYS: Final = tuple(
    each.name.lower()
    for each in (LogoutReason.REQUESTED, LogoutReason.TAKEN_OVER, LogoutReason.SHUTDOWN)
)


class Absences:
    """Who asked, who went and who came back, in the order in which the venue noted it."""

    def __init__(self, grace: int, happened: Counter[str]) -> None:
        """Know of nobody; accounts have ``grace`` ns to come back after a start."""
        self._grace = grace
        self._happened = happened
        self._wishes: dict[Connection, tuple[str, bool]] = {}  # the account, and whether it asks
        self._sessions: dict[str, Connection] = {}  # that are logged on
        self._notes: list[tuple[Connection, str]] = []  # of the tick that is on
        self._asking: dict[str, None] = {}  # accounts, by what is in the log
        self._before: dict[str, None] = {}  # the same without the tick that was not acknowledged
        self._needs = 0  # how long the log is where that tick is in it
        self._absent: dict[str, None] = {}  # accounts that have the grace, or had it till just now
        self._now = self._clock = 0  # ns, at the last tick
        # Since the start, in ns: how much of the grace has passed. Time in which the venue was away
        # is none of it, and it knows that by its clock, which may have been set.
        self._least = self._most = 0

    # -- what happens -------------------------------------------------------------------------

    def connected(self, connection: Connection, account: str, *, asks: bool) -> None:
        """Note what a client will ask for at its logon."""
        self._wishes[connection] = account, asks

    def noted(self, connection: Connection, what: str) -> None:
        """Note what the venue says happens to a session."""
        self._notes.append((connection, what))

    def opened(self, now: int, clock: int, end: int) -> None:
        """Begin again with a venue that found a log of ``end`` bytes."""
        if end < self._needs:
            self._asking = self._before
        self._needs = 0
        self._notes.clear()
        self._wishes.clear()
        self._sessions.clear()
        self._absent = dict(self._asking)
        self._now, self._clock = now, clock
        self._least = self._most = 0

    # -- what has to come of it ---------------------------------------------------------------

    def ticked(self, now: int, clock: int, seq: int, blocks: bytes, start: int) -> None:
        """Compare a tick's blocks, behind record ``seq`` and byte ``start``, with what was noted.

        Where the tick failed, the log may turn out to have them or not.
        """
        self._pass(now, clock)
        cancelled, self._needs = _cancelled(blocks, seq, start)
        self._before = dict(self._asking)
        expected = self._ended()
        self._notes.clear()
        for account in list(self._absent):
            if cancelled[account] > expected[account]:
                seen = f"{account} after {self._most // 10**6} ms of {self._grace // 10**6}"
                require(self._most >= self._grace, "who may still come back is not cancelled", seen)
                self._happened["the grace was over for an account"] += 1
                expected[account] += 1
                del self._absent[account]
                self._asking.pop(account, None)
            late = account in self._absent and self._least >= self._grace + LATE
            seen = f"{account} is not, {self._least // 10**6} ms after the start"
            require(not late, "who does not come back is cancelled", seen)
        lacking, others = expected - cancelled, cancelled - expected
        require(not lacking, "who asked for it and went is cancelled", f"{[*lacking]} are not")
        require(not others, "nobody else is cancelled", f"{[*others]} are")

    def failed(self, now: int, clock: int, seq: int, blocks: bytes, start: int) -> None:
        """Do as ``ticked`` does where the tick failed, unless it did before it wrote anything."""
        if _cancelled(blocks, seq, start)[1]:
            self.ticked(now, clock, seq, blocks, start)
        self._notes.clear()

    def _ended(self) -> Counter[str]:
        """Follow the notes; return the accounts whose sessions broke and had asked."""
        expected = Counter[str]()
        for connection, what in self._notes:
            account, asks = self._wishes[connection]
            if what == "logon":
                self._sessions[account] = connection
                if account in self._absent:
                    self._happened["an account came back within the grace"] += asks
                    del self._absent[account]
                self._ask(account, asks=asks)
            elif self._sessions.get(account) is connection:
                del self._sessions[account]
                self._ask(account, asks=what == LogoutReason.TAKEN_OVER.name.lower() and asks)
                if asks and what not in STAYS:
                    self._happened["a session that broke was cancelled"] += 1
                    expected[account] += 1
        return expected

    def _ask(self, account: str, *, asks: bool) -> None:
        if asks:
            self._asking[account] = None
        else:
            self._asking.pop(account, None)

    def _pass(self, now: int, clock: int) -> None:
        passed, step = now - self._now, clock - self._clock
        self._now, self._clock = now, clock
        self._most += passed if step == passed else passed + AWAY
        # What it was away for begins at its last look, which was before the last tick.
        self._least += step if 0 <= step <= WATCH_EVERY else -WATCH_EVERY


def _cancelled(blocks: bytes, seq: int, start: int) -> tuple[Counter[str], int]:
    """Return whom blocks of commands cancel, and where the last of them ends, 0 without any."""
    found, behind, at = Counter[str](), 0, 0
    while at < len(blocks):
        _, length, kind, number, durable, previous, _ = HEADER.unpack_from(blocks, at)
        body = at + HEADER.size
        end = body + length
        if kind == Kind.RUNS:
            view = memoryview(blocks)[body:end]
            for run in runs(Block(kind, number, durable, view, at, end, previous), seq + 1):
                seq += len(run.commands)
                found.update(
                    each.account for each in run.commands if isinstance(each, CancelOnDisconnect)
                )
            behind = start + end
        at = end
    return found, behind

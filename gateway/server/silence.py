"""What sessions come to by saying nothing, and by reading nothing."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Final

from gateway.protocol import wire
from gateway.protocol.session import MIN_HEARTBEAT_MS, Due
from gateway.server.grace import Grace

if TYPE_CHECKING:
    from gateway.server.connection import Connection
    from gateway.server.limits import Limits

AT_ONCE: Final = 128  # connections looked at in one tick; the others follow in the next
AWAY: Final = MIN_HEARTBEAT_MS * 1_000_000  # ns between looks at silence; two heartbeats may pass


class Silence(ABC):
    """The part of the sessions that time passes for: heartbeats, silence and slow readers."""

    def __init__(self, limits: Limits) -> None:
        """Watch no connection yet."""
        self.connections: dict[Connection, None] = {}
        self.stuck: dict[Connection, None] = {}  # whose readers do not keep up
        self.grace = Grace(limits.grace)
        self._limits = limits
        self.unwatched: list[Connection] = []  # that the round has yet to come to, the next is last
        self._looked_at = 0  # ns, when slow readers were looked for
        self._passed = 0  # ns, the clock when it was last looked at for that

    @abstractmethod
    def end(self, connection: Connection, reason: wire.LogoutReason, text: str) -> None:
        """Say why and close at the end of the tick."""

    def begin_round(self, now: int) -> None:
        """Have all connections looked at; a round that is under way goes on."""
        self._pass(now)
        if not self.unwatched:
            self.unwatched = list(reversed(self.connections))

    def watch(self, now: int) -> list[Connection]:
        """Do what silence calls for at the next ``AT_ONCE`` connections of a round.

        Returns those that have something to be written. To look at a thousand takes longer than
        somebody's answer may wait.
        """
        spoken, round_ = [], self.unwatched
        for _ in range(min(AT_ONCE, len(round_))):
            connection = round_.pop()
            if connection not in self.connections:
                continue
            due = connection.session.due(now)
            if due is Due.HEARTBEAT:
                connection.say(wire.VenueHeartbeat(connection.seq()))
                spoken.append(connection)
            elif due is Due.GIVE_UP and not connection.more:  # else it has yet to be heard
                text = "no message within two heartbeat intervals"
                self.end(connection, wire.LogoutReason.SILENT, text)
        return spoken

    def _pass(self, now: int) -> None:
        """Note the time: what the venue was away for, or its clock set by, is no silence."""
        away, self._passed = now - self._passed, now
        if not 0 <= away <= AWAY:
            self.grace.pardon(away)
        if away > AWAY:
            for connection in self.connections:
                connection.session.pardon(away)

    def stick(self, connection: Connection, now: int) -> None:
        """Note that a reader does not keep up; a clock set back since the last look moves that."""
        connection.stuck_since = now
        self.stuck[connection] = None
        self._looked_at = min(self._looked_at, now)

    def cut_slow_readers(self, now: int) -> None:
        """End the sessions whose readers left too much unread, or for too long.

        While the venue itself was away it wrote nothing: that time is not the readers'.
        """
        limits = self._limits
        looked_at, self._looked_at = self._looked_at, now
        for connection in list(self.stuck):
            away = now - max(looked_at, connection.stuck_since)
            if away > limits.patience // 2:
                connection.stuck_since += away
            text = ""
            if connection.queued > limits.max_queued:
                text = f"{connection.queued} bytes beside the reports unread"
            elif now - connection.stuck_since > limits.patience:
                text = f"nothing read for {limits.patience // 10**6} ms"
            if text:
                self.end(connection, wire.LogoutReason.SLOW_READER, text)

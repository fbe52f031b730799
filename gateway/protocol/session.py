"""One end of a session, without a socket or a clock.

Bytes and the time go in, messages come out; what a peer may say in which state is a table, and
both roles are the same machine with another table. The venue's end and the client's end can be
wired back to back in a test.
"""

from __future__ import annotations

import sys
from enum import Enum
from typing import TYPE_CHECKING, Final, Generic, TypeAlias, TypeVar

from gateway.protocol.explain import explain
from gateway.protocol.framing import Unframer, frame
from gateway.protocol.wire import (
    MAX_FRAME,
    MAX_REPLY,
    AmendOrder,
    AskStatus,
    CancelOrder,
    Challenge,
    FromClient,
    FromVenue,
    Heartbeat,
    LoggedOn,
    LoggedOut,
    Logon,
    Logout,
    LogoutReason,
    MarketData,
    MassCancel,
    NewOrder,
    NotTaken,
    Proof,
    Reply,
    Report,
    Subscribe,
    Throttled,
    Unsubscribe,
    VenueHeartbeat,
    decode_from_client,
    decode_from_venue,
    encode,
)
from gateway.protocol.wire_account import Balances
from gateway.protocol.wire_copies import AskCopies, CopyOf
from gateway.protocol.wire_history import AskHistory, AskTrades
from gateway.protocol.wire_modes import Announce, Bid, Decline, Pick, Quote
from gateway.protocol.wire_operator import Operate, Operated

if TYPE_CHECKING:
    from collections.abc import Callable

LOGON_WITHIN: Final = 5_000_000_000  # ns a connection may stay without a logon
MIN_HEARTBEAT_MS: Final = 100
MAX_HEARTBEAT_MS: Final = 600_000
NEVER: Final = 1 << 62  # ns of silence that do not come


Message = TypeVar("Message")  # what the peer says


class State(Enum):
    """Where a session is."""

    CONNECTED = "connected"  # nothing but a logon, or the challenge, may come
    CHALLENGED = "challenged"  # nothing but the proof, or its answer, may come
    ACTIVE = "active"
    ENDED = "ended"


class Due(Enum):
    """What silence calls for."""

    NOTHING = "nothing"
    HEARTBEAT = "heartbeat"
    GIVE_UP = "give up"


Table: TypeAlias = dict[State, dict[type, State]]

_ORDERS: Final = (
    NewOrder,
    CancelOrder,
    AmendOrder,
    MassCancel,
    Pick,
    Quote,
    Decline,
    Announce,
    Bid,
)
_QUERIES: Final = (Heartbeat, Subscribe, Unsubscribe, AskStatus, AskTrades, AskHistory, AskCopies,
                   Operate)  # fmt: skip
_REPORTS: Final = (*Report.__args__, *MarketData.__args__)
_NOTICES: Final = (VenueHeartbeat, Throttled, NotTaken, Balances, CopyOf, Operated,
                   *Reply.__args__)  # fmt: skip

# state x what the peer says -> next state; what is missing ends the session
VENUE_TABLE: Final[Table] = {
    State.CONNECTED: {Logon: State.CHALLENGED, Logout: State.ENDED},
    State.CHALLENGED: {Proof: State.ACTIVE, Logout: State.ENDED},
    State.ACTIVE: {Logout: State.ENDED} | dict.fromkeys((*_ORDERS, *_QUERIES), State.ACTIVE),
    State.ENDED: {},
}
# an end that sees public data alone: it need not log on, and nothing else is taken from it
WATCHER_TABLE: Final[Table] = {
    State.ACTIVE: {Logout: State.ENDED}
    | dict.fromkeys((Heartbeat, Subscribe, Unsubscribe, AskTrades, AskHistory), State.ACTIVE),
    State.ENDED: {},
}
CLIENT_TABLE: Final[Table] = {
    State.CONNECTED: {Challenge: State.CHALLENGED, LoggedOut: State.ENDED},
    State.CHALLENGED: {LoggedOn: State.ACTIVE, LoggedOut: State.ENDED},
    State.ACTIVE: {LoggedOut: State.ENDED} | dict.fromkeys((*_REPORTS, *_NOTICES), State.ACTIVE),
    State.ENDED: {},
}


class Throttle:
    """A token bucket: ``per_second`` messages on average, as many at once; 0 takes all."""

    __slots__ = ("_at", "_spent", "per_second")

    def __init__(self, per_second: int, now: int) -> None:
        """Start with a full bucket at ``now`` (ns)."""
        self.per_second = per_second
        self._at = now
        self._spent = 0  # in billionths of a message

    def take(self, now: int) -> bool:
        """Take one message at ``now`` (ns); False when it comes too fast."""
        rate = self.per_second
        if not rate:
            return True
        spent = max(0, self._spent - max(0, now - self._at) * rate)  # the clock may be set back
        self._at = now
        if spent > (rate - 1) * 1_000_000_000:
            self._spent = spent
            return False
        self._spent = spent + 1_000_000_000
        return True


class Session(Generic[Message]):
    """One end: unframes, decodes, checks against its table, watches for silence."""

    __slots__ = ("_allowed", "_decode", "_received_at", "_sent_at", "_suspected", "_table",
                 "_unframer", "error", "heartbeat", "state")  # fmt: skip

    def __init__(
        self, table: Table, decode: Callable[[bytes], Message], limit: int, now: int
    ) -> None:
        """Start in CONNECTED at ``now`` (ns); use ``venue_end`` or ``client_end``."""
        self.state = State.CONNECTED
        self.error: tuple[LogoutReason, str] | None = None
        self.heartbeat = 0  # ns of silence after which to speak; 0 until agreed
        self._table = table
        self._allowed = table.get(State.CONNECTED, {})
        self._decode = decode
        self._unframer = Unframer(limit)
        self._received_at = now
        self._sent_at = now
        self._suspected = False  # whether the last look found it silent for too long

    def receive(self, data: bytes, now: int, most: int = sys.maxsize) -> list[Message]:
        """Take bytes in; return the messages that they complete, up to the first wrong one.

        There are ``most`` of them at most; where that leaves some for the next call, ``more``
        is true.

        A wrong one ends the session: ``error`` says why, and nothing is returned from then on.
        """
        messages: list[Message] = []
        keep = messages.append
        if self.state is State.ENDED:
            return messages
        decode = self._decode
        unframer = self._unframer
        allowed = self._allowed
        present: State = self.state
        for payload in unframer.feed(data, most):
            try:
                message = decode(payload)
            except Exception as error:  # noqa: BLE001 - a peer's bytes end its own session at most
                return self._wrong(messages, LogoutReason.BAD_FRAME, explain(error, payload))
            try:
                following = allowed[message.__class__]
            except KeyError:
                said, state = type(message).__name__, self.state.value
                text = f"{said} is not allowed while {state}"
                return self._wrong(messages, LogoutReason.OUT_OF_ORDER, text)
            keep(message)
            if following is not present:
                self.enter(following)
                allowed, present = self._allowed, following
        if unframer.error:
            return self._wrong(messages, LogoutReason.BAD_FRAME, unframer.error)
        if messages and (self.heartbeat or present is State.ACTIVE):
            # Whole ones: a byte now and then is no sign of life, nor is half a logon.
            self._received_at = now
        return messages

    @property
    def more(self) -> bool:
        """Whether whole messages may be left that the last call did not return."""
        return self._unframer.more and self.state is not State.ENDED

    @property
    def pending(self) -> int:
        """Bytes that no message was made of yet."""
        return self._unframer.pending

    def _wrong(self, messages: list[Message], reason: LogoutReason, text: str) -> list[Message]:
        self.error = (reason, text)
        self.enter(State.ENDED)
        return messages

    def enter(self, state: State) -> None:
        """Change the state, and with it what may be said."""
        self.state = state
        self._allowed = self._table[state]

    def agree(self, heartbeat_ms: int) -> int:
        """Fix the heartbeat interval within the bounds; return it in milliseconds."""
        agreed = min(max(heartbeat_ms, MIN_HEARTBEAT_MS), MAX_HEARTBEAT_MS)
        self.heartbeat = agreed * 1_000_000
        return agreed

    def sent(self, now: int) -> None:
        """Remember that something was said at ``now`` (ns)."""
        self._sent_at = now

    def pardon(self, away: int) -> None:
        """Count ``away`` ns less of silence: this end was away, or its clock was set forward.

        Who was suspected before gets another look: what came meanwhile may not have been read.
        """
        self._received_at += away
        self._suspected = False

    def due(self, now: int) -> Due:
        """Say what silence calls for at ``now`` (ns); to be asked often.

        One that is silent for too long is given up at the next look: the end that looks may itself
        have been away, so what came meanwhile is read first, and silence judged then.
        """
        if self.state is State.ENDED:
            return Due.NOTHING
        self._received_at = min(self._received_at, now)  # the clock may have been set back
        self._sent_at = min(self._sent_at, now)
        silence = now - self._received_at
        before = self._suspected
        self._suspected = silence > (2 * self.heartbeat if self.heartbeat else LOGON_WITHIN)
        if before and self._suspected:
            return Due.GIVE_UP
        if self.heartbeat and now - self._sent_at >= self.heartbeat:
            return Due.HEARTBEAT
        return Due.NOTHING


def venue_end(now: int) -> Session[FromClient]:
    """Return the venue's end of a session."""
    return Session(VENUE_TABLE, decode_from_client, MAX_FRAME, now)


def watcher_end(now: int) -> Session[FromClient]:
    """Return the venue's end of a session that sees public data alone, without a logon.

    The other end is in the same process: its silence means nothing.
    """
    session = Session(WATCHER_TABLE, decode_from_client, MAX_FRAME, now)
    session.enter(State.ACTIVE)
    session.heartbeat = NEVER
    return session


def client_end(now: int) -> Session[FromVenue]:
    """Return the client's end of a session."""
    return Session(CLIENT_TABLE, decode_from_venue, MAX_REPLY, now)


def pack(message: FromClient | FromVenue) -> bytes:
    """Return a message's frame."""
    return frame(encode(message))

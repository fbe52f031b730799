"""One connection of the load generator: it sends slices of a script and counts what comes back."""

from __future__ import annotations

import asyncio
import time
from array import array
from collections import Counter
from struct import Struct as Layout
from typing import Any, Final, cast

import msgspec

from engine.vocabulary.enums import Side
from gateway.load.script import Script
from gateway.protocol import wire, wire_account, wire_market
from gateway.protocol.bounds import MAX_INTEGER
from gateway.protocol.proof import exchange, prove
from gateway.protocol.session import pack

_LENGTH: Final = Layout(">I").unpack_from
_decode: Final = msgspec.msgpack.Decoder().decode  # to plain lists: tag first, then the fields
_clock: Final = time.perf_counter_ns


def _place(report: type[Any], field: str) -> int:
    """Return where a field stands in the list that a report decodes to."""
    return int(report.__struct_fields__.index(field)) + 1


def _tag(report: type[Any]) -> int:
    return int(report.__struct_config__.tag)


# tag of a report that answers a message -> where the message's reference stands in it
_ANSWERS: Final = {
    _tag(wire.OrderAccepted): _place(wire.OrderAccepted, "ref"),
    _tag(wire.Rejected): _place(wire.Rejected, "ref"),
    _tag(wire.OrderCancelled): _place(wire.OrderCancelled, "request"),
    _tag(wire.OrderAmended): _place(wire.OrderAmended, "request"),
}
_FIRST_REPORT: Final = _tag(wire.OrderAccepted)
_FIRST_MARKET_DATA: Final = _tag(wire_market.BookSnapshot)
_REFUSED: Final = _tag(wire.Rejected)
FILLED: Final = _tag(wire.OrderFilled)
_FILL_SIDE: Final = _place(wire.OrderFilled, "side")
_FILL_QUANTITY: Final = _place(wire.OrderFilled, "quantity")
_REASON: Final = _place(wire.Rejected, "reason")


class LoadSession(asyncio.Protocol):
    """One connection of the generator."""

    def __init__(self, number: int, logon: wire.Logon, key: str) -> None:
        """Belong to a run; the event loop calls the rest."""
        self.number = number
        self.script = Script(1)
        self.symbol = ""  # the line that its messages are for
        self.window = 0  # messages that may be unanswered; 0: no limit, the pace decides
        self.limit = 0  # messages that may be sent in all
        self.deadline = 0  # no message is sent after it (perf_counter, ns); 0: none
        self.sent = 0
        self.answered = 0
        self.sent_at = array("q")  # perf_counter, ns, one for each message
        self.answered_at = array("q")
        self.heard_at = array("q")  # of each batch of bytes ...
        self.heard = array("q")  # ... and the messages received until then
        self.kinds: Counter[int] = Counter()  # reports by tag
        self.reasons: Counter[int] = Counter()  # refusals by reason
        self.bought = self.sold = 0  # tonnes
        self.gaps = 0  # numbers missing among the reports, or coming twice
        self.strangers = 0  # answers to something else than the message that was next
        self.error = ""
        self.told_why = False  # the venue said why it ended the session
        self.recovering = False  # it replays its log
        self.announced = -1  # the account's last report, as the venue said at the end
        self.complete = asyncio.Event()  # all reports up to it are here
        self.finished = False  # everything was answered before the connection went
        self.info: wire.LoggedOn | None = None
        self.status: wire_account.AccountStatus | None = None  # the account, as last asked for
        self.told = asyncio.Event()  # the account's status has come
        self._leaving = False  # nothing that comes counts any more
        self.ready = asyncio.Event()  # logged on, and all old reports taken
        self.gone = asyncio.Event()  # there is no connection (any more)
        self.gone.set()
        self.over = asyncio.Event()  # everything answered, or the connection has gone
        self.account = logon.account
        self._logon = logon
        self._key = key
        self._seq = logon.last_seen
        self._rest = b""
        self._frames = 0
        self._transport: asyncio.Transport | None = None

    # -- called by the event loop ---------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Log on."""
        self._transport = cast("asyncio.Transport", transport)
        self._transport.write(pack(self._logon))
        self.gone.clear()

    def connection_lost(self, error: Exception | None) -> None:
        """Let the run see that nothing more will come."""
        self._transport = None
        self.error = self.error or f"the connection was lost ({error or 'closed by the venue'})"
        for event in (self.ready, self.told, self.over, self.complete, self.gone):
            event.set()

    def data_received(self, data: bytes) -> None:
        """Count and check what came; then send what the window has room for."""
        if self._leaving:
            return
        now = _clock()
        if self._rest:
            data = self._rest + data
        size = len(data)
        start = frames = answers = 0
        while size - start >= wire.HEADER_SIZE:
            body = start + wire.HEADER_SIZE
            end = body + _LENGTH(data, start)[0]
            if end > size:
                break
            payload = data[body:end]
            start = end
            frames += 1
            message = _decode(payload)
            if _FIRST_REPORT <= message[0] < _FIRST_MARKET_DATA:
                answers += self._report(message, self.answered + answers)
            else:
                self._notice(payload)
        self._rest = data[start:]
        if 0 <= self.announced <= self._seq:
            self.complete.set()
        self._frames += frames
        self.heard_at.append(now)
        self.heard.append(self._frames)
        if answers:
            self.answered_at.extend(array("q", [now]) * answers)
            self.answered += answers
            if self.window:
                self.send(self.answered + self.window, now)
            if self.answered == self.sent and self._spent(now):
                self.finished = True
                self.over.set()

    # -- what comes -----------------------------------------------------------------------------

    def _report(self, message: list[Any], answered: int) -> int:
        """Check a report's number and count it; return 1 if it answers the next message."""
        seq = message[1]
        if seq != self._seq + 1:
            self.gaps += 1
        self._seq = seq
        if self.info is not None and seq <= self.info.seq:
            if seq == self.info.seq:
                self.ready.set()
            return 0  # from before this run
        tag = message[0]
        self.kinds[tag] += 1
        if tag == FILLED:
            if message[_FILL_SIDE] == Side.BUY:
                self.bought += message[_FILL_QUANTITY]
            else:
                self.sold += message[_FILL_QUANTITY]
            return 0
        where = _ANSWERS.get(tag)
        if where is None or not message[where]:
            return 0
        if message[where] != self.script.first_ref + answered:
            self.strangers += 1
        if tag == _REFUSED:
            self.reasons[message[_REASON]] += 1
        return 1

    def _notice(self, payload: bytes) -> None:
        message = wire.decode_from_venue(payload)
        if isinstance(message, wire.Challenge):
            said = exchange(self._logon, message.nonce)
            if self._transport is not None:
                self._transport.write(pack(wire.Proof(prove(self._key, self.account, said))))
        elif isinstance(message, wire.LoggedOn):
            self.info = message
            if self._seq < 0:  # so many of the last reports were asked for
                self._seq = max(0, message.seq + self._seq)
            if message.seq == self._seq:
                self.ready.set()
        elif isinstance(message, wire_account.AccountStatus):
            self.status = message
            self.announced = message.seq
            self.told.set()
        elif isinstance(message, wire.LoggedOut):
            self.told_why = True
            self.recovering = message.reason is wire.LogoutReason.RECOVERING
            self.error = f"the venue ended session {self.number}: {message.text}"
        elif isinstance(message, wire.Throttled):
            self.error = (
                f"the venue takes {message.per_second} messages a second from a session: "
                "ask for a lower --rate, or for more --sessions"
            )
            self.over.set()
        elif isinstance(message, wire.NotTaken) and not message.over:
            self.error = f"the venue takes orders while {message.rule}"
            self.over.set()

    # -- sending --------------------------------------------------------------------------------

    def send(self, until: int, now: int) -> None:
        """Send messages up to number ``until``, as far as limit and deadline allow."""
        sent = self.sent
        until = min(until, self.limit)
        transport = self._transport
        if until <= sent or transport is None or (self.deadline and now >= self.deadline):
            return
        ends = self.script.ends
        transport.write(self.script.block[ends[sent] : ends[until]])
        self.sent_at.extend(array("q", [now]) * (until - sent))
        self.sent = until

    def missing(self) -> int:
        """Return how many reports the venue has announced that never came."""
        return max(0, self.announced - self._seq)

    def ask_for_last(self) -> None:
        """Ask which report is the account's last: trades of others may still have made some."""
        if self._transport is not None:
            self.announced = -1
            self.told.clear()
            self.complete.clear()
            self._transport.write(pack(wire.AskStatus(MAX_INTEGER)))  # its orders do not matter

    def _spent(self, now: int) -> bool:
        return self.sent >= self.limit or bool(self.deadline and now >= self.deadline)

    def close(self, *, tidy: bool) -> None:
        """Log out; where it is to be ``tidy``, take back what still rests in the line.

        The venue closes the connection once it has read that: ours, closed first, could lose it.
        """
        self._leaving = True
        if self._transport is not None:
            if tidy and self.sent:
                last = self.script.first_ref + self.sent
                self._transport.write(pack(wire.MassCancel(last, self.symbol)))
            self._transport.write(pack(wire.Logout()))

    def abandon(self) -> None:
        """Cut a connection that the venue has not closed."""
        if self._transport is not None:
            self._transport.abort()

"""The load generator: a fixed rate whatever the venue does, or as much as the pipe takes.

*Open loop*: message number ``n`` is due at ``start + n / rate``. Its latency counts from then,
even when it could only be sent later, so a venue that stalls cannot hide the messages that waited
for it. *Full pipe*: each session keeps a window of messages unanswered. Everything is encoded
before the start into one block per session; sending is a slice of it, and times go into arrays,
so that the generator has several times the venue's speed.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import os
import random
import time
from array import array
from collections import Counter
from struct import Struct as Layout
from typing import TYPE_CHECKING, Any, Final, cast

import msgspec

from engine.vocabulary.enums import Phase, Side
from gateway.load.script import Plan, Script, total_messages, write_script
from gateway.protocol import wire, wire_market
from gateway.protocol.session import pack

if TYPE_CHECKING:
    from collections.abc import Sequence

LOGON_WITHIN: Final = 30.0  # seconds for all sessions to log on and take their old reports
HANG_UP_WITHIN: Final = 5.0
DRAIN_WITHIN: Final = 15.0  # seconds for the last answers after the last message
HEARTBEAT_MS: Final = 600_000  # the load is its own heartbeat

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


class LoadError(Exception):
    """The load cannot be run; the text says what to do."""


class LoadSession(asyncio.Protocol):
    """One connection of the generator."""

    def __init__(self, number: int, logon: wire.Logon) -> None:
        """Belong to a run; the event loop calls the rest."""
        self.number = number
        self.script = Script(1)
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
        self.announced = -1  # the account's last report, as the venue said at the end
        self.complete = asyncio.Event()  # all reports up to it are here
        self.finished = False  # everything was answered before the connection went
        self.info: wire.LoggedOn | None = None
        self.ready = asyncio.Event()  # logged on, and all old reports taken
        self.gone = asyncio.Event()  # there is no connection (any more)
        self.gone.set()
        self.over = asyncio.Event()  # everything answered, or the connection has gone
        self._logon = logon
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
        for event in (self.ready, self.over, self.complete, self.gone):
            event.set()

    def data_received(self, data: bytes) -> None:
        """Count and check what came; then send what the window has room for."""
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
        if isinstance(message, wire.LoggedOn):
            self.info = message
            if message.seq == self._seq:
                self.ready.set()
        elif isinstance(message, wire.AccountStatus):
            self.announced = message.seq
        elif isinstance(message, wire.LoggedOut):
            self.error = f"the venue ended session {self.number}: {message.text}"
        elif isinstance(message, wire.Throttled):
            self.error = (f"the venue takes {message.per_second} messages a second from a session: "
                          "ask for a lower --rate, or for more --sessions")  # fmt: skip
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
            self._transport.write(pack(wire.AskStatus()))

    def _spent(self, now: int) -> bool:
        return self.sent >= self.limit or bool(self.deadline and now >= self.deadline)

    def close(self) -> None:
        """Log out."""
        if self._transport is not None:
            self._transport.write(pack(wire.Logout()))
            self._transport.close()


class Pace:
    """Sends each message when it is due, spinning between: timers are coarser than latencies."""

    def __init__(self, sessions: Sequence[LoadSession], rate: int, total: int, start: int) -> None:
        """Send ``total`` messages over all sessions in turn, ``rate`` a second from ``start``."""
        self.over = asyncio.Event()
        self._sessions = sessions
        self._rate = rate
        self._total = total
        self._start = start
        self._sent = 0
        self._loop = asyncio.get_running_loop()
        self._loop.call_soon(self._spin)

    def _spin(self) -> None:
        now = _clock()
        passed = now - self._start
        due = min(passed * self._rate // 1_000_000_000 + 1, self._total) if passed >= 0 else 0
        if due > self._sent:
            count = len(self._sessions)
            for turn in range(self._sent, min(due, self._sent + count)):
                place = turn % count
                self._sessions[place].send((due - place + count - 1) // count, now)
            self._sent = due
        else:
            # Without this the kernel may let its own threads, which finish a disk's sync, wait
            # until the next tick of its clock, 4 ms away: the venue would look slow.
            os.sched_yield()
        if due >= self._total or all(session.over.is_set() for session in self._sessions):
            self.over.set()
        else:
            self._loop.call_soon(self._spin)


class Taken(msgspec.Struct):
    """What a run left behind, before it is folded into figures. Times: perf_counter, ns."""

    plan: Plan
    sessions: list[Any]
    start: int
    cpu_ns: int  # of this process, from the start until everything was answered
    wall_ns: int


async def log_on(host: str, port: int, sessions: Sequence[LoadSession]) -> None:
    """Connect all sessions; wait until each has taken its old reports. Raises ``LoadError``."""
    loop = asyncio.get_running_loop()
    try:
        async with asyncio.timeout(LOGON_WITHIN):
            for session in sessions:
                await loop.create_connection(lambda s=session: s, host, port)  # type: ignore[misc]
            for session in sessions:
                await session.ready.wait()
    except TimeoutError:
        message = f"not all of {len(sessions)} sessions could log on within {LOGON_WITHIN:.0f} s"
        raise LoadError(message) from None
    except OSError as error:
        message = f"no venue answers at {host}:{port} ({error}): is it running?"
        raise LoadError(message) from None
    for session in sessions:
        if session.error:
            raise LoadError(session.error)


async def hang_up(sessions: Sequence[LoadSession]) -> None:
    """Log all sessions out and wait until their connections have gone."""
    for session in sessions:
        session.close()
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(HANG_UP_WITHIN):
            for session in sessions:
                await session.gone.wait()


def prepare(sessions: Sequence[LoadSession], plan: Plan) -> None:
    """Write every session's script. Raises ``LoadError``."""
    total = total_messages(plan)
    count = len(sessions)
    for session in sessions:
        assert session.info is not None
        line = _choose(session.info, plan.symbol)
        share = (total - session.number + count - 1) // count
        rng = random.Random(f"{plan.seed}:{session.number}")  # noqa: S311 - repeatable
        session.script = write_script(plan.mix, line, rng, session.info.last_ref + 1, share)
        session.limit = share


def _choose(info: wire.LoggedOn, wanted: str) -> wire_market.LineInfo:
    for line in info.lines:
        if line.symbol == wanted or (not wanted and line.phase is Phase.CONTINUOUS):
            return line
    symbols = ", ".join(f"{line.symbol} ({line.phase.name.lower()})" for line in info.lines)
    message = f"no line {wanted or 'in continuous trading'}: the venue has {symbols}"
    raise LoadError(message)


async def drive(sessions: Sequence[LoadSession], plan: Plan) -> Taken:
    """Run the load that was prepared and wait for the last answers."""
    total = sum(session.limit for session in sessions)
    gc.collect()
    gc.freeze()
    gc.disable()
    try:
        cpu = time.process_time_ns()
        start = _clock()
        if plan.rate:
            await Pace(sessions, plan.rate, total, start).over.wait()
        else:
            # Without a count of messages the time decides, and the script may be longer.
            if not plan.messages:
                stop = start + int((plan.warmup + plan.duration) * 1e9)
                for session in sessions:
                    session.deadline = stop
            for session in sessions:
                session.window = plan.window
                session.send(plan.window, _clock())
        await _drained(sessions, plan)
        taken = Taken(plan, list(sessions), start, time.process_time_ns() - cpu, _clock() - start)
        await _completed(sessions)
        return taken
    finally:
        gc.enable()
        gc.unfreeze()


async def _drained(sessions: Sequence[LoadSession], plan: Plan) -> None:
    """Wait while answers come; give up when none has come for a while."""
    for session in sessions:
        if session.answered == session.sent == session.limit:
            session.over.set()
    patience = DRAIN_WITHIN + (0 if plan.rate else plan.duration + plan.warmup)
    before = -1
    while True:
        answered = sum(session.answered for session in sessions)
        if answered == before:
            return  # nothing more comes: the report says how many are outstanding
        before = answered
        try:
            async with asyncio.timeout(patience):
                for session in sessions:
                    await session.over.wait()
        except TimeoutError:
            continue
        return


async def _completed(sessions: Sequence[LoadSession]) -> None:
    """Wait for the reports behind the last answers, so that both sides of every trade are here."""
    for session in sessions:
        session.ask_for_last()
    with contextlib.suppress(TimeoutError):  # ``missing`` says what did not come
        async with asyncio.timeout(DRAIN_WITHIN):
            for session in sessions:
                await session.complete.wait()

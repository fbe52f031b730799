"""The client SDK: an account's side of the protocol, with reconnection built in.

    async with Client("127.0.0.1", 7117, member="M1", account="alice", key="secret") as client:
        report = await client.buy("SZA-2019", 100, price="42.50")

A call that asks the venue for something returns a future of the *report* that answers it. A
refusal raises ``RejectedError`` from the future, with the reason, the field and the rule. When the
connection breaks, the client connects again, asks for every report after the last one it saw and
sends again what was not answered; references make that harmless. When that fails for good, every
future fails with the ``ClientError`` that says why: none is left waiting.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections import deque
from typing import TYPE_CHECKING, Any, Final, Required, Self, TypedDict, cast

from gateway.client.errors import (
    Answer,
    ClientError,
    Missed,
    Pending,
    RejectedError,
    SessionEndedError,
    ThrottledError,
    fresh,
    minor_units,
    resolve,
)
from gateway.client.refusals import refused
from gateway.client.requests import OrderAnswer, Requests
from gateway.protocol import wire, wire_market
from gateway.protocol.answers import ANSWERS, REPORTS
from gateway.protocol.session import Due, Session, State, client_end, pack

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    from gateway.client.messages import ClientEvent

    Connect = Callable[[Callable[[], asyncio.Protocol]], Awaitable[None]]

__all__ = ["Client", "ClientError", "Missed", "Pending", "RejectedError", "SessionEndedError",
           "ThrottledError", "minor_units"]  # fmt: skip

MAX_EVENTS: Final = 100_000  # reports and market data that wait for ``events()``
CONNECT_WITHIN: Final = 5.0  # seconds
FIRST_PAUSE: Final = 0.05  # seconds before the first new attempt to connect; doubles
LONGEST_PAUSE: Final = 2.0
STEADY_AFTER: Final = 1.0  # seconds logged on after which earlier failures are forgotten
WATCH_EVERY: Final = 0.05
FAREWELL_WITHIN: Final = 2.0

_MARKET_DATA: Final = dict.fromkeys(wire.MarketData.__args__)

# Farewells after which the same logon may succeed.
_COME_BACK: Final = (
    wire.LogoutReason.SHUTDOWN,
    wire.LogoutReason.SILENT,
    wire.LogoutReason.SLOW_READER,
    wire.LogoutReason.FULL,
)


class SessionTerms(TypedDict, total=False):
    """What ``Client`` takes beside the address."""

    account: Required[str]
    key: Required[str]
    member: str
    last_seen: int
    cancel_on_disconnect: bool
    heartbeat_ms: int
    attempts: int
    max_events: int
    connect: Connect | None


class _Pipe(asyncio.Protocol):
    """One connection of a client."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self.session: Session[wire.FromVenue] = client_end(time.monotonic_ns())
        self.transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)
        self.client._connected(self)  # noqa: SLF001 - two halves of one thing

    def data_received(self, data: bytes) -> None:
        self.client._received(self, data)  # noqa: SLF001

    def connection_lost(self, _error: Exception | None) -> None:
        self.transport = None
        if self.client._pipe is self:  # noqa: SLF001
            self.client._gone.set()  # noqa: SLF001


class Client(Requests):
    """One account's session, kept up over any number of connections."""

    def __init__(
        self,
        host: str,
        port: int,
        *,
        account: str,
        key: str,
        member: str = "",
        last_seen: int = 0,
        cancel_on_disconnect: bool = False,
        heartbeat_ms: int = 10_000,
        attempts: int = 12,
        max_events: int = MAX_EVENTS,
        connect: Connect | None = None,
    ) -> None:
        """Describe the session; ``async with`` opens it.

        ``last_seen`` is the last report that an earlier run of the program dealt with: those after
        it come again. ``attempts`` bounds how often in a row connecting may fail; with pauses that
        double up to two seconds, twelve are about thirteen seconds. ``connect`` makes a connection
        by other means than TCP; it is given what makes the protocol of one.
        """
        self.host, self.port = host, port
        self._connect = connect or self._over_tcp
        self.account = account
        self.last_seen = last_seen
        self.info: wire.LoggedOn | None = None
        self.reconnects = 0
        self.dropped = 0  # events that were not taken from ``events()`` in time
        self._missed = 0  # of them, those not reported by a ``Missed`` yet
        self._stale = False  # whether market data is among them
        self._max_events = max_events
        self._credentials = (member, account, key)
        self._cancel_on_disconnect = cancel_on_disconnect
        self._heartbeat_ms = heartbeat_ms
        self._attempts = attempts
        self._next_ref = 1
        self._unanswered: dict[int, tuple[bytes, asyncio.Future[Any]]] = {}
        self._statuses: deque[asyncio.Future[wire.AccountStatus]] = deque()
        self._subscriptions: dict[str, None] = {}
        self._events: deque[ClientEvent] = deque()
        self._arrived = asyncio.Event()
        self._ready = asyncio.Event()
        self._ready_since = 0  # monotonic ns
        self._trouble = ""  # why the last connection is gone
        self._pipe: _Pipe | None = None
        self._out: list[bytes] = []
        self._closing = False
        self._gone = asyncio.Event()
        self._error: ClientError | None = None
        self._keeper: asyncio.Task[None] | None = None

    # -- opening and closing --------------------------------------------------------------------

    async def __aenter__(self) -> Self:
        """Connect and log on. Raises ``ClientError``."""
        self._keeper = asyncio.create_task(self._keep_connected())
        waiting = asyncio.create_task(self._ready.wait())
        try:
            await asyncio.wait({waiting, self._keeper}, return_when=asyncio.FIRST_COMPLETED)
        except asyncio.CancelledError:
            await self.close()
            raise
        finally:
            waiting.cancel()
        if self._error is not None:
            raise fresh(self._error)
        return self

    async def __aexit__(self, *_exc: object) -> None:
        """Log out and close."""
        await self.close()

    async def close(self) -> None:
        """Log out in good order; whatever is unanswered fails."""
        if self._closing:
            return
        self._closing = True
        self._error = self._error or ClientError("the client was closed")
        pipe = self._pipe
        if pipe is not None and pipe.transport is not None:
            if pipe.session.state is State.ACTIVE:
                self._send(pack(wire.Logout()))
                self._write()
            else:
                pipe.transport.close()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._gone.wait(), FAREWELL_WITHIN)
            if pipe.transport is not None:
                pipe.transport.abort()
        if self._keeper is not None:
            self._keeper.cancel()
            await asyncio.gather(self._keeper, return_exceptions=True)
        self._fail(self._error)

    @property
    def lines(self) -> tuple[wire_market.LineInfo, ...]:
        """What is traded, as of the last logon; empty before the first."""
        return self.info.lines if self.info is not None else ()

    async def _keep_connected(self) -> None:
        """Connect, watch, and connect again until closed or refused for good."""
        failures = 0
        while True:
            self._gone.clear()
            self._trouble = "it closes every connection"
            try:
                async with asyncio.timeout(CONNECT_WITHIN):
                    await self._connect(lambda: _Pipe(self))
                await self._watch_connection()
            except OSError as error:  # TimeoutError is one
                self._trouble = f"nothing answers: {error!r}; is it running?"
            if self._ready.is_set():
                self._ready.clear()
                if time.monotonic_ns() - self._ready_since > STEADY_AFTER * 1e9:
                    failures = 0
            if self._error is not None:
                return
            failures += 1
            if failures >= self._attempts:
                text = f"no session with {self.host}:{self.port} after {failures} attempts"
                self._fail(ClientError(f"{text} ({self._trouble})"))
                return
            await asyncio.sleep(min(FIRST_PAUSE * 2 ** (failures - 1), LONGEST_PAUSE))

    async def _over_tcp(self, protocol_factory: Callable[[], asyncio.Protocol]) -> None:
        loop = asyncio.get_running_loop()
        await loop.create_connection(protocol_factory, self.host, self.port)

    async def _watch_connection(self) -> None:
        """Send heartbeats until the connection has gone."""
        while not self._gone.is_set():
            try:
                async with asyncio.timeout(WATCH_EVERY):
                    await self._gone.wait()
            except TimeoutError:
                pipe = self._pipe
                if pipe is None or pipe.transport is None:
                    continue
                due = pipe.session.due(time.monotonic_ns())
                if due is Due.HEARTBEAT and pipe.session.state is State.ACTIVE:
                    self._send(pack(wire.Heartbeat()))
                elif due is Due.GIVE_UP:
                    self._trouble = "it fell silent"
                    pipe.transport.abort()

    # -- called by the connection ---------------------------------------------------------------

    def _connected(self, pipe: _Pipe) -> None:
        self._pipe = pipe
        self._out.clear()
        pipe.session.agree(self._heartbeat_ms)
        member, account, key = self._credentials
        logon = wire.Logon(wire.VERSION, member, account, key, self.last_seen,
                           self._cancel_on_disconnect, self._heartbeat_ms)  # fmt: skip
        self._send(pack(logon))

    def _received(self, pipe: _Pipe, data: bytes) -> None:
        for message in pipe.session.receive(data, time.monotonic_ns()):
            kind = message.__class__
            if kind in REPORTS:
                if not self._report(message):
                    self._trouble = f"report {message.seq} came after report {self.last_seen}"
                    self._abort(pipe)
                    return  # the next logon asks for what is missing
            elif isinstance(message, wire.LoggedOn):
                self._logged_on(pipe, message)
            elif isinstance(message, wire.LoggedOut):
                self._logged_out(message)
                self._abort(pipe)  # nothing follows, whether the venue hangs up or not
            elif isinstance(message, wire.AccountStatus):
                if self._statuses:
                    resolve(self._statuses.popleft(), message)
            elif isinstance(message, wire.Throttled):
                self._throttled(message)
            elif kind is not wire.VenueHeartbeat:
                self._event(cast("ClientEvent", message))
        if pipe.session.error is not None:
            self._trouble = f"it does not speak the protocol: {pipe.session.error[1]}"
            self._abort(pipe)

    def _abort(self, pipe: _Pipe) -> None:
        pipe.session.enter(State.ENDED)
        if pipe.transport is not None:
            pipe.transport.abort()

    def _logged_on(self, pipe: _Pipe, message: wire.LoggedOn) -> None:
        if self.info is not None:
            self.reconnects += 1
        self.info = message
        pipe.session.agree(message.heartbeat_ms)
        self._next_ref = max(self._next_ref, message.last_ref + 1)
        # Up to last_ref the venue has taken everything; the answers are among the reports.
        for ref, (frame, _) in self._unanswered.items():
            if ref > message.last_ref:
                self._send(frame)
        self._ask_market_data()
        for _ in self._statuses:
            self._send(pack(wire.AskStatus()))
        self._ready_since = time.monotonic_ns()
        self._ready.set()

    def _logged_out(self, message: wire.LoggedOut) -> None:
        self._trouble = message.text
        if message.reason not in _COME_BACK and message.reason is not wire.LogoutReason.REQUESTED:
            self._fail(SessionEndedError(message.reason, message.text))

    def _report(self, report: Any) -> bool:
        """Take a report in; return False when one before it is missing."""
        if report.seq > self.last_seen + 1:
            return False
        answered = ANSWERS.get(report.__class__)
        if answered is not None:
            waiting = self._unanswered.pop(answered(report), None)
            if waiting is not None:
                rejected = report.__class__ is wire.Rejected
                resolve(waiting[1], self._refused(report, waiting[0]) if rejected else report)
        if report.seq == self.last_seen + 1:  # otherwise an answer given again
            self.last_seen = report.seq
            self._event(report)
        return True

    def _refused(self, report: wire.Rejected, frame: bytes) -> RejectedError:
        """Return the error of a refusal, with what would have been right where that is known."""
        message = wire.decode_from_client(frame[wire.HEADER_SIZE :])
        symbol = getattr(message, "symbol", "")
        return refused(report, message, symbol, {line.symbol: line for line in self.lines})

    def _throttled(self, message: wire.Throttled) -> None:
        """Let the caller decide: sent again it might come behind later ones, and be refused."""
        waiting = self._unanswered.pop(message.ref, None)
        if waiting is not None:
            resolve(waiting[1], ThrottledError(message.per_second))
        self._event(message)

    def _event(self, event: ClientEvent) -> None:
        if len(self._events) >= self._max_events:
            self._stale |= self._events.popleft().__class__ in _MARKET_DATA
            self.dropped += 1
            self._missed += 1
        self._events.append(event)
        self._arrived.set()

    def _fail(self, error: ClientError) -> None:
        if self._error is None:
            self._error = error
        for future in [*(future for _, future in self._unanswered.values()), *self._statuses]:
            if not future.done():
                future.set_exception(error)
                future.exception()  # seen: only those who await it get it
        self._unanswered.clear()
        self._statuses.clear()
        self._arrived.set()

    def _send(self, frame: bytes) -> None:
        """Write at the end of this loop iteration, all in one."""
        if not self._out:
            asyncio.get_running_loop().call_soon(self._write)
        self._out.append(frame)

    def _write(self) -> None:
        pipe = self._pipe
        if self._out and pipe is not None and pipe.transport is not None:
            pipe.transport.write(b"".join(self._out))
            pipe.session.sent(time.monotonic_ns())
        self._out.clear()

    # -- asking the venue -----------------------------------------------------------------------

    def request(
        self, message_type: type[wire.OrderMessage], *fields: object
    ) -> Pending[OrderAnswer]:
        """Send an order message with the next reference; return the future of its answer.

        While the connection is down the message waits for the next. The future raises
        ``RejectedError``, ``ThrottledError``, or the ``ClientError`` that ended the session; giving
        up waiting for it does not take the message back. Raises ``ClientError`` when closed.
        """
        if self._error is not None:
            raise fresh(self._error)
        ref = self._next_ref
        self._next_ref = ref + 1
        frame = pack(message_type(ref, *fields))  # type: ignore[arg-type] # as ``Requests`` has them
        future: Pending[OrderAnswer] = Pending(ref)
        self._unanswered[ref] = (frame, future)
        if self._ready.is_set():
            self._send(frame)
        return future

    def status(self) -> asyncio.Future[wire.AccountStatus]:
        """Ask for balances and live orders. Raises ``ClientError`` when closed."""
        if self._error is not None:
            raise fresh(self._error)
        future: Answer[wire.AccountStatus] = Answer()
        self._statuses.append(future)
        if self._ready.is_set():
            self._send(pack(wire.AskStatus()))
        return future

    def subscribe(self, symbol: str = "") -> None:
        """Ask for public data of a symbol, or of all; it arrives in ``events()``."""
        self._subscriptions[symbol] = None
        if self._ready.is_set():
            self._send(pack(wire.Subscribe(symbol)))

    def _ask_market_data(self) -> None:
        """Ask for all that is subscribed to, from a snapshot on."""
        for symbol in self._subscriptions:
            self._send(pack(wire.Subscribe(symbol)))

    def unsubscribe(self, symbol: str = "") -> None:
        """Ask for no more of it."""
        self._subscriptions.pop(symbol, None)
        if self._ready.is_set():
            self._send(pack(wire.Unsubscribe(symbol)))

    async def next_event(self) -> ClientEvent | None:
        """Wait for the next report, piece of market data or ``Missed``; None once closed.

        At most ``max_events`` wait to be taken. Beyond that the oldest are dropped, and a
        ``Missed`` with their number comes in their place; where market data was among them new
        snapshots follow. Raises the error that ended the session.
        """
        while not self._events:
            if self._closing:
                return None
            if self._error is not None:
                raise fresh(self._error)
            self._arrived.clear()
            await self._arrived.wait()
        if self._missed:
            missed, self._missed = self._missed, 0
            if self._stale and self._ready.is_set():
                self._ask_market_data()
            self._stale = False
            return Missed(missed)
        return self._events.popleft()

    async def events(self) -> AsyncIterator[ClientEvent]:
        """Yield what ``next_event`` returns until the client closes."""
        while (event := await self.next_event()) is not None:
            yield event

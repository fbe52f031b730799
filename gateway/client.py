"""The client SDK: an account's side of the protocol, with reconnection built in.

    async with Client("127.0.0.1", 7117, member="M1", account="alice", key="secret") as client:
        report = await client.buy("SZA-2019", 100, price=4250)

A call that asks the venue for something returns a future of the *report* that answers it. A
refusal raises ``RefusedError`` from the future, with the reason, the field and the rule. When the
connection breaks, the client connects again, asks for every report after the last one it saw and
sends again what was not answered; references make that harmless. Prices are integers in minor
units; ``minor_units`` turns what people type into them, exactly.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections import deque
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any, Final, Self, TypeVar, cast

from engine.types import CancelReason, OrderType, Side, TimeInForce
from gateway import wire
from gateway.session import Due, Session, State, client_end, pack

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

MAX_EVENTS: Final = 100_000  # reports and market data that wait for ``events()``
FIRST_PAUSE: Final = 0.05  # seconds before the first new attempt to connect; doubles
LONGEST_PAUSE: Final = 2.0
WATCH_EVERY: Final = 0.05


class ClientError(Exception):
    """The client cannot go on; the text says what to do."""


class SessionEndedError(ClientError):
    """The venue ended the session for a reason that connecting again would not mend."""

    def __init__(self, reason: wire.Farewell, text: str) -> None:
        """Keep the venue's reason."""
        super().__init__(f"the venue ended the session ({reason.name.lower()}): {text}")
        self.reason = reason


class RefusedError(ClientError):
    """The venue refused a message; ``report`` has the reason, the field and the rule."""

    def __init__(self, report: wire.Refused) -> None:
        """Keep the venue's report."""
        name = report.reason.name.lower()
        super().__init__(f"refused ({name}): {report.field}: {report.rule}")
        self.report = report


# Farewells after which the same logon may succeed.
_COME_BACK: Final = (wire.Farewell.SHUTDOWN, wire.Farewell.SILENT, wire.Farewell.SLOW_READER,
                     wire.Farewell.FULL)  # fmt: skip


def minor_units(text: str, digits: int = 2) -> int:
    """Turn a typed price such as ``"42.5"`` into minor units, exactly. Raises ``ValueError``."""
    try:
        scaled = Decimal(text).scaleb(digits)
    except InvalidOperation:
        message = f"{text!r} is not a price: write digits and a point, such as 42.50"
        raise ValueError(message) from None
    if not scaled.is_finite() or scaled != scaled.to_integral_value():
        message = f"{text!r} has more than {digits} decimals"
        raise ValueError(message)
    return int(scaled)


_Answer = TypeVar("_Answer")


class Pending(asyncio.Future[_Answer]):
    """The answer to come to the message ``ref``; an order's ``ref`` is its name from then on."""

    def __init__(self, ref: int) -> None:
        """Wait on the running loop."""
        super().__init__(loop=asyncio.get_running_loop())
        self.ref = ref


class _Pipe(asyncio.Protocol):
    """One connection of a client."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self.session: Session = client_end(time.time_ns())
        self.transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)
        self.client._connected(self)  # noqa: SLF001 - two halves of one thing

    def data_received(self, data: bytes) -> None:
        self.client._received(self, data)  # noqa: SLF001

    def connection_lost(self, _error: Exception | None) -> None:
        self.transport = None
        self.client._lost(self)  # noqa: SLF001


class Client:
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
        attempts: int = 8,
    ) -> None:
        """Describe the session; ``async with`` opens it.

        ``last_seen`` is the last report that an earlier run of the program dealt with: those after
        it come again. ``attempts`` bounds how often in a row connecting may fail.
        """
        self.host, self.port = host, port
        self.account = account
        self.last_seen = last_seen
        self.info: wire.LoggedOn | None = None
        self.reconnects = 0
        self.dropped = 0  # events that nobody took from ``events()`` in time
        self._credentials = (member, account, key)
        self._cancel_on_disconnect = cancel_on_disconnect
        self._heartbeat_ms = heartbeat_ms
        self._attempts = attempts
        self._next_ref = 1
        self._unanswered: dict[int, tuple[bytes, asyncio.Future[Any]]] = {}
        self._statuses: deque[asyncio.Future[wire.AccountStatus]] = deque()
        self._subscriptions: dict[str, None] = {}
        self._events: deque[Any] = deque()
        self._arrived = asyncio.Event()
        self._ready = asyncio.Event()
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
        await asyncio.wait({waiting, self._keeper}, return_when=asyncio.FIRST_COMPLETED)
        waiting.cancel()
        if self._error is not None:
            raise self._error
        return self

    async def __aexit__(self, *_exc: object) -> None:
        """Log out and close."""
        await self.close()

    async def close(self) -> None:
        """Log out in good order; whatever is unanswered fails."""
        if self._closing:
            return
        self._closing = True
        pipe = self._pipe
        if pipe is not None and pipe.transport is not None:
            if pipe.session.state is State.ACTIVE:
                self._send(pack(wire.Logout()))
                self._write()
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._gone.wait(), 2)
            if pipe.transport is not None:
                pipe.transport.close()
        if self._keeper is not None:
            self._keeper.cancel()
            await asyncio.gather(self._keeper, return_exceptions=True)
        self._fail(ClientError("the client was closed"))

    def _done(self) -> bool:
        return self._closing or self._error is not None

    async def _keep_connected(self) -> None:
        """Connect, watch, and connect again until closed or told that it is no use."""
        loop = asyncio.get_running_loop()
        failures = 0
        while not self._done():
            self._gone.clear()
            try:
                await loop.create_connection(lambda: _Pipe(self), self.host, self.port)
            except OSError as error:
                failures += 1
                if failures >= self._attempts:
                    text = f"no venue answers at {self.host}:{self.port} ({error}): is it running?"
                    self._fail(ClientError(text))
                    return
                await asyncio.sleep(min(FIRST_PAUSE * 2**failures, LONGEST_PAUSE))
                continue
            await self._watch_connection()
            failures = 0 if self._ready.is_set() else failures + 1
            self._ready.clear()
            if failures >= self._attempts:
                self._fail(ClientError(f"{self.host}:{self.port} closes every connection"))
                return
            if not self._done():
                self.reconnects += 1
                await asyncio.sleep(min(FIRST_PAUSE * 2**failures, LONGEST_PAUSE))

    async def _watch_connection(self) -> None:
        """Send heartbeats until the connection has gone."""
        while not self._gone.is_set():
            try:
                await asyncio.wait_for(self._gone.wait(), WATCH_EVERY)
            except TimeoutError:
                pipe = self._pipe
                if pipe is None or pipe.transport is None:
                    continue
                due = pipe.session.due(time.time_ns())
                if due is Due.HEARTBEAT:
                    self._send(pack(wire.Heartbeat()))
                elif due is Due.GIVE_UP:
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
        for message in pipe.session.receive(data, time.time_ns()):
            kind = message.__class__
            if kind in _REPORTS:
                self._report(message)
            elif kind is wire.LoggedOn:
                self._logged_on(pipe, message)
            elif kind is wire.LoggedOut:
                self._logged_out(message)
            elif kind is wire.AccountStatus:
                if self._statuses:
                    _resolve(self._statuses.popleft(), message)
            elif kind is wire.Throttled:
                self._throttled(message)
            elif kind is not wire.VenueHeartbeat:
                self._event(message)
        if pipe.session.error is not None and pipe.transport is not None:
            pipe.transport.abort()

    def _lost(self, pipe: _Pipe) -> None:
        if pipe is self._pipe:
            self._gone.set()
            for status in self._statuses:
                if not status.done():
                    status.set_exception(ClientError("the connection broke: ask again"))
            self._statuses.clear()

    def _logged_on(self, pipe: _Pipe, message: wire.LoggedOn) -> None:
        self.info = message
        pipe.session.agree(message.heartbeat_ms)
        self._next_ref = max(self._next_ref, message.last_ref + 1)
        # Up to last_ref the venue has taken everything; the answers are among the reports.
        for ref, (frame, _) in self._unanswered.items():
            if ref > message.last_ref:
                self._send(frame)
        for product in self._subscriptions:
            self._send(pack(wire.Subscribe(product)))
        self._ready.set()

    def _logged_out(self, message: wire.LoggedOut) -> None:
        if message.reason in _COME_BACK or message.reason is wire.Farewell.REQUESTED:
            return
        self._fail(SessionEndedError(message.reason, message.text))

    def _report(self, report: Any) -> None:
        answered = _ANSWERS.get(report.__class__)
        if answered is not None:
            waiting = self._unanswered.pop(answered(report), None)
            if waiting is not None:
                future = waiting[1]
                if report.__class__ is wire.Refused and not future.done():
                    future.set_exception(RefusedError(report))
                else:
                    _resolve(future, report)
        if report.seq <= self.last_seen:
            return  # an answer given again
        self.last_seen = report.seq
        self._event(report)

    def _throttled(self, message: wire.Throttled) -> None:
        """Send it again a little later: it was not taken."""
        waiting = self._unanswered.get(message.ref)
        if waiting is not None:
            later = 1 / message.per_second
            asyncio.get_running_loop().call_later(later, self._send, waiting[0])

    def _event(self, event: Any) -> None:
        if len(self._events) >= MAX_EVENTS:
            self._events.popleft()
            self.dropped += 1
        self._events.append(event)
        self._arrived.set()

    def _fail(self, error: ClientError) -> None:
        if self._error is None:
            self._error = error
        for _, future in self._unanswered.values():
            if not future.done():
                future.set_exception(error)
                future.exception()  # seen: whoever awaits it is told, nobody else is
        self._unanswered.clear()
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
            pipe.session.sent(time.time_ns())
        self._out.clear()

    # -- asking the venue -----------------------------------------------------------------------

    def request(self, message_type: type[Any], *fields: Any) -> Pending[Any]:
        """Send an order message with the next reference; return the future of its answer."""
        if self._error is not None:
            raise self._error
        ref = self._next_ref
        self._next_ref = ref + 1
        frame = pack(message_type(ref, *fields))
        future: Pending[Any] = Pending(ref)
        self._unanswered[ref] = (frame, future)
        if self._ready.is_set():
            self._send(frame)
        return future

    def place(
        self,
        product: str,
        side: Side,
        quantity: int,
        price: int = 0,
        *,
        order_type: OrderType = OrderType.LIMIT,
        tif: TimeInForce = TimeInForce.DAY,
        stop_price: int = 0,
        display: int = 0,
        post_only: bool = False,
        expire_at: int = 0,
    ) -> Pending[wire.Accepted]:
        """Enter an order; the future gives ``Accepted`` or raises ``RefusedError``."""
        return self.request(wire.Place, product, side, quantity, price, order_type, tif,
                            stop_price, display, post_only, expire_at)  # fmt: skip

    def buy(self, product: str, quantity: int, price: int, **more: Any) -> Pending[wire.Accepted]:
        """Enter a buy limit order; ``more`` as in ``place``."""
        return self.place(product, Side.BUY, quantity, price, **more)

    def sell(self, product: str, quantity: int, price: int, **more: Any) -> Pending[wire.Accepted]:
        """Enter a sell limit order; ``more`` as in ``place``."""
        return self.place(product, Side.SELL, quantity, price, **more)

    def cancel(self, target: int) -> Pending[wire.Cancelled]:
        """Cancel the order with reference ``target``."""
        return self.request(wire.Cancel, target)

    def amend(self, target: int, quantity: int = 0, price: int = 0) -> Pending[wire.Amended]:
        """Change an order's total quantity, its price or both."""
        return self.request(wire.Amend, target, quantity, price)

    def cancel_all(self, product: str = "") -> Pending[wire.AllCancelled]:
        """Cancel all orders in a product, or in all."""
        return self.request(wire.CancelAll, product)

    def status(self) -> asyncio.Future[wire.AccountStatus]:
        """Ask for balances and live orders."""
        future: asyncio.Future[wire.AccountStatus] = asyncio.get_running_loop().create_future()
        self._statuses.append(future)
        self._send(pack(wire.AskStatus()))
        return future

    def subscribe(self, product: str = "") -> None:
        """Ask for public data of a product, or of all; it arrives in ``events()``."""
        self._subscriptions[product] = None
        if self._ready.is_set():
            self._send(pack(wire.Subscribe(product)))

    def unsubscribe(self, product: str = "") -> None:
        """Ask for no more of it."""
        self._subscriptions.pop(product, None)
        self._send(pack(wire.Unsubscribe(product)))

    async def events(self) -> AsyncIterator[Any]:
        """Yield reports and market data in order of arrival, until the client closes or fails.

        At most ``MAX_EVENTS`` wait; beyond that the oldest are dropped and counted. Raises the
        error that ended the session.
        """
        while True:
            while self._events:
                yield self._events.popleft()
            if self._error is not None or self._closing:
                if self._error is not None and not self._closing:
                    raise self._error
                return
            self._arrived.clear()
            await self._arrived.wait()


def _resolve(future: asyncio.Future[Any], value: Any) -> None:
    if not future.done():
        future.set_result(value)


_REPORTS: Final = frozenset(wire.Report.__args__)

# report -> the reference of the message that it answers, 0 for none
_ANSWERS: Final[dict[type, Any]] = {
    wire.Accepted: lambda r: r.ref,
    wire.Refused: lambda r: r.ref,
    wire.Cancelled: lambda r: r.request if r.reason is not CancelReason.MASS else 0,
    wire.Amended: lambda r: r.request,
    wire.AllCancelled: lambda r: r.ref,
}

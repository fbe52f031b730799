"""The client SDK: an account's side of the protocol, with reconnection built in.

    async with Client("127.0.0.1", 7117, member="M1", account="alice", key="secret") as client:
        report = await client.buy("SZA-2019", 100, price="42.50")

A call that asks the venue for something returns a future of the *report* that answers it. A
refusal raises ``RejectedError`` from the future, with the reason, the field and the rule. When the
connection breaks, the client connects again, asks for every report after the last that reached it
and sends again what was not answered; references make that harmless. When that fails for good,
every future fails with a ``ClientError`` that says why, and what is known of its message: none is
left waiting.
"""

from __future__ import annotations

import asyncio
import copy
import os
import secrets
from typing import TYPE_CHECKING, Any, Final, Self

from gateway.client.errors import (
    FORKED,
    Answer,
    ClientError,
    Missed,
    NotTakenError,
    Pending,
    RejectedError,
    SessionEndedError,
    ThrottledError,
    minor_units,
    resolve,
)
from gateway.client.following import Following
from gateway.client.inbox import Inbox
from gateway.client.link import Link
from gateway.client.questions import Questions
from gateway.client.refusals import refused
from gateway.client.subscriptions import Subscriptions
from gateway.client.unanswered import Unanswered
from gateway.protocol import wire, wire_market
from gateway.protocol.answers import REPORTS
from gateway.protocol.explain import explain
from gateway.protocol.framing import frame as framed
from gateway.protocol.session import pack

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from gateway.client.link import Connect
    from gateway.client.messages import ClientEvent
    from gateway.client.requests import OrderAnswer

__all__ = ["Client", "ClientError", "Missed", "NotTakenError", "Pending", "RejectedError",
           "SessionEndedError", "ThrottledError", "minor_units"]  # fmt: skip

MAX_EVENTS: Final = 100_000  # reports and market data that wait for ``events()``

# Farewells after which the same logon may succeed.
_COME_BACK: Final = (
    wire.LogoutReason.SHUTDOWN,
    wire.LogoutReason.SILENT,
    wire.LogoutReason.SLOW_READER,
    wire.LogoutReason.FULL,
)


class Client(Following):
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
        """Describe the session; ``async with`` opens it, once.

        ``last_seen`` is the last report that an earlier run of the program dealt with: those after
        it come again. ``attempts`` bounds how often in a row connecting may fail; with pauses that
        double up to two seconds, twelve are about thirteen seconds. ``connect`` makes a connection
        by other means than TCP; it is given what makes the protocol of one.
        """
        super().__init__()
        self.host, self.port = host, port
        self.account = account
        self.info: wire.LoggedOn | None = None
        self.reconnects = 0
        self._credentials = (member, account, key)
        self._cancel_on_disconnect = cancel_on_disconnect
        self._heartbeat_ms = heartbeat_ms
        self._instance = secrets.randbits(62)  # tells this client from others of the account
        self.last_arrived = last_seen  # the last report that came in, whether taken or not
        self._inbox = Inbox(last_seen, max_events)
        self._unanswered = Unanswered(self._refused)
        self._questions = Questions()
        self._subscriptions = Subscriptions()
        self._link = Link(self, connect or self._over_tcp, f"{host}:{port}",
                          heartbeat_ms=heartbeat_ms, attempts=attempts)  # fmt: skip
        self._loop: asyncio.AbstractEventLoop | None = None
        self._process = os.getpid()
        self._keeper: asyncio.Task[None] | None = None
        self._opening: Answer[None] | None = None
        self._closing = False
        self._error: ClientError | None = None  # why nothing can be asked any more

    # -- opening and closing --------------------------------------------------------------------

    async def __aenter__(self) -> Self:
        """Connect and log on. Raises ``ClientError``."""
        if self._loop is not None:
            message = "a client is opened once: make another"
            raise ClientError(message)
        pack(self.logon())  # what cannot be written is an error here
        self._loop = asyncio.get_running_loop()
        self._process = os.getpid()
        self._opening = Answer()
        self._keeper = asyncio.create_task(self._keep(), name=f"carbonx-client {self.account}")
        try:
            await self._opening
        except BaseException:
            await self.close()
            raise
        return self

    async def __aexit__(self, *_exc: object) -> None:
        """Log out and close."""
        await self.close()

    async def close(self) -> None:
        """Log out in good order; whatever is unanswered then fails. Twice is harmless.

        Where it is cancelled, by a time limit say, the connection is cut instead. In a forked
        child it does nothing: the connection is the parent's.
        """
        if os.getpid() != self._process:
            return
        first, self._closing = not self._closing, True
        try:
            if self._error is None:
                self._error = ClientError("the client was closed")
                await self._link.farewell()
            elif not first:
                await self._kept()
        finally:
            self._link.stop()
            if self._keeper is not None:
                self._keeper.cancel()
            self._fail(ClientError("the client was closed"))
        await self._kept()

    async def _kept(self) -> None:
        """Wait until nothing of the client runs any more."""
        if self._keeper is not None and not self._keeper.done():
            await asyncio.wait([self._keeper])

    async def _keep(self) -> None:
        """Keep the connection up for as long as that is of use; then end all that waits."""
        error = ClientError("the task that kept the connection was cancelled")
        try:
            await self._link.keep()
        except ClientError as reason:
            error = reason
        except Exception as failure:  # noqa: BLE001 - nobody may wait for a task that is gone
            error = ClientError(f"the client failed: {failure!r}")
        finally:
            if not self._closing:  # ``close`` does the same when it has heard the last answers
                self._fail(error)

    async def _over_tcp(self, protocol_factory: Callable[[], asyncio.Protocol]) -> None:
        loop = asyncio.get_running_loop()
        await loop.create_connection(protocol_factory, self.host, self.port)

    def _fail(self, error: ClientError) -> None:
        """End everything that waits; the first reason is the one that counts."""
        if self._error is None:
            self._error = error
        error = self._error
        self._unanswered.fail(error)
        self._questions.fail(error)
        self._unheard(error)
        if self._opening is not None:
            resolve(self._opening, copy.copy(error))
            self._opening.exception()  # seen: only those who await it get it
        self._inbox.wake()

    def _check_process(self) -> None:
        if os.getpid() != self._process:
            raise ClientError(FORKED)

    def _check_open(self) -> None:
        """Raise a ``ClientError`` of its own for each call that cannot be."""
        self._check_process()
        if self._error is not None:
            raise copy.copy(self._error)
        if self._loop is None:
            message = "the client is not open: use it inside ``async with``"
            raise ClientError(message)
        if asyncio._get_running_loop() is not self._loop:  # noqa: SLF001 - None where none runs
            message = (
                "the client belongs to the event loop that it was opened in: call it from there, "
                "or use BlockingClient, which any thread may call"
            )
            raise ClientError(message)

    # -- what is known --------------------------------------------------------------------------

    @property
    def connected(self) -> bool:
        """Whether the client is logged on now; where it is not, what is asked waits."""
        return self._link.up

    @property
    def last_seen(self) -> int:
        """The number of the last report that the program has taken from the events.

        An earlier ``Missed`` apart, all reports up to it were taken, and none behind it: it is what
        to give to the client of the next run. A program that takes no events has seen nothing.
        """
        return self._inbox.last_seen

    @property
    def dropped(self) -> int:
        """How many events were dropped because nobody took them in time."""
        return self._inbox.dropped

    @property
    def lines(self) -> tuple[wire_market.LineInfo, ...]:
        """What is traded, as of the last logon; empty before the first."""
        return self.info.lines if self.info is not None else ()

    # -- called by the link ---------------------------------------------------------------------

    def logon(self) -> wire.Logon:
        """Return what to say on a new connection: it goes on behind the last report."""
        member, account, key = self._credentials
        return wire.Logon(wire.VERSION, member, account, key, self.last_arrived,
                          self._cancel_on_disconnect, self._heartbeat_ms, self._instance,
                          self.info is not None, follow_balances=True)  # fmt: skip

    def received(self, message: wire.FromVenue) -> str:
        """Take a message; return why the connection must be made again, "" where it need not."""
        kind = message.__class__
        if kind in REPORTS:
            return self._report(message)
        if isinstance(message, wire.LoggedOn):
            self._logged_on(message)
        elif isinstance(message, wire.LoggedOut):
            return self._logged_out(message)
        elif isinstance(message, wire.Reply):
            if isinstance(message, wire.AccountStatus):
                self._account.adopt(message)
            self._questions.answered(message)
        elif isinstance(message, wire.Balances):
            self._account.have(message.cash, message.holdings)
        elif isinstance(message, wire.MarketData):
            self._learn(message)
            self._event(message)
        elif isinstance(message, wire.Throttled):
            # Let the caller decide: sent again it might come behind later ones, and be refused.
            error = ThrottledError(message.ref, message.per_second)
            self._unanswered.not_taken(message.ref, error)
            self._event(message)
        return ""

    def _logged_on(self, message: wire.LoggedOn) -> None:
        if self.info is not None:
            self.reconnects += 1
        self.info = message
        self._begin(message)
        for frame in self._unanswered.logged_on(message):
            self._link.send(frame)
        self._unanswered.caught_up(self.last_arrived)
        self._ask_market_data()
        for frame in self._questions.again():
            self._link.send(frame)
        if self._opening is not None:
            resolve(self._opening, None)

    def _logged_out(self, message: wire.LoggedOut) -> str:
        """Give up for good where coming back is no use; nothing follows in either case."""
        if message.reason not in _COME_BACK and message.reason is not wire.LogoutReason.REQUESTED:
            self._end(SessionEndedError(message.reason, message.text))
        return message.text or "it ended the session"

    def _end(self, error: ClientError) -> None:
        """End the session for good."""
        self._fail(error)
        self._link.stop()

    def _report(self, report: Any) -> str:
        """Take a report in; say so when one before it is missing."""
        if report.seq > self.last_arrived + 1:
            return f"report {report.seq} came after report {self.last_arrived}"
        asked = self._unanswered.message(report)
        if not self._unanswered.report(report):
            text = "another program used the account, and a reference that this one had used"
            self._end(SessionEndedError(wire.LogoutReason.TAKEN_OVER, text))
            return text
        if report.seq == self.last_arrived + 1:  # otherwise an answer given again
            self.last_arrived = report.seq
            self._account.absorb(report, asked)
            self._event(report)
        self._unanswered.caught_up(self.last_arrived)
        return ""

    def _refused(self, report: wire.Rejected, message: wire.OrderMessage) -> RejectedError:
        """Return the error of a refusal, with what would have been right where that is known."""
        symbol = getattr(message, "symbol", "")
        lines = {line.symbol: line for line in self.lines}
        lines |= {name: line.info for name, line in self._market.lines.items() if not line.stale}
        return refused(report, message, symbol, lines)

    def _event(self, event: ClientEvent) -> None:
        """Take in whatever the program is told: each report once and in order, and market data."""
        self._inbox.put(event)

    # -- asking the venue -----------------------------------------------------------------------

    def request(
        self, message_type: type[wire.OrderMessage], *fields: object
    ) -> Pending[OrderAnswer]:
        """Send an order message with the next reference; return the future of its answer.

        While the connection is down the message waits for the next. The future raises
        ``RejectedError``, ``NotTakenError``, or the ``ClientError`` that ended the session. Giving
        up waiting (cancelling the future) does not take back what the venue has; what it has not
        got when the connection breaks is not sent again. Raises ``ClientError`` before the client
        is open and once it is closed, ``ValueError`` for what is no message of the protocol.
        """
        self._check_open()
        ref = self._unanswered.next_ref
        message = message_type(ref, *fields)  # type: ignore[arg-type] # ``_checked`` sees to it
        frame = _checked(message)
        future: Pending[OrderAnswer] = Pending(ref)
        self._unanswered.add(message, frame, future)
        if self._link.up:
            self._link.send(frame)
            self._unanswered.sent(ref)
        return future

    def status(self) -> asyncio.Future[wire.AccountStatus]:
        """Ask for balances and live orders. Raises ``ClientError`` when closed."""
        self._check_open()
        return self._question(wire.AskStatus())

    def _question(
        self, message: wire.FromClient, take: Callable[[Any], None] | None = None
    ) -> Answer[Any]:
        frame, answer = self._questions.ask(message, take)
        if self._link.up:
            self._link.send(frame)
        return answer

    def subscribe(self, symbol: str = "") -> None:
        """Ask for public data of a symbol, or of all; it arrives in ``events()``.

        What was said last of a symbol counts, across connections too. All include those that an
        amendment of the rulebook opens later.
        """
        self._check_process()
        frame = _checked(wire.Subscribe(symbol))
        self._subscriptions.add(symbol)
        if self._link.up:
            self._link.send(frame)

    def unsubscribe(self, symbol: str = "") -> None:
        """Ask for no more of it."""
        self._check_process()
        frame = _checked(wire.Unsubscribe(symbol))
        self._subscriptions.remove(symbol)
        self._forget_line(symbol)
        if self._link.up:
            self._link.send(frame)

    def _ask_market_data(self) -> None:
        """Ask for all that is subscribed to, from a snapshot on."""
        for message in self._subscriptions.messages():
            self._link.send(pack(message))

    async def next_event(self) -> ClientEvent | None:
        """Wait for the next report, piece of market data or ``Missed``; None once closed.

        At most ``max_events`` wait to be taken. Beyond that market data is dropped, the oldest
        first, and reports where there is none; a ``Missed`` with their number says so. Behind it
        come new snapshots of what is subscribed to where market data was among them, and the
        account's ``AccountStatus`` where reports were. Raises the error that ended the session.
        """
        self._check_process()
        inbox = self._inbox
        while not inbox:
            if self._closing:
                return None
            self._check_open()
            await inbox.wait()
        event = inbox.take()
        if event.__class__ is Missed:
            self._mend()
        return event

    def _mend(self) -> None:
        """Ask anew for what the dropped events told."""
        inbox = self._inbox
        if self._error is None:
            if inbox.market_missed and self._link.up:
                self._ask_market_data()
            if inbox.reports_missed:
                self._question(wire.AskStatus(), self._event)
        inbox.market_missed = inbox.reports_missed = False

    async def events(self) -> AsyncIterator[ClientEvent]:
        """Yield what ``next_event`` returns until the client closes."""
        while (event := await self.next_event()) is not None:
            yield event


def _checked(message: Any) -> bytes:
    """Return a message's frame. Raises ``ValueError`` where the venue could not read it.

    It would end the session, and with cancel-on-disconnect all orders with it.
    """
    payload = wire.encode(message)
    try:
        wire.decode_from_client(payload)
    except Exception as error:
        raise ValueError(explain(error, payload)) from error
    if len(payload) > wire.MAX_FRAME:
        problem = f"{type(message).__name__} has {len(payload)} bytes; at most {wire.MAX_FRAME}"
        raise ValueError(problem)
    return framed(payload)

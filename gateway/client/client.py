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
from typing import TYPE_CHECKING, Any, Final, Self

from gateway.client import arguments
from gateway.client.conversation import Conversation
from gateway.client.errors import (
    FORKED,
    Answer,
    ClientError,
    LiveOrdersError,
    Missed,
    NotTakenError,
    Pending,
    PermissionDeniedError,
    ReferenceJumpError,
    RejectedError,
    SessionEndedError,
    StorageError,
    ThrottledError,
    minor_units,
)
from gateway.client.following import Following
from gateway.client.inbox import Inbox
from gateway.client.link import Link, Patience
from gateway.protocol.bounds import MAX_INTEGER
from gateway.protocol.session import pack

if TYPE_CHECKING:
    import ssl
    from collections.abc import AsyncIterator, Callable, Coroutine

    from gateway.client.link import Connect
    from gateway.client.messages import ClientEvent
    from gateway.client.requests import OrderAnswer
    from gateway.protocol import wire, wire_account, wire_market

__all__ = ["Client", "ClientError", "LiveOrdersError", "Missed", "NotTakenError", "Pending",
           "PermissionDeniedError", "ReferenceJumpError",
           "RejectedError", "SessionEndedError", "StorageError", "ThrottledError",
           "minor_units"]  # fmt: skip

MAX_PORT: Final = 65_535
MAX_EVENTS: Final = 100_000  # reports and market data that wait for ``events()``


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
        key_name: str = "",
        last_seen: int = 0,
        cancel_on_disconnect: bool = False,
        heartbeat_ms: int = 10_000,
        attempts: int = 12,
        wait: float | None = None,
        max_events: int = MAX_EVENTS,
        connect: Connect | None = None,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        """Describe the session; ``async with`` opens it, once.

        ``last_seen`` is the last report that an earlier run of the program dealt with: those after
        it come again. Below 0 it is how many of the account's last reports come. ``attempts``
        bounds how often in a row connecting may fail; with pauses that double up to two seconds,
        twelve are about thirteen seconds. ``wait`` bounds it in seconds instead, for a venue that
        may be recovering. ``connect`` makes a connection by other means than TCP; it is given what
        makes the protocol of one. ``tls`` encrypts what goes over TCP (``gateway.runtime.tls``, or
        any context). Raises ``TypeError`` and ``ValueError`` that name what is wrong.
        """
        self.host = arguments.text("host", host)
        self.port = arguments.whole("port", port, least=-MAX_INTEGER)  # how far: where it is used
        self.account = arguments.text("account", account)
        who = (
            arguments.text("member", member, empty=True),
            account,
            arguments.text("key", key),
            arguments.text("key_name", key_name, empty=True),
        )
        last_seen = arguments.whole("last_seen", last_seen, least=-MAX_INTEGER)
        heartbeat_ms = arguments.whole("heartbeat_ms", heartbeat_ms)
        attempts = arguments.whole("attempts", attempts)
        self.wait = wait = None if wait is None else arguments.seconds("wait", wait)
        self._inbox = Inbox(last_seen, arguments.whole("max_events", max_events))
        self._talk = talk = Conversation(
            who,
            last_seen,
            cancel_on_disconnect=arguments.flag("cancel_on_disconnect", cancel_on_disconnect),
            heartbeat_ms=heartbeat_ms,
            told=self._told,
        )
        self._pictures = talk.pictures
        self._link = Link(
            talk,
            connect or self._over_tcp,
            f"{host}:{port}",
            heartbeat_ms=heartbeat_ms,
            patience=Patience(attempts, wait),
        )
        talk.link = self._link
        self._loop: asyncio.AbstractEventLoop | None = None
        self._tls = tls
        self._process = os.getpid()
        self._task_name = f"carbonx-client {account}"
        self._keeper: asyncio.Task[None] | None = None
        self._closer: asyncio.Task[None] | None = None
        self._closing = False

    # -- opening and closing --------------------------------------------------------------------

    async def __aenter__(self) -> Self:
        """Connect and log on. Raises ``ClientError``."""
        if self._loop is not None:
            message = "a client is opened once: make another"
            raise ClientError(message)
        pack(self._talk.logon())  # what cannot be written is an error here
        self._loop = asyncio.get_running_loop()
        self._process = os.getpid()
        self._talk.opening = opening = Answer[None]()
        self._keeper = asyncio.create_task(self._keep(), name=self._task_name)
        try:
            await opening
            self._inbox.last_seen = self._talk.begins_behind
        except BaseException:
            await self.close()
            raise
        return self

    async def __aexit__(self, *_exc: object) -> None:
        """Log out and close."""
        await self.close()

    def close(self) -> Coroutine[object, object, None]:
        """Log out in good order, from the call on; whatever is unanswered then fails.

        Await it to know when nothing of the client is left. Where that is given less time than it
        takes, the connection is cut instead. Twice is harmless. In a forked child it does nothing:
        the connection is the parent's.
        """
        if os.getpid() == self._process and not self._closing:
            self._closing = True
            if self._loop is None or self._loop.is_closed():
                self._cut()
            else:
                self._closer = self._loop.create_task(self._close(), name=self._task_name)
        return self._closed()

    async def _closed(self) -> None:
        """Wait until nothing of the client runs any more; cut it where that takes too long."""
        if os.getpid() != self._process:
            return
        running = [task for task in (self._closer, self._keeper) if task and not task.done()]
        if running:
            try:
                await asyncio.wait(running)
            except asyncio.CancelledError:
                self._cut()
                raise

    async def _close(self) -> None:
        try:
            if self._talk.error is None:
                self._talk.error = ClientError("the client was closed")
                await self._link.farewell()
        finally:
            self._cut()

    def _cut(self) -> None:
        """End the connection, what keeps it, and all that waits."""
        self._link.stop()
        if self._keeper is not None and not self._keeper.done():
            self._keeper.cancel()
        self._fail(ClientError("the client was closed"))

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
        if not 0 < self.port <= MAX_PORT:  # some loops would take it modulo 65536
            message = f"a port is from 1 to {MAX_PORT}"
            raise ValueError(message)
        if "\0" in self.host:  # others would take what stands before it
            message = "a host has no null character"
            raise ValueError(message)
        await loop.create_connection(protocol_factory, self.host, self.port, ssl=self._tls)

    def _fail(self, error: ClientError) -> None:
        self._talk.fail(error)
        self._inbox.wake()

    def _told(self, event: ClientEvent) -> None:
        """Take in whatever the program is told: each report once and in order, and market data."""
        self._inbox.put(event)

    def _check_process(self) -> None:
        if os.getpid() != self._process:
            raise ClientError(FORKED)

    def _check_open(self) -> None:
        """Raise a ``ClientError`` of its own for each call that cannot be."""
        self._check_process()
        if self._talk.error is not None:
            raise copy.copy(self._talk.error)
        if self._loop is None:
            message = "the client is not open: use it inside ``async with``"
            raise ClientError(message)
        if asyncio._get_running_loop() is not self._loop:  # noqa: SLF001 - None where none runs
            message = (
                "the client belongs to the event loop that it was opened in: call it from there, "
                "or use BlockingClient, which any thread may call"
            )
            raise ClientError(message)

    def _check_subscription(self) -> None:
        """Let a client that is yet to be opened be told what it will want."""
        self._check_process()
        if self._loop is not None:
            self._check_open()

    # -- what is known --------------------------------------------------------------------------

    @property
    def info(self) -> wire.LoggedOn | None:
        """What the venue said at the last logon; None before the first."""
        return self._talk.info

    @property
    def reconnects(self) -> int:
        """How often the client has come back to the venue."""
        return self._talk.reconnects

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
    def last_arrived(self) -> int:
        """The number of the last report that came in, whether it was taken or not."""
        return self._talk.last_arrived

    @property
    def dropped(self) -> int:
        """How many events were dropped because nobody took them in time."""
        return self._inbox.dropped

    @property
    def lines(self) -> tuple[wire_market.LineInfo, ...]:
        """What is traded, as of the last logon; empty before the first."""
        return self.info.lines if self.info is not None else ()

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
        return self._talk.request(message_type, *fields)

    def status(self) -> asyncio.Future[wire_account.AccountStatus]:
        """Ask for balances and live orders. Raises ``ClientError`` when closed.

        A venue lists many orders in pages; the answer has them all, as of its report ``seq``.
        """
        self._check_open()
        return self._talk.pictures.statuses.ask()

    def operate(self, line: str) -> asyncio.Future[dict[str, object]]:
        """Say what an operator wants, a JSON object (``docs/commands.md``), with a key for it.

        The answer is that of the operator's socket: ``events``, or ``error``. The line is sent
        once: where the connection breaks first, the future raises ``ClientError``. Raises
        ``ClientError`` where there is no session now, ``ValueError`` for a line that is too long.
        """
        self._check_open()
        return self._talk.operate(arguments.text("line", line))

    def _ask(self, message: wire.FromClient) -> Answer[Any]:
        self._check_open()
        return self._talk.ask(message)

    def subscribe(self, symbol: str = "") -> None:
        """Ask for public data of a symbol, or of all; it arrives in ``events()``.

        What was said last of a symbol counts, across connections too. All include those that an
        amendment of the rulebook opens later.
        """
        self._check_subscription()
        self._talk.subscribe(arguments.text("symbol", symbol, empty=True))

    def unsubscribe(self, symbol: str = "") -> None:
        """Ask for no more of it."""
        self._check_subscription()
        self._talk.unsubscribe(arguments.text("symbol", symbol, empty=True))

    def copy(self, account: str, after: int = 0) -> None:
        """Ask for the reports of another account behind a number, and for those to come.

        They arrive in ``events()`` as ``Copied``, each account's once and in order, across
        connections too; the session's key names the account (``copies`` in the accounts file).
        """
        self._check_subscription()
        self._talk.copy(
            arguments.text("account", account), arguments.whole("after", after, least=0)
        )

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
            self._talk.mend(market=inbox.market_missed, account=inbox.reports_missed)
            inbox.market_missed = inbox.reports_missed = False
        return event

    async def events(self) -> AsyncIterator[ClientEvent]:
        """Yield what ``next_event`` returns until the client closes."""
        while (event := await self.next_event()) is not None:
            yield event

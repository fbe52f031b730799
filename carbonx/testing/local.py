"""A whole venue in this process, and clients that reach it without a socket."""

from __future__ import annotations

import asyncio
import secrets
import time
from typing import TYPE_CHECKING, Any, Final, Self

from engine.log.sequencer import Sequencer
from engine.rulebook.presets import find
from engine.venue.venue import Venue
from engine.vocabulary.commands import SetPhase
from engine.vocabulary.enums import Phase
from gateway.client.client import Client
from gateway.server.accounts import Credentials, Directory
from gateway.server.core import WATCH_EVERY, Core
from gateway.server.failure import VenueStoppedError, as_stopped
from gateway.server.limits import Limits
from gateway.server.outbox import Outboxes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from engine.rulebook.model import Rulebook
    from engine.vocabulary.commands import Command
    from engine.vocabulary.events import Event
    from gateway.server.connection import Connection

CASH: Final = 10**12  # minor units of the venue's currency that each account starts with
TONNES: Final = 10**6  # of each product


class MemoryTransport(asyncio.Transport):
    """A client's end of a connection to a ``LocalVenue``."""

    def __init__(self, venue: LocalVenue, protocol: asyncio.Protocol) -> None:
        """Connect a protocol; the venue calls it from then on."""
        super().__init__()
        self._venue = venue
        self.protocol = protocol
        self.connection: Connection = venue.core.connected(venue.clock())
        self._closing = False

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Give the venue bytes; they count in its next tick."""
        if not self._closing:
            self._venue.core.received(self.connection, bytes(data))
            self._venue.schedule()

    def deliver(self, data: bytes, *, close: bool) -> None:
        """Give the client what a tick wrote."""
        if self._closing:
            return
        if data:  # in a call of its own: what a client raises is not the venue's
            asyncio.get_running_loop().call_soon(self.protocol.data_received, data)
        if close:
            self.abort()

    def is_closing(self) -> bool:
        """Say whether the connection has ended, or is about to."""
        return self._closing

    def close(self) -> None:
        """End the connection; nothing waits to be written, so at once."""
        self.abort()

    def abort(self) -> None:
        """End the connection."""
        if self._closing:
            return
        self._closing = True
        self._venue.lose(self)
        asyncio.get_running_loop().call_soon(self.protocol.connection_lost, None)


class LocalVenue:
    """A venue that trades, with accounts, on the running loop; nothing of it is kept.

    ::

        async with LocalVenue(accounts=["alice", "bob"]) as venue:
            async with venue.client("alice") as alice:
                print(await alice.buy("CO2", 100, price="50.00"))
    """

    def __init__(
        self,
        rulebook: Rulebook | str = "textbook",
        accounts: Iterable[str] = ("alice", "bob"),
        *,
        cash: int = CASH,
        tonnes: int = TONNES,
        phase: Phase | None = Phase.CONTINUOUS,
        clock: Callable[[], int] = time.time_ns,
    ) -> None:
        """Describe the venue; ``async with`` opens it.

        ``rulebook`` is one, or the name or file of one. Each account starts with ``cash`` (minor
        units) and ``tonnes`` of each product. ``phase`` is that of every line at the start,
        ``None`` leaves them closed. ``clock`` gives the time in ns UTC. Raises ``RulebookError``.
        """
        rules = find(rulebook) if isinstance(rulebook, str) else rulebook
        stock = dict.fromkeys((product.symbol for product in rules.products), tonnes)
        directory = Directory(
            tuple(Credentials(n, f"key of {n}", cash=cash, allowances=stock) for n in accounts)
        )
        directory.draw = secrets.token_bytes
        self.clock = clock
        self.venue = Venue(rules)
        self.core = Core(directory, Sequencer(self.venue), Outboxes(), Limits())
        self._transports: dict[Connection, MemoryTransport] = {}
        self._scheduled = False
        self._timer: asyncio.TimerHandle | None = None
        for command in directory.openings(self.venue):
            self.core.operate(command)
        if phase is not None:
            self.core.operate(SetPhase(phase))

    async def __aenter__(self) -> Self:
        """Start; the accounts are open on return."""
        self._tick()
        self._watch()
        return self

    async def __aexit__(self, *_exc: object) -> None:
        """Say farewell to the clients and stop."""
        self.core.farewell()
        self._tick()
        if self._timer is not None:
            self._timer.cancel()
        for transport in list(self._transports.values()):
            transport.abort()
        await asyncio.sleep(0)

    def client(self, account: str, **more: Any) -> Client:
        """Return a client of an account; ``async with`` connects it. ``more`` as in ``Client``."""
        return Client(
            "memory", 0, account=account, key=f"key of {account}", connect=self.connect, **more
        )

    async def connect(self, protocol_factory: Callable[[], asyncio.Protocol]) -> None:
        """Connect a protocol, as a loop's ``create_connection`` does over TCP."""
        protocol = protocol_factory()
        transport = MemoryTransport(self, protocol)
        self._transports[transport.connection] = transport
        protocol.connection_made(transport)

    def operate(self, command: Command) -> list[Event]:
        """Run an operator's command now; return what happened.

        Raises ``CommandError``, and ``VenueStoppedError`` once the venue has failed.
        """
        operation = self.core.operate(command)
        self._tick()
        if not operation.durable:
            message = "the venue has stopped and ran nothing"
            raise VenueStoppedError(message)
        return operation.events

    def cut(self, account: str = "") -> int:
        """Break the connections of an account, or of all, as a network would; return how many."""
        found = [
            each
            for connection, each in self._transports.items()
            if account in ("", connection.account)
        ]
        for transport in found:
            transport.abort()
        return len(found)

    def lose(self, transport: MemoryTransport) -> None:
        """Forget a connection that has ended."""
        if self._transports.pop(transport.connection, None) is not None:
            self.core.lost(transport.connection)
            self.schedule()

    def schedule(self) -> None:
        """Have a tick run in this iteration of the loop, once for all that comes in it."""
        if not self._scheduled:
            self._scheduled = True
            asyncio.get_running_loop().call_soon(self._tick)

    def _tick(self) -> None:
        self._scheduled = False
        try:
            writes = self.core.tick(self.clock())
        except Exception as error:
            self.cut()  # nothing of a tick that failed may leave the venue
            raise as_stopped(error) from error
        for write in writes:
            transport = self._transports.get(write.connection)
            if transport is not None:
                transport.deliver(write.data, close=write.close)
        if self.core.busy and not self.core.stopped:
            self.schedule()

    def _watch(self) -> None:
        """Look at the clock now and then: at silence, and at what time makes due."""
        if self.core.stopped:
            return
        self._tick()
        loop = asyncio.get_running_loop()
        self._timer = loop.call_later(WATCH_EVERY / 10**9, self._watch)

"""A client's connection: made, watched, made again when it breaks, given up when that is no use.

It knows frames, silence and time, and nothing of what is said. Whoever uses it is told of every
message and says what to send.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import ssl
import time
from typing import TYPE_CHECKING, Final, NamedTuple, Protocol, cast

from gateway.client.errors import ClientError
from gateway.protocol import wire
from gateway.protocol.session import Due, Session, State, client_end, pack

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    Connect = Callable[[Callable[[], asyncio.Protocol]], Awaitable[None]]

CONNECT_WITHIN: Final = 5.0  # seconds
FIRST_PAUSE: Final = 0.05  # seconds before the first new attempt to connect; doubles
LONGEST_PAUSE: Final = 2.0
STEADY_AFTER: Final = 1.0  # seconds logged on after which earlier failures are forgotten
WATCH_EVERY: Final = 0.05
FAREWELL_WITHIN: Final = 2.0
LOGON_HEARTBEAT: Final = 500  # ms at least: a venue may take twice that to answer a logon

# What is wrong with a name will be tomorrow; ``EAI_AGAIN`` alone says that it may not.
_NO_SUCH_NAME: Final = {
    getattr(socket, name, None)
    for name in ("EAI_NONAME", "EAI_NODATA", "EAI_ADDRFAMILY", "EAI_FAMILY", "EAI_FAIL")
} - {None}


def _may_pass(error: Exception) -> bool:
    """Say whether the same address may do later what it does not do now."""
    if isinstance(error, socket.gaierror):
        return error.errno not in _NO_SUCH_NAME
    return isinstance(error, OSError)  # TimeoutError is one


def why(error: Exception) -> str:
    """Return in a few words why a connection could not be made."""
    if isinstance(error, socket.gaierror):
        return str(error.strerror)
    if isinstance(error, TimeoutError):
        return f"no connection within {CONNECT_WITHIN:g} s"
    if isinstance(error, OSError):
        return os.strerror(error.errno) if error.errno else "at none of its addresses"
    return "no such address"


class User(Protocol):
    """Who uses a link."""

    def logon(self) -> wire.Logon:
        """Return what to say first on a new connection."""

    def received(self, message: wire.FromVenue) -> str:
        """Take a message; return why the connection must be made again, "" where it need not."""


class Pipe(asyncio.Protocol):
    """One connection."""

    def __init__(self, link: Link) -> None:
        """Belong to a link for as long as it has no newer one."""
        self.link = link
        self.session: Session[wire.FromVenue] = client_end(time.monotonic_ns())
        self.transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Log on."""
        self.transport = cast("asyncio.Transport", transport)
        self.link.made(self)

    def data_received(self, data: bytes) -> None:
        """Give on what came."""
        self.link.heard(self, data)

    def connection_lost(self, _error: Exception | None) -> None:
        """Say that it is over."""
        self.transport = None
        self.link.lost(self)

    def abort(self) -> None:
        """End the connection at once; nothing that comes on it counts any more."""
        self.session.enter(State.ENDED)
        if self.transport is not None:
            self.transport.abort()


class Patience(NamedTuple):
    """How long to go on where no session comes about."""

    attempts: int  # in a row
    wait: float | None = None  # seconds that count instead

    def pause(self, failures: int, waited: float) -> float | None:
        """Return for how long to pause before the next attempt; None: there is none."""
        pause = min(FIRST_PAUSE * 2 ** min(failures - 1, 9), LONGEST_PAUSE)
        if self.wait is None:
            return pause if failures < self.attempts else None
        left = self.wait - waited
        return min(pause, left) if left > 0 else None


class Link:
    """Keeps a session's connection up. ``up`` says whether it is logged on."""

    def __init__(
        self, user: User, connect: Connect, place: str, *, heartbeat_ms: int, patience: Patience
    ) -> None:
        """Describe it; ``keep`` runs it. ``place`` is where it leads, for people."""
        self.up = False
        self._user = user
        self._connect = connect
        self._place = place
        self._heartbeat_ms = heartbeat_ms
        self._patience = patience
        self._up_since = 0  # monotonic ns
        self._trouble = ""  # why the last connection is gone
        self._failure: Exception | None = None  # of the user, in taking a message
        self._stopped = False
        self._pipe: Pipe | None = None
        self._gone = asyncio.Event()
        self._out: list[bytes] = []

    # -- life -----------------------------------------------------------------------------------

    async def keep(self) -> None:
        """Connect, watch, and connect again until stopped. Raises ``ClientError`` to give up."""
        failures, since = 0, time.monotonic()
        try:
            while True:
                await self._one_connection()
                if self._stopped:
                    return
                if self._failure is not None:
                    message = f"the client failed on what the venue sent: {self._failure!r}"
                    raise ClientError(message) from self._failure
                if self.up:
                    self.up = False
                    steady = time.monotonic_ns() - self._up_since > STEADY_AFTER * 1e9
                    if steady or not failures:
                        failures, since = 0, time.monotonic()
                failures += 1
                pause = self._patience.pause(failures, time.monotonic() - since)
                if pause is None:
                    message = (
                        f"no session with {self._place} after {failures} attempts ({self._trouble})"
                    )
                    raise ClientError(message)
                await asyncio.sleep(pause)
        finally:
            self.stop()

    def stop(self) -> None:
        """End the connection, if there is one, and make no other."""
        self._stopped = True
        self.up = False
        if self._pipe is not None:
            self._pipe.abort()

    async def farewell(self) -> None:
        """Log out in good order, where there is a session, and wait until the connection ends."""
        self._stopped = True
        pipe = self._pipe
        if pipe is None or pipe.transport is None or not self.up:
            return
        self.up = False
        self._out.append(pack(wire.Logout()))
        self._write()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._gone.wait(), FAREWELL_WITHIN)

    async def _one_connection(self) -> None:
        """Make a connection and watch it until it has gone."""
        self._begin()
        try:
            async with asyncio.timeout(CONNECT_WITHIN):
                await self._connect(lambda: Pipe(self))
        except ssl.SSLCertVerificationError as error:
            message = (
                f"{self._place} shows a certificate that is not trusted ({error.verify_message})"
            )
            raise ClientError(message) from error
        except Exception as error:  # whatever the parts of an address can be
            if _may_pass(error) or (self._up_since and isinstance(error, OSError)):
                self._trouble = f"nothing answers: {why(error)}; is it running?"
                return
            message = f"{self._place} is no address to connect to: {error}; check host and port"
            raise ClientError(message) from error
        while self._pipe is not None and not self._gone.is_set():
            try:
                async with asyncio.timeout(WATCH_EVERY):
                    await self._gone.wait()
            except TimeoutError:
                self._watch()

    def _begin(self) -> None:
        if self._pipe is not None:
            self._pipe.abort()  # it came too late
        self._gone.clear()
        self._pipe = None
        self._trouble = "it closes every connection"

    def _watch(self) -> None:
        """Do what silence calls for."""
        pipe = self._pipe
        assert pipe is not None
        due = pipe.session.due(time.monotonic_ns())
        if due is Due.HEARTBEAT and pipe.session.state is State.ACTIVE:
            self.send(pack(wire.Heartbeat()))
        elif due is Due.GIVE_UP:
            self._trouble = "it fell silent"
            pipe.abort()

    # -- called by the connection -----------------------------------------------------------------

    def made(self, pipe: Pipe) -> None:
        """Log on over a new connection."""
        if self._stopped:
            pipe.abort()
            return
        self._pipe = pipe
        self._out.clear()
        pipe.session.agree(max(self._heartbeat_ms, LOGON_HEARTBEAT))
        self.send(pack(self._user.logon()))

    def heard(self, pipe: Pipe, data: bytes) -> None:
        """Take bytes in."""
        if pipe is not self._pipe:
            return  # its successor asks for whatever it still brings
        for message in pipe.session.receive(data, time.monotonic_ns()):
            if isinstance(message, wire.LoggedOn):
                pipe.session.agree(message.heartbeat_ms)
                self.up = not self._stopped
                self._up_since = time.monotonic_ns()
            try:
                trouble = self._user.received(message)
            except Exception as error:  # noqa: BLE001 - the next connection would bring the same
                self._failure = error
                pipe.abort()
                return
            if trouble:
                self._trouble = trouble
                pipe.abort()
                return
        if pipe.session.error is not None:
            self._trouble = f"it does not speak the protocol: {pipe.session.error[1]}"
            pipe.abort()

    def lost(self, pipe: Pipe) -> None:
        """Note that a connection has ended."""
        if pipe is self._pipe:
            self._gone.set()

    # -- what is sent -----------------------------------------------------------------------------

    def send(self, frame: bytes) -> None:
        """Write at the end of this loop iteration, all in one; nothing where it has broken."""
        if not self._out:
            asyncio.get_running_loop().call_soon(self._write)
        self._out.append(frame)

    def _write(self) -> None:
        pipe = self._pipe
        if self._out and pipe is not None and pipe.transport is not None:
            pipe.transport.write(b"".join(self._out))
            pipe.session.sent(time.monotonic_ns())
        self._out.clear()

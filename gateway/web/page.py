"""One page: what it says, what it is sent, and the account's session that it may have.

What a page is sent comes at most some times a second, everything since the last time at once. One
that reads slowly is left out until it has read, falls behind in the stream and in the end begins
anew with a snapshot: fewer updates, never wrong ones. One that reads nothing is cut.

Frames go to the transport beside the server's own machinery: pages at the same place in the stream
share the bytes of a frame, so that one page more costs a write.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Final

import msgspec
from msgspec import structs
from starlette.websockets import WebSocketDisconnect

from gateway.protocol import wire
from gateway.protocol.session import Throttle
from gateway.protocol.wire_history import AskHistory, AskTrades
from gateway.web.source import HELLO
from gateway.web.stream import frame_of
from gateway.web.translate import decode, encode

if TYPE_CHECKING:
    from starlette.websockets import WebSocket

    from gateway.web.hub import Hub
    from gateway.web.link import Link
    from gateway.web.source import Source
    from gateway.web.watcher import Shown

PATIENCE: Final = 5.0  # seconds for which a page may leave everything unread
UNREAD: Final = 1 << 18  # bytes unread from which a page is sent no more
TIMES: Final = 10_000_000  # ns in which pages are told the same time
SAYS: Final = 50  # messages a second that a page may send
MOST_OWN: Final = 1_000_000  # characters of an account's messages that may wait for its page
TRIES: Final = 5  # logons that a page may fail
POLICY: Final = 1008  # WebSocket's code for a page that breaks the rules
AGAIN: Final = 1013  # and for one that is to come back later
TRANSPORT: Final = "carbonx.transport"  # in a WebSocket's scope
OWN_ITEM: Final = '["'  # what begins so is no message of the protocol
REFUSED: Final = ["refused", "no such item here"]
LOGGED_ON: Final = 10_000  # ms of silence; a browser's answers to pings are what keeps a page alive


class Page:
    """A browser's end of a WebSocket."""

    def __init__(self, source: Source, hub: Hub, socket: WebSocket) -> None:
        """Belong to a WebSocket that was accepted."""
        self._source = source
        self._hub = hub
        self._socket = socket
        self._own: Link | None = None  # the account's session, after a logon
        self._items: list[str] = []  # what goes to this page alone
        self._size = 0
        self._paused = False
        self._place: int | None = None  # in the stream; none before a snapshot
        self._transport: asyncio.Transport = socket.scope[TRANSPORT]
        self._stuck_since = 0.0  # seconds of the loop's clock, 0 while it reads
        self._ending = asyncio.Event()
        self._throttle = Throttle(SAYS, source.clock())
        self._failed = 0
        self._over: tuple[int, str] | None = None

    async def run(self) -> None:
        """Talk until either end has enough."""
        self._hub.join(self)
        talks = [asyncio.ensure_future(each) for each in (self._listen(), self._ending.wait())]
        try:
            await asyncio.wait(talks, return_when=asyncio.FIRST_COMPLETED)
            if self._over is not None:
                self.flush()
                await self._socket.close(*self._over)
        except (WebSocketDisconnect, RuntimeError):
            pass  # it was gone before
        finally:
            for each in talks:
                each.cancel()
            self._hub.leave(self)
            if self._own is not None:
                self._own.close()
            await asyncio.gather(*talks, return_exceptions=True)
            asyncio.get_running_loop().call_later(PATIENCE, self._transport.abort)

    # -- what the hub and the account's session say -------------------------------------------

    def joined(self, items: str, place: int) -> None:
        """Begin with a snapshot and go on from a place in the stream."""
        self._say(items)
        self._place = place

    def answered(self, item: str) -> None:
        """Take the answer to a question."""
        self._say(item)

    def move(self, source: Source, hub: Hub) -> None:
        """Go over to another venue, from whose snapshot on everything is new."""
        self._hub.leave(self)
        self._source, self._hub, self._place = source, hub, None
        self._say('["anew"]')
        hub.join(self)

    def gone(self) -> None:
        """End: the venue stops."""
        self._end(AGAIN, "the venue stops")

    def _end(self, code: int, why: str) -> None:
        self._over = (code, why)
        self._ending.set()

    def _say(self, item: str) -> None:
        self._items.append(item)
        self._size += len(item)
        if self._own is not None and self._size > MOST_OWN and not self._paused:
            self._paused = True
            self._own.pause()

    # -- to the browser -------------------------------------------------------------------------

    def flush(self) -> None:
        """Send what is due, unless much is unread; cut a page that reads nothing."""
        transport, stream = self._transport, self._hub.stream
        if transport.is_closing():
            return
        if transport.get_write_buffer_size() > UNREAD:
            now = asyncio.get_running_loop().time()
            self._stuck_since = self._stuck_since or now
            if now - self._stuck_since > PATIENCE:
                transport.abort()
            return
        self._stuck_since = 0.0
        time = self._source.clock() // TIMES * TIMES
        if self._items:
            transport.write(frame_of(self._due(), time))
        elif self._place is not None and self._place != stream.end:
            frame = stream.frame_since(self._place, time)
            if frame is None:
                self._begin_anew()
                return
            self._place = stream.end
            transport.write(frame)

    def _due(self) -> str:
        """Return the page's own items, and those of the stream behind its place."""
        if self._place is not None:
            text = self._hub.stream.since(self._place)
            if text is None:
                self._begin_anew()
            else:
                self._place = self._hub.stream.end
                self._items += [text] if text else []
        items, self._items, self._size = self._items, [], 0
        if self._paused and self._own is not None:
            self._paused = False
            self._own.resume()
        return ",".join(items)

    def _begin_anew(self) -> None:
        self._place = None
        self._say('["behind"]')
        self._hub.join(self)

    # -- from the browser -----------------------------------------------------------------------

    async def _listen(self) -> None:
        while self._over is None:
            try:
                text = await self._socket.receive_text()
            except (WebSocketDisconnect, RuntimeError, KeyError):
                return  # gone, or bytes instead of text
            if not self._throttle.take(self._source.clock()):
                self._end(POLICY, f"more than {SAYS} messages a second")
            else:
                await self._take(text)

    async def _take(self, text: str) -> None:
        """Do what a message asks for."""
        if text.startswith(OWN_ITEM):
            await self._control(text)
            return
        try:
            message = decode(text)
        except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
            self._say(encode(["refused", str(error)]))
            return
        if isinstance(message, wire.Logon):
            self._log_on(message)
        elif isinstance(message, wire.Subscribe):
            self._hub.join(self)
        elif isinstance(message, AskTrades | AskHistory):
            self._hub.ask(self, message)
        elif self._own is not None and not isinstance(message, wire.Unsubscribe):
            self._own.say(message)
        else:
            self._say(encode(["refused", f"{type(message).__name__} needs a logon"]))

    async def _control(self, text: str) -> None:
        try:
            word, what = msgspec.json.decode(text, type=tuple[str, Any])
            item = await self._source.ask(word, what) if word != HELLO else REFUSED
        except (msgspec.MsgspecError, UnicodeError, RecursionError, KeyError):
            item = REFUSED
        self._say(encode(item))

    def _log_on(self, message: wire.Logon) -> None:
        if self._failed >= TRIES:
            self._end(POLICY, f"{TRIES} logons failed")
            return
        if self._own is not None:
            self._own.close()
        client = self._socket.client
        host = client.host if client else ""
        self._own = self._source.connect(self._heard, self._left, host)
        self._own.say(structs.replace(message, heartbeat_ms=LOGGED_ON, follow_balances=True))

    def _heard(self, messages: list[Shown]) -> None:
        """Hand on what the venue says to the account."""
        for message in messages:
            if isinstance(message, wire.LoggedOut):
                self._failed += message.reason is wire.LogoutReason.CREDENTIALS
            if not isinstance(message, wire.VenueHeartbeat):
                self._say(encode(message))

    def _left(self) -> None:
        self._own = None
        self._paused = False

"""The sockets: one ``Connection`` per connection, and the tick that serves them all.

A loop iteration reads every socket that has something, then the tick runs once: it decodes and
applies all that came, makes it durable with one sync, and only then writes to each session once.
Under light load that is one order per sync and the latency of one; under heavy load the same
code shares a sync among thousands.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Final, cast

from msgspec import structs

from engine.vocabulary.commands import CancelOrder, Command, NewOrder
from gateway.protocol import wire
from gateway.protocol.mapping import TO_COMMAND
from gateway.protocol.session import Due, Session, State, Throttle, pack, venue_end

if TYPE_CHECKING:
    from collections.abc import Callable

    from gateway.server.node import Node
    from gateway.server.outbox import Outbox

HIGH_WATER: Final = 1 << 20  # bytes: above it the transport asks us to stop writing
BATCH_SIZE: Final = 128  # commands sequenced together: they and what they bring fit the caches
CHUNK: Final = 1 << 19  # bytes of reports written to one session at a time
MAX_QUEUED: Final = 1 << 22  # bytes of market data that may wait for a reader that is stuck
PATIENCE: Final = 5_000_000_000  # ns a reader may leave the transport full


class Connection(asyncio.Protocol):
    """One connection: its transport, its session, and what is to be written to it."""

    def __init__(self, node: Node) -> None:
        """Belong to a node; the event loop calls the rest."""
        self.node = node
        self.session: Session = venue_end(node.clock())
        self.account = ""
        self.ended = False  # said farewell, or told to
        self.number = 0  # the source of its commands in the log
        self.box: Outbox | None = None
        self.sent = 0  # in the outbox: all before it is written
        self.symbols: dict[str, None] = {}  # subscribed to
        self.cancel_on_disconnect = False
        self.throttle: Throttle | None = None
        self.data: list[bytes] = []
        self.out: list[bytes] = []  # frames that are not reports
        self.queued = 0  # bytes in ``out``
        self.stuck_since = 0  # ns, 0 while the reader keeps up
        self.transport: asyncio.Transport | None = None

    # -- called by the event loop -------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Start watching a new connection."""
        self.transport = stream = cast("asyncio.Transport", transport)
        stream.set_write_buffer_limits(high=HIGH_WATER)
        self.node.joined(self)

    def data_received(self, data: bytes) -> None:
        """Keep what came for the tick."""
        self.data.append(data)
        self.node.wake(self)

    def connection_lost(self, _error: Exception | None) -> None:
        """Forget the connection."""
        self.transport = None
        self.node.left(self)

    def pause_writing(self) -> None:
        """Note that the reader does not keep up."""
        self.stuck_since = self.node.clock()

    def resume_writing(self) -> None:
        """Go on writing what has waited."""
        self.stuck_since = 0
        self.node.wake(self)

    # -- called by the tick -------------------------------------------------------------------

    def work(self, now: int) -> None:
        """Handle all that arrived since the last tick."""
        if not self.data:
            return
        data = self.data[0] if len(self.data) == 1 else b"".join(self.data)
        self.data.clear()
        if self.ended:
            return
        session = self.session
        self._handle(session.receive(data, now), now)
        if session.error is not None:
            self.end(*session.error)

    def _handle(self, messages: list[Any], now: int) -> None:
        """Run what a client's messages ask for, in their order, a handful at a time."""
        account = self.account
        box: Any = self.box  # there is one wherever an order comes: it comes behind a logon
        last = box.last_answered if box is not None else 0  # the highest reference so far
        commands: list[Command] = []
        for m in messages:
            kind = m.__class__
            command: Any
            if kind is wire.NewOrder:  # the two that nearly all are stand here, without a call
                ref = m.ref
                command = NewOrder(account, ref, m.symbol, m.side, m.quantity, m.price,
                                   m.order_type, m.tif, m.stop_price, m.display, m.post_only,
                                   m.expire_at)  # fmt: skip
            elif kind is wire.CancelOrder:
                ref = m.ref
                command = CancelOrder(account, ref, m.target)
            elif kind in TO_COMMAND:
                command = TO_COMMAND[kind](account, m)
                ref = command.ref
            else:
                self._run(commands)
                _HANDLERS[kind](self, m, now)
                if self.ended:
                    return
                account, box = self.account, self.box
                last = box.last_answered if box is not None else 0
                continue
            if ref <= last or self.throttle is not None:
                self._run(commands)  # the answer may be among what is being asked
                if self.answered(ref, now):
                    continue
            else:
                last = ref
            commands.append(command)
            if len(commands) == BATCH_SIZE:
                self._run(commands)
        self._run(commands)

    def _run(self, commands: list[Command]) -> None:
        """Sequence a client's commands, and empty the list."""
        if not commands:
            return
        node = self.node
        time, project = node.now, node.outboxes.project
        happened = node.sequencer.submit_all(time, self.number, commands)
        for events in happened:
            for event in events:
                project[event.__class__](time, event)
        if node.watched:
            for events in happened:
                node.tell(time, events)
        commands.clear()

    def say(self, message: Any) -> None:
        """Queue a message that is not a report."""
        frame = pack(message)
        self.out.append(frame)
        self.queued += len(frame)

    def seq(self) -> int:
        """Return the number of the account's last report."""
        return self.box.seq if self.box is not None else 0

    def end(self, reason: wire.LogoutReason, text: str) -> None:
        """Say why and close; what was queued before is still written."""
        if self.ended:
            return
        self.ended = True
        self.session.enter(State.ENDED)
        self.say(wire.LoggedOut(self.seq(), reason, text))
        if reason is wire.LogoutReason.SLOW_READER:
            self.out = self.out[-1:]  # nothing more for a reader that does not read
        elif self.box is not None:
            self.out.insert(0, self.box.frames(self.sent, CHUNK))
        self.box = None
        self.node.closing(self)

    def flush(self, now: int) -> bool:
        """Write once what is due; return whether reports are left over for the next tick."""
        transport = self.transport
        if transport is None:
            return False
        out = self.out
        if self.stuck_since:
            if self.queued > MAX_QUEUED:
                self.end(
                    wire.LogoutReason.SLOW_READER, f"{self.queued} bytes of market data unread"
                )
            return False
        box = self.box
        left = False
        if box is not None and self.sent < box.end:
            frames = box.frames(self.sent, CHUNK)
            out.append(frames)
            self.sent += len(frames)
            left = self.sent < box.end
        if out:
            transport.write(b"".join(out))
            self.session.sent(now)
            out.clear()
            self.queued = 0
        return left

    # -- what clients say ---------------------------------------------------------------------

    def logon(self, m: wire.Logon, now: int) -> None:
        """Admit a client to its account, or say why not."""
        node = self.node
        if m.version != wire.VERSION:
            text = f"version {m.version} is not spoken here: use version {wire.VERSION}"
            self.end(wire.LogoutReason.VERSION, text)
            return
        if not node.directory.admits(m.member, m.account, m.key):
            text = "no such member, account and key: check all three with the operator"
            self.end(wire.LogoutReason.CREDENTIALS, text)
            return
        box = node.outboxes.boxes[m.account]
        if not 0 <= m.last_seen <= box.seq:
            text = f"last_seen is {m.last_seen}; this account has {box.seq} reports"
            self.end(wire.LogoutReason.SEQUENCE, text)
            return
        node.admit(self, m.account)
        self.account = m.account
        self.box = box
        self.sent = box.place(m.last_seen)
        self.cancel_on_disconnect = m.cancel_on_disconnect
        if node.options.throttle:
            self.throttle = Throttle(node.options.throttle, now)
        agreed = self.session.agree(m.heartbeat_ms)
        venue = node.sequencer.venue
        self.say(wire.LoggedOn(box.seq, venue.last_ref(m.account), wire.VERSION,
                               venue.rulebook.name, node.digest, node.durability, agreed,
                               node.lines()))  # fmt: skip

    def answered(self, ref: int, now: int) -> bool:
        """Answer a message that was answered before, or comes too fast; say whether it is one."""
        box = self.box
        assert box is not None
        if ref <= box.last_answered:
            answer = box.answer_to(ref)
            if answer:  # sent again: the same answer, and nothing happens twice
                self.out.append(answer)
                return True
        throttle = self.throttle
        if throttle is None or throttle.take(now):
            return False
        self.say(wire.Throttled(box.seq, ref, throttle.per_second))
        return True

    def subscribe(self, m: wire.Subscribe, _now: int) -> None:
        """Send snapshots at the end of this tick and increments from then on."""
        self.node.subscribe(self, m.symbol)

    def unsubscribe(self, m: wire.Unsubscribe, _now: int) -> None:
        """Send no more increments."""
        self.node.unsubscribe(self, m.symbol)

    def ask_status(self, _m: wire.AskStatus, _now: int) -> None:
        """Answer with balances and orders as they stand after all that came before."""
        self.say(self.node.status(self.account))

    def logout(self, _m: wire.Logout, _now: int) -> None:
        """Let the client go in good order."""
        self.cancel_on_disconnect = False
        self.end(wire.LogoutReason.REQUESTED, "goodbye")

    def heartbeat(self, _m: wire.Heartbeat, _now: int) -> None:
        """Nothing to do: that something came is noted already."""

    def tell(self, messages: list[Any]) -> None:
        """Queue public messages under this account's number."""
        seq = self.seq()
        for message in messages:
            self.say(structs.replace(message, seq=seq))

    def watch(self, now: int) -> None:
        """Do what silence or a stuck reader calls for."""
        if self.transport is None:
            return
        if self.stuck_since and now - self.stuck_since > PATIENCE:
            self.end(wire.LogoutReason.SLOW_READER, f"nothing read for {PATIENCE // 10**9} seconds")
            return
        due = self.session.due(now)
        if due is Due.HEARTBEAT:
            self.say(wire.VenueHeartbeat(self.seq()))
            self.node.wake(self)
        elif due is Due.GIVE_UP:
            self.end(wire.LogoutReason.SILENT, "no message within two heartbeat intervals")


_HANDLERS: Final[dict[type, Callable[[Connection, Any, int], None]]] = {
    wire.Logon: Connection.logon,
    wire.Logout: Connection.logout,
    wire.Heartbeat: Connection.heartbeat,
    wire.Subscribe: Connection.subscribe,
    wire.Unsubscribe: Connection.unsubscribe,
    wire.AskStatus: Connection.ask_status,
}

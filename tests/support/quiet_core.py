"""A venue's core without sockets, clock or disk, and clients that speak its bytes."""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING, Any, Final

from engine.log.blocks import Kind
from engine.log.journal import whole
from engine.log.records import encode_genesis, encode_state
from engine.log.sequencer import Sequencer
from engine.rulebook.presets import load as load_rulebook
from engine.venue.venue import Venue
from engine.vocabulary.commands import SetPhase
from engine.vocabulary.enums import Phase
from gateway.protocol import wire
from gateway.protocol.framing import Unframer
from gateway.protocol.session import pack
from gateway.server.accounts import Credentials, Directory
from gateway.server.core import Core
from gateway.server.limits import Limits
from gateway.server.outbox import Outboxes
from gateway.server.timetable import Timetable
from tests.support.logons import hello, predictable

if TYPE_CHECKING:
    from collections.abc import Callable

    from engine.rulebook.model import Rulebook
    from gateway.server.connection import Connection

START: Final = 1_700_000_000 * 10**9
MILLISECOND: Final = 1_000_000


class MemoryLog:
    """A log in memory: what is in ``kept`` is durable. ``before_sync`` may make its disk fail."""

    durability = "memory"
    closed = False
    room = ahead = 1 << 62  # a disk that is never full

    def __init__(self, begun: bytes) -> None:
        """Go on behind the last whole block of a log."""
        found = whole(BytesIO(begun))
        self.buffer = bytearray()
        self.kept = bytearray(begun[: found.end])
        self.chain = found.chain
        self.syncs = 0
        self.before_sync: Callable[[], Any] = bool

    def reserve(self) -> bool:
        return True

    def sync(self) -> None:
        self.before_sync()
        self.kept += self.chain.add(Kind.RUNS, self.buffer) + self.buffer
        self.chain.durable = self.chain.number
        self.buffer.clear()
        self.syncs += 1

    def mark(self, seq: int, state: str) -> None:
        body = encode_state(seq, state)
        self.kept += self.chain.add(Kind.STATE, body) + body

    def close(self) -> None:
        if self.buffer:
            self.sync()
        self.closed = True


class End:
    """One client's connection to a core: what it wrote, and what it has heard."""

    def __init__(self, quiet: QuietVenue, host: str = "") -> None:
        self.quiet = quiet
        self.connection: Connection = quiet.core.connected(quiet.now, host)
        quiet.ends[self.connection] = self
        self.heard: list[Any] = []
        self.writes = 0
        self._closed = False
        self._unframer = Unframer(wire.MAX_REPLY)

    def say(self, *messages: Any) -> None:
        self.send(b"".join(pack(message) for message in messages))

    def send(self, data: bytes) -> None:
        self.quiet.core.received(self.connection, data)

    def log_on(self, name: str, **fields: Any) -> None:
        fields = {"heartbeat_ms": 600_000} | fields
        self.send(hello(wire.Logon(wire.VERSION, "", name, "its nonce", **fields), f"{name}-key"))

    def cut(self) -> None:
        self._closed = True
        self.quiet.core.lost(self.connection)

    def closed(self) -> bool:
        return self._closed

    def hear(self, data: bytes, *, close: bool) -> None:
        self.heard += map(wire.decode_from_venue, self._unframer.feed(data))
        self.writes += 1
        self._closed = close

    def reports(self) -> list[Any]:
        """Return the reports by their numbers; one that was heard again must be the same."""
        found: dict[int, Any] = {}
        for message in self.heard:
            if isinstance(message, wire.Report.__args__):
                assert found.setdefault(message.seq, message) == message
        return [found[seq] for seq in sorted(found)]

    def all_of(self, kind: type[Any]) -> list[Any]:
        return [message for message in self.heard if isinstance(message, kind)]


class QuietVenue:
    """A venue that trades (or is ``closed`` yet); a test runs its ticks when it chooses."""

    def __init__(
        self,
        names: tuple[str, ...],
        *,
        draw: Callable[[int], int] | None = None,
        rulebook: str | Rulebook = "textbook",
        closed: bool = False,
        log: Any = None,
        **limits: Any,
    ) -> None:
        book = load_rulebook(rulebook) if isinstance(rulebook, str) else rulebook
        stock = {product.symbol: 10**6 for product in book.products}
        accounts = tuple(
            Credentials(name, f"{name}-key", cash=10**12, allowances=stock) for name in names
        )
        directory = predictable(Directory(accounts))
        self.log = MemoryLog(encode_genesis(book, START))
        journal: Any = log or self.log
        self.sequencer = Sequencer(Venue(book), journal)
        self.outboxes = Outboxes()
        timetable = None if draw is None else Timetable(self.sequencer.venue, draw)
        self.core = Core(directory, self.sequencer, self.outboxes, Limits(**limits), timetable)
        self.now = START
        self.ends: dict[Connection, End] = {}
        for command in directory.openings(self.sequencer.venue):
            self.core.operate(command)
        if draw is None and not closed:
            self.core.operate(SetPhase(Phase.CONTINUOUS))
        self.tick()

    def tick(self, ms: int = 1) -> None:
        """Run a tick ``ms`` later, and those that follow because of what it left."""
        self.now += ms * MILLISECOND
        self.once()
        while self.core.backlog:
            self.once()

    def once(self) -> None:
        """Run one tick and deliver its writes."""
        for write in self.core.tick(self.now):
            end = self.ends[write.connection]
            assert not end.closed(), "written to after the close"
            assert not write.connection.lost, "written to though it is gone"
            end.hear(write.data, close=write.close)

    def wait(self, ms: int) -> None:
        """Let time pass as it does for a venue that is never away."""
        for _ in range(0, ms, 50):
            self.tick(50)

    def logged_on(self, *names: str, **fields: Any) -> list[End]:
        """Return a connection for each name, logged on."""
        ends = []
        for name in names:
            end = End(self)
            end.log_on(name, **fields)
            ends.append(end)
        self.tick()
        return ends

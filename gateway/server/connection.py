"""One connection without its transport: its session, its account, and what waits to be written."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Final

from gateway.protocol import wire
from gateway.protocol.bounds import MAX_INTEGER
from gateway.protocol.session import State, Throttle, pack, venue_end
from gateway.server.permissions import Permission
from gateway.server.report_store import StoreError
from gateway.server.traffic import Traffic

if TYPE_CHECKING:
    from typing import TypeAlias

    from engine.vocabulary.enums import RejectReason
    from gateway.protocol.session import Session
    from gateway.protocol.wire_account import Balances
    from gateway.server.box import Outbox
    from gateway.server.copies import Copies

    Seat: TypeAlias = str | tuple[str, str]


SECOND: Final = 1_000_000_000  # ns
FEW: Final = 1_000  # messages a second of one that waits for its answers


class Connection:
    """A client's end as the core sees it. Only the core changes it."""

    __slots__ = ("account", "all_lines", "balances", "box", "cancel_on_disconnect", "challenge",
                 "copies", "counted_from", "data", "ended", "heard", "host", "lately", "logon",
                 "lost", "named", "number", "out", "permission", "queued", "said", "sent",
                 "session", "since", "stuck_since", "symbols", "taken", "throttle",
                 "traffic")  # fmt: skip

    def __init__(
        self, number: int, now: int, host: str = "", traffic: Traffic | None = None
    ) -> None:
        """Start without a logon; ``number`` is the source of its commands in the log.

        What passes is counted in ``traffic`` too.
        """
        self.traffic = traffic if traffic is not None else Traffic()
        self.host = host  # where it comes from, as far as that is known
        self.since = now  # ns
        self.taken = 0  # messages that it has sent
        self.said = 0  # messages queued for it, beside the account's reports
        self.number = number
        self.session: Session[wire.FromClient] = venue_end(now)
        self.account = ""
        self.logon: wire.Logon | None = None  # that is to be proved, or was
        self.challenge = ""  # the venue's nonce for it
        self.permission = Permission.TRADE  # what its key is for
        self.box: Outbox | None = None  # the account's, from logon to farewell
        self.sent = 0  # in the outbox: all before it is written
        self.symbols: dict[str, None] = {}  # subscribed to
        self.all_lines = False  # subscribed to all, those that are still to come included
        self.named: dict[str, bool] = {}  # lines that are not there yet: whether they are wanted
        self.cancel_on_disconnect = False
        self.copies: Copies | None = None  # of other accounts' reports, where its key is for them
        self.balances: Balances | None = None  # as it was told; none: it does not follow
        self.throttle: Throttle | None = None
        self.data: list[bytes] = []  # arrived since the last tick
        self.heard: list[wire.FromClient] = []  # of its last turn, and left for its next
        self.lately = 0  # messages in this second, and half of what counted in the one before
        self.counted_from = now  # ns, when that second began
        self.out: list[bytes] = []  # frames that are not new reports
        self.queued = 0  # bytes in ``out``
        self.stuck_since = 0  # ns, 0 while the reader keeps up
        self.ended = False  # nothing that it says counts any more
        self.lost = False  # nothing can be written to it any more

    def receive(self, now: int, most: int) -> list[wire.FromClient]:
        """Return the messages that what arrived completes, ``most`` of them at most.

        Those that were left of the last ones come first.
        """
        if self.heard:
            messages, self.heard = self.heard[:most], self.heard[most:]
            return messages
        data = self.data[0] if len(self.data) == 1 else b"".join(self.data)
        self.data.clear()
        messages = self.session.receive(data, now, most)
        self.taken += len(messages)
        self.traffic.messages_in += len(messages)
        return messages

    def spoke(self, messages: int, now: int) -> bool:
        """Count messages; say whether they have been few of late, ``FEW`` a second at most."""
        if not self.counted_from <= now < self.counted_from + SECOND:  # or set back
            self.lately = self.lately // 2 if now < self.counted_from + 2 * SECOND else 0
            self.counted_from = now
        self.lately += messages
        return self.lately <= 2 * FEW

    def leave(self, messages: list[wire.FromClient]) -> None:
        """Keep messages for the next turn, before those that wait for it, unless there is none."""
        self.heard = [] if self.ended else messages + self.heard

    @property
    def more(self) -> bool:
        """Whether something of what arrived has not been looked at, or is whole and waits."""
        return bool(self.heard or self.data) or self.session.more

    @property
    def waiting(self) -> int:
        """Bytes that arrived and have not been worked on."""
        return self.session.pending + sum(map(len, self.data))

    @property
    def seat(self) -> Seat:
        """The place that it takes: one that logs on to the same takes it over.

        All that trade for an account share one; whoever only reads takes nothing from them.
        """
        return self.account if self.logon is None else seat_of(self.logon, self.permission)

    def seq(self) -> int:
        """Return the number of the account's last report."""
        return self.box.seq if self.box is not None else 0

    @property
    def last_answered(self) -> int:
        """The highest reference that was answered; where the key is not for trade, all were."""
        if self.permission is not Permission.TRADE:
            return MAX_INTEGER
        return self.box.last_answered if self.box is not None else 0

    def admit(self, m: wire.Logon, box: Outbox, permission: Permission) -> None:
        """Belong to an account from now on, its reports sent up to ``last_seen``.

        Raises ``StoreError``.
        """
        self.account = m.account
        self.permission = permission
        self.box = box
        self.sent = box.place(m.last_seen)
        self.cancel_on_disconnect = m.cancel_on_disconnect and permission is Permission.TRADE

    # -- what is to be written ----------------------------------------------------------------

    def say(self, message: wire.FromVenue) -> None:
        """Queue a message that is not a report."""
        self.repeat(pack(message))

    def repeat(self, frame: bytes, messages: int = 1) -> None:
        """Queue a frame, or more, beside the new reports."""
        self.out.append(frame)
        self.queued += len(frame)
        self.said += messages
        self.traffic.said += messages

    def not_taken(self, ref: int, reason: RejectReason, rule: str) -> None:
        """Say that a message was not taken: the server's own refusal, its reference stays free."""
        self.traffic.refuse(reason.name.lower())
        self.say(wire.NotTaken(self.seq(), ref, reason, rule))

    def slow_down(self, ref: int, per_second: int) -> None:
        """Say that a message came too fast, and was not taken."""
        self.traffic.refuse("throttled")
        self.say(wire.Throttled(self.seq(), ref, per_second))

    def farewell(self, reason: wire.LogoutReason, text: str, most: int) -> None:
        """Queue the last words, behind what was queued before and ``most`` bytes of reports."""
        self.session.enter(State.ENDED)
        self.say(wire.LoggedOut(self.seq(), reason, text))
        if reason is wire.LogoutReason.SLOW_READER:
            self.out = self.out[-1:]  # nothing more for a reader that does not read
        elif self.box is not None:
            with suppress(StoreError):  # it connects again, and is told then
                self.out.insert(-1, self.box.frames(self.sent, most))
        self.box = None

    @property
    def behind(self) -> bool:
        """Whether reports are left that the last writing had no room for."""
        box = self.box
        if box is None or self.stuck_since:
            return False
        return self.sent < box.end or (self.copies is not None and self.copies.behind)

    def flush(self, now: int, most: int) -> bytes:
        """Return what is to be written now, with ``most`` bytes of reports.

        Raises ``StoreError`` where these cannot be read.
        """
        if self.lost or (self.stuck_since and not self.ended):
            return b""
        out = self.out
        box = self.box
        if box is not None and self.sent < box.end:
            frames = box.frames(self.sent, most)
            out.append(frames)
            self.sent += len(frames)
        if box is not None and self.copies is not None and self.copies.behind:
            out.append(self.copies.take(box.seq, most))
        if not out:
            return b""
        data = b"".join(out)
        out.clear()
        self.queued = 0
        self.session.sent(now)
        return data


def seat_of(logon: wire.Logon, permission: Permission) -> Seat:
    """Return the seat of a session that logs on."""
    trades = permission is Permission.TRADE
    return logon.account if trades else (logon.account, logon.key_name)

"""The sessions of a venue: what clients say, who is admitted, and why a session ends."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec import structs

from engine.vocabulary.commands import (
    AmendOrder,
    CancelOnDisconnect,
    CancelOrder,
    NewOrder,
    SetCancelOnDisconnect,
)
from engine.vocabulary.enums import RejectReason
from gateway.protocol import wire, wire_copies, wire_history, wire_operator
from gateway.protocol.mapping import to_command
from gateway.protocol.session import watcher_end
from gateway.server.connection import Connection, seat_of
from gateway.server.copies import Copies
from gateway.server.door import MAX_JUMP, Door, permitted, refuse, too_far, within_live_orders
from gateway.server.permissions import Permission
from gateway.server.readers import Readers
from gateway.server.report_store import StoreError
from gateway.server.silence import Silence
from gateway.server.strangers import Strangers, full
from gateway.server.subscriptions import Subscriptions
from gateway.server.throttles import Throttles
from gateway.server.traffic import Traffic
from gateway.server.views import lines, status

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from typing import TypeAlias

    from engine.vocabulary.commands import ClientCommand
    from gateway.protocol.wire_account import AccountStatus
    from gateway.server.accounts import Directory
    from gateway.server.connection import Seat
    from gateway.server.limits import Limits
    from gateway.server.running_venue import RunningVenue
    from gateway.server.storage import Storage

    # The connection, what happened to it in a word, and why.
    Note: TypeAlias = Callable[[Connection, str, str], None]
    Operate: TypeAlias = Callable[[Connection, wire_operator.Operate], None]

# What may cost a venue far more than an order: each ends its session's turn.
QUESTIONS: Final = (wire.Subscribe, wire.AskStatus, wire_history.AskTrades, wire_history.AskHistory,
                    wire_operator.Operate)  # fmt: skip
TIMES: Final = 2  # that a recipient hears of a quote: when it is made, and when it ends
FIRST_SESSION: Final = 100  # sources below it are the venue's own


class Sessions(Silence):
    """All connections and what they ask for; every method but ``connected`` is part of a tick."""

    def __init__(
        self,
        running: RunningVenue,
        directory: Directory,
        limits: Limits,
        durability: str,
        storage: Storage,
    ) -> None:
        """Serve a venue to the accounts of a directory."""
        super().__init__(limits)
        self.traffic = Traffic()  # of all connections
        self.by_account: dict[Seat, Connection] = {}  # by its seat; most are an account's
        self.closing: list[Connection] = []  # to be closed at the end of the tick
        self._strangers = Strangers()
        self._throttles = Throttles(limits.throttle)
        self.note: Note | None = None  # what an operator wants to hear of sessions
        self.operate: Operate | None = None  # takes what operators' sessions say
        self.subscriptions = Subscriptions(running)
        self.readers = Readers()
        self._running = running
        self.door = Door(directory)
        self._durability = durability
        self._storage = storage
        self._next_number = FIRST_SESSION
        self._instances: dict[Seat, int] = {}  # the client that logged on last

    def connected(self, now: int, host: str = "") -> Connection:
        """Take a new connection in; one too many is sent away by the next tick."""
        self._pass(now)
        connection = Connection(self._next_number, now, host, self.traffic)
        self._next_number += 1
        self.connections[connection] = None
        self._strangers[connection] = None
        text = self._strangers.too_many(connection, self._limits, len(self.connections))
        if text:
            self.end(connection, wire.LogoutReason.FULL, text)
        return connection

    def opened(self, now: int, asking: Iterable[str]) -> None:
        """Begin to wait for accounts; what passed before it was nobody's grace."""
        self._pass(now)
        self.grace.begin(asking, now)

    def watcher(self, now: int) -> Connection:
        """Take in the one connection that sees public data without an account.

        It stands among the accounts' under the name that no account can have.
        """
        connection = Connection(self._next_number, now)
        self._next_number += 1
        connection.session = watcher_end(now)
        self.connections[connection] = None
        self.by_account[""] = connection
        return connection

    # -- how a session ends -------------------------------------------------------------------

    def end(self, connection: Connection, reason: wire.LogoutReason, text: str) -> None:
        """Say why and close at the end of the tick; what was queued before is still written."""
        if connection.ended:
            return
        connection.ended = True
        connection.heard.clear()
        connection.data.clear()
        self._leave(connection)
        if self.note is not None:
            self.note(connection, reason.name.lower(), text)
        connection.farewell(reason, text, self._limits.chunk)
        self.closing.append(connection)

    def end_unread(self, connection: Connection, error: StoreError) -> None:
        """End a session whose reports cannot be read; they are in the log."""
        connection.box = None
        text = f"reports cannot be read ({error}); they are in the venue's log"
        self.end(connection, wire.LogoutReason.STORAGE, text)

    def disconnect(self, account: str, text: str) -> None:
        """End every session of an account; cancel-on-disconnect is due where it was asked for."""
        for connection in [each for each in self.connections if each.account == account]:
            self.end(connection, wire.LogoutReason.OPERATOR, text)

    def limit(self, limits: Limits) -> None:
        """Have other limits hold; who is there already stays."""
        self._limits = limits
        self._throttles.limit(limits.throttle)
        for connection in self.connections:
            if connection.box is not None:
                connection.throttle = self._throttles.of(connection.account, self._passed)

    def end_all(self, reason: wire.LogoutReason, text: str) -> None:
        """End every session; orders stay, whatever their sessions asked for."""
        for connection in list(self.connections):
            self._withdraw(connection)
            self.end(connection, reason, text)

    def _withdraw(self, connection: Connection) -> None:
        """Let a session end without its cancel-on-disconnect, now and after a crash."""
        if connection.cancel_on_disconnect:
            connection.cancel_on_disconnect = False
            command = SetCancelOnDisconnect(connection.account, on=False)
            self._running.run(connection.number, command)

    def _leave(self, connection: Connection) -> None:
        """Take a session off its account; cancel the orders if that was asked for."""
        account = connection.account
        self._strangers.pop(connection, None)
        if self.by_account.get(connection.seat) is connection:
            del self.by_account[connection.seat]
        self.subscriptions.leave(connection)
        self.readers.leave(connection)
        if connection.cancel_on_disconnect:
            connection.cancel_on_disconnect = False
            self._running.run(connection.number, CancelOnDisconnect(account))

    # -- the steps of a tick ------------------------------------------------------------------

    def work(self, connection: Connection, now: int, most: int) -> int:
        """Handle ``most`` messages of what arrived on a connection; behind all of it, its loss.

        Returns how many it was, a turn's where it ended in a question; where something is left,
        the connection has ``more``.
        """
        handled = 0
        if connection.more and not connection.ended:
            messages = connection.receive(now, most)
            left = iter(messages)
            try:
                handled = self._handle(connection, left, now, most)
            except StoreError as problem:
                self.end_unread(connection, problem)
            rest = list(left)
            connection.leave(rest)
            handled = max(handled, len(messages) - len(rest))
            error = connection.session.error
            if error is not None and not connection.heard:
                self.end(connection, *error)
        if connection.lost and not connection.more:
            connection.data.clear()
            if not connection.ended:
                connection.ended = True
                if self.note is not None:
                    self.note(connection, "lost", "the connection was lost")
                self._leave(connection)
            connection.box = None
        return handled

    # -- what clients say ---------------------------------------------------------------------

    def _handle(
        self, connection: Connection, messages: Iterator[wire.FromClient], now: int, most: int
    ) -> int:
        """Run what a client's messages ask for, up to a question, or to so many recipients.

        Returns how many messages it counts as where that is more than it was.
        """
        account = connection.account
        heard_by = 0  # accounts that will hear of quotes
        last = connection.last_answered  # the highest reference so far
        commands: list[ClientCommand] = []
        command: ClientCommand
        for m in messages:
            if type(m) is wire.NewOrder:  # the three that nearly all are stand here, without a call
                ref = m.ref
                command = NewOrder(
                    account,
                    ref,
                    m.symbol,
                    m.side,
                    m.quantity,
                    m.price,
                    m.order_type,
                    m.tif,
                    m.stop_price,
                    m.display,
                    m.post_only,
                    m.expire_at,
                )
            elif type(m) is wire.CancelOrder:
                ref = m.ref
                command = CancelOrder(account, ref, m.target)
            elif type(m) is wire.AmendOrder:
                ref = m.ref
                command = AmendOrder(account, ref, m.target, m.quantity, m.price)
            elif isinstance(m, wire.SESSION_MESSAGES):
                self._run(connection, commands)
                self._converse(connection, permitted(connection, m), now)
                asked = isinstance(m, QUESTIONS)
                self.traffic.questions += asked
                if asked or connection.ended:
                    return most if asked else 0
                account, last = connection.account, connection.last_answered
                continue
            else:
                command = to_command(account, m)
                ref = command.ref
                heard_by += TIMES * len(getattr(command, "to", ()))
            if ref <= last or ref - last > MAX_JUMP or connection.throttle is not None:
                self._run(connection, commands)  # the answer may be among what is being asked
                if self._answered(connection, ref, now):
                    continue
            else:
                last = ref
            commands.append(command)
            if heard_by >= most:
                break
        self._run(connection, commands)
        return heard_by

    def _run(self, connection: Connection, commands: list[ClientCommand]) -> None:
        """Run a client's commands, those that the log has space for, and empty the list."""
        if commands:
            if self._storage.pressed:
                commands[:] = self._storage.storable(connection, commands)
            live = self._running.sequencer.venue.live_orders(connection.account)
            if live + len(commands) > self._limits.max_live:
                commands[:] = within_live_orders(connection, commands, live, self._limits.max_live)
            self._running.run_all(connection.number, commands)
            commands.clear()

    def _answered(self, connection: Connection, ref: int, now: int) -> bool:
        """Answer what was answered before, comes too fast or jumps too far; say whether it does."""
        box = connection.box
        assert box is not None
        if connection.permission is not Permission.TRADE:
            refuse(connection, ref)
            return True
        if ref <= box.last_answered:
            answer = box.answer_to(ref)
            if answer:  # sent again: the same answer, and nothing happens twice
                connection.repeat(answer)
                return True
        throttle = connection.throttle
        if throttle is None or throttle.take(now):
            return too_far(connection, ref, box.last_answered)
        connection.slow_down(ref, throttle.per_second)
        return True

    def _converse(self, connection: Connection, m: wire.SessionMessage, now: int) -> None:
        """Do what a message about the session itself asks for; a heartbeat is noted already."""
        if connection.throttle is not None:
            connection.throttle.take(now)  # it is answered, and orders pay for it
        match m:
            case wire.Logon() | wire.Proof():
                self._logon(connection, m, now)
            case wire.Logout():  # the client goes in good order
                self._withdraw(connection)
                self.end(connection, wire.LogoutReason.REQUESTED, "goodbye")
            case wire.Subscribe() | wire.Unsubscribe():
                self._subscribe(connection, m)
            case wire_copies.AskCopies():
                self._copy(connection, m)
            case wire.AskStatus():  # as it stands after all that came before
                connection.say(self._status(connection, m.after))
            case wire_history.AskTrades() | wire_history.AskHistory():
                self._tell_of_day(connection, m)
            case wire_operator.Operate():
                self._operate(connection, m)
        if connection.queued > self._limits.max_queued:
            text = f"{connection.queued} bytes of answers asked for at once"
            self.end(connection, wire.LogoutReason.SLOW_READER, text)

    def _status(self, connection: Connection, after: int) -> AccountStatus:
        venue, page = self._running.sequencer.venue, self._limits.page
        return status(venue, connection.account, connection.seq(), after, page)

    def _tell_of_day(
        self, connection: Connection, m: wire_history.AskTrades | wire_history.AskHistory
    ) -> None:
        tape, seq = self._running.outboxes.tape, connection.seq()
        if isinstance(m, wire_history.AskTrades):
            connection.say(tape.day_trades(m.symbol, m.after, seq))
        else:
            connection.say(tape.history(m.symbol, seq))

    def _copy(self, connection: Connection, m: wire_copies.AskCopies) -> None:
        """Begin to copy the reports of an account that the session's key names."""
        copies, box = connection.copies, self._running.outboxes.boxes.get(m.account)
        venue = self._running.sequencer.venue
        if copies is None or box is None or not copies.allows(m.account, venue):
            text = "AskCopies: the session's key names the account, and the venue has it"
            connection.not_taken(0, RejectReason.PERMISSION, text)
        elif not 0 <= m.after <= box.seq:
            text = f"AskCopies.after is {m.after}; {m.account} has {box.seq} reports"
            self.end(connection, wire.LogoutReason.SEQUENCE, text)
        else:
            copies.begin(m.account, box, m.after)
            self.readers.add(connection, box)

    def _operate(self, connection: Connection, m: wire_operator.Operate) -> None:
        """Hand on what an operator says, where somebody takes it."""
        if self.operate is None:
            refuse(connection, 0, "Operate: ")
        else:
            self.operate(connection, m)

    def _subscribe(self, connection: Connection, m: wire.Subscribe | wire.Unsubscribe) -> None:
        """Begin with a line's public data, or end it."""
        if isinstance(m, wire.Subscribe):
            text = self.subscriptions.subscribe(connection, m.symbol)
        else:
            text = self.subscriptions.unsubscribe(connection, m.symbol)
        if text:
            self.end(connection, wire.LogoutReason.OUT_OF_ORDER, text)

    def _greet(self, connection: Connection, said: wire.Logon) -> None:
        text = self.door.challenge(connection, said)
        if text:
            self.end(connection, wire.LogoutReason.VERSION, text)

    def _logon(self, connection: Connection, said: wire.Logon | wire.Proof, now: int) -> None:
        """Admit a client to its account, or say why not; an older session has to go."""
        if isinstance(said, wire.Logon):
            self._greet(connection, said)
            return
        m = connection.logon
        assert m is not None
        box = self._running.outboxes.boxes.get(m.account)
        admission = self.door.judge(connection, said, now, there=box is not None)
        if admission is None or box is None:
            text = "no such member, account and key: check all three with the operator"
            self.end(connection, wire.LogoutReason.CREDENTIALS, text)
            return
        seat = seat_of(m, admission.permission)
        more = seat not in self.by_account and admission.permission is not Permission.ADMIN
        if more and len(self.connections) > self._limits.max_sessions:
            self.end(connection, wire.LogoutReason.FULL, full(self._limits))
            return
        if m.last_seen < 0:  # so many of the last reports
            m = connection.logon = structs.replace(m, last_seen=max(0, box.seq + m.last_seen))
        if m.last_seen > box.seq:
            text = f"last_seen is {m.last_seen}; this account has {box.seq} reports"
            self.end(connection, wire.LogoutReason.SEQUENCE, text)
            return
        text = "the account logged on from elsewhere"
        if m.again and self._instances.get(seat, m.instance) != m.instance:
            # It was away while another took over. References of the two would get mixed up.
            self.end(connection, wire.LogoutReason.TAKEN_OVER, text)
            return
        connection.admit(m, box, admission.permission)  # or it takes nothing over
        self._instances[seat] = m.instance
        older = self.by_account.get(seat)
        asked = older is not None and older.cancel_on_disconnect
        if older is not None:
            older.cancel_on_disconnect = False
            self.end(older, wire.LogoutReason.TAKEN_OVER, text)
        self.by_account[seat] = connection
        self.readers.add(connection, box)
        names, groups = admission.copies, admission.groups
        connection.copies = Copies(names, groups) if names or groups else None
        if admission.permission is Permission.TRADE:
            self._ask(connection, asked=asked or self.grace.back(m.account))
        if self.note is not None:
            self.note(connection, "logon", "")
        self._strangers.pop(connection, None)
        connection.throttle = self._throttles.of(m.account, now)
        agreed = connection.session.agree(m.heartbeat_ms)
        self._welcome(connection, m, agreed, admission.signature)

    def _ask(self, connection: Connection, *, asked: bool) -> None:
        """Keep in the log whether a session asks for cancel-on-disconnect, where that is new."""
        on = connection.cancel_on_disconnect
        if on is not asked:
            command = SetCancelOnDisconnect(connection.account, on=on)
            self._running.run(connection.number, command)

    def _welcome(
        self, connection: Connection, m: wire.Logon, heartbeat_ms: int, signature: str
    ) -> None:
        """Say what the client must know; an account with very many orders asks for them."""
        venue, seq = self._running.sequencer.venue, connection.seq()
        few = venue.live_orders(m.account) <= self._limits.page
        if m.follow_balances:
            self.subscriptions.follow(connection)
        connection.say(
            wire.LoggedOn(
                seq=seq,
                last_ref=venue.last_ref(m.account),
                version=wire.VERSION,
                venue=venue.rulebook.name,
                rulebook=self._running.digest,
                durability=self._durability,
                heartbeat_ms=heartbeat_ms,
                lines=lines(venue),
                status=self._status(connection, 0) if few else None,
                signature=signature,
            )
        )
        if not few and connection.balances is not None:
            connection.say(connection.balances)
        if self._storage.announced and self._storage.short:
            self._storage.announce([connection])

"""What an account and its venue say to each other, over any number of connections.

It keeps what was asked and not answered, which reports have come, and what market data is wanted,
so that on every new connection it goes on where it was. It opens nothing and waits for nothing.
"""

from __future__ import annotations

import copy
import secrets
from typing import TYPE_CHECKING, Any, TypeAlias

from engine.vocabulary.enums import RejectReason
from gateway.client.copying import Copying
from gateway.client.errors import (
    Answer,
    ClientError,
    LiveOrdersError,
    NotTakenError,
    Pending,
    PermissionDeniedError,
    ReferenceJumpError,
    RejectedError,
    SessionEndedError,
    StorageError,
    ThrottledError,
    resolve,
)
from gateway.client.operations import UNKNOWN, Operations
from gateway.client.pictures import Pictures
from gateway.client.questions import Questions
from gateway.client.refusals import refused
from gateway.client.subscriptions import Subscriptions
from gateway.client.unanswered import Unanswered
from gateway.protocol import wire, wire_account
from gateway.protocol.explain import explain
from gateway.protocol.framing import frame as framed
from gateway.protocol.proof import NONCE_BYTES, exchange, prove, signed
from gateway.protocol.session import pack
from gateway.protocol.wire_copies import AskCopies, CopyOf
from gateway.protocol.wire_operator import Operated

if TYPE_CHECKING:
    from collections.abc import Callable

    from gateway.client.link import Link
    from gateway.client.messages import ClientEvent
    from gateway.client.requests import OrderAnswer

# Farewells after which the same logon may succeed.
_COME_BACK = (
    wire.LogoutReason.SHUTDOWN,
    wire.LogoutReason.SILENT,
    wire.LogoutReason.SLOW_READER,
    wire.LogoutReason.FULL,
    wire.LogoutReason.RECOVERING,
)
_Reported: TypeAlias = wire.Report | CopyOf


class Conversation:
    """One client's, from its first logon on."""

    def __init__(
        self,
        credentials: tuple[str, str, str, str],
        last_seen: int,
        *,
        cancel_on_disconnect: bool,
        heartbeat_ms: int,
        told: Callable[[ClientEvent], None],
    ) -> None:
        """Begin behind report ``last_seen``; ``told`` is called with every event."""
        self.info: wire.LoggedOn | None = None
        self.reconnects = 0
        self.last_arrived = last_seen  # the last report that came in
        self.begins_behind = last_seen  # the report behind which all come; known at the logon
        self.error: ClientError | None = None  # why nothing can be asked any more
        self.opening: Answer[None] | None = None  # the first logon
        self.link: Link | None = None
        self._told = told
        self._credentials = credentials
        self._cancel_on_disconnect = cancel_on_disconnect
        self._heartbeat_ms = heartbeat_ms
        self._logon: wire.Logon | None = None  # the last
        self._exchange = b""  # what was signed for it
        self._instance = secrets.randbits(62)  # tells this client from others of the account
        self._unanswered = Unanswered(self._refused)
        self._questions = Questions()
        self.pictures = Pictures(self.ask)
        self._subscriptions = Subscriptions()
        self._copying = Copying()
        self._operations = Operations()

    # -- called by the link ---------------------------------------------------------------------

    def logon(self) -> wire.Logon:
        """Return what to say on a new connection: it goes on behind the last report."""
        member, account, _key, key_name = self._credentials
        nonce = secrets.token_hex(NONCE_BYTES)
        self._logon = logon = wire.Logon(
            wire.VERSION,
            member,
            account,
            nonce,
            self.last_arrived,
            self._cancel_on_disconnect,
            self._heartbeat_ms,
            self._instance,
            self.info is not None,
            follow_balances=True,
            key_name=key_name,
        )
        return logon

    def _prove(self, challenge: wire.Challenge) -> None:
        """Prove that the client has the key, which stays here."""
        _member, account, key, _name = self._credentials
        assert self._logon is not None
        assert self.link is not None
        self._exchange = exchange(self._logon, challenge.nonce)
        self.link.send(pack(wire.Proof(prove(key, account, self._exchange))))

    def _welcomed(self, message: wire.LoggedOn) -> str:
        """Begin, where it is the venue that answers; one that does not know the key is not."""
        _member, account, key, _name = self._credentials
        if not signed(key, account, self._exchange, message.signature):
            text = "what answers there does not know the account's key: it is not the venue"
            self._end(ClientError(text))
            return text
        self._logged_on(message)
        return ""

    def received(self, message: wire.FromVenue) -> str:
        """Take a message; return why the connection must be made again, "" where it need not."""
        if isinstance(message, _Reported):
            return self._report(message)
        if isinstance(message, wire.MarketData):
            self.pictures.learn(message)
            self._told(message)
        elif isinstance(message, wire.Challenge):
            self._prove(message)
        elif isinstance(message, wire.LoggedOn):
            return self._welcomed(message)
        elif isinstance(message, wire.LoggedOut):
            return self._logged_out(message)
        elif isinstance(message, wire_account.Balances):
            self.pictures.account.have(message.cash, message.holdings)
        elif isinstance(message, wire.Reply):
            self._questions.answered(message)
        else:
            self._noticed(message)
        return ""

    def _noticed(self, message: wire.FromVenue) -> None:
        if isinstance(message, Operated):
            self._operations.answered(message)
        elif isinstance(message, wire.Throttled | wire.NotTaken):
            self._not_taken(message)

    def _copied(self, message: CopyOf) -> str:
        taken = self._copying.take(message)
        if isinstance(taken, str):
            return taken
        self._told(taken)
        return ""

    def _not_taken(self, message: wire.Throttled | wire.NotTaken) -> None:
        """Let the caller decide: sent again it might come behind later ones, and be refused."""
        error: NotTakenError
        if isinstance(message, wire.Throttled):
            error = ThrottledError(message.ref, message.per_second)
        elif message.reason is RejectReason.PERMISSION:
            error = PermissionDeniedError(message.ref, message.rule)
            if not message.ref:
                self._operations.fail(error)
        elif message.reason is RejectReason.LIVE_ORDERS:
            error = LiveOrdersError(message.ref, message.rule)
        elif message.reason is RejectReason.REFERENCE_JUMP:
            error = ReferenceJumpError(message.ref, message.rule)
        else:
            error = StorageError(message.ref, message.rule)
        if message.ref:
            self._unanswered.not_taken(message.ref, error)
        self._told(message)

    def _logged_on(self, message: wire.LoggedOn) -> None:
        if self.info is not None:
            self.reconnects += 1
        self.info = message
        if self.last_arrived < 0:  # so many of the last reports were asked for
            self.last_arrived = self.begins_behind = max(0, message.seq + self.last_arrived)
        self._operations.fail(ClientError(UNKNOWN))
        self.pictures.begin(message)
        for frame in self._unanswered.logged_on(message):
            self._send(frame)
        self._unanswered.caught_up(self.last_arrived)
        self._ask_market_data()
        for each in self._copying.again():
            self._send(pack(each))
        for frame in self._questions.again():
            self._send(frame)
        if self.opening is not None:
            resolve(self.opening, None)

    def _logged_out(self, message: wire.LoggedOut) -> str:
        """Give up for good where coming back is no use; nothing follows in either case."""
        if message.reason not in _COME_BACK and message.reason is not wire.LogoutReason.REQUESTED:
            self._end(SessionEndedError(message.reason, message.text))
        return message.text or "it ended the session"

    def _report(self, report: _Reported) -> str:
        """Take a report in; say so when one before it is missing."""
        if isinstance(report, CopyOf):
            return self._copied(report)
        if report.seq > self.last_arrived + 1:
            return f"report {report.seq} came after report {self.last_arrived}"
        asked = self._unanswered.message(report)
        if not self._unanswered.report(report):
            text = "another program used the account, and a reference that this one had used"
            self._end(SessionEndedError(wire.LogoutReason.TAKEN_OVER, text))
            return text
        if report.seq == self.last_arrived + 1:  # otherwise an answer given again
            self.last_arrived = report.seq
            self.pictures.absorb(report, asked)
            self._told(report)
        self._unanswered.caught_up(self.last_arrived)
        return ""

    def _refused(self, report: wire.Rejected, message: wire.OrderMessage) -> RejectedError:
        """Return the error of a refusal, with what would have been right where that is known."""
        symbol = getattr(message, "symbol", "")
        lines = {line.symbol: line for line in (self.info.lines if self.info is not None else ())}
        heard = self.pictures.market.lines.items()
        lines |= {name: line.info for name, line in heard if not line.stale}
        return refused(report, message, symbol, lines)

    def _end(self, error: ClientError) -> None:
        self.fail(error)
        if self.link is not None:
            self.link.stop()

    def fail(self, error: ClientError) -> None:
        """End everything that waits; the first reason is the one that counts."""
        if self.error is None:
            self.error = error
        self._unanswered.fail(self.error)
        self._questions.fail(self.error)
        self._operations.fail(self.error)
        self.pictures.fail(self.error)
        if self.opening is not None and not self.opening.done():
            self.opening.set_exception(copy.copy(self.error))
            self.opening.exception()  # seen: only those who await it get it

    # -- asking the venue -----------------------------------------------------------------------

    def request(
        self, message_type: type[wire.OrderMessage], *fields: object
    ) -> Pending[OrderAnswer]:
        """Send an order message with the next reference, or keep it for the next connection."""
        ref = self._unanswered.next_ref
        message = message_type(ref, *fields)  # type: ignore[arg-type] # as ``Requests`` has them
        frame = _checked(message)
        future: Pending[OrderAnswer] = Pending(ref)
        self._unanswered.add(message, frame, future)
        if self._send(frame):
            self._unanswered.sent(ref)
        return future

    def ask(
        self, message: wire.FromClient, take: Callable[[Any], None] | None = None
    ) -> Answer[Any]:
        """Ask for something of the present state; ``take`` gets the answer at once."""
        frame = _checked(message)
        answer = self._questions.ask(frame, take)
        self._send(frame)
        return answer

    def operate(self, line: str) -> Answer[dict[str, object]]:
        """Say what an operator wants, once. Raises ``ClientError`` where there is no session."""
        message, answer = self._operations.add(line)
        if not self._send(_checked(message)):
            problem = "there is no session with the venue now: it was not sent"
            raise ClientError(problem)
        return answer

    def subscribe(self, symbol: str) -> None:
        """Ask for public data."""
        frame = _checked(wire.Subscribe(symbol))
        self._subscriptions.add(symbol)
        self._send(frame)

    def unsubscribe(self, symbol: str) -> None:
        """Ask for no more of it."""
        frame = _checked(wire.Unsubscribe(symbol))
        self._subscriptions.remove(symbol)
        self.pictures.forget_line(symbol)
        self._send(frame)

    def copy(self, account: str, after: int) -> None:
        """Ask for another account's reports."""
        frame = _checked(AskCopies(account, after))
        self._copying.ask(account, after)
        self._send(frame)

    def mend(self, *, market: bool, account: bool) -> None:
        """Ask anew for what events told that were dropped."""
        if self.error is None and market:
            self._ask_market_data()
        if self.error is None and account:
            self.pictures.statuses.ask(self._told)

    def _ask_market_data(self) -> None:
        """Ask for all that is subscribed to, from a snapshot on."""
        for message in self._subscriptions.messages():
            self._send(pack(message))

    def _send(self, frame: bytes) -> bool:
        """Send where there is a session; without one the next logon says all that still counts."""
        if self.link is None or not self.link.up:
            return False
        self.link.send(frame)
        return True


def _checked(message: wire.FromClient) -> bytes:
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

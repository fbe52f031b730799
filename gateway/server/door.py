"""Who is let in: the challenge, the proof, and the wait of those who failed too often."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from engine.vocabulary.commands import Announce, Bid, NewOrder, Quote
from engine.vocabulary.enums import RejectReason
from engine.vocabulary.units import MAX_REF
from gateway.protocol.wire import VERSION, Challenge, Heartbeat, Logon
from gateway.server.backoff import Backoff
from gateway.server.permissions import MAY_SEND, rule

if TYPE_CHECKING:
    from collections.abc import Callable

    from engine.vocabulary.commands import ClientCommand
    from gateway.protocol.wire import Proof, SessionMessage
    from gateway.server.accounts import Admission, Directory
    from gateway.server.connection import Connection

MAX_JUMP: Final = 2**53  # how far a reference may lie above the last: a clock's ns for 100 days
MAX_FIRST_REF: Final = 2**61  # of an account: as many again are left
ADDING: Final = (NewOrder, Quote, Announce, Bid)  # an order, where they succeed


class Door:
    """Looks at every logon; it says the same to all that it does not let in."""

    def __init__(self, directory: Directory) -> None:
        """Let in whom a directory knows."""
        self.directory = directory
        self.backoff = Backoff()
        self.judged: Callable[[Connection, Admission | None], None] | None = None  # hears of each

    def challenge(self, connection: Connection, logon: Logon) -> str:
        """Ask a client to prove that it has the key; whoever it says it is, it is asked.

        Return why not, where another version is spoken; "" otherwise.
        """
        if logon.version != VERSION:
            return f"version {logon.version} is not spoken here: use version {VERSION}"
        connection.logon, connection.challenge = logon, self.directory.nonce()
        connection.say(Challenge(0, connection.challenge))
        return ""

    def judge(
        self, connection: Connection, said: Proof, now: int, *, there: bool
    ) -> Admission | None:
        """Return what a proof opens, None where nothing; ``there`` is whether the account is."""
        admission = self._opened(connection, said, now, there=there)
        if self.judged is not None:
            self.judged(connection, admission)
        return admission

    def _opened(
        self, connection: Connection, said: Proof, now: int, *, there: bool
    ) -> Admission | None:
        logon, host = connection.logon, connection.host
        assert logon is not None
        held = self.backoff.holds(logon.account, host, now)
        challenge = connection.challenge
        admission = self.directory.admits(logon, challenge, said.proof, held=held)
        if held:
            return None
        if admission is None or not there:
            self.backoff.failed(logon.account, host, now)
            return None
        self.backoff.proved(logon.account, host)
        return admission


def refuse(connection: Connection, ref: int, what: str = "") -> None:
    """Say that a session's key is not for a message, named by its reference or by ``what``."""
    text = what + rule(connection.permission)
    connection.not_taken(ref, RejectReason.PERMISSION, text)


def permitted(connection: Connection, message: SessionMessage) -> SessionMessage:
    """Return a message, or where the session's key is not for it a heartbeat; refuse it then."""
    kind = type(message)
    if kind in MAY_SEND[connection.permission]:
        return message
    refuse(connection, 0, f"{kind.__name__}: ")
    return Heartbeat()


def too_far(connection: Connection, ref: int, last: int) -> bool:
    """Say whether a reference lies too far above an account's last; refuse it then.

    References only rise, so a single one near the highest that there is would leave the account
    without any for ever.
    """
    most = last + MAX_JUMP if last else MAX_FIRST_REF
    if ref <= most or ref > MAX_REF:  # beyond all that there are: the venue refuses it by its rule
        return False
    rule = f"at most {MAX_JUMP} above the last, {last}" if last else f"at most {most} at first"
    connection.not_taken(ref, RejectReason.REFERENCE_JUMP, rule)
    return True


def within_live_orders(
    connection: Connection, commands: list[ClientCommand], live: int, most: int
) -> list[ClientCommand]:
    """Return the commands that leave an account within its live orders; refuse the others."""
    room = most - live
    taken: list[ClientCommand] = []
    for command in commands:
        if isinstance(command, ADDING):
            if room <= 0:
                rule = f"fewer than {most} live orders: cancel some"
                connection.not_taken(command.ref, RejectReason.LIVE_ORDERS, rule)
                continue
            room -= 1
        taken.append(command)
    return taken

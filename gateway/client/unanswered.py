"""What a client has asked and not been answered: every future ends, with what is known."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any, Final

from engine.vocabulary.enums import OrderType
from gateway.client.errors import NotTakenError, resolve
from gateway.protocol import wire, wire_links
from gateway.protocol.answers import ANSWERS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from gateway.client.errors import ClientError, Pending, RejectedError

NEVER_SENT: Final = "the message was never sent, so the venue did not take it"
UNKNOWN: Final = (
    "the message was sent and not answered, so it is not known whether the venue took it: "
    "log on again and look at status()"
)


class _Asked:
    """A message and the future of its answer."""

    __slots__ = ("frame", "future", "message", "sent")

    def __init__(self, message: wire.OrderMessage, frame: bytes, future: Pending[Any]) -> None:
        self.message = message
        self.frame = frame
        self.future = future
        self.sent = False  # whether the venue may have it


class Unanswered:
    """Order messages by their reference, in the order in which they were asked."""

    def __init__(
        self, refused: Callable[[wire.Rejected, wire.OrderMessage], RejectedError]
    ) -> None:
        """Start with none; ``refused`` makes the error of a refusal."""
        self.next_ref = 1
        self._refused = refused
        self._asked: dict[int, _Asked] = {}
        self._taken = 0  # the last reference that the venue said it took, at the logon
        self._answered_by = 0  # the report by which all up to it are answered

    def add(self, message: wire.OrderMessage, frame: bytes, future: Pending[Any]) -> None:
        """Keep a message with the next reference until it is answered."""
        self.next_ref = future.ref + 1
        self._asked[future.ref] = _Asked(message, frame, future)

    def sent(self, ref: int) -> None:
        """Note that the venue may have a message from now on."""
        self._asked[ref].sent = True

    def logged_on(self, message: wire.LoggedOn) -> Iterator[bytes]:
        """Yield what the venue has not taken, to be sent again, in its order.

        Where the caller has given up waiting it is dropped: sent now it would be a surprise.
        """
        self.next_ref = max(self.next_ref, message.last_ref + 1)
        self._taken = message.last_ref
        self._answered_by = message.seq
        for ref, asked in list(self._asked.items()):
            if ref <= message.last_ref:
                continue
            if asked.future.cancelled():
                del self._asked[ref]
            else:
                asked.sent = True
                yield asked.frame

    def message(self, report: wire.Report) -> wire.OrderMessage | None:
        """Return the message that a report answers, where it is this client's."""
        answered = ANSWERS.get(report.__class__)
        asked = self._asked.get(answered(report)) if answered is not None else None
        return asked.message if asked is not None else None

    def report(self, report: wire.Report) -> bool:
        """Give an answer to who waits for it; False where it answers another's message.

        An account that two programs use by turns has one row of references.
        """
        answered = ANSWERS.get(report.__class__)
        if answered is None:
            return True
        asked = self._asked.get(answered(report))
        if asked is None:
            return True
        if not _fits(asked.message, report):
            return False
        del self._asked[answered(report)]
        if isinstance(report, wire.Rejected):
            resolve(asked.future, self._refused(report, asked.message))
        else:
            resolve(asked.future, report)
        return True

    def caught_up(self, seq: int) -> None:
        """Know all reports up to ``seq``: what is taken and not answered by then never will be.

        The venue takes references in their order. One that it passed over came too fast, and the
        notice of that was lost with the connection.
        """
        if not self._taken or seq < self._answered_by:
            return
        for ref in [ref for ref in self._asked if ref <= self._taken]:
            resolve(self._asked.pop(ref).future, NotTakenError(ref))
        self._taken = 0

    def not_taken(self, ref: int, error: ClientError) -> None:
        """Tell who asked that the venue did not take the message."""
        asked = self._asked.pop(ref, None)
        if asked is not None:
            resolve(asked.future, error)

    def fail(self, error: ClientError) -> None:
        """End all futures, each with an error of its own that says what is known of its message."""
        for asked in self._asked.values():
            if not asked.future.done():
                known = copy.copy(error)
                known.known = UNKNOWN if asked.sent else NEVER_SENT
                resolve(asked.future, known)
                asked.future.exception()  # seen: only those who await it get it
        self._asked.clear()


def _fits(message: wire.OrderMessage, report: wire.Report) -> bool:
    """Say whether a report can answer a message, as far as both show it."""
    match report:
        case wire.OrderAccepted() if isinstance(message, wire.NewOrder):
            if (message.symbol, message.side) != (report.symbol, report.side):
                return False
            limit = message.price if message.order_type is OrderType.LIMIT else report.price
            return (message.quantity, limit) == (report.quantity, report.price)
        case wire_links.OrderRouted() if isinstance(message, wire.NewOrder):
            return report.side is message.side and report.quantity <= message.quantity
        case wire_links.CancelRouted() | wire.OrderCancelled() | wire.OrderAmended():
            order = report.target if isinstance(report, wire_links.CancelRouted) else report.ref
            return bool(order == getattr(message, "target", 0))
        case wire.MassCancelled():
            return isinstance(message, wire.MassCancel)
    return True

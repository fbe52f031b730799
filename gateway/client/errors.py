"""What a client's calls come to: answers, refusals, and the errors that end a session."""

from __future__ import annotations

import asyncio
from decimal import Context, Decimal, Inexact, InvalidOperation
from typing import TYPE_CHECKING, Any, Final, TypeVar

from msgspec import Struct

if TYPE_CHECKING:
    from gateway.protocol import wire

_Answer = TypeVar("_Answer")


class ClientError(Exception):
    """The client cannot go on; the text says what to do."""


class SessionEndedError(ClientError):
    """The venue ended the session for a reason that connecting again would not remove."""

    def __init__(self, reason: wire.LogoutReason, text: str) -> None:
        """Keep the venue's reason."""
        super().__init__(f"the venue ended the session ({reason.name.lower()}): {text}")
        self.reason = reason


class RejectedError(ClientError):
    """The venue refused a message; ``report`` has the reason, the field and the rule."""

    def __init__(self, report: wire.Rejected) -> None:
        """Keep the venue's report."""
        name = report.reason.name.lower()
        super().__init__(f"refused ({name}): {report.field}: {report.rule}")
        self.report = report


class ThrottledError(ClientError):
    """The message came too fast and was not taken: ask again, at ``per_second`` at most."""

    def __init__(self, per_second: int) -> None:
        """Keep the session's limit."""
        super().__init__(f"not taken: at most {per_second} messages a second; wait and ask again")
        self.per_second = per_second


class Missed(Struct, frozen=True, gc=False):
    """The client's own event: ``count`` events were dropped, not having been taken in time."""

    count: int


class Pending(asyncio.Future[_Answer]):
    """The answer to come to the message ``ref``; an order's ``ref`` is its name from then on."""

    def __init__(self, ref: int) -> None:
        """Wait on the running loop."""
        super().__init__(loop=asyncio.get_running_loop())
        self.ref = ref


def resolve(future: asyncio.Future[Any], value: Any) -> None:
    """Give a future its value, or its error, unless it has one already."""
    if future.done():
        return
    if isinstance(value, ClientError):
        future.set_exception(value)
    else:
        future.set_result(value)


_EXACT: Final = Context(prec=60, traps=[InvalidOperation, Inexact])
_MOST_DIGITS: Final = 30


def minor_units(text: str, digits: int = 2) -> int:
    """Turn a typed price such as ``"42.5"`` into minor units, exactly. Raises ``ValueError``."""
    try:
        typed = Decimal(text)
    except InvalidOperation:
        message = f"{text!r} is not a price: write digits and a point, such as 42.50"
        raise ValueError(message) from None
    try:
        if typed.is_finite() and typed.adjusted() < _MOST_DIGITS:
            scaled = typed.scaleb(digits, _EXACT)
            if scaled == scaled.to_integral_value():
                return int(scaled)
    except Inexact:
        pass
    message = f"{text!r} is not a price with at most {digits} decimals"
    raise ValueError(message)

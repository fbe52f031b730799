"""What a client's calls come to: answers, refusals, and the errors that end a session."""

from __future__ import annotations

import asyncio
import copy
from decimal import Context, Decimal, Inexact, InvalidOperation
from typing import TYPE_CHECKING, Any, Final, TypeVar

from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Generator

    from engine.vocabulary.enums import RejectReason
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
        self._made_of = (reason, text)

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle and copy as what it was made of."""
        return type(self), self._made_of, self.__dict__


class RejectedError(ClientError):
    """The venue refused a message; ``report`` is its answer.

    ``nearest`` has the valid values next to the refused one, the lower first, in the field's own
    unit (minor units of a price, tonnes); empty where none is known. ``similar`` has the same as
    people write it, or the symbols that are like one that there is not.
    """

    def __init__(
        self, report: wire.Rejected, nearest: tuple[int, ...] = (), similar: tuple[str, ...] = ()
    ) -> None:
        """Keep the venue's report."""
        name = report.reason.name.lower()
        text = f"refused ({name}): {report.field}: {report.rule}"
        if similar:
            text += f"; {'nearest' if nearest else 'did you mean'}: {', '.join(similar)}"
        super().__init__(text)
        self.report = report
        self.nearest = nearest
        self.similar = similar

    @property
    def reason(self) -> RejectReason:
        """Why, as a code."""
        return self.report.reason

    @property
    def field(self) -> str:
        """Which field of the message is wrong."""
        return self.report.field

    @property
    def rule(self) -> str:
        """What would be right."""
        return self.report.rule

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle and copy as what it was made of."""
        return type(self), (self.report, self.nearest, self.similar), self.__dict__


class ThrottledError(ClientError):
    """The message came too fast and was not taken: ask again, at ``per_second`` at most."""

    def __init__(self, per_second: int) -> None:
        """Keep the session's limit."""
        super().__init__(f"not taken: at most {per_second} messages a second; wait and ask again")
        self.per_second = per_second

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle and copy as what it was made of."""
        return type(self), (self.per_second,), self.__dict__


def fresh(error: ClientError) -> ClientError:
    """Return a copy to raise, so that no traceback grows on an error that is kept."""
    return copy.copy(error)


class Missed(Struct, frozen=True, gc=False):
    """The client's own event: ``count`` events were dropped, not having been taken in time."""

    count: int


class Answer(asyncio.Future[_Answer]):
    """What a call comes to; whoever awaits it gets an error of his own."""

    def __init__(self) -> None:
        """Wait on the running loop."""
        super().__init__(loop=asyncio.get_running_loop())

    def __await__(self) -> Generator[Any, None, _Answer]:
        """Wait for it."""
        try:
            return (yield from super().__await__())
        except ClientError as error:
            raise fresh(error) from None

    def result(self) -> _Answer:
        """Return it, or raise the error."""
        try:
            return super().result()
        except ClientError as error:
            raise fresh(error) from None

    def exception(self) -> BaseException | None:
        """Return the error, None where there is none."""
        error = super().exception()
        return fresh(error) if isinstance(error, ClientError) else error


class Pending(Answer[_Answer]):
    """The answer to come to the message ``ref``; an order's ``ref`` is its name from then on."""

    def __init__(self, ref: int) -> None:
        """Wait on the running loop."""
        super().__init__()
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
_LONGEST: Final = 100  # characters


def minor_units(text: str | Decimal, digits: int = 2) -> int:
    """Turn a typed price such as ``"42.5"`` into minor units, exactly. Raises ``ValueError``."""
    if isinstance(text, str) and len(text) > _LONGEST:
        message = f"a text of {len(text)} characters is not a price: {_LONGEST} are the most"
        raise ValueError(message)
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

"""What a client's calls come to: answers, refusals, and the errors that end a session."""

from __future__ import annotations

import asyncio
import copy
from typing import TYPE_CHECKING, Any, Final, TypeVar

from msgspec import Struct

from engine.vocabulary.json_codec import exact_minor

if TYPE_CHECKING:
    from collections.abc import Generator
    from decimal import Decimal

    from engine.vocabulary.enums import RejectReason
    from gateway.protocol import wire

_Answer = TypeVar("_Answer")

FORKED: Final = (
    "this client belongs to the process that opened it, and a forked child cannot use its "
    "connection: open another in the child"
)


class ClientError(Exception):
    """The client cannot go on; the text says what to do."""

    known = ""  # of the one message that the error is about

    def __str__(self) -> str:
        """Return the text, and what is known of the message."""
        text = super().__str__()
        return f"{text}; {self.known}" if self.known else text

    def __reduce__(self) -> tuple[Any, ...]:
        """Be copied and pickled whole, whatever a kind's constructor takes."""
        return _made_again, (type(self), self.args, self.__dict__)


def _made_again(
    kind: type[ClientError], args: tuple[Any, ...], attributes: dict[str, Any]
) -> ClientError:
    error = kind.__new__(kind, *args)
    error.__dict__.update(attributes)
    return error


class SessionEndedError(ClientError):
    """The venue ended the session for a reason that connecting again would not remove."""

    def __init__(self, reason: wire.LogoutReason, text: str) -> None:
        """Keep the venue's reason."""
        super().__init__(f"the venue ended the session ({reason.name.lower()}): {text}")
        self.reason = reason


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


class NotTakenError(ClientError):
    """The venue did not take the message: nothing came of it, and it may be asked again."""

    def __init__(self, ref: int) -> None:
        """Name the message."""
        super().__init__(
            f"message {ref} was not taken: the connection broke, and the venue went on behind it; "
            "nothing came of it, ask again"
        )
        self.ref = ref


class ThrottledError(NotTakenError):
    """The message came too fast and was not taken: ask again, at ``per_second`` at most."""

    def __init__(self, ref: int, per_second: int) -> None:
        """Keep the session's limit."""
        super().__init__(ref)
        self.args = (f"not taken: at most {per_second} messages a second; wait and ask again",)
        self.per_second = per_second


class StorageError(NotTakenError):
    """The venue's log has no space: new orders are not taken, cancels are. Ask again later."""

    def __init__(self, ref: int, rule: str) -> None:
        """Keep what would have to be."""
        super().__init__(ref)
        self.args = (f"not taken: the venue takes orders while {rule}",)
        self.rule = rule


class PermissionDeniedError(NotTakenError):
    """The session's key is not for it: log on with one that is."""

    def __init__(self, ref: int, rule: str) -> None:
        """Keep what would have to be."""
        super().__init__(ref)
        self.args = (f"not taken: it is taken where {rule}",)
        self.rule = rule


class LiveOrdersError(NotTakenError):
    """The account has as many live orders as the venue takes: cancel some and ask again."""

    def __init__(self, ref: int, rule: str) -> None:
        """Keep what would have to be."""
        super().__init__(ref)
        self.args = (f"not taken: the venue takes orders while an account has {rule}",)
        self.rule = rule


class ReferenceJumpError(NotTakenError):
    """The reference lies too far above the account's last; a client's own follow each other."""

    def __init__(self, ref: int, rule: str) -> None:
        """Keep the rule."""
        super().__init__(ref)
        self.args = (f"not taken: reference {ref}, {rule}",)
        self.rule = rule


class Missed(Struct, frozen=True, gc=False):
    """The client's own event: ``count`` events were dropped, not having been taken in time."""

    count: int


class Answer(asyncio.Future[_Answer]):
    """An answer to come. Everybody who asks for its error gets an exception of his own."""

    def __init__(self) -> None:
        """Wait on the running loop."""
        super().__init__(loop=asyncio.get_running_loop())

    def exception(self) -> BaseException | None:
        """Return the error, None where there is an answer."""
        error = super().exception()
        return error if error is None else copy.copy(error)

    def result(self) -> _Answer:
        """Return the answer or raise the error."""
        error = self.exception()
        if error is not None:
            raise error
        return super().result()

    def __await__(self) -> Generator[Any, None, _Answer]:
        """Wait for the answer; asyncio's own way would raise one exception for all who wait."""
        if not self.done():
            self._asyncio_future_blocking = True
            yield self
        return self.result()


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


def minor_units(text: str | Decimal, digits: int = 2) -> int:
    """Turn a price in currency such as ``"42.5"`` into minor units. Raises ``ValueError``."""
    return exact_minor(text, digits)

"""Drop copy of a group: one session hears the reports of several accounts.

They are messages like those of ``wire``, which takes them into its unions; the same rules hold for
them.
"""

from msgspec import Struct

from gateway.protocol.bounds import Int63


class AskCopies(Struct, frozen=True, array_like=True, gc=False, tag=104):
    """Be sent all reports of an account behind a number, and those to come."""

    account: str  # one that the session's key may copy
    after: Int63 = 0  # the last one that is known; 0 for all


class CopyOf(Struct, frozen=True, array_like=True, gc=False, tag=98):
    """A report of another account, as that account was sent it, its own number included."""

    seq: int
    account: str
    report: bytes  # the report's payload

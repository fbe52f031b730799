"""An operator's session: lines of the operator's socket, over the protocol.

They are messages like those of ``wire``, which takes them into its unions; the same rules hold for
them.
"""

from msgspec import Struct

from gateway.protocol.bounds import Int63


class Operate(Struct, frozen=True, array_like=True, gc=False, tag=155):
    """Do what a line says, as at the operator's socket; the key's permission is ``admin``."""

    ref: Int63  # the client's own, given back in the answer; it orders nothing
    line: str  # a JSON object


class Operated(Struct, frozen=True, array_like=True, gc=False, tag=156):
    """What came of a line; sent when that is durable."""

    seq: int
    ref: int
    answer: str  # a JSON object

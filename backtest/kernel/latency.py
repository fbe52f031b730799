"""How long a message takes to the venue and back, in nanoseconds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.random import Generator


class Delay(Protocol):
    """A delay a message, in ns."""

    def __call__(self) -> int:
        """Return the next message's delay."""
        ...  # pragma: no cover


def constant(ns: int) -> Delay:
    """Return the same delay for every message."""
    return lambda: ns


def exponential(mean_ns: int, least_ns: int, stream: Generator) -> Delay:
    """Return a delay of ``least_ns`` and an exponential part with the mean ``mean_ns``."""
    return lambda: least_ns + int(stream.exponential(mean_ns))


def measured(delays_ns: Sequence[int], stream: Generator) -> Delay:
    """Return delays drawn from measured ones. Raises ``ValueError`` where there are none."""
    if not len(delays_ns):
        message = "a measured latency needs at least one measurement"
        raise ValueError(message)
    count = len(delays_ns)
    return lambda: int(delays_ns[int(stream.integers(count))])

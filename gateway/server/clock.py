"""The venue's clock: UTC that neither jumps nor goes backwards, whatever the machine's does."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

SLEW: Final = 1_000  # it is corrected by one part in so many of the time that passes, at most
# Linux: goes on while the machine is suspended. Elsewhere the monotonic clock does, or has to do.
_BOOT: Final = getattr(time, "CLOCK_BOOTTIME", None)


def passed() -> int:
    """Return ns of a clock that nobody sets."""
    return time.monotonic_ns() if _BOOT is None else time.clock_gettime_ns(_BOOT)


class SteadyClock:
    """Starts with the machine's time, goes on by what has passed, and follows corrections slowly.

    An hour that somebody sets the machine's clock forward would expire orders early and end calls;
    an hour back would stop time. Here it is followed by a millisecond a second.
    """

    __slots__ = ("_at", "_passed", "_set", "_shown")

    def __init__(
        self, machine: Callable[[], int] = time.time_ns, elapsed: Callable[[], int] = passed
    ) -> None:
        """Start now. ``machine`` says what time it is in ns UTC, ``elapsed`` what has passed."""
        self._set = machine
        self._passed = elapsed
        self._at = elapsed()
        self._shown = machine()

    def __call__(self) -> int:
        """Return the time, in ns UTC; it is never less than the time before."""
        at = self._passed()
        since = max(0, at - self._at)
        self._at = at
        most = since // SLEW
        off = self._set() - self._shown - since
        self._shown += since + max(-most, min(off, most))
        return self._shown

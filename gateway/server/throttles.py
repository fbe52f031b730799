"""How fast the messages of an account may come: a reconnect refills nothing."""

from __future__ import annotations

from gateway.protocol.session import Throttle


class Throttles:
    """The buckets of all accounts that have logged on while there was a limit."""

    def __init__(self, per_second: int) -> None:
        """Let accounts send so many messages a second; 0 for no limit."""
        self._per_second = per_second
        self._buckets: dict[str, Throttle] = {}

    def of(self, account: str, now: int) -> Throttle | None:
        """Return the bucket of an account, None where there is no limit."""
        if not self._per_second:
            return None
        fresh = Throttle(self._per_second, now)
        return self._buckets.setdefault(account, fresh)

    def limit(self, per_second: int) -> None:
        """Have another limit hold, of what the buckets hold now."""
        self._per_second = per_second
        for bucket in self._buckets.values():
            bucket.per_second = per_second

"""What has arrived and waits for the program to take it, bounded, and how far the program got."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import TYPE_CHECKING, Final

from gateway.client.errors import Missed
from gateway.protocol import wire

if TYPE_CHECKING:
    from gateway.client.messages import ClientEvent

_REPORTS: Final = wire.Report.__args__
_MARKET_DATA: Final = dict.fromkeys(wire.MarketData.__args__)


class Inbox:
    """Events in the order of their arrival, at most ``most`` of them.

    Beyond that the oldest piece of market data goes, and only where there is none the oldest
    report: a snapshot can mend the market, while a report is told once.
    """

    def __init__(self, last_seen: int, most: int) -> None:
        """Start empty, behind the report that an earlier run of the program took last."""
        self.last_seen = last_seen  # the last report that was taken
        self.dropped = 0
        self._most = most
        self._count = 0  # events that ever came: an event's place in the order
        self._market: deque[tuple[int, ClientEvent]] = deque()
        self._kept: deque[tuple[int, ClientEvent]] = (
            deque()
        )  # reports, and all else that is not repeated
        self._missed = 0  # dropped, and not told by a ``Missed`` yet
        self.market_missed = False  # whether market data is among them
        self.reports_missed = False
        self._arrived = asyncio.Event()

    def __bool__(self) -> bool:
        """Say whether something can be taken."""
        return bool(self._kept or self._market or self._missed)

    def put(self, event: ClientEvent) -> None:
        """Add an event, at the cost of an older one where there are too many."""
        if len(self._kept) + len(self._market) >= self._most:
            if self._market:
                self._market.popleft()
                self.market_missed = True
            else:
                self._kept.popleft()
                self.reports_missed = True
            self.dropped += 1
            self._missed += 1
        queue = self._market if event.__class__ in _MARKET_DATA else self._kept
        queue.append((self._count, event))
        self._count += 1
        self._arrived.set()

    def take(self) -> ClientEvent:
        """Return the oldest event, before all others a ``Missed`` where some were dropped."""
        if self._missed:
            missed, self._missed = self._missed, 0
            return Missed(missed)
        market, kept = self._market, self._kept
        if market and (not kept or market[0][0] < kept[0][0]):
            return market.popleft()[1]
        event = kept.popleft()[1]
        if isinstance(event, _REPORTS):
            self.last_seen = event.seq
        return event

    async def wait(self) -> None:
        """Wait until something comes, or ``wake`` is called."""
        self._arrived.clear()
        await self._arrived.wait()

    def wake(self) -> None:
        """Have those who wait look again."""
        self._arrived.set()

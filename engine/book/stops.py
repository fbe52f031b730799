"""What waits outside the book: stops for a price, good-till-date orders for a time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple, TypeAlias

from sortedcontainers import SortedDict, SortedList

from engine.vocabulary.enums import Side

if TYPE_CHECKING:
    from collections.abc import Iterator

    from engine.book.orders import Order

Key: TypeAlias = tuple[str, int]  # account, ref

_BUY: Final = Side.BUY
_NEVER_BUY: Final = 1 << 62  # above every price
_NEVER_SELL: Final = 0  # below every price


class Stop(NamedTuple):
    """A waiting stop: its order, the price it waits for, and its place among the stops."""

    order: Order
    stop_price: int
    place: int


class Stops:
    """The stop orders of one product."""

    __slots__ = ("_buys", "_next", "_sells", "highest_sell", "lowest_buy", "waiting")

    def __init__(self) -> None:
        """Start with none."""
        self.waiting: dict[Key, Stop] = {}
        self.lowest_buy = _NEVER_BUY  # a trade at or above this price triggers something
        self.highest_sell = _NEVER_SELL  # a trade at or below this price triggers something
        self._buys: SortedList[tuple[int, int, Key]] = SortedList()
        self._sells: SortedList[tuple[int, int, Key]] = SortedList()
        self._next = 1

    def add(self, key: Key, order: Order, stop_price: int) -> None:
        """Let an order wait behind all others."""
        stop = self.waiting[key] = Stop(order, stop_price, self._next)
        self._next += 1
        queue = self._buys if order.side is _BUY else self._sells
        queue.add((stop_price, stop.place, key))
        self._remember()

    def remove(self, key: Key) -> Stop:
        """Take an order out; raises ``KeyError`` when it does not wait here."""
        stop = self.waiting.pop(key)
        queue = self._buys if stop.order.side is _BUY else self._sells
        queue.remove((stop.stop_price, stop.place, key))
        self._remember()
        return stop

    def reached(self, low: int, high: int) -> list[Order]:
        """Take out the stops that trades between ``low`` and ``high`` trigger, oldest first."""
        found: list[Stop] = []
        while high >= self.lowest_buy:
            found.append(self.remove(self._buys[0][2]))
        while low <= self.highest_sell:
            found.append(self.remove(self._sells[-1][2]))
        found.sort(key=lambda stop: stop.place)
        return [stop.order for stop in found]

    def in_order(self) -> list[Stop]:
        """Return all waiting stops, in the order in which they were entered."""
        return sorted(self.waiting.values(), key=lambda stop: stop.place)

    def _remember(self) -> None:
        self.lowest_buy = self._buys[0][0] if self._buys else _NEVER_BUY
        self.highest_sell = self._sells[-1][0] if self._sells else _NEVER_SELL

    def check(self) -> None:
        """Assert that the waiting stops and their sorted views agree."""
        rows = sorted(
            (stop.stop_price, stop.place, key)
            for key, stop in self.waiting.items()
            if stop.order.side is _BUY
        )
        assert rows == list(self._buys), "buy stops out of step"
        rows = sorted(
            (stop.stop_price, stop.place, key)
            for key, stop in self.waiting.items()
            if stop.order.side is not _BUY
        )
        assert rows == list(self._sells), "sell stops out of step"
        assert self.lowest_buy == (self._buys[0][0] if self._buys else _NEVER_BUY)
        assert self.highest_sell == (self._sells[-1][0] if self._sells else _NEVER_SELL)


class Expiries:
    """The good-till-date orders of the whole venue, by time and then by entry."""

    __slots__ = ("_keys", "_next", "_queue")

    def __init__(self) -> None:
        """Start with none."""
        self._queue: SortedDict[tuple[int, int], Order] = SortedDict()
        self._keys: dict[Key, tuple[int, int]] = {}
        self._next = 1

    def add(self, key: Key, order: Order, expire_at: int) -> None:
        """Remember that an order expires at ``expire_at`` (ns UTC)."""
        place = self._keys[key] = (expire_at, self._next)
        self._queue[place] = order
        self._next += 1

    def remove(self, key: Key) -> None:
        """Forget an order that has gone."""
        del self._queue[self._keys.pop(key)]

    def due(self, time: int) -> list[Order]:
        """Return the orders that expire at or before ``time``, in order; they stay listed."""
        return [self._queue[place] for place in self._queue.irange(None, (time, self._next))]

    def dump(self) -> Iterator[tuple[int, Order]]:
        """Yield (expire_at, order) of all, in order."""
        for place, order in self._queue.items():
            yield place[0], order

    @property
    def next_due(self) -> int:
        """Time (ns UTC) of the first expiry, 0 when nothing waits."""
        return self._queue.peekitem(0)[0][0] if self._queue else 0

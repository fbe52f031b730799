"""Public market data: a snapshot, then numbered increments, as a projection of events.

Depth comes from the ``depth`` that events carry. Changes are collected over a batch and sent
once: a level that changed ten times in a batch is told once, in its last state.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sortedcontainers import SortedDict

from engine import events as ev
from engine.types import Phase, Side
from gateway import wire

if TYPE_CHECKING:
    from collections.abc import Callable

    from engine.venue import Venue

_BUY = Side.BUY


class Line:
    """One product's public book as it was told so far, and what is to be told next."""

    __slots__ = ("asks", "bids", "changed", "items", "last", "number", "phase", "product")

    def __init__(self, product: str, phase: Phase, last: int) -> None:
        """Start with an empty book."""
        self.product = product
        self.phase = phase
        self.last = last
        self.number = 0
        self.bids: SortedDict[int, int] = SortedDict()  # price -> tonnes shown
        self.asks: SortedDict[int, int] = SortedDict()
        self.changed: dict[tuple[Side, int], None] = {}
        self.items: list[ev.Trade | ev.PhaseChanged | ev.DayClosed] = []

    def set(self, side: Side, price: int, quantity: int) -> None:
        """Take over what is shown at a price."""
        self.changed[side, price] = None
        levels = self.bids if side is _BUY else self.asks
        if quantity:
            levels[price] = quantity
        else:
            levels.pop(price, None)

    def level(self, side: Side, price: int) -> wire.BookLevel:
        """Return what is shown at a price."""
        levels = self.bids if side is _BUY else self.asks
        return wire.BookLevel(side, price, levels.get(price, 0))

    def top(self) -> tuple[int, int, int, int]:
        """Return best bid, its tonnes, best offer, its tonnes; 0 where a side is empty."""
        bid = self.bids.peekitem(-1) if self.bids else (0, 0)
        ask = self.asks.peekitem(0) if self.asks else (0, 0)
        return (*bid, *ask)

    def levels(self) -> tuple[wire.BookLevel, ...]:
        """Return all levels, bids then asks, each best first."""
        return (
            *(self.level(_BUY, price) for price in reversed(self.bids)),
            *(self.level(Side.SELL, price) for price in self.asks),
        )


class Streams:
    """The public data of all products. It costs nothing until somebody subscribes."""

    def __init__(self, venue: Venue) -> None:
        """Project a venue's events; ``venue`` is read only when the first subscriber comes."""
        self.active = False
        self.lines: dict[str, Line] = {}
        self._venue = venue
        self._dirty: dict[str, Line] = {}
        self._project: dict[type, Callable[[Any], None]] = {
            ev.OrderAccepted: self._moved,
            ev.OrderBooked: self._moved,
            ev.OrderCancelled: self._moved,
            ev.OrderReduced: self._moved,
            ev.Trade: self._trade,
            ev.OrderAmended: self._amended,
            ev.PhaseChanged: self._phase,
            ev.DayClosed: self._item,
        }

    def start(self) -> None:
        """Take the books over between two commands; from then on events keep them up."""
        venue = self._venue
        for symbol in venue.markets:
            line = Line(symbol, venue.phase(symbol), venue.last_price(symbol))
            line.bids.update(venue.depth(symbol, _BUY))
            line.asks.update(venue.depth(symbol, Side.SELL))
            self.lines[symbol] = line
        self.active = True

    def absorb(self, events: list[ev.Event]) -> None:
        """Take events in."""
        for event in events:
            project = self._project.get(event.__class__)
            if project is not None:
                project(event)

    def _line(self, product: str) -> Line:
        line = self._dirty[product] = self.lines[product]
        return line

    def _moved(self, e: Any) -> None:
        if e.depth >= 0:
            self._line(e.product).set(e.side, e.price, e.depth)

    def _trade(self, e: ev.Trade) -> None:
        line = self._line(e.product)
        line.set(e.side, e.price, e.depth)
        line.last = e.price
        line.items.append(e)

    def _amended(self, e: ev.OrderAmended) -> None:
        line = self._line(e.product)
        if e.old_depth >= 0:
            line.set(e.side, e.old_price, e.old_depth)
        if e.depth >= 0:
            line.set(e.side, e.price, e.depth)

    def _phase(self, e: ev.PhaseChanged) -> None:
        line = self._line(e.product)
        if line.phase is Phase.CLOSED:
            line.last = 0
        line.phase = e.phase
        line.items.append(e)

    def _item(self, e: ev.DayClosed) -> None:
        self._line(e.product).items.append(e)

    def snapshot(self, product: str, seq: int) -> wire.BookSnapshot:
        """Return the public book as of the last increment told; call it after ``drain``."""
        line = self.lines[product]
        return wire.BookSnapshot(seq, product, line.number, line.phase, line.last, line.levels())

    def drain(self, time: int) -> dict[str, list[Any]]:
        """Return what is to be told, as fields after ``seq``, by product; forget it."""
        told: dict[str, list[Any]] = {}
        for product, line in self._dirty.items():
            messages = told[product] = []
            for item in line.items:
                line.number += 1
                messages.append(_message(item, line.number, time))
            if line.changed:
                line.number += 1
                levels = tuple(line.level(side, price) for side, price in line.changed)
                messages.append(wire.BookUpdate(0, product, line.number, *line.top(), levels))
            line.items.clear()
            line.changed.clear()
        self._dirty.clear()
        return told


def _message(item: ev.Trade | ev.PhaseChanged | ev.DayClosed, number: int, time: int) -> Any:
    if isinstance(item, ev.Trade):
        side = Side.SELL if item.side is _BUY else _BUY
        return wire.PublicTrade(0, item.product, number, time, item.trade, side, item.price,
                                item.quantity)  # fmt: skip
    if isinstance(item, ev.PhaseChanged):
        return wire.PhaseNotice(0, item.product, number, time, item.phase, item.reason,
                                item.reference, item.low_limit, item.high_limit)  # fmt: skip
    return wire.DayBar(0, item.product, number, time, item.open, item.high, item.low, item.close,
                       item.volume, item.value, item.trades)  # fmt: skip

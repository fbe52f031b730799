"""Public market data: a snapshot, then numbered increments, as a projection of events.

Depth comes from the ``depth`` that events carry. Changes are collected over a batch and sent
once: a level that changed ten times in a batch is published once, in its last state.
"""

from __future__ import annotations

from operator import attrgetter
from typing import TYPE_CHECKING, Any, Final

from msgspec import structs
from sortedcontainers import SortedDict

from engine.vocabulary import events as ev
from engine.vocabulary.enums import OfferKind, Phase, Side
from gateway.protocol import wire, wire_market

if TYPE_CHECKING:
    from collections.abc import Callable

    from engine.venue.venue import Venue

_BUY = Side.BUY


class Line:
    """One symbol's public book as it was published so far, and what is to be published next."""

    __slots__ = (
        "asks",
        "bids",
        "changed",
        "items",
        "last",
        "offers",
        "phase",
        "symbol",
        "update",
    )  # fmt: skip

    def __init__(self, symbol: str, phase: Phase, last: int) -> None:
        """Start with an empty book."""
        self.symbol = symbol
        self.phase = phase
        self.last = last
        self.update = 0
        self.bids: SortedDict[int, int] = SortedDict()  # price -> tonnes shown
        self.asks: SortedDict[int, int] = SortedDict()
        self.changed: dict[tuple[Side, int], None] = {}
        self.items: list[ev.Event] = []
        self.offers: dict[
            tuple[str, int], ev.Offered | ev.Announced
        ] = {}  # (maker, ref) -> what all may answer

    def set(self, side: Side, price: int, quantity: int) -> None:
        """Take over what is shown at a price."""
        self.changed[side, price] = None
        levels = self.bids if side is _BUY else self.asks
        if quantity:
            levels[price] = quantity
        else:
            levels.pop(price, None)

    def level(self, side: Side, price: int) -> wire_market.BookLevel:
        """Return what is shown at a price."""
        levels = self.bids if side is _BUY else self.asks
        return wire_market.BookLevel(side, price, levels.get(price, 0))

    def top(self) -> tuple[int, int, int, int]:
        """Return best bid, its tonnes, best offer, its tonnes; 0 where a side is empty."""
        bid = self.bids.peekitem(-1) if self.bids else (0, 0)
        ask = self.asks.peekitem(0) if self.asks else (0, 0)
        return (*bid, *ask)

    def levels(self) -> tuple[wire_market.BookLevel, ...]:
        """Return all levels, bids then asks, each best first."""
        return (
            *(self.level(_BUY, price) for price in reversed(self.bids)),
            *(self.level(Side.SELL, price) for price in self.asks),
        )


class MarketData:
    """The public data of all products. It costs nothing until somebody subscribes."""

    def __init__(self, venue: Venue) -> None:
        """Project a venue's events; ``venue`` is read only when the first subscriber comes."""
        self.active = False
        self.lines: dict[str, Line] = {}
        self._venue = venue
        self._dirty: dict[str, Line] = {}
        self._project: dict[type, Callable[[Any], None]] = {
            ev.OrderAccepted: self._moved,
            ev.OrderResting: self._moved,
            ev.OrderCancelled: self._cancelled,
            ev.OrderReduced: self._moved,
            ev.Trade: self._trade,
            ev.OrderAmended: self._amended,
            ev.PhaseChanged: self._phase,
            ev.DayClosed: self._item,
            ev.DepthChanged: self._moved,
            ev.AuctionIndicated: self._item,
            ev.AuctionUncrossed: self._uncrossed,
            ev.Offered: self._offered,
            ev.Announced: self._offered,
            ev.BestBid: self._item,
            ev.AuctionCleared: self._item,
        }

    def start(self) -> None:
        """Take the books over between two commands; from then on events keep them up."""
        venue = self._venue
        for symbol in venue.symbols:
            line = Line(symbol, venue.phase(symbol), venue.last_price(symbol))
            line.bids.update(venue.depth(symbol, _BUY))
            line.asks.update(venue.depth(symbol, Side.SELL))
            line.offers = {(each.account, each.ref): each for each in venue.standing(symbol)}
            self.lines[symbol] = line
        self.active = True

    def absorb(self, events: list[ev.Event]) -> None:
        """Take events in."""
        for event in events:
            project = self._project.get(event.__class__)
            if project is not None:
                project(event)

    def _line(self, symbol: str) -> Line:
        line = self._dirty[symbol] = self._known(symbol)
        return line

    def _known(self, symbol: str) -> Line:
        """Return a line; an amendment of the rulebook may have opened it since the start."""
        line = self.lines.get(symbol)
        if line is None:
            line = self.lines[symbol] = Line(symbol, Phase.CLOSED, 0)
        return line

    def _moved(self, e: Any) -> None:
        if e.depth >= 0:
            self._line(e.symbol).set(e.side, e.price, e.depth)

    def _cancelled(self, e: ev.OrderCancelled) -> None:
        line = self._known(e.symbol)
        if line.offers:
            self._shrunk(line, (e.account, e.ref), 0)
        self._moved(e)

    def _shrunk(self, line: Line, key: tuple[str, int], leaves: int) -> None:
        """Publish that an offer to everybody became smaller, or went."""
        offer = line.offers.get(key)
        if offer is None:
            return
        if leaves:
            line.offers[key] = offer = structs.replace(offer, quantity=leaves)
        else:
            del line.offers[key]
        if isinstance(offer, ev.Offered):
            self._line(line.symbol).items.append(structs.replace(offer, quantity=leaves))

    def _trade(self, e: ev.Trade) -> None:
        line = self._line(e.symbol)
        if e.depth >= 0:
            line.set(e.side, e.price, e.depth)
        line.last = e.price
        line.items.append(e)
        if line.offers:
            self._shrunk(line, (e.maker, e.maker_ref), e.maker_leaves)

    def _uncrossed(self, e: ev.AuctionUncrossed) -> None:
        line = self._line(e.symbol)
        line.last = e.price or line.last
        line.items.append(e)

    def _offered(self, e: ev.Offered | ev.Announced) -> None:
        """Publish what everybody may answer; an offer to some is for their reports."""
        if isinstance(e, ev.Offered):
            if e.to:
                return
            if e.kind is not OfferKind.ENQUIRY:  # one never ends: it binds none
                self._known(e.symbol).offers[e.account, e.ref] = e
        else:
            self._known(e.symbol).offers[e.account, e.ref] = e
        self._line(e.symbol).items.append(e)

    def _amended(self, e: ev.OrderAmended) -> None:
        line = self._line(e.symbol)
        if e.old_depth >= 0:
            line.set(e.side, e.old_price, e.old_depth)
        if e.depth >= 0:
            line.set(e.side, e.price, e.depth)

    def _phase(self, e: ev.PhaseChanged) -> None:
        line = self._line(e.symbol)
        if line.phase is Phase.CLOSED:
            line.last = 0
        line.phase = e.phase
        line.items.append(e)

    def _item(self, e: Any) -> None:
        self._line(e.symbol).items.append(e)

    def snapshot(self, symbol: str, seq: int, time: int) -> list[wire.MarketData]:
        """Return book and offers as of the last increment; call it after ``publish``.

        The book comes first; what stands for everybody to answer follows, each as it was
        published when it came, under the same number.
        """
        line = self._known(symbol)
        book = wire_market.BookSnapshot(
            seq=seq,
            symbol=symbol,
            update=line.update,
            phase=line.phase,
            last=line.last,
            levels=line.levels(),
        )
        offers = (_message(offer, line.update, time) for offer in line.offers.values())
        return [book, *(structs.replace(offer, seq=seq) for offer in offers)]

    def publish(self, time: int) -> dict[str, list[wire.MarketData]]:
        """Return the increments that are due by symbol, with a ``seq`` of 0; forget them."""
        due: dict[str, list[wire.MarketData]] = {}
        for symbol, line in self._dirty.items():
            messages = due[symbol] = []
            for item in line.items:
                line.update += 1
                messages.append(_message(item, line.update, time))
            if line.changed:
                line.update += 1
                levels = tuple(line.level(side, price) for side, price in line.changed)
                messages.append(wire_market.BookUpdate(0, symbol, line.update, *line.top(), levels))
            line.items.clear()
            line.changed.clear()
        self._dirty.clear()
        return due


def _message(item: ev.Event, update: int, time: int) -> wire.MarketData:
    """Return the message of an event, whose fields after the time have the event's own names."""
    make, fields = _MESSAGES[item.__class__]
    message = make(0, item.symbol, update, time, *fields(item))  # type: ignore[union-attr] # it has
    if isinstance(message, wire_market.Trade):  # the public sees the arriving order's side
        other = Side.SELL if message.side is _BUY else _BUY
        return structs.replace(message, side=other)
    return message


_KINDS: Final[dict[type, type[wire.MarketData]]] = {
    ev.Trade: wire_market.Trade,
    ev.PhaseChanged: wire_market.PhaseChanged,
    ev.DayClosed: wire_market.DayClosed,
    ev.AuctionIndicated: wire_market.AuctionIndicated,
    ev.AuctionUncrossed: wire_market.AuctionUncrossed,
    ev.Offered: wire_market.Offered,
    ev.Announced: wire_market.Announced,
    ev.BestBid: wire_market.BestBid,
    ev.AuctionCleared: wire_market.AuctionCleared,
}
_MESSAGES: Final[dict[type, tuple[Callable[..., wire.MarketData], Callable[[Any], Any]]]] = {
    event: (kind, attrgetter(*kind.__struct_fields__[4:])) for event, kind in _KINDS.items()
}

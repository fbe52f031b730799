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
from engine.vocabulary.enums import CancelReason, OfferKind, Phase, Side
from gateway.protocol import wire, wire_market
from gateway.server.registry_reports import NOTICES
from gateway.server.views import line_info

if TYPE_CHECKING:
    from collections.abc import Callable

    from engine.venue.venue import Venue

_BUY = Side.BUY


class Line:
    """One symbol's public book as it was published so far, and what is to be published next."""

    __slots__ = (
        "asks",
        "best",
        "bids",
        "changed",
        "indicated",
        "info",
        "items",
        "last",
        "offers",
        "phase",
        "symbol",
        "update",
    )  # fmt: skip

    def __init__(self, info: wire_market.LineInfo, last: int = 0) -> None:
        """Start with an empty book."""
        self.symbol = info.symbol
        self.phase = info.phase
        self.info = info  # what subscribers know of the line
        self.last = last
        self.update = 0
        self.bids: SortedDict[int, int] = SortedDict()  # price -> tonnes shown
        self.asks: SortedDict[int, int] = SortedDict()
        self.changed: dict[tuple[Side, int], None] = {}
        self.items: list[ev.Event] = []
        self.offers: dict[
            tuple[str, int], ev.Offered | ev.Announced
        ] = {}  # (maker, ref) -> what all may answer
        self.best: dict[int, ev.BestBid] = {}  # by auction with open bidding
        self.indicated: ev.AuctionIndicated | None = None  # of the call that is on

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
        self.opened: list[str] = []  # lines that came and nobody was told of
        self._described = True  # whether every line is as its subscribers know it
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
            ev.DayClosed: self._day,
            ev.ReferenceSet: self._described_anew,
            ev.RulebookAmended: self._described_anew,
            ev.DepthChanged: self._moved,
            ev.AuctionIndicated: self._indicated,
            ev.AuctionUncrossed: self._item,
            ev.AuctionTrade: self._auction_trade,
            ev.Offered: self._offered,
            ev.Announced: self._offered,
            ev.BestBid: self._best,
            ev.AuctionCleared: self._cleared,
            ev.AuctionStated: self._item,
            **dict.fromkeys(NOTICES, self._notice),
        }

    def start(self) -> None:
        """Take the books over between two commands; from then on events keep them up."""
        venue = self._venue
        for symbol in venue.symbols:
            line = Line(line_info(venue, symbol), venue.last_price(symbol))
            line.bids.update(venue.depth(symbol, _BUY))
            line.asks.update(venue.depth(symbol, Side.SELL))
            line.offers = {(each.account, each.ref): each for each in venue.standing(symbol)}
            line.best = {each.number: each for each in venue.best_bids(symbol)}
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
            line = self.lines[symbol] = Line(line_info(self._venue, symbol))
            self.opened.append(symbol)
        return line

    def _moved(self, e: Any) -> None:
        if e.depth >= 0:
            self._line(e.symbol).set(e.side, e.price, e.depth)

    def _cancelled(self, e: ev.OrderCancelled) -> None:
        line = self._known(e.symbol)
        if line.offers:
            offer = self._shrunk(line, (e.account, e.ref), 0)
            if isinstance(offer, ev.Announced) and e.reason is not CancelReason.LOST:
                self._withdrawn(offer)
        self._moved(e)

    def _withdrawn(self, auction: ev.Announced) -> None:
        """Publish that an auction is over without a clearing; one that is cleared says so."""
        over = ev.AuctionCleared(auction.symbol, auction.number, 0, 0, auction.quantity, 0, 0)
        self._cleared(over)

    def _shrunk(
        self, line: Line, key: tuple[str, int], leaves: int
    ) -> ev.Offered | ev.Announced | None:
        """Publish that an offer to everybody became smaller, or went; return it."""
        offer = line.offers.get(key)
        if offer is None:
            return None
        if leaves:
            line.offers[key] = offer = structs.replace(offer, quantity=leaves)
        else:
            del line.offers[key]
        if isinstance(offer, ev.Offered):
            self._line(line.symbol).items.append(structs.replace(offer, quantity=leaves))
        return offer

    def _trade(self, e: ev.Trade) -> None:
        line = self._line(e.symbol)
        if e.depth >= 0:
            line.set(e.side, e.price, e.depth)
        line.last = e.price
        line.items.append(e)
        if line.offers:
            self._shrunk(line, (e.maker, e.maker_ref), e.maker_leaves)

    def _auction_trade(self, e: ev.AuctionTrade) -> None:
        line = self._line(e.symbol)
        line.last = e.price
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
        if e.phase is not Phase.FREEZE:  # the last part of a call, which goes on
            line.indicated = None
        line.phase = e.phase
        line.info = structs.replace(
            line.info,
            phase=e.phase,
            reference=e.reference,
            low_limit=e.low_limit,
            high_limit=e.high_limit,
        )
        line.items.append(e)
        self._described = False

    def _day(self, e: ev.DayClosed) -> None:
        self._item(e)
        self._described = False

    def _described_anew(self, _e: ev.ReferenceSet | ev.RulebookAmended) -> None:
        self._described = False

    def _indicated(self, e: ev.AuctionIndicated) -> None:
        self._known(e.symbol).indicated = e
        self._item(e)

    def _best(self, e: ev.BestBid) -> None:
        self._known(e.symbol).best[e.number] = e
        self._item(e)

    def _cleared(self, e: ev.AuctionCleared) -> None:
        self._known(e.symbol).best.pop(e.number, None)
        self._item(e)

    def _item(self, e: Any) -> None:
        self._line(e.symbol).items.append(e)

    def _notice(self, e: Any) -> None:
        """Publish what the registry says to all, on the first line of its product or at all."""
        product = getattr(e, "product", "")
        lines = (symbol for symbol, line in self.lines.items() if line.info.product == product)
        self._line(next(lines, self._venue.symbols[0])).items.append(e)

    def snapshot(self, symbol: str, seq: int, time: int) -> list[wire.MarketData]:
        """Return all that is public as of the last increment; call it after ``publish``.

        The book comes first; what stands for everybody to answer follows, best bids and what a
        call that is on would give, each as it was published when it came, under the same number.
        """
        line = self._known(symbol)
        book = wire_market.BookSnapshot(
            seq=seq,
            symbol=symbol,
            update=line.update,
            phase=line.phase,
            last=line.last,
            levels=line.levels(),
            line=line.info,
        )
        standing: list[ev.Event] = [*line.offers.values(), *line.best.values()]
        if line.indicated is not None:
            standing.append(line.indicated)
        messages = (message_of(each, symbol, line.update, time) for each in standing)
        return [book, *(structs.replace(message, seq=seq) for message in messages)]

    def publish(self, time: int) -> dict[str, list[wire.MarketData]]:
        """Return the increments that are due by symbol, with a ``seq`` of 0; forget them."""
        due: dict[str, list[wire.MarketData]] = {}
        changed = [] if self._described else self._describe()
        for symbol, line in self._dirty.items():
            messages = due[symbol] = []
            for item in line.items:
                line.update += 1
                messages.append(message_of(item, symbol, line.update, time))
            if symbol in changed:
                line.update += 1
                messages.append(wire_market.LineChanged(0, symbol, line.update, time, line.info))
            if line.changed:
                line.update += 1
                levels = tuple(line.level(side, price) for side, price in line.changed)
                messages.append(wire_market.BookUpdate(0, symbol, line.update, *line.top(), levels))
            line.items.clear()
            line.changed.clear()
        self._dirty.clear()
        return due

    def _describe(self) -> list[str]:
        """Compare every line with what its subscribers know; return those that differ."""
        self._described = True
        changed = []
        for symbol in self._venue.symbols:
            line = self._known(symbol)
            info = line_info(self._venue, symbol)
            if info != line.info:
                line.info = info
                self._dirty[symbol] = line
                changed.append(symbol)
        return changed


def message_of(item: ev.Event, symbol: str, update: int, time: int) -> wire.MarketData:
    """Return the message of an event, whose fields after the time have the event's own names."""
    make, fields = _MESSAGES[item.__class__]
    message = make(0, symbol, update, time, *fields(item))
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
    ev.AuctionStated: wire_market.AuctionStated,
    ev.AuctionTrade: wire_market.AuctionTrade,
    **NOTICES,
}
_MESSAGES: Final[dict[type, tuple[Callable[..., wire.MarketData], Callable[[Any], Any]]]] = {
    event: (kind, attrgetter(*kind.__struct_fields__[4:])) for event, kind in _KINDS.items()
}

"""A venue's public market data as the engine's public events.

A snapshot becomes the changes that lead from what was known to what it shows, so that whoever keeps
a picture up with events needs to know nothing of snapshots.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, TypeAlias

from msgspec import Struct, structs

from backtest.agents.market_picture import LinePicture
from engine.vocabulary import events as ev
from engine.vocabulary import registry_events
from engine.vocabulary.enums import OfferKind, Side
from gateway.protocol import wire_market, wire_notices

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

# The event has the message's fields after ``time``, behind its symbol.
SAME_FIELDS: Final[dict[type[Struct], Callable[..., ev.Event]]] = {
    wire_market.PhaseChanged: ev.PhaseChanged,
    wire_market.DayClosed: ev.DayClosed,
    wire_market.AuctionIndicated: ev.AuctionIndicated,
    wire_market.AuctionUncrossed: ev.AuctionUncrossed,
    wire_market.BestBid: ev.BestBid,
    wire_market.AuctionCleared: ev.AuctionCleared,
    wire_market.AuctionStated: ev.AuctionStated,
}
_Item: TypeAlias = (
    wire_market.Trade
    | wire_market.PhaseChanged
    | wire_market.DayClosed
    | wire_market.AuctionIndicated
    | wire_market.AuctionUncrossed
    | wire_market.Offered
    | wire_market.Announced
    | wire_market.BestBid
    | wire_market.AuctionCleared
    | wire_market.AuctionStated
)


def pictures(lines: Iterable[wire_market.LineInfo]) -> list[LinePicture]:
    """Return the lines as a logon describes them, before any market data."""
    return [
        LinePicture(
            line.symbol,
            line.tick,
            line.lot,
            line.reference,
            line.low_limit,
            line.high_limit,
            line.phase,
            line.mechanism,
            ticks=line.ticks,
            product=line.product,
            currency=line.currency,
            min_quantity=line.min_quantity,
            max_quantity=line.max_quantity,
        )
        for line in lines
    ]


@dataclass
class _Line:
    """What a line's messages have said so far."""

    limits: tuple[int, int, int] = (0, 0, 0)  # reference, low limit, high limit
    levels: dict[tuple[Side, int], None] = field(default_factory=dict)  # those that are shown
    offers: dict[int, wire_market.Offered] = field(default_factory=dict)  # standing, by number
    auctions: dict[int, int] = field(default_factory=dict)  # those announced: tonnes, by number
    update: int = -1  # of the last increment; -1 before the first snapshot


class PublicFeed:
    """Translates the market data of one subscription."""

    def __init__(self, lines: Iterable[wire_market.LineInfo]) -> None:
        """Start from the lines as the logon describes them."""
        self.gaps = 0  # increments that did not follow on the one before
        self._lines: dict[str, _Line] = {}
        self.describe(lines)

    def describe(self, lines: Iterable[wire_market.LineInfo]) -> None:
        """Take over what a later logon, a snapshot or a change says of lines."""
        for info in lines:
            line = self._lines.setdefault(info.symbol, _Line())
            line.limits = (info.reference, info.low_limit, info.high_limit)

    def events(self, message: object) -> Iterator[ev.Event]:
        """Yield the events in a message; none for messages of other kinds."""
        if isinstance(message, wire_market.BookSnapshot):
            yield from self._snapshot(message)
        elif isinstance(message, wire_market.BookUpdate):
            line = self._follow(message.symbol, message.update)
            for level in message.levels:
                yield _show(message.symbol, line, level)
        elif isinstance(message, wire_market.LineChanged):
            self._follow(message.symbol, message.update)
            self.describe([message.line])
        elif isinstance(message, wire_market.AuctionTrade):
            self._follow(message.symbol, message.update)  # the uncross has said it already
        elif isinstance(message, wire_notices.RegistryNotice):
            self._follow(message.symbol, message.update)
            yield _notice(message)
        elif isinstance(message, _Item):
            line = self._follow(message.symbol, message.update)
            if isinstance(message, wire_market.PhaseChanged):
                line.limits = (message.reference, message.low_limit, message.high_limit)
            _remember(line, message)
            yield _event(message)

    def _follow(self, symbol: str, update: int) -> _Line:
        """Count an increment; offers that stand at a snapshot carry the snapshot's count."""
        line = self._lines.setdefault(symbol, _Line())
        if line.update >= 0 and update not in (line.update, line.update + 1):
            self.gaps += 1
        line.update = update
        return line

    def _snapshot(self, m: wire_market.BookSnapshot) -> Iterator[ev.Event]:
        line = self._lines.setdefault(m.symbol, _Line())
        line.update = m.update
        if m.line is not None:
            self.describe([m.line])
        yield ev.PhaseChanged(m.symbol, m.phase, "", *line.limits)
        shown = [(level.side, level.price) for level in m.levels]
        for side, price in line.levels.keys() - shown:
            del line.levels[side, price]
            yield ev.DepthChanged(m.symbol, side, price, 0)
        for level in m.levels:
            yield _show(m.symbol, line, level)
        for offer in line.offers.values():  # those that still stand come again behind this
            yield _event(structs.replace(offer, quantity=0))
        for number, tonnes in line.auctions.items():
            yield ev.AuctionCleared(m.symbol, number, 0, 0, tonnes, 0, 0)
        line.offers.clear()
        line.auctions.clear()


def _remember(line: _Line, message: _Item) -> None:
    """Keep what stands under a number: a later snapshot does not say what of it is gone."""
    if isinstance(message, wire_market.Offered):
        if message.quantity and message.kind is not OfferKind.ENQUIRY:
            line.offers[message.number] = message
        else:
            line.offers.pop(message.number, None)
    elif isinstance(message, wire_market.Announced):
        line.auctions[message.number] = message.quantity
    elif isinstance(message, wire_market.AuctionCleared):
        line.auctions.pop(message.number, None)


def _show(symbol: str, line: _Line, level: wire_market.BookLevel) -> ev.DepthChanged:
    if level.quantity:
        line.levels[level.side, level.price] = None
    else:
        line.levels.pop((level.side, level.price), None)
    return ev.DepthChanged(symbol, level.side, level.price, level.quantity)


def _notice(m: wire_notices.RegistryNotice) -> ev.Event:
    """Return what the registry says to all; of what is issued, no account."""
    if isinstance(m, wire_notices.IssuanceStated):
        return registry_events.AllowancesIssued("", m.product, m.quantity, 0, m.issued)
    event: ev.Event = getattr(registry_events, type(m).__name__)(*structs.astuple(m)[4:])
    return event


def _event(m: _Item) -> ev.Event:
    """Return the event of an increment. It names no account, and depths come on their own."""
    if isinstance(m, wire_market.Trade):
        resting = Side.SELL if m.side is Side.BUY else Side.BUY
        return ev.Trade(
            symbol=m.symbol,
            trade=m.trade,
            side=resting,
            price=m.price,
            quantity=m.quantity,
            maker="",
            maker_ref=0,
            maker_leaves=0,
            maker_fee=0,
            taker="",
            taker_ref=0,
            taker_leaves=0,
            taker_fee=0,
            depth=-1,
        )
    if isinstance(m, wire_market.Offered):
        return ev.Offered(
            account="",
            ref=0,
            symbol=m.symbol,
            number=m.number,
            kind=m.kind,
            side=m.side,
            price=m.price,
            quantity=m.quantity,
            to=(),
            answers=0,
            expire_at=0,
        )
    if isinstance(m, wire_market.Announced):
        return ev.Announced("", 0, m.symbol, *structs.astuple(m)[4:])
    return SAME_FIELDS[type(m)](m.symbol, *structs.astuple(m)[4:])

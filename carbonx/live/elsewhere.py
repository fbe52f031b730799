"""The parts of an account's orders that left for a linked venue, from the reports of links.

An agent hears them as the engine's events. What traded there comes as a trade first, as in the
laboratory: without a number, and at the limit that the part had there, since the reports say no
prices. The money that comes with ``CarriedIn`` is exact.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from engine.vocabulary import commands, link_events
from engine.vocabulary.enums import Side, TimeInForce
from engine.vocabulary.events import Trade
from gateway.protocol import wire_links

if TYPE_CHECKING:
    from engine.vocabulary.commands import ClientCommand
    from engine.vocabulary.events import Event
    from gateway.protocol.wire_links import LinkReport


class _Part(NamedTuple):
    symbol: str  # of the order at home
    side: Side
    price: int


class Elsewhere:
    """Translates one account's reports of links, in their order."""

    def __init__(self, account: str) -> None:
        """Start before the first report."""
        self.account = account
        self._symbols: dict[int, str] = {}  # of new orders that are not answered yet
        self._parts: dict[int, _Part] = {}  # by reference

    def sent(self, ref: int, command: ClientCommand) -> None:
        """Remember the line of an order: the report that it left does not repeat it."""
        if isinstance(command, commands.NewOrder):
            self._symbols[ref] = command.symbol

    def answered(self, ref: int) -> None:
        """Forget an order that has been answered."""
        self._symbols.pop(ref, None)

    def event(self, m: LinkReport) -> Event:
        """Return the engine's event; what a client cannot know in it is "" and 0."""
        if isinstance(m, wire_links.OrderRouted):
            symbol = self._symbols.pop(m.ref, "")
            self._parts[m.ref] = _Part(symbol, m.side, m.price)
            return link_events.OrderRouted(
                self.account,
                m.ref,
                m.link,
                0,
                "",
                m.side,
                m.quantity,
                m.price,
                TimeInForce.DAY,
                m.cash,
                0,
            )
        if isinstance(m, wire_links.CarriedIn):
            return link_events.CarriedIn(
                m.link,
                0,
                self.account,
                m.cash,
                m.tonnes,
                m.fee,
                0,
                m.ref,
                m.traded,
                m.leaves,
                m.reason,
                m.rule,
            )
        if isinstance(m, wire_links.CancelRouted):
            return link_events.CancelRouted(self.account, m.ref, m.link, 0, m.target)
        if isinstance(m, wire_links.BidRouted):
            return link_events.BidRouted(
                self.account,
                m.ref,
                m.link,
                0,
                "",
                m.auction,
                m.side,
                m.quantity,
                m.price,
                m.cash,
                0,
            )
        return link_events.AllowancesSent(
            self.account, m.link, 0, m.product, m.quantity, m.entity, m.cycle, "", 0
        )

    def trade(self, m: wire_links.CarriedIn, at_home: int) -> Trade | None:
        """Return what an order has traded there; None where it left before our time.

        ``at_home`` are its tonnes that are live here.
        """
        part = self._parts.get(m.ref)
        if not m.leaves:
            self._parts.pop(m.ref, None)
        if part is None or not part.symbol or not m.traded:
            return None
        other = Side.SELL if part.side is Side.BUY else Side.BUY
        return Trade(
            part.symbol,
            0,
            other,
            part.price,
            m.traded,
            "",
            0,
            0,
            0,
            self.account,
            m.ref,
            at_home + m.leaves,
            0,
            -1,
        )

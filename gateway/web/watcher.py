"""The venue's end of the one connection that sees public data without an account."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, cast

import msgspec

from engine.vocabulary.enums import CALL_PHASES
from engine.vocabulary.events import AuctionIndicated
from engine.vocabulary.link_events import LinkSet
from gateway.protocol import wire
from gateway.protocol.framing import frame
from gateway.server.sockets import Socket

if TYPE_CHECKING:
    from engine.vocabulary.events import Event
    from gateway.server.node import Node


class Curves(msgspec.Struct, frozen=True, array_like=True, tag=250):
    """What takes part in a call: (limit, tonnes) each, 0 for no limit. No client is sent it."""

    symbol: str
    bids: list[tuple[int, int]]
    asks: list[tuple[int, int]]


class LinksShown(msgspec.Struct, frozen=True, array_like=True, tag=251):
    """The venue's ends of its links: (link, kind, line here, peer, line there) each."""

    ends: list[tuple[str, str, str, str, str]]


Shown = wire.FromVenue | Curves | LinksShown
decode_shown = msgspec.msgpack.Decoder(Shown).decode


class Watcher(Socket):
    """Sees public data; with ``curves``, what takes part in a call behind what it would give.

    Of a venue that is linked it sees the links too, and their changes.
    """

    def __init__(self, node: Node, *, curves: bool) -> None:
        """Belong to a node."""
        super().__init__(node)
        self._watched = node
        self._curves = curves
        self._formed: dict[str, None] = {}  # lines whose curves are to be shown
        self._linked = node.options.linked
        self._links_due = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Become the watcher of the core."""
        node = self._watched
        self.transport = stream = cast("asyncio.Transport", transport)
        stream.set_write_buffer_limits(high=node.options.high_water)
        self.connection = node.core.watcher(node.clock())
        node.sockets[self.connection] = self
        if node.stopping:
            stream.abort()
        if self._curves or self._linked:
            node.observers.append(self._observe)
        if self._linked:
            self._tell_links()
        if self._curves:
            venue = node.sequencer.venue
            for symbol in venue.symbols:
                if venue.phase(symbol) in CALL_PHASES:
                    self._form(symbol)

    def connection_lost(self, error: Exception | None) -> None:
        """Watch no longer."""
        if self._curves or self._linked:
            self._watched.observers.remove(self._observe)
        super().connection_lost(error)

    def _observe(self, _time: int, events: list[Event]) -> None:
        for event in events:
            if event.__class__ is AuctionIndicated and self._curves:
                self._form(event.symbol)
            elif event.__class__ is LinkSet:
                self._tell_links()

    def _tell_links(self) -> None:
        self._show_soon()
        self._links_due = True

    def _form(self, symbol: str) -> None:
        """Show a line's curves once the tick, which says what they would give, is over."""
        self._show_soon()
        self._formed[symbol] = None

    def _show_soon(self) -> None:
        if not self._formed and not self._links_due:
            asyncio.get_running_loop().call_soon(self._show)

    def _show(self) -> None:
        formed, self._formed = self._formed, {}
        links_due, self._links_due = self._links_due, False
        transport, venue = self.transport, self._watched.sequencer.venue
        assert transport is not None
        assert self.connection is not None
        if transport.is_closing() or self.connection.stuck_since:
            return  # it has to begin anew
        if links_due:
            rules = [end.rules for end in venue.links.ends.values()]
            links = LinksShown([(each.link, each.kind.name.lower(), each.symbol, each.peer,
                                 each.peer_symbol) for each in rules])  # fmt: skip
            transport.write(frame(wire.encode(links)))
        for symbol in formed:
            curves = Curves(symbol, *venue.interest(symbol))
            transport.write(frame(wire.encode(curves)))

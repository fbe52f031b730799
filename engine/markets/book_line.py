"""A line with an order book: the book itself and the orders that wait around it."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, Final

from engine.book.levels import NO_KEY
from engine.book.stops import Key, Stops
from engine.markets.dumps import order_row, order_rows, rows
from engine.markets.line import Line
from engine.vocabulary.enums import CancelReason, OrderState, Phase, Side, TimeInForce
from engine.vocabulary.events import OrderReduced

if TYPE_CHECKING:
    from engine.book.orders import Order
    from engine.markets.admission import Refusal
    from engine.markets.assets import Asset
    from engine.markets.settlement import Shared
    from engine.rulebook.model import Mode, Product, Rulebook
    from engine.vocabulary.events import Event

_BUY: Final = Side.BUY
_IOC: Final = TimeInForce.IOC
_FOK: Final = TimeInForce.FOK


class BookLine(Line):
    """Price levels, orders held for the open or the close, and stops."""

    __slots__ = ("call_ends_at", "changed", "held", "stops")

    def __init__(
        self, rulebook: Rulebook, product: Product, mode: Mode, asset: Asset, shared: Shared
    ) -> None:
        """Make an empty, closed market."""
        super().__init__(rulebook, product, mode, asset, shared)
        self.held: dict[Key, Order] = {}  # waits for the open or the close, in order
        self.stops = Stops()
        self.call_ends_at = 0  # ns UTC; 0 where no clock ends the call
        self.changed = True  # an order entered or changed since the call's price was computed

    @abstractmethod
    def arrive(self, order: Order, events: list[Event]) -> None:
        """Match an order as one that arrives now, then every stop that this triggers."""

    @abstractmethod
    def refuse_trading(self, side: Side, price: int) -> Refusal | None:
        """Refuse a post-only order that would trade at once."""

    def hold(self, order: Order, events: list[Event]) -> None:
        """Let an order that was about to match wait for the call that has begun instead."""
        if order.tif is _IOC or order.tif is _FOK:
            why = CancelReason.FOK_KILLED if order.tif is _FOK else CancelReason.IOC_REST
            events.append(self.cancel(order, why))
            return
        order.shown = min(order.display or order.leaves, order.leaves)
        self.held[(order.seat.name, order.ref)] = order

    def _leave(self, order: Order) -> None:
        key = (order.seat.name, order.ref)
        if self.held.pop(key, None) is None and key in self.stops.waiting:
            self.stops.remove(key)

    # -- what calls need ----------------------------------------------------------------------

    def auction_rates(self) -> tuple[int, int]:
        """Return what buyer and seller pay in a call, in ppm: both take, neither makes."""
        return self._taker_buy, self._taker_sell

    def filled_in_call(self, order: Order) -> None:
        """Give an order that traded in a call its new size in the book, or let it go."""
        if not order.leaves:
            own = self.book.side(order.side)
            if own.rests(order):
                own.remove(order)
            else:
                del self.held[(order.seat.name, order.ref)]
            self._finish(order)
            return
        shown = min(order.display or order.leaves, order.leaves)
        if order.level is not None:
            order.level.quantity += shown - order.shown
        order.shown = shown

    def take_off(self, order: Order, tonnes: int) -> Event:
        """Make an order smaller that keeps its place: self-trade prevention in a call."""
        self._release(order, order.leaves, order.leaves - tonnes)
        order.leaves -= tonnes
        shown = min(order.shown, order.leaves)
        depth = -1
        if self.book.rests(order):
            level = self.book.side(order.side).level_of(order)
            level.quantity = depth = level.quantity - order.shown + shown
        order.shown = shown
        return OrderReduced(
            order.seat.name,
            order.ref,
            self.symbol,
            order.side,
            order.price,
            tonnes,
            order.leaves,
            depth,
        )

    def depth_at(self, side: Side, price: int) -> int:
        """Return the tonnes shown at a price."""
        return self.book.side(side).shown_at(price)

    # -- views ------------------------------------------------------------------------------

    def state(self, order: Order) -> OrderState:
        """Say where a live order is."""
        if self.book.rests(order):
            return OrderState.RESTING
        waits = (order.seat.name, order.ref) in self.held
        return OrderState.HELD if waits else OrderState.PENDING_TRIGGER

    def due(self) -> tuple[bool, int]:
        """Say that time matters while a call is on or may begin, and when a clock ends it.

        A call that an order starts is measured from the venue's time, which must not lag then.
        """
        starts = self.mode.volatility_seconds > 0 and self.gate.phase is Phase.CONTINUOUS
        return starts or self.gate.call is not Phase.CLOSED, self.call_ends_at

    def dump(self) -> list[object]:
        """Return what waits outside the book, and when the call ends."""
        return [
            self.call_ends_at,
            order_rows(self.held.values()),
            rows((stop.stop_price, order_row(stop.order)) for stop in self.stops.in_order()),
        ]

    def waits(self) -> bool:
        """Say whether an order waits outside the book."""
        return bool(self.held or self.stops.waiting)

    def places(self) -> int:
        """Return how many live orders this line knows the place of."""
        resting = sum(1 for side in Side for _ in self.book.orders(side))
        return len(self.held) + len(self.stops.waiting) + resting

    def check(self) -> None:
        """Assert the invariants of the book, of what waits, and of their agreement."""
        super().check()
        self.stops.check()
        for order in (*self.book.orders(_BUY), *self.book.orders(Side.SELL)):
            live = order.seat.participant.orders.get(order.ref)
            assert live is order, "an order in the book that is not live"
        bid, ask = max(self._bids.levels, default=0), min(self._asks.levels, default=NO_KEY)
        assert bid < ask, "a crossed book at rest"
        for key, order in self.held.items():
            assert not self.book.rests(order), "a held order that rests"
            assert key == (order.seat.name, order.ref), "a held order under a wrong key"

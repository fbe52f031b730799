"""What an account may ask a venue for, in the words of the wire."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any

from msgspec import structs

from engine.vocabulary.enums import OrderType, Side, TimeInForce
from gateway.protocol import wire, wire_modes

if TYPE_CHECKING:
    from gateway.client.errors import Pending


class Requests(ABC):
    """Order messages on top of ``request``. Prices in minor units, quantities in tonnes."""

    @abstractmethod
    def request(self, message_type: type[Any], *fields: Any) -> Pending[Any]:
        """Send an order message with the next reference; return the future of its answer."""

    def place(
        self,
        symbol: str,
        side: Side,
        quantity: int,
        price: int = 0,
        *,
        order_type: OrderType = OrderType.LIMIT,
        tif: TimeInForce = TimeInForce.DAY,
        stop_price: int = 0,
        display: int = 0,
        post_only: bool = False,
        expire_at: int = 0,
    ) -> Pending[wire.OrderAccepted]:
        """Enter an order; the future gives ``Accepted`` or raises ``RejectedError``."""
        return self.request(wire.NewOrder, symbol, side, quantity, price, order_type, tif,
                            stop_price, display, post_only, expire_at)  # fmt: skip

    def buy(
        self, symbol: str, quantity: int, price: int, **more: Any
    ) -> Pending[wire.OrderAccepted]:
        """Enter a buy limit order; ``more`` as in ``place``."""
        return self.place(symbol, Side.BUY, quantity, price, **more)

    def sell(
        self, symbol: str, quantity: int, price: int, **more: Any
    ) -> Pending[wire.OrderAccepted]:
        """Enter a sell limit order; ``more`` as in ``place``."""
        return self.place(symbol, Side.SELL, quantity, price, **more)

    def cancel(self, target: int) -> Pending[wire.OrderCancelled]:
        """Cancel the order with reference ``target``."""
        return self.request(wire.CancelOrder, target)

    def amend(self, target: int, quantity: int = 0, price: int = 0) -> Pending[wire.OrderAmended]:
        """Change an order's total quantity, its price or both."""
        return self.request(wire.AmendOrder, target, quantity, price)

    def mass_cancel(self, symbol: str = "") -> Pending[wire.MassCancelled]:
        """Cancel all orders in a symbol, or in all."""
        return self.request(wire.MassCancel, symbol)

    def pick(
        self, symbol: str, number: int, quantity: int = 0, price: int = 0
    ) -> Pending[wire.OrderAccepted]:
        """Take tonnes (0: all) of the listing under a number, or confirm the quote under it."""
        return self.request(wire_modes.Pick, symbol, number, quantity, price)

    def quote(
        self,
        symbol: str,
        side: Side,
        quantity: int,
        price: int,
        to: tuple[str, ...] = (),
        *,
        answers: int = 0,
        expire_at: int = 0,
        agreed_at: int = 0,
    ) -> Pending[wire.OrderAccepted]:
        """Make a firm quote to accounts, to everybody, or in answer to an enquiry."""
        return self.request(wire_modes.Quote, symbol, side, quantity, price, to, answers,
                            expire_at, agreed_at)  # fmt: skip

    def enquire(
        self, symbol: str, side: Side, quantity: int, to: tuple[str, ...] = ()
    ) -> Pending[wire_modes.NumberAssigned]:
        """Ask accounts, or everybody, for quotes; the answer has the enquiry's number."""
        return self.request(wire_modes.Quote, symbol, side, quantity, 0, to)

    def decline(self, symbol: str, number: int) -> Pending[wire_modes.Declined]:
        """Turn down a quote."""
        return self.request(wire_modes.Decline, symbol, number)

    def announce(
        self,
        symbol: str,
        side: Side,
        quantity: int,
        price: int,
        window: tuple[int, int],
        **terms: Any,
    ) -> Pending[wire.OrderAccepted]:
        """Announce an auction with a window (ns UTC); ``terms`` as in ``wire_modes.Announce``."""
        message = wire_modes.Announce(0, symbol, side, quantity, price, *window, **terms)
        return self.request(wire_modes.Announce, *structs.astuple(message)[1:])

    def bid(
        self, symbol: str, number: int, quantity: int, price: int
    ) -> Pending[wire.OrderAccepted]:
        """Bid in the auction under a number."""
        return self.request(wire_modes.Bid, symbol, number, quantity, price)

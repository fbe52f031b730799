"""What an account may ask a venue for, in the words of the wire."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any

from engine.types import OrderType, Side, TimeInForce
from gateway import wire

if TYPE_CHECKING:
    from gateway.answers import Pending


class Requests(ABC):
    """Order messages on top of ``request``. Prices in minor units, quantities in tonnes."""

    @abstractmethod
    def request(self, message_type: type[Any], *fields: Any) -> Pending[Any]:
        """Send an order message with the next reference; return the future of its answer."""

    def place(
        self,
        product: str,
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
    ) -> Pending[wire.Accepted]:
        """Enter an order; the future gives ``Accepted`` or raises ``RefusedError``."""
        return self.request(wire.Place, product, side, quantity, price, order_type, tif,
                            stop_price, display, post_only, expire_at)  # fmt: skip

    def buy(self, product: str, quantity: int, price: int, **more: Any) -> Pending[wire.Accepted]:
        """Enter a buy limit order; ``more`` as in ``place``."""
        return self.place(product, Side.BUY, quantity, price, **more)

    def sell(self, product: str, quantity: int, price: int, **more: Any) -> Pending[wire.Accepted]:
        """Enter a sell limit order; ``more`` as in ``place``."""
        return self.place(product, Side.SELL, quantity, price, **more)

    def cancel(self, target: int) -> Pending[wire.Cancelled]:
        """Cancel the order with reference ``target``."""
        return self.request(wire.Cancel, target)

    def amend(self, target: int, quantity: int = 0, price: int = 0) -> Pending[wire.Amended]:
        """Change an order's total quantity, its price or both."""
        return self.request(wire.Amend, target, quantity, price)

    def cancel_all(self, product: str = "") -> Pending[wire.AllCancelled]:
        """Cancel all orders in a product, or in all."""
        return self.request(wire.CancelAll, product)

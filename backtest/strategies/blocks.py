"""Blocks that two accounts agree on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from backtest.agents.market import Market, Trader
from engine.vocabulary.enums import OfferKind, Side
from engine.vocabulary.events import Offered

if TYPE_CHECKING:
    from engine.vocabulary.events import Event


class BlockSeller(Trader):
    """Quotes a block to one buyer, at the price that they agreed on, at a time of its own."""

    def __init__(self, symbol: str, buyer: str, tonnes: int, price: int, at: int) -> None:
        """Quote in a line where blocks are negotiated; ``buyer`` is an account."""
        self.symbol, self.buyer, self.tonnes, self.price, self.at = symbol, buyer, tonnes, price, at

    def on_start(self, market: Market) -> None:
        """Wait until it is time."""
        market.wake_at(self.at)

    def on_wake(self, market: Market) -> None:
        """Quote."""
        market.quote(self.symbol, Side.SELL, self.tonnes, self.price, (self.buyer,))


class BlockBuyer(Trader):
    """Confirms what was agreed, and declines any other quote that is made to it."""

    def __init__(self, symbol: str, seller: str, tonnes: int, price: int) -> None:
        """Expect this block from an account."""
        self.symbol, self.seller, self.tonnes, self.price = symbol, seller, tonnes, price

    def on_event(self, market: Market, event: Event) -> None:
        """Answer a quote."""
        if (
            not isinstance(event, Offered)
            or event.kind is not OfferKind.QUOTE
            or market.account not in event.to
            or not event.quantity
        ):
            return
        agreed = (self.symbol, self.seller, self.tonnes, self.price)
        if (event.symbol, event.account, event.quantity, event.price) == agreed:
            market.pick(event.symbol, event.number)
        else:
            market.decline(event.symbol, event.number)

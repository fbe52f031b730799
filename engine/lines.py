"""Which kind of market runs a line."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from engine.listing import ListingMarket
from engine.market import Market
from engine.negotiated import NegotiatedMarket
from engine.one_way import OneWayMarket
from engine.types import Mechanism

if TYPE_CHECKING:
    from engine.ledger import Ledger
    from engine.rulebook import Mode, Product, Rulebook
    from engine.triggers import Expiries

MARKETS: Final[dict[Mechanism, type[Market]]] = {
    Mechanism.ORDER_BOOK: Market,
    Mechanism.LISTING: ListingMarket,
    Mechanism.FIXED_PRICE: ListingMarket,
    Mechanism.NEGOTIATED: NegotiatedMarket,
    Mechanism.ONE_WAY: OneWayMarket,
}


def open_line(
    rulebook: Rulebook, product: Product, mode: Mode, ledger: Ledger, expiries: Expiries
) -> Market:
    """Make the market of a product in a mode, empty and closed."""
    return MARKETS[mode.mechanism](rulebook, product, mode, ledger, expiries)

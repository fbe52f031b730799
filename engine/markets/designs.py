"""Which kind of market runs a line."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from engine.markets.listing import ListingMarket
from engine.markets.negotiated import NegotiatedMarket
from engine.markets.one_way import OneWayMarket
from engine.markets.order_book import Market
from engine.vocabulary.enums import Mechanism

if TYPE_CHECKING:
    from engine.book.stops import Expiries
    from engine.ledger.accounts import Ledger
    from engine.rulebook.model import Mode, Product, Rulebook

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
